//! `/scrapes`: what a site's back end and its admins say is to be looked for.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Call, Session, Site, Stage, text};

/// A page that nobody has: what a test makes is never found.
fn definition() -> Value {
    json!({
        "name": "Price of the kettle",
        "url": "https://shop.example/kettle",
        "schedule": "cron(0 9 ? * MON-FRI *)",
        "time_zone": "Europe/Berlin",
        "fields": {
            "price": {"css": "#price", "type": "number", "locale": "de"},
            "title": {"css": "h1"},
        },
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut definition = definition();
    definition[member] = value;
    definition
}

/// A site of its own, so that no other test sees its scrapes, with a key that may do this.
async fn neighbour() -> Option<Site> {
    let site = Stage::shared_backstage().await?.new_neighbour(&[]).await;
    let scope = ["--secret", "--scope", "scrape:write"];
    let secret = site.backstage().new_key(&site.tenant, &scope).await.text;
    Some(Site { secret, ..site })
}

async fn admin(site: &Site) -> Session {
    let (account, _) = site.signed_in().await;
    let user = site.user_id(&account.email);
    let role = ["user", "role", &user, "admin"];
    site.backstage().operate(&role).await;
    site.session(&account).await
}

fn call(site: &Site, method: Method, path: &str) -> Call {
    site.client.call(method, path).key(&site.secret)
}

async fn create(site: &Site, body: &Value) -> Answer {
    call(site, Method::POST, "/scrapes").json(body).await
}

/// A new scrape and its path.
async fn created(site: &Site, body: &Value) -> (Value, String) {
    let scrape = create(site, body).await.expect(201);
    let path = format!("/scrapes/{}", text(&scrape["scrape_id"]));
    (scrape, path)
}

async fn get(site: &Site, path: &str) -> Answer {
    call(site, Method::GET, path).await
}

async fn patch(site: &Site, path: &str, body: &Value) -> Answer {
    call(site, Method::PATCH, path).json(body).await
}

#[tokio::test]
async fn a_scrape_is_made_read_and_deleted() {
    let Some(site) = neighbour().await else {
        return;
    };
    let answer = create(&site, &definition()).await;
    let scrape = answer.expect(201);
    let path = format!("/scrapes/{}", text(&scrape["scrape_id"]));
    assert_eq!(answer.header("location"), Some(path.as_str()));
    for member in ["name", "url", "schedule", "time_zone"] {
        assert_eq!(scrape[member], definition()[member], "{member}");
    }
    let expected = json!({"css": "h1", "type": "text", "locale": "en"});
    assert_eq!(scrape["fields"]["title"], expected, "with its defaults");
    assert!(scrape.get("webhook_secret").is_none(), "{scrape}");

    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["scrape_id"], scrape["scrape_id"]);
    call(&site, Method::DELETE, &path).await.expect(204);
    for method in [Method::GET, Method::DELETE] {
        let gone = call(&site, method, &path).await;
        gone.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn all_that_is_bad_is_told_at_once_by_its_path() {
    let Some(site) = neighbour().await else {
        return;
    };
    let bad = json!({
        "name": "", "url": "http://10.0.0.1/", "schedule": "rate(1 minute)", "time_zone": "Mars/Olympus",
        "fields": {"price": {"css": "p >", "type": "money"}, "1d": {"css": "p"}},
        "notify": {"on": ["change"], "webhook": "http://hooks.example/"},
        "role": "owner",
    });
    let answer = create(&site, &bad).await;
    let problem = answer.expect_problem(400, "validation_failed");
    let errors = problem["errors"].as_array().expect("a list").iter();
    let mut told: Vec<_> = errors
        .map(|error| format!("{}: {}", text(&error["field"]), text(&error["code"])))
        .collect();
    told.sort();
    let expected = [
        "fields.1d: invalid",
        "fields.price.css: invalid",
        "fields.price.type: unknown",
        "name: required",
        "notify.webhook: invalid_url",
        "role: unknown",
        "schedule: too_often",
        "time_zone: unknown",
        "url: not_public",
    ];
    assert_eq!(told, expected);
    create(&site, &json!({}))
        .await
        .expect_bad_fields(&["name", "url", "schedule", "fields"]);
    let list = get(&site, "/scrapes").await.expect(200);
    assert_eq!(list["items"], json!([]), "what was refused is not kept");
}

#[tokio::test]
async fn an_address_that_is_nobodys_business_is_refused() {
    let Some(site) = neighbour().await else {
        return;
    };
    for (url, code) in [
        ("http://127.0.0.1/", "not_public"),
        ("http://0x7f.1/", "not_public"),
        ("http://[::ffff:10.0.0.1]/", "not_public"),
        ("http://169.254.169.254/latest/meta-data/", "not_public"),
        ("https://shop.example:8080/", "invalid_url"),
        ("https://shop.example\\@evil.example/", "invalid_url"),
        ("https://user:secret@shop.example/", "credentials"),
        ("file:///etc/passwd", "scheme"),
    ] {
        for path in ["/scrapes", "/scrapes/preview"] {
            let body = with("url", json!(url));
            let answer = call(&site, Method::POST, path).json(&body).await;
            answer.expect_bad_fields(&["url"]);
            let told = answer.json()["errors"][0]["code"].clone();
            assert_eq!(told, code, "{url} at {path}");
        }
    }
}

#[tokio::test]
async fn a_preview_refuses_what_a_scrape_refuses() {
    let Some(site) = neighbour().await else {
        return;
    };
    let preview = async |body: Value| {
        let call = call(&site, Method::POST, "/scrapes/preview");
        call.json(&body).await
    };
    preview(with("schedule", json!("every day")))
        .await
        .expect_bad_fields(&["schedule"]);
    preview(with("fields", json!({})))
        .await
        .expect_bad_fields(&["fields"]);
    let key = site.client.post("/scrapes/preview").key(&site.key);
    key.json(&definition())
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    for (method, path) in [
        (Method::POST, "/scrapes"),
        (Method::POST, "/scrapes/preview"),
        (Method::PATCH, path.as_str()),
    ] {
        let send =
            |kind: &str, body: &str| call(&site, method.clone(), path).body(kind, body.to_owned());
        let json = "application/json";
        send(json, "{").await.expect_problem(400, "malformed_json");
        send(json, "[]").await.expect_problem(400, "malformed_json");
        let plain = send("text/plain", "{}").await;
        plain.expect_problem(415, "unsupported_media_type");
        let large = send(json, &" ".repeat(64 * 1024 + 1)).await;
        large.expect_problem(413, "payload_too_large");
    }
}

#[tokio::test]
async fn a_scrape_is_changed_by_a_merge_patch() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (scrape, path) = created(&site, &definition()).await;
    let change = json!({
        "name": "Kettle", "time_zone": null,
        "fields": {"title": null, "price": {"css": null, "pointer": "/price"}},
    });
    let call = call(&site, Method::PATCH, &path);
    let call = call.body("application/merge-patch+json", change.to_string());
    let changed = call.await.expect(200);
    assert_eq!(changed["name"], "Kettle");
    assert_eq!(changed["time_zone"], "UTC");
    assert_eq!(
        changed["fields"],
        json!({"price": {"pointer": "/price", "type": "number", "locale": "de"}})
    );
    for member in ["url", "schedule", "created_at", "scrape_id"] {
        assert_eq!(changed[member], scrape[member], "{member}");
    }
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["fields"], changed["fields"]);
    assert_ne!(read["updated_at"], scrape["updated_at"]);
}

#[tokio::test]
async fn a_patch_that_leads_to_something_bad_changes_nothing() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    for (change, field) in [
        (json!({"url": "http://127.0.0.1/"}), "url"),
        (json!({"schedule": null}), "schedule"),
        (
            json!({"fields": {"price": {"feed": "title"}}}),
            "fields.price",
        ),
        (json!({"notify": {"on": ["threshold"]}}), "notify.threshold"),
        (json!({"scrape_id": "1"}), "scrape_id"),
        (json!({"tenant_id": "acme#shop"}), "tenant_id"),
    ] {
        let refused = patch(&site, &path, &change).await;
        refused.expect_bad_fields(&[field]);
    }
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["name"], definition()["name"]);
    assert_eq!(read["created_at"], read["updated_at"]);
}

