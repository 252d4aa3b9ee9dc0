//! From registering to logging out.

use serde_json::json;

use crate::harness::{Account, Session, Stage, text};

#[tokio::test]
async fn a_person_registers_verifies_logs_in_and_out() {
    let Some(site) = Stage::shared_local().await else { return };
    let account = Account::new();
    let body = json!({ "email": account.email, "password": account.password, "name": "Ada" });
    let registered = site.post("/auth/register", &body).await.expect(201);
    assert_eq!(registered["message"], "Registration successful");
    let user = json!({ "user_id": site.user_id(&account.email), "email": account.email, "name": "Ada" });
    assert_eq!(registered["user"], user);

    let link = site.local().newest_mail(&account.email, "welcome").await.token();
    let body = json!({ "token": link });
    site.client.post("/auth/verify-email").json(&body).await.expect(200);

    let login = site.login(&account).await;
    let body = login.expect(200);
    assert_eq!((&body["token_type"], &body["expires_in"], &body["user"]), (&json!("Bearer"), &json!(900), &user));
    let session = Session::of(&login);
    let me = site.me(&session.token).await.expect(200);
    assert_eq!(me["user"]["user_id"], user["user_id"]);
    assert_eq!(me["user"]["email_verified"], true);

    let next = Session::of(&site.refresh(&session.refresh).await);
    site.me(&next.token).await.expect(200);
    let logout = site.client.post("/auth/logout").bearer(&next.token).await.expect(200);
    assert_eq!(logout["message"], "Logged out successfully");
    site.expect_ended(&next).await;
    site.me(&session.token).await.expect_problem(401, "token_invalid");
    assert_eq!(text(&me["user"]["email"]), account.email);
}
