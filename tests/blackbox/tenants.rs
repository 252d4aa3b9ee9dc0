//! Two sites that know the same person, and never each other.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{Account, Session, Site, Stage, subject, text};

/// Two sites with an account of the same address, each with a password of its own.
async fn two_sites() -> Option<[(Site, Account, Session); 2]> {
    let here = Stage::shared_backstage().await?;
    let there = here.new_neighbour(&[]).await;
    let account = here.registered().await;
    let twin = account.with_password("An0ther-passw0rd");
    there.register(&twin).await.expect(201);
    let (session, other) = (here.session(&account).await, there.session(&twin).await);
    Some([(here, account, session), (there, twin, other)])
}

#[tokio::test]
async fn the_same_address_is_another_account_on_another_site() {
    let Some([(here, account, session), (there, twin, other)]) = two_sites().await else {
        return;
    };
    assert_eq!(
        here.me(&session.token).await.expect(200)["user"]["user_id"],
        here.user_id(&account.email)
    );
    assert_eq!(
        there.me(&other.token).await.expect(200)["user"]["user_id"],
        there.user_id(&account.email)
    );
    let foreign = there.login(&account).await;
    foreign.expect_problem(401, "credentials_invalid");
    assert_eq!(foreign.shape(), there.login(&Account::new()).await.shape());

    let token = here.reset_token(&account).await;
    here.confirm_reset(&token, "N3wPassw0rd!").await.expect(200);
    here.expect_ended(&session).await;
    there.me(&other.token).await.expect(200);
    there.login(&twin).await.expect(200);
}

