//! From registering to logging out.

use serde_json::json;

use crate::harness::{Account, Session, Stage, subject};

#[tokio::test]
async fn a_person_registers_verifies_logs_in_and_out() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = Account::new();
    let body = json!({ "email": account.email, "password": account.password, "name": "Ada" });
    let registered = site.post("/auth/register", &body).await.expect(201);
    assert_eq!(registered["message"], "Registration successful");
    let user =
        json!({ "user_id": site.user_id(&account.email), "email": account.email, "name": "Ada" });
    assert_eq!(registered["user"], user);

    let link = site
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await;
    let verify = site.client.post("/auth/verify-email");
    verify
        .json(&json!({ "token": link.token() }))
        .await
        .expect(200);

    let login = site.login(&account).await;
    let body = login.expect(200);
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["user"]),
        (&json!("Bearer"), &json!(900), &user)
    );
    let session = Session::of(&login);
    let me = site.me(&session.token).await.expect(200);
    assert_eq!(me["user"]["user_id"], user["user_id"]);
    assert_eq!(me["user"]["email_verified"], true);
    assert_eq!(me["user"]["roles"], json!(["user"]));

    let next = Session::of(&site.refresh(&session.refresh).await);
    site.me(&next.token).await.expect(200);
    let logout = site
        .client
        .post("/auth/logout")
        .bearer(&next.token)
        .await
        .expect(200);
    assert_eq!(logout["message"], "Logged out successfully");
    site.expect_ended(&next).await;
    site.me(&session.token)
        .await
        .expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_logout_ends_its_own_session_alone() {
    let site = Stage::shared().await;
    let (account, first) = site.signed_in().await;
    let second = site.session(&account).await;
    let logout = || site.client.post("/auth/logout").bearer(&first.token);
    logout().await.expect(200);
    site.expect_ended(&first).await;
    site.me(&second.token).await.expect(200);
    logout().await.expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_logout_of_all_ends_every_session() {
    let site = Stage::shared().await;
    let (account, first) = site.signed_in().await;
    let second = site.session(&account).await;
    let logout = site.client.post("/auth/logout").query("all", "true");
    logout.bearer(&first.token).await.expect(200);
    site.expect_ended(&first).await;
    site.expect_ended(&second).await;
    let third = site.session(&account).await;
    site.me(&third.token).await.expect(200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_answered_alike() {
    let site = Stage::shared().await;
    let account = site.registered().await;
    let wrong = site
        .login(&account.with_password("another Pass-phrase"))
        .await;
    wrong.expect_problem(401, "credentials_invalid");
    let unknown = site.login(&Account::new()).await;
    assert_eq!(wrong.shape(), unknown.shape());
}

#[tokio::test]
async fn an_address_is_one_account_however_it_is_written() {
    let site = Stage::shared().await;
    let account = site.registered().await;
    let shouted = Account {
        email: format!("  {} ", account.email.to_uppercase()),
        ..account.clone()
    };
    let login = site.login(&shouted).await.expect(200);
    assert_eq!(login["user"]["email"], account.email);
    site.register(&shouted)
        .await
        .expect_problem(409, "email_taken");
}
