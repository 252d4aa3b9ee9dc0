//! Resetting a password.

use crate::harness::{Account, Stage, subject};

const NEW_PASSWORD: &str = "N3wPassw0rd!";

#[tokio::test]
async fn a_reset_sets_the_password_ends_every_session_and_tells_the_user() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let (account, first) = site.signed_in().await;
    let second = site.session(&account).await;
    let token = site.reset_token(&account).await;
    let confirmed = site.confirm_reset(&token, NEW_PASSWORD).await.expect(200);
    assert_eq!(confirmed["message"], "Password reset successful");

    site.expect_ended(&first).await;
    site.expect_ended(&second).await;
    site.login(&account)
        .await
        .expect_problem(401, "credentials_invalid");
    let session = site.session(&account.with_password(NEW_PASSWORD)).await;
    site.me(&session.token).await.expect(200);
    site.backstage()
        .newest_mail(&account.email, subject::PASSWORD_CHANGED)
        .await;
}

#[tokio::test]
async fn a_link_works_once_and_a_used_one_looks_like_an_unknown_one() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let token = site.reset_token(&account).await;
    site.confirm_reset(&token, NEW_PASSWORD).await.expect(200);
    let used = site.confirm_reset(&token, "An0ther-passw0rd").await;
    used.expect_problem(400, "token_invalid");
    let unknown = site
        .confirm_reset("cv_reset_nothing", "An0ther-passw0rd")
        .await;
    assert_eq!(used.shape(), unknown.shape());
    site.login(&account.with_password(NEW_PASSWORD))
        .await
        .expect(200);
}

#[tokio::test]
async fn one_of_many_who_use_a_link_at_once_succeeds() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let token = site.reset_token(&account).await;
    let passwords: Vec<_> = (0..8).map(|n| format!("N3wPassw0rd!{n}")).collect();
    let answers = passwords
        .iter()
        .map(|password| site.confirm_reset(&token, password));
    let answers = futures::future::join_all(answers).await;
    let winners: Vec<_> = answers
        .iter()
        .zip(&passwords)
        .filter(|(answer, _)| answer.status == 200)
        .collect();
    let [(_, password)] = winners.as_slice() else {
        panic!("one should have succeeded of {answers:?}");
    };
    site.login(&account.with_password(password))
        .await
        .expect(200);
    for (answer, _) in answers
        .iter()
        .zip(&passwords)
        .filter(|(answer, _)| answer.status != 200)
    {
        answer.expect_problem(400, "token_invalid");
    }
}

#[tokio::test]
async fn a_newer_link_replaces_the_older_one() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let older = site.reset_token(&account).await;
    let newer = site.reset_token(&account).await;
    site.confirm_reset(&older, NEW_PASSWORD)
        .await
        .expect_problem(400, "token_invalid");
    site.confirm_reset(&newer, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_link_lives_for_half_an_hour() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let expired = site.reset_token(&account).await;
    site.backstage().advance(30 * 60).await;
    site.confirm_reset(&expired, NEW_PASSWORD)
        .await
        .expect_problem(400, "token_invalid");
    let token = site.reset_token(&account).await;
    site.backstage().advance(28 * 60).await;
    site.confirm_reset(&token, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_password_that_is_refused_leaves_the_link_as_it_was() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let token = site.reset_token(&account).await;
    for refused in ["short", "password123", &account.email, &account.password] {
        site.confirm_reset(&token, refused)
            .await
            .expect_bad_fields(&["new_password"]);
    }
    site.login(&account).await.expect(200);
    site.confirm_reset(&token, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_unknown_address_is_answered_alike_and_gets_no_mail() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let stranger = Account::new();
    let known = site.ask_reset(&account.email).await;
    assert_eq!(
        known.expect(200)["message"],
        "If account exists, reset email sent"
    );
    let unknown = site.ask_reset(&stranger.email).await;
    assert_eq!(known.shape(), unknown.shape());
    assert!(
        site.backstage().mail_to(&stranger.email).await.is_empty(),
        "a stranger got mail"
    );
}

#[tokio::test]
async fn an_account_gets_three_mails_an_hour_and_its_last_link_works() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let account = site.registered().await;
    let count = async || {
        let all = site.backstage().mail_to(&account.email).await;
        all.iter()
            .filter(|mail| mail.subject == subject::RESET)
            .count()
    };
    let first = site.ask_reset(&account.email).await;
    for _ in 0..4 {
        let again = site.ask_reset(&account.email).await;
        assert_eq!(again.shape(), first.shape());
    }
    assert_eq!(count().await, 3, "mails within the hour");
    let token = site
        .backstage()
        .newest_mail(&account.email, subject::RESET)
        .await
        .token();
    site.confirm_reset(&token, NEW_PASSWORD).await.expect(200);
    site.backstage().advance(3600).await;
    site.ask_reset(&account.email).await.expect(200);
    assert_eq!(count().await, 4, "mails after the hour");
}
