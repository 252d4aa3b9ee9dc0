//! Families: founded by anybody, joined by invitation.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Account, Answer, Session, Site, Stage, text};

/// A family that nobody has founded.
fn new_family() -> String {
    Uuid::new_v4().to_string()
}

async fn join(
    site: &Site,
    account: &Account,
    family: &str,
    user_name: &str,
    invite: Option<&str>,
) -> Answer {
    let mut body = account.credentials();
    body["family_id"] = json!(family);
    body["user_name"] = json!(user_name);
    if let Some(invite) = invite {
        body["invite"] = json!(invite);
    }
    site.post("/auth/register", &body).await
}

/// A family with one member, `Ada`.
async fn found(site: &Site) -> (String, Account, Session) {
    let (family, ada) = (new_family(), Account::new());
    join(site, &ada, &family, "Ada", None).await.expect(201);
    let session = site.session(&ada).await;
    (family, ada, session)
}

async fn invite(site: &Site, member: &Session) -> String {
    let answer = site
        .client
        .post("/auth/invites")
        .bearer(&member.token)
        .await;
    text(&answer.expect(201)["invite"])
}

#[tokio::test]
async fn an_unknown_family_is_founded_and_joined_by_invitation_only() {
    let site = Stage::shared().await;
    let (family, _, ada) = found(&site).await;
    let me = site.me(&ada.token).await.expect(200);
    assert_eq!(
        (&me["user"]["family_id"], &me["user"]["user_name"]),
        (&json!(family), &json!("Ada"))
    );

    let bob = Account::new();
    join(&site, &bob, &family, "Bob", None)
        .await
        .expect_problem(403, "invite_required");
    join(&site, &bob, &family, "Bob", Some("cv_invite_nothing"))
        .await
        .expect_problem(403, "invite_required");
    site.login(&bob)
        .await
        .expect_problem(401, "credentials_invalid");
    let invitation = invite(&site, &ada).await;
    join(&site, &bob, &family, "Bob", Some(&invitation))
        .await
        .expect(201);
    let bob = site.session(&bob).await;
    assert_eq!(
        site.me(&bob.token).await.expect(200)["user"]["family_id"],
        json!(family)
    );
}

#[tokio::test]
async fn an_invitation_works_once_and_for_its_family() {
    let site = Stage::shared().await;
    let (family, _, ada) = found(&site).await;
    let (other_family, ..) = found(&site).await;
    let invitation = invite(&site, &ada).await;
    let elsewhere = join(
        &site,
        &Account::new(),
        &other_family,
        "Bob",
        Some(&invitation),
    )
    .await;
    elsewhere.expect_problem(403, "invite_required");
    join(&site, &Account::new(), &family, "Bob", Some(&invitation))
        .await
        .expect(201);
    let again = join(&site, &Account::new(), &family, "Cy", Some(&invitation)).await;
    again.expect_problem(403, "invite_required");
}

#[tokio::test]
async fn an_invitation_lives_for_seven_days() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (family, ada, session) = found(&site).await;
    let invitation = invite(&site, &session).await;
    site.backstage().advance(7 * 24 * 3600).await;
    let late = join(&site, &Account::new(), &family, "Bob", Some(&invitation)).await;
    late.expect_problem(403, "invite_required");
    let invitation = invite(&site, &site.session(&ada).await).await;
    site.backstage().advance(7 * 24 * 3600 - 600).await;
    join(&site, &Account::new(), &family, "Bob", Some(&invitation))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_name_is_given_once_in_a_family_and_a_refusal_spends_no_invitation() {
    let site = Stage::shared().await;
    let (family, _, ada) = found(&site).await;
    let invitation = invite(&site, &ada).await;
    let bob = Account::new();
    join(&site, &bob, &family, "ADA", Some(&invitation))
        .await
        .expect_problem(409, "user_name_taken");
    join(&site, &bob, &family, "Bob", Some(&invitation))
        .await
        .expect(201);
    let bob = site.session(&bob).await;
    let rename = |name: &str| {
        let call = site
            .client
            .call(Method::PATCH, "/user/me")
            .bearer(&bob.token);
        call.json(&json!({ "user_name": name }))
    };
    rename("ada").await.expect_problem(409, "user_name_taken");
    rename("Bobby").await.expect(200);
    assert_eq!(
        site.me(&bob.token).await.expect(200)["user"]["user_name"],
        "Bobby"
    );
    // In another family the name is free.
    join(&site, &Account::new(), &new_family(), "Ada", None)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_name_is_free_again_when_its_bearer_is_gone_or_renamed() {
    let site = Stage::shared().await;
    let (family, _, ada) = found(&site).await;
    let mut members = Vec::new();
    for name in ["Bob", "Cy"] {
        let account = Account::new();
        let invitation = invite(&site, &ada).await;
        join(&site, &account, &family, name, Some(&invitation))
            .await
            .expect(201);
        members.push((site.session(&account).await, account));
    }
    let (bob, account) = &members[0];
    let delete = site
        .client
        .call(Method::DELETE, "/user/me")
        .bearer(&bob.token);
    delete
        .json(&json!({ "password": account.password }))
        .await
        .expect(204);
    let (cy, account) = &members[1];
    let rename = site
        .client
        .call(Method::PATCH, "/user/me")
        .bearer(&cy.token);
    rename
        .json(&json!({ "user_name": "bob" }))
        .await
        .expect(200);
    let back_end = site.client.post("/users").key(&site.secret);
    back_end
        .json(&json!({ "email": account.email, "user_name": "dee" }))
        .await
        .expect(200);
    for name in ["cy", "bob"] {
        let invitation = invite(&site, &ada).await;
        join(&site, &Account::new(), &family, name, Some(&invitation))
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn only_a_member_invites() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let call = site.client.post("/auth/invites");
    call.bearer(&session.token)
        .await
        .expect_problem(403, "forbidden");
    site.client
        .post("/auth/invites")
        .await
        .expect_problem(401, "token_missing");
}