#[tokio::test]
async fn patches_at_once_are_all_told_what_became_of_them() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let changes = (0..8).map(async |n| {
        let change = json!({"fields": {format!("f{n}"): {"css": "p"}}});
        let answer = patch(&site, &path, &change).await;
        match answer.status {
            200 => Some(format!("f{n}")),
            _ => {
                answer.expect_problem(409, "conflict");
                None
            }
        }
    });
    let done = futures::future::join_all(changes).await;
    let read = get(&site, &path).await.expect(200);
    let fields = read["fields"].as_object().expect("an object");
    let added: Vec<_> = fields.keys().filter(|name| name.starts_with('f')).collect();
    let told: Vec<_> = done.iter().flatten().collect();
    assert!(!told.is_empty(), "one at least is done");
    assert_eq!(added, told, "what is there is what was said to be done");
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_shown_with_the_scrape_alone() {
    let Some(site) = neighbour().await else {
        return;
    };
    let notify = json!({"on": ["change"], "webhook": "https://Hooks.example/a#top"});
    let (scrape, path) = created(&site, &with("notify", notify.clone())).await;
    assert_eq!(scrape["notify"]["webhook"], "https://hooks.example/a");
    let secret = text(&scrape["webhook_secret"]);
    assert!(secret.starts_with("whsec_"), "{secret}");
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["webhook_secret"], secret.as_str());
    let list = get(&site, "/scrapes").await.expect(200);
    assert!(list["items"][0].get("webhook_secret").is_none(), "{list}");

    let other = json!({"notify": {"webhook": "https://hooks.example/b"}});
    let changed = patch(&site, &path, &other).await.expect(200);
    assert_ne!(
        changed["webhook_secret"],
        secret.as_str(),
        "another address"
    );
    let none = patch(&site, &path, &json!({"notify": null})).await;
    assert!(none.expect(200).get("webhook_secret").is_none());

    let Some(there) = neighbour().await else {
        return;
    };
    let (theirs, _) = created(&there, &with("notify", notify)).await;
    assert_ne!(theirs["webhook_secret"], secret.as_str(), "another tenant");
}

