//! What is written down for 90 days: who did what, from where, in which request; never a secret.

use std::sync::Arc;

use domain::audit::Event;
use domain::{TenantId, UserId};
use fixtures::TestRequest;
use repository::AuditLog;
use serde_json::json;

use crate::site::{PASSWORD, Site, call};

impl Site {
    /// What the log says of a user of the site today.
    pub(crate) async fn events(&self, email: &str) -> Vec<Event> {
        let tenant = TenantId::parse("demo#site").expect("a tenant");
        let day = self
            .world
            .clock
            .clock()
            .now()
            .strftime("%Y-%m-%d")
            .to_string();
        let log: AuditLog = self.world.get();
        let events = log.of_day(&tenant, &day).await.expect("the log is read");
        let user = UserId::parse(&format!("demo#site#{email}")).expect("a user");
        let about = events
            .into_iter()
            .filter(|event| event.user_id.as_ref() == Some(&user));
        about
            .map(|event| {
                assert_eq!(
                    (event.ip.as_str(), event.request_id.as_str()),
                    ("127.0.0.1", "test")
                );
                event.event
            })
            .collect()
    }
}

#[tokio::test]
async fn what_happens_to_an_account_is_written_down() {
    let site = Site::start().await;
    let (_, refresh_token) = site.session("user@example.com").await;
    site.login("user@example.com", "wrong").await;
    let reset = site.keyed(
        "POST /auth/password-reset",
        &json!({ "email": "user@example.com" }),
    );
    call!(site, reset, reset);
    let refresh = || {
        TestRequest::to("POST /auth/token/refresh").json(&json!({ "refresh_token": refresh_token }))
    };
    assert_eq!(call!(site, refresh, refresh()).status, 200);
    site.world.clock.advance_seconds(11);
    assert_eq!(call!(site, refresh, refresh()).status, 401);
    let confirm = json!({ "token": site.newest_link(), "new_password": "N3wPassw0rd!" });
    call!(
        site,
        reset_confirm,
        TestRequest::to("POST /auth/password-reset/confirm").json(&confirm)
    );

    let mut events = site.events("user@example.com").await;
    events.sort_by_key(|event| format!("{event:?}"));
    let expected = [
        Event::LinkRequested,
        Event::Login,
        Event::LoginFailed,
        Event::PasswordReset,
        Event::RefreshReuse,
        Event::Register,
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_lock_out_and_a_farewell_are_written_down() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    for _ in 0..5 {
        // Two events of one moment and one request are one row, and here every request has the same id.
        site.world.clock.advance_seconds(1);
        site.login("nobody@example.com", "wrong").await;
    }
    let mut events = site.events("nobody@example.com").await;
    events.sort_by_key(|event| format!("{event:?}"));
    let failed = Event::LoginFailed;
    assert_eq!(events, [Event::Locked, failed, failed, failed, failed]);

    let delete = TestRequest::to("DELETE /user/me")
        .bearer(&token)
        .json(&json!({ "password": PASSWORD }));
    assert_eq!(call!(site, me, delete).status, 204);
    assert!(
        site.events("user@example.com")
            .await
            .contains(&Event::UserDeleted)
    );
}
