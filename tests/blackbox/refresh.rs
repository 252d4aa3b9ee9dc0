//! Refresh tokens: rotation, grace, theft, and how long a session lives.

use futures::future::join_all;
use serde_json::json;

use crate::harness::{Session, Stage, subject, text};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn fifty_refreshes_at_once_get_the_same_successor() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let answers = join_all((0..50).map(|_| site.refresh(&session.refresh))).await;
    let sessions: Vec<_> = answers.iter().map(Session::of).collect();
    let successor = &sessions[0].refresh;
    assert_ne!(*successor, session.refresh, "the token is rotated");
    for next in &sessions {
        assert_eq!(next.refresh, *successor, "all get the same successor");
        site.me(&next.token).await.expect(200);
    }
    // Had the session moved on more than once, this would not be its current token.
    let third = Session::of(&site.refresh(successor).await);
    assert!(
        ![&session.refresh, successor].contains(&&third.refresh),
        "the successor is rotated in its turn"
    );
}

#[tokio::test]
async fn a_repeat_within_the_grace_is_no_theft_and_after_it_is() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (account, first) = site.signed_in().await;
    let other = site.session(&account).await;
    let second = Session::of(&site.refresh(&first.refresh).await);
    let repeated = Session::of(&site.refresh(&first.refresh).await);
    assert_eq!(repeated.refresh, second.refresh);

    site.backstage().advance(11).await;
    let stolen = site.refresh(&first.refresh).await;
    stolen.expect_problem(401, "token_invalid");
    site.expect_ended(&second).await;
    let notice = site
        .backstage()
        .newest_mail(&account.email, subject::STOLEN)
        .await;
    assert!(
        notice.text.contains("session"),
        "the user is told what happened: {}",
        notice.text
    );
    site.me(&other.token).await.expect(200);
    let unknown = site.refresh("cv_rt_nothing").await;
    assert_eq!(stolen.shape(), unknown.shape(), "a thief learns nothing");
}

#[tokio::test]
async fn a_token_from_before_the_last_but_one_is_theft_at_once() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let (account, first) = site.signed_in().await;
    let second = Session::of(&site.refresh(&first.refresh).await);
    let third = Session::of(&site.refresh(&second.refresh).await);
    site.refresh(&first.refresh)
        .await
        .expect_problem(401, "token_invalid");
    site.expect_ended(&third).await;
    site.backstage()
        .newest_mail(&account.email, subject::STOLEN)
        .await;
}

#[tokio::test]
async fn an_altered_token_is_refused_and_harms_nobody() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    for at in [8, session.refresh.len() / 2, session.refresh.len() - 3] {
        let mut altered = session.refresh.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        site.refresh(&altered)
            .await
            .expect_problem(401, "token_invalid");
    }
    site.refresh(&session.refresh).await.expect(200);
}

#[tokio::test]
async fn an_access_token_alone_gets_another_one_of_its_session() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let answer = site
        .client
        .post("/auth/token/refresh")
        .bearer(&session.token)
        .await
        .expect(200);
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    assert_eq!(answer.get("refresh_token"), None);
    let token = text(&answer["token"]);
    assert_ne!(token, session.token);
    site.me(&token).await.expect(200);
    site.client
        .post("/auth/logout")
        .bearer(&token)
        .await
        .expect(200);
    site.expect_ended(&session).await;
    let renew = site.client.post("/auth/token/refresh");
    renew
        .bearer(&session.token)
        .await
        .expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn without_any_token_there_is_nothing_to_refresh() {
    let site = Stage::shared().await;
    site.client
        .post("/auth/token/refresh")
        .await
        .expect_problem(401, "token_missing");
    site.client
        .post("/auth/token/refresh")
        .json(&json!({}))
        .await
        .expect_problem(401, "token_missing");
}

#[tokio::test]
async fn an_access_token_lives_for_a_quarter_of_an_hour_and_the_skew() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (_, session) = site.signed_in().await;
    site.backstage().advance(15 * 60).await;
    site.me(&session.token).await.expect(200);
    site.backstage().advance(61).await;
    site.me(&session.token)
        .await
        .expect_problem(401, "token_invalid");
    let renew = site.client.post("/auth/token/refresh");
    renew
        .bearer(&session.token)
        .await
        .expect_problem(401, "token_invalid");
    let next = Session::of(&site.refresh(&session.refresh).await);
    site.me(&next.token).await.expect(200);
}

#[tokio::test]
async fn a_session_may_rest_for_fourteen_days() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (_, session) = site.signed_in().await;
    site.backstage().advance(14 * DAY - 3600).await;
    let next = Session::of(&site.refresh(&session.refresh).await);
    site.backstage().advance(14 * DAY).await;
    site.refresh(&next.refresh)
        .await
        .expect_problem(401, "token_invalid");
}

#[tokio::test]
async fn a_session_lives_for_thirty_days_however_often_it_is_used() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (_, mut session) = site.signed_in().await;
    for _ in 0..5 {
        site.backstage().advance(6 * DAY - 600).await;
        session = Session::of(&site.refresh(&session.refresh).await);
    }
    site.me(&session.token).await.expect(200);
    site.backstage().advance(3000).await;
    site.expect_ended(&session).await;
}

#[tokio::test]
async fn revoking_ends_the_session_and_always_succeeds() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let revoke = async |token: &str| {
        let body = json!({ "refresh_token": token });
        site.client.post("/auth/token/revoke").json(&body).await
    };
    let done = revoke(&session.refresh).await;
    done.expect(200);
    site.expect_ended(&session).await;
    for nothing in [
        session.refresh.as_str(),
        session.token.as_str(),
        "cv_rt_nothing",
        "ä",
    ] {
        assert_eq!(
            revoke(nothing).await.shape(),
            done.shape(),
            "revoking {nothing}"
        );
    }
}