#[tokio::test]
async fn scrapes_are_listed_in_pages_oldest_first() {
    let Some(site) = neighbour().await else {
        return;
    };
    let mut made = Vec::new();
    for n in 0..5 {
        let (scrape, _) = created(&site, &with("name", json!(format!("{n}")))).await;
        made.push(text(&scrape["scrape_id"]));
    }
    // Those of one millisecond are in the order of chance.
    made.sort();
    let (mut found, mut pages, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let call = call(&site, Method::GET, "/scrapes").query("limit", "2");
        let call = match &cursor {
            Some(cursor) => call.query("cursor", cursor),
            None => call,
        };
        let page = call.await.expect(200);
        let items = page["items"].as_array().expect("a list");
        pages.push(items.len());
        found.extend(items.iter().map(|scrape| text(&scrape["scrape_id"])));
        if page["next_cursor"].is_null() {
            break;
        }
        cursor = Some(text(&page["next_cursor"]));
    }
    assert_eq!(found, made);
    assert_eq!(pages, [2, 2, 1]);

    let Some(there) = neighbour().await else {
        return;
    };
    let theirs = call(&there, Method::GET, "/scrapes");
    let cursor = cursor.expect("there were pages");
    theirs
        .query("cursor", &cursor)
        .query("limit", "0")
        .await
        .expect_bad_fields(&["limit", "cursor"]);
}

/// All routes of one scrape, with a body where one is read.
fn routes(path: &str) -> Vec<(Method, String, Option<Value>)> {
    let get = |rest: &str| (Method::GET, format!("{path}{rest}"), None);
    vec![
        get(""),
        get("/results"),
        get("/results/2026-05-01T10:00:00Z"),
        get("/results.csv"),
        get("/results.json"),
        get("/series?field=price"),
        (Method::POST, format!("{path}/run"), None),
        (
            Method::PATCH,
            path.to_owned(),
            Some(json!({"name": "Mine"})),
        ),
        (Method::DELETE, path.to_owned(), None),
    ]
}

fn send(call: Call, body: Option<Value>) -> Call {
    match body {
        Some(body) => call.json(&body),
        None => call,
    }
}

#[tokio::test]
async fn a_scrape_of_another_tenant_is_not_there() {
    let (Some(site), Some(there)) = (neighbour().await, neighbour().await) else {
        return;
    };
    let (scrape, theirs) = created(&there, &definition()).await;
    let unknown = format!("/scrapes/{}", Uuid::new_v4());
    for path in [theirs.as_str(), &unknown, "/scrapes/none"] {
        for (method, path, body) in routes(path) {
            let answer = send(call(&site, method, &path), body).await;
            let problem = answer.expect_problem(404, "not_found");
            let detail = "the tenant has no such scrape";
            assert_eq!(problem["detail"], detail, "{answer}");
        }
    }
    let kept = get(&there, &theirs).await.expect(200);
    assert_eq!(kept["name"], scrape["name"]);
    assert_eq!(kept["updated_at"], scrape["updated_at"]);
}

#[tokio::test]
async fn only_admins_and_keys_with_the_scope_get_anywhere() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let wrong = ["--secret", "--scope", "email:send"];
    let wrong = site.backstage().new_key(&site.tenant, &wrong).await.text;
    let (_, user) = site.signed_in().await;
    let mut all = routes(&path);
    all.push((Method::GET, "/scrapes".to_owned(), None));
    all.push((Method::POST, "/scrapes".to_owned(), Some(definition())));
    all.push((
        Method::POST,
        "/scrapes/preview".to_owned(),
        Some(definition()),
    ));
    for (method, path, body) in all {
        let call = || send(site.client.call(method.clone(), &path), body.clone());
        call().await.expect_problem(401, "api_key_missing");
        for key in [&site.key, &wrong] {
            call().key(key).await.expect_problem(403, "forbidden");
        }
        let bearer = call().bearer(&user.token);
        bearer.await.expect_problem(403, "forbidden");
    }
    let admin = admin(&site).await;
    let read = site.client.get(&path).bearer(&admin.token);
    read.await.expect(200);
}

