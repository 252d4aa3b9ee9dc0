//! The database or the queue being away: 503 with `Retry-After`, nothing half done, and the same request works afterwards.

use std::sync::Arc;

use fixtures::{Answer, TestRequest};
use serde_json::json;

use crate::site::{PASSWORD, Site, call};

/// Calls a function to which a service does not answer.
macro_rules! call_without {
    ($site:expr, $outside:expr, $package:ident, $request:expr) => {{
        let outside: &fixtures::Outside = $outside;
        let deps: Arc<$package::Deps> = outside.deps();
        let handle = |deps: Arc<$package::Deps>, request| async move {
            $package::handle(&deps, request).await
        };
        $site.world.call(&deps, handle, $request).await
    }};
}

pub(crate) use call_without;

#[track_caller]
pub(crate) fn is_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.body["code"], "unavailable", "{answer:?}");
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
}

#[tokio::test]
async fn nothing_works_without_the_database_and_everything_works_afterwards() {
    let site = Site::start().await;
    let (token, refresh_token) = site.session("user@example.com").await;
    let away = site.world.without("DYNAMODB");
    let login = || {
        site.keyed(
            "POST /auth/login",
            &json!({ "email": "user@example.com", "password": PASSWORD }),
        )
    };
    let refresh = || {
        TestRequest::to("POST /auth/token/refresh").json(&json!({ "refresh_token": refresh_token }))
    };
    let me = || TestRequest::to("GET /user/me").bearer(&token);
    is_unavailable(&call_without!(site, &away, login, login()));
    is_unavailable(&call_without!(site, &away, refresh, refresh()));
    is_unavailable(&call_without!(site, &away, me, me()));
    let ready = call_without!(site, &away, ready, TestRequest::to("GET /health/ready"));
    is_unavailable(&ready);
    assert_eq!(ready.body["checks"]["database"], "no answer", "{ready:?}");

    assert_eq!(call!(site, login, login()).status, 200);
    assert_eq!(call!(site, refresh, refresh()).status, 200);
    assert_eq!(call!(site, me, me()).status, 200);
}

#[tokio::test]
async fn a_registration_without_the_queue_is_taken_back_and_works_afterwards() {
    let site = Site::start().await;
    let away = site.world.without("SQS");
    let body = json!({ "email": "new@example.com", "password": PASSWORD, "family_id": "smith", "user_name": "ann" });
    let register = || site.keyed("POST /auth/register", &body);
    is_unavailable(&call_without!(site, &away, register, register()));
    assert_eq!(
        site.login("new@example.com", PASSWORD).await.status,
        401,
        "nothing is left of it"
    );
    let again = call!(site, register, register());
    assert_eq!(
        again.status, 201,
        "the family and the name are free again: {again:?}"
    );
}

#[tokio::test]
async fn a_reset_without_the_queue_changes_nothing_and_its_link_works_afterwards() {
    let site = Site::start().await;
    site.register("user@example.com").await;
    let away = site.world.without("SQS");
    let reset = || {
        site.keyed(
            "POST /auth/password-reset",
            &json!({ "email": "user@example.com" }),
        )
    };
    is_unavailable(&call_without!(site, &away, reset, reset()));
    assert_eq!(call!(site, reset, reset()).status, 200);

    let body = json!({ "token": site.newest_link(), "new_password": "N3wPassw0rd!" });
    let confirm = || TestRequest::to("POST /auth/password-reset/confirm").json(&body);
    is_unavailable(&call_without!(site, &away, reset_confirm, confirm()));
    assert_eq!(
        site.login("user@example.com", PASSWORD).await.status,
        200,
        "the old password is still the one"
    );
    assert_eq!(call!(site, reset_confirm, confirm()).status, 200);
    assert_eq!(
        site.login("user@example.com", "N3wPassw0rd!").await.status,
        200
    );
}

#[tokio::test]
async fn an_account_is_not_deleted_without_the_queue() {
    let site = Site::start().await;
    let (token, _) = site.session("user@example.com").await;
    let away = site.world.without("SQS");
    let delete = || {
        TestRequest::to("DELETE /user/me")
            .bearer(&token)
            .json(&json!({ "password": PASSWORD }))
    };
    is_unavailable(&call_without!(site, &away, me, delete()));
    assert_eq!(site.login("user@example.com", PASSWORD).await.status, 200);
    assert_eq!(call!(site, me, delete()).status, 204);
    assert_eq!(site.login("user@example.com", PASSWORD).await.status, 401);
}
