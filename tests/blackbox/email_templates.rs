//! What a tenant's mails say, written by its admin.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Account, Call, Session, Site, Stage, text};

const PATH: &str = "/emails/templates/account-deleted";

/// A site of its own with an admin, so that no other test sees its templates.
async fn with_admin() -> Option<(Site, Session)> {
    let site = Stage::shared_backstage().await?.new_neighbour(&[]).await;
    let (account, _) = site.signed_in().await;
    let user = site.user_id(&account.email);
    site.backstage()
        .operate(&["user", "role", &user, "admin"])
        .await;
    let session = site.session(&account).await;
    Some((site, session))
}

fn put(site: &Site, session: &Session, body: &Value) -> Call {
    let call = site.client.call(Method::PUT, PATH).bearer(&session.token);
    call.key(&site.key).json(body)
}

fn source(subject: &str) -> Value {
    json!({
        "subject": subject,
        "preheader": "",
        "mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Bye {{ name }}</mj-text></mj-column></mj-section></mj-body></mjml>",
        "text": "Bye {{ name }} from {{ site_name }}",
    })
}

#[tokio::test]
async fn an_admin_writes_a_template_and_takes_it_back() {
    let Some((site, admin)) = with_admin().await else {
        return;
    };
    let read = || site.client.get(PATH).bearer(&admin.token);
    let before = read().await.expect(200);
    assert_eq!(
        (&before["is_own"], &before["subject"]),
        (&json!(false), &json!("Your account is deleted"))
    );

    put(&site, &admin, &source("Bye")).await.expect(200);
    let own = read().await.expect(200);
    assert_eq!(
        (&own["is_own"], &own["subject"], &own["template"]),
        (&json!(true), &json!("Bye"), &json!("account-deleted"))
    );

    for _ in 0..2 {
        let delete = site.client.call(Method::DELETE, PATH);
        delete.bearer(&admin.token).await.expect(204);
    }
    assert_eq!(read().await.expect(200), before);
}

#[tokio::test]
async fn the_platforms_template_can_be_put_as_it_was_read() {
    let Some((site, admin)) = with_admin().await else {
        return;
    };
    let mut source = site.client.get(PATH).bearer(&admin.token).await.expect(200);
    let fields = source.as_object_mut().expect("an object");
    fields.retain(|name, _| !matches!(name.as_str(), "template" | "is_own"));
    put(&site, &admin, &source).await.expect(200);
}

#[tokio::test]
async fn what_is_refused_is_told_by_part_and_line() {
    let Some((site, admin)) = with_admin().await else {
        return;
    };
    let bad = json!({
        "subject": "{{ nmae }}",
        "preheader": "a\nb",
        "mjml": "<mjml>\n<mj-body><script></script></mj-body></mjml>",
        "text": "x".repeat(32 * 1024 + 1),
    });
    let answer = put(&site, &admin, &bad).await;
    answer.expect_bad_fields(&["subject", "preheader", "mjml", "text"]);
    let errors = answer.json();
    assert!(
        text(&errors["errors"][2]["message"]).starts_with("line 2: "),
        "{errors}"
    );
    put(&site, &admin, &json!({ "subject": 7 }))
        .await
        .expect_bad_fields(&["subject", "preheader", "mjml", "text"]);
    let answer = site.client.get(PATH).bearer(&admin.token).await.expect(200);
    assert_eq!(answer["is_own"], json!(false));
}

#[tokio::test]
async fn nobody_but_an_admin_of_the_tenant_sees_or_changes_it() {
    let Some((site, admin)) = with_admin().await else {
        return;
    };
    let (_, user) = site.signed_in().await;
    put(&site, &user, &source("Ha"))
        .await
        .expect_problem(403, "forbidden");
    // A key is a site's back end, which has no say in this, whatever its scopes.
    let keyed = site.client.call(Method::PUT, PATH).key(&site.key);
    keyed
        .json(&source("Ha"))
        .await
        .expect_problem(401, "token_missing");
    let unknown = site.client.get("/emails/templates/nothing");
    unknown
        .bearer(&admin.token)
        .await
        .expect_problem(404, "not_found");

    put(&site, &admin, &source("Ours")).await.expect(200);
    let Some((there, neighbour)) = with_admin().await else {
        return;
    };
    let theirs = there.client.get(PATH).bearer(&neighbour.token).await;
    assert_eq!(theirs.expect(200)["is_own"], json!(false));
}

#[tokio::test]
async fn a_mail_is_made_of_the_tenants_own_template() {
    let Some((site, admin)) = with_admin().await else {
        return;
    };
    put(&site, &admin, &source("Farewell, {{ name }}"))
        .await
        .expect(200);
    let account = Account::new();
    let mut body = account.credentials();
    body["name"] = json!("<i>Ada</i>");
    site.post("/auth/register", &body).await.expect(201);
    let session = site.session(&account).await;
    let delete = site.client.call(Method::DELETE, "/user/me");
    let password = json!({ "password": account.password });
    delete
        .bearer(&session.token)
        .json(&password)
        .await
        .expect(204);
    let subject = "Farewell, <i>Ada</i>";
    let mail = site.backstage().newest_mail(&account.email, subject).await;
    assert!(mail.text.starts_with("Bye <i>Ada</i> from "), "{mail:?}");
}
