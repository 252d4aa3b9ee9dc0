//! `/users`, for a site's own back end.

use serde_json::{Value, json};

use crate::harness::{Account, Answer, Site, Stage, subject};

async fn write(site: &Site, key: &str, body: &Value) -> Answer {
    site.client.post("/users").key(key).json(body).await
}

async fn read(site: &Site, key: &str, user_id: &str) -> Answer {
    site.client
        .get("/users")
        .query("user_id", user_id)
        .key(key)
        .await
}

#[tokio::test]
async fn a_back_end_makes_changes_and_reads_a_user() {
    let site = Stage::shared().await;
    let account = Account::new();
    let mut body = account.credentials();
    body["name"] = json!("Ada");
    let made = write(&site, &site.secret, &body).await.expect(201);
    assert_eq!(made["user"]["user_id"], site.user_id(&account.email));
    site.login(&account).await.expect(200);

    let change = json!({ "email": account.email, "name": "Ada Lovelace" });
    let changed = write(&site, &site.secret, &change).await.expect(200);
    assert_eq!(changed["user"]["name"], "Ada Lovelace");
    let found = read(&site, &site.secret, &site.user_id(&account.email))
        .await
        .expect(200);
    assert_eq!(found["user"]["name"], "Ada Lovelace");
    site.login(&account).await.expect(200);
}

#[tokio::test]
async fn a_password_that_the_back_end_sets_ends_every_session_and_the_user_is_told() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let (account, session) = site.signed_in().await;
    let unchanged = write(&site, &site.secret, &account.credentials()).await;
    unchanged.expect_bad_fields(&["password"]);
    site.me(&session.token).await.expect(200);
    let next = account.with_password("N3wPassw0rd!");
    write(&site, &site.secret, &next.credentials())
        .await
        .expect(200);
    site.expect_ended(&session).await;
    site.login(&account)
        .await
        .expect_problem(401, "credentials_invalid");
    site.login(&next).await.expect(200);
    site.backstage()
        .newest_mail(&account.email, subject::PASSWORD_CHANGED)
        .await;
}

#[tokio::test]
async fn a_user_without_a_password_gets_one_by_a_reset() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = Account::new();
    write(&site, &site.secret, &json!({ "email": account.email }))
        .await
        .expect(201);
    site.login(&account)
        .await
        .expect_problem(401, "credentials_invalid");
    let token = site.reset_token(&account).await;
    site.confirm_reset(&token, &account.password)
        .await
        .expect(200);
    site.login(&account).await.expect(200);
}

#[tokio::test]
async fn fields_that_carry_privilege_have_no_effect() {
    let site = Stage::shared().await;
    let account = Account::new();
    for status in [201, 200] {
        let mut body = json!({ "email": account.email });
        body["roles"] = json!(["owner"]);
        body["role"] = json!("admin");
        body["client_id"] = json!("acme");
        body["email_verified"] = json!(true);
        let user = write(&site, &site.secret, &body).await.expect(status)["user"].clone();
        assert_eq!(
            (&user["roles"], &user["email_verified"]),
            (&json!(["user"]), &json!(false))
        );
        assert_eq!(user["user_id"], site.user_id(&account.email));
    }
}

#[tokio::test]
async fn the_same_user_at_once_is_made_once() {
    let site = Stage::shared().await;
    let body = json!({ "email": Account::new().email, "name": "Ada" });
    let answers =
        futures::future::join_all((0..10).map(|_| write(&site, &site.secret, &body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let changed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((made, changed), (1, 9), "made and changed by {answers:?}");
}

#[tokio::test]
async fn only_a_secret_key_with_the_scope_opens_it() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let (user_id, body) = (
        site.user_id(&account.email),
        json!({ "email": account.email, "name": "Eve" }),
    );
    let key = async |scope| {
        site.backstage()
            .new_key(&site.tenant, &["--secret", "--scope", scope])
            .await
            .text
    };
    let (reader, writer, mailer) = (
        key("users:read").await,
        key("users:write").await,
        key("email:send").await,
    );
    for wrong in [&site.key, &reader, &mailer] {
        write(&site, wrong, &body)
            .await
            .expect_problem(403, "forbidden");
    }
    for wrong in [&site.key, &writer, &mailer] {
        read(&site, wrong, &user_id)
            .await
            .expect_problem(403, "forbidden");
    }
    assert_eq!(
        read(&site, &reader, &user_id).await.expect(200)["user"]["name"],
        ""
    );
    write(&site, &writer, &body).await.expect(200);
    let without = site.client.get("/users").query("user_id", &user_id).await;
    without.expect_problem(401, "api_key_missing");
    // The user's own token is no key.
    let token = site.session(&account).await.token;
    let without = site
        .client
        .get("/users")
        .query("user_id", &user_id)
        .bearer(&token)
        .await;
    without.expect_problem(401, "api_key_missing");
}

#[tokio::test]
async fn a_user_of_another_site_is_unknown() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let neighbour = site.new_neighbour(&[]).await;
    let account = neighbour.registered().await;
    let foreign = read(&site, &site.secret, &neighbour.user_id(&account.email)).await;
    foreign.expect_problem(404, "not_found");
    let unknown = read(&site, &site.secret, &site.user_id(&Account::new().email)).await;
    assert_eq!(foreign.shape(), unknown.shape());
    let body = json!({ "email": account.email, "user_id": neighbour.user_id(&account.email), "name": "Eve" });
    write(&site, &site.secret, &body)
        .await
        .expect_bad_fields(&["user_id"]);
    let untouched = read(
        &neighbour,
        &neighbour.secret,
        &neighbour.user_id(&account.email),
    )
    .await;
    assert_eq!(untouched.expect(200)["user"]["name"], "");
}

#[tokio::test]
async fn an_id_must_be_given_and_be_one() {
    let site = Stage::shared().await;
    site.client
        .get("/users")
        .key(&site.secret)
        .await
        .expect_bad_fields(&["user_id"]);
    for wrong in [
        "",
        "x",
        "demo#site",
        "demo#site#",
        "demo#site#not-an-address",
    ] {
        read(&site, &site.secret, wrong)
            .await
            .expect_bad_fields(&["user_id"]);
    }
}