#[tokio::test]
async fn an_access_token_with_another_sites_key_is_like_an_unknown_one() {
    let Some([(here, _, session), (there, ..)]) = two_sites().await else {
        return;
    };
    for path in ["/user/me", "/auth/sessions", "/user/me/export"] {
        let get = |token: &str| here.client.get(path).bearer(token);
        let foreign = get(&session.token).key(&there.key).await;
        foreign.expect_problem(401, "token_invalid");
        assert_eq!(
            foreign.shape(),
            get("nothing").key(&there.key).await.shape()
        );
        get(&session.token).key(&here.key).await.expect(200);
        get(&session.token).await.expect(200);
    }
    for path in ["/auth/logout", "/auth/token/refresh", "/auth/invites"] {
        let call = here
            .client
            .post(path)
            .bearer(&session.token)
            .key(&there.key);
        call.await.expect_problem(401, "token_invalid");
    }
    here.me(&session.token).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_with_another_sites_key_is_like_an_unknown_one() {
    let Some([(here, _, session), (there, ..)]) = two_sites().await else {
        return;
    };
    let refresh =
        |token: &str| there.post("/auth/token/refresh", &json!({ "refresh_token": token }));
    let foreign = refresh(&session.refresh).await;
    foreign.expect_problem(401, "token_invalid");
    assert_eq!(foreign.shape(), refresh("cv_rt_nothing").await.shape());
    here.refresh(&session.refresh).await.expect(200);
}

#[tokio::test]
async fn a_link_with_another_sites_key_is_like_an_unknown_one() {
    let Some([(here, account, _), (there, ..)]) = two_sites().await else {
        return;
    };
    let reset = here.reset_token(&account).await;
    let confirm = |token: &str| {
        let body = json!({ "token": token, "new_password": "N3wPassw0rd!" });
        there.post("/auth/password-reset/confirm", &body)
    };
    let foreign = confirm(&reset).await;
    foreign.expect_problem(400, "token_invalid");
    assert_eq!(foreign.shape(), confirm("nothing").await.shape());
    here.confirm_reset(&reset, "N3wPassw0rd!").await.expect(200);

    let stranger = here.registered().await;
    let link = here
        .backstage()
        .newest_mail(&stranger.email, subject::WELCOME)
        .await
        .token();
    let verify =
        |site: &Site, token: &str| site.post("/auth/verify-email", &json!({ "token": token }));
    let foreign = verify(&there, &link).await;
    foreign.expect_problem(400, "token_invalid");
    assert_eq!(foreign.shape(), verify(&there, "nothing").await.shape());
    verify(&here, &link).await.expect(200);
}

#[tokio::test]
async fn an_invitation_of_another_site_is_like_an_unknown_one() {
    let Some(here) = Stage::shared_backstage().await else {
        return;
    };
    let there = here.new_neighbour(&[]).await;
    // The same name of a family on both sites: two families.
    let family = Uuid::new_v4().to_string();
    let join = |site: &Site, account: &Account, invite: Option<&str>| {
        let mut body = account.credentials();
        body["family_id"] = json!(family);
        if let Some(invite) = invite {
            body["invite"] = json!(invite);
        }
        site.post("/auth/register", &body)
    };
    let member = Account::new();
    join(&here, &member, None).await.expect(201);
    join(&there, &Account::new(), None).await.expect(201);
    let session = here.session(&member).await;
    let invite = here
        .client
        .post("/auth/invites")
        .bearer(&session.token)
        .await
        .expect(201);
    let invite = text(&invite["invite"]);
    let foreign = join(&there, &Account::new(), Some(&invite)).await;
    foreign.expect_problem(403, "invite_required");
    assert_eq!(
        foreign.shape(),
        join(&there, &Account::new(), Some("nothing")).await.shape()
    );
    join(&here, &Account::new(), Some(&invite))
        .await
        .expect(201);
}

#[tokio::test]
async fn sessions_and_cursors_of_another_site_are_unknown() {
    let Some([(here, account, session), (_, _, other)]) = two_sites().await else {
        return;
    };
    here.session(&account).await;
    let list = |token: &str| here.client.get("/auth/sessions").bearer(token);
    let page = list(&session.token).query("limit", "1").await.expect(200);
    let cursor = text(&page["next_cursor"]);
    list(&other.token)
        .query("cursor", &cursor)
        .await
        .expect_bad_fields(&["cursor"]);
    let id = text(&page["items"][0]["id"]);
    let delete = |id: &str| {
        let path = format!("/auth/sessions/{id}");
        here.client
            .call(reqwest::Method::DELETE, &path)
            .bearer(&other.token)
    };
    let foreign = delete(&id).await;
    foreign.expect_problem(404, "not_found");
    assert_eq!(
        foreign.shape(),
        delete(&Uuid::new_v4().to_string()).await.shape()
    );
}

#[tokio::test]
async fn mail_leads_to_the_pages_of_its_own_site() {
    let Some(here) = Stage::shared_backstage().await else {
        return;
    };
    let there = here.new_neighbour(&[]).await;
    let account = Account::new();
    // Neither `Host` nor what a proxy would say can turn a link.
    let call = there.post("/auth/register", &account.credentials());
    let call = call
        .header("x-forwarded-host", "evil.example")
        .header("origin", "https://evil.example");
    call.await.expect(201);
    let mail = here
        .backstage()
        .newest_mail(&account.email, subject::WELCOME)
        .await;
    let expected = format!("{}/verify-email?token=", there.origin);
    assert!(
        mail.links[0].starts_with(&expected),
        "the link {}",
        mail.links[0]
    );
    // The address has no account here.
    here.ask_reset(&account.email).await.expect(200);
    assert_eq!(
        here.backstage().mail_to(&account.email).await.len(),
        1,
        "mails to {}",
        account.email
    );
}

#[tokio::test]
async fn a_removed_tenant_takes_its_users_along_and_can_be_removed_again() {
    let Some(here) = Stage::own().await else {
        return;
    };
    let there = here.new_neighbour(&[]).await;
    let (account, session) = there.signed_in().await;
    let (own, kept) = here.signed_in().await;
    let remove = async || {
        let command = ["tenant", "remove", &there.tenant, "--yes", &there.tenant];
        here.backstage().operate(&command).await
    };
    let mails = async || {
        // By then the welcome mail was handled, so that it is known.
        here.backstage().mail_to(&account.email).await;
        let list = ["emails", "list", &there.tenant];
        here.backstage().operate(&list).await
    };
    assert!(mails().await.contains(&account.email));
    assert!(remove().await.contains("2 keys and 1 users"));
    assert!(!mails().await.contains(&account.email));
    there.expect_ended(&session).await;
    // A warm function knows the key for a minute, by which somebody registers meanwhile.
    there.register(&account).await.expect(201);
    here.backstage().advance(60).await;
    there
        .login(&account)
        .await
        .expect_problem(401, "api_key_invalid");
    assert!(remove().await.contains("0 keys and 1 users"));
    here.me(&kept.token).await.expect(200);
    here.login(&own).await.expect(200);
}

#[tokio::test]
async fn what_a_tenants_mails_look_like_is_shown_and_taken_away() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let there = site.new_neighbour(&[]).await;
    let update = async |options: &[&str]| {
        let command = [&["tenant", "update", &there.tenant], options].concat();
        site.backstage().operate(&command).await
    };
    let mail = ["--sender", "hello@shop.example", "--brand-color", "#1A73E8"];
    let said = update(&mail).await;
    assert!(
        said.contains("sender: hello@shop.example  colour: #1a73e8"),
        "{said}"
    );
    let said = update(&["--sender", "none", "--emails-per-day", "7"]).await;
    assert!(
        !said.contains("sender") && said.contains("colour: #1a73e8"),
        "{said}"
    );
    assert!(said.contains("mails a day: 7"), "{said}");
}
