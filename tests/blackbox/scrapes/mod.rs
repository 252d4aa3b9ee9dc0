//! `/scrapes`: what a site's back end and its admins say is to be looked for.

mod access;
mod reading;
mod refused;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Call, Site, Stage, text};

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
async fn patches_at_once_are_all_told_what_became_of_them() {
    let Some(site) = neighbour().await else {
        return;
    };
    let (_, path) = created(&site, &definition()).await;
    let changes = (0..8).map(async |n| {
        let change = json!({"fields": {format!("f{n}"): {"css": "p"}}});
        let answer = patch(&site, &path, &change).await;
        if answer.status == 200 {
            return Some(format!("f{n}"));
        }
        answer.expect_problem(409, "conflict");
        None
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