#[tokio::test]
async fn an_admin_does_all_that_the_back_end_does() {
    let Some(site) = neighbour().await else {
        return;
    };
    let admin = admin(&site).await;
    let call = |method, path: &str| site.client.call(method, path).bearer(&admin.token);
    let made = call(Method::POST, "/scrapes").json(&definition()).await;
    let path = format!("/scrapes/{}", text(&made.expect(201)["scrape_id"]));
    let change = json!({"name": "Kettle"});
    call(Method::PATCH, &path).json(&change).await.expect(200);
    // Whoever made it, it is the tenant's.
    let read = get(&site, &path).await.expect(200);
    assert_eq!(read["name"], "Kettle");
    call(Method::DELETE, &path).await.expect(204);
}

#[tokio::test]
async fn without_results_there_are_empty_lists_files_and_series() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (scrape, path) = created(&site, &definition()).await;
    let id = text(&scrape["scrape_id"]);
    let csv = get(
        &site,
        &format!("{path}/results.csv?before=2026-01-01T00:00:00Z"),
    )
    .await;
    assert_eq!(
        (csv.status, csv.text.as_str()),
        (200, "timestamp,price,title\r\n")
    );
    let kind = "text/csv; charset=utf-8; header=present";
    assert_eq!(csv.header("content-type"), Some(kind));
    let name = format!("attachment; filename=\"scrape-{id}.csv\"");
    assert_eq!(csv.header("content-disposition"), Some(name.as_str()));
    assert_eq!(csv.header("link"), None);
    let json = get(&site, &format!("{path}/results.json")).await;
    assert_eq!(json.expect(200), json!([]));
    let series = get(&site, &format!("{path}/series?field=price"))
        .await
        .expect(200);
    assert_eq!(
        (&series["time_zone"], &series["days"]),
        (&json!("Europe/Berlin"), &json!([]))
    );
    assert_eq!(series["summary"], "price: no numbers");
    for run in ["2026-05-01T10:00:00Z", "1777629600000", "latest"] {
        let unknown = get(&site, &format!("{path}/results/{run}")).await;
        unknown.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn bad_periods_and_fields_are_named() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let (noon, earlier) = ("2026-05-01T12:00:00Z", "2026-05-01T11:00:00Z");
    for file in ["results.csv", "results.json"] {
        let file = format!("{path}/{file}");
        let get = || call(&site, Method::GET, &file);
        let both = get()
            .query("from", "yesterday")
            .query("before", "now")
            .await;
        both.expect_bad_fields(&["from", "before"]);
        for before in [noon, earlier] {
            let call = get().query("from", noon).query("before", before);
            call.await.expect_bad_fields(&["from"]);
        }
        get()
            .query("until", noon)
            .await
            .expect_bad_fields(&["until"]);
        let long_ago = get().query("before", "1960-01-01T00:00:00Z");
        long_ago.await.expect(200);
    }
    let series = format!("{path}/series");
    let get = || call(&site, Method::GET, &series);
    get().await.expect_bad_fields(&["field"]);
    for field in ["title", "Price", ""] {
        get()
            .query("field", field)
            .await
            .expect_bad_fields(&["field"]);
    }
    let results = format!("{path}/results");
    for limit in ["0", "101", "x"] {
        let call = call(&site, Method::GET, &results).query("limit", limit);
        call.await.expect_bad_fields(&["limit"]);
    }
}

#[tokio::test]
async fn a_run_that_is_asked_for_ends_with_a_result() {
    let Some(site) = neighbour().await else {
        return;
    };
    // A name that is never resolved (RFC 6761).
    let (_, path) = created(&site, &with("url", json!("https://shop.invalid/"))).await;
    let run = call(&site, Method::POST, &format!("{path}/run")).await;
    let run = text(&run.expect(202)["run"]);
    let result = get(&site, &format!("{path}/results/{run}"))
        .await
        .expect(200);
    assert_eq!(result["timestamp"], run.as_str());
    let status = text(&result["status"]);
    assert!(["PENDING", "FAILED"].contains(&status.as_str()), "{result}");
    let list = get(&site, &format!("{path}/results")).await.expect(200);
    assert_eq!(list["items"][0]["timestamp"], run.as_str());
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
}
