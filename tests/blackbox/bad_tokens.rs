//! Access tokens that are none.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::harness::{Site, Stage};

/// Checks that a token is refused, like any other that is none.
async fn expect_refused(site: &Site, token: &str, what: &str) {
    let refused = site.me(token).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (401, &json!("token_invalid")),
        "{what}: {refused}"
    );
    assert_eq!(refused.shape(), site.me("nothing").await.shape(), "{what}");
}

/// The claims of a token, without looking at its signature.
fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token)
        .expect("a token")
        .claims
}

#[tokio::test]
async fn a_token_that_was_altered_anywhere_is_refused() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let token = &session.token;
    // The last digit of base64 has bits that say nothing: one before it is altered instead.
    for at in (0..token.len() - 1)
        .step_by(7)
        .filter(|at| token.as_bytes()[*at] != b'.')
    {
        let mut altered = token.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        if altered
            .split('.')
            .zip(token.split('.'))
            .all(|(a, b)| a == b)
        {
            continue;
        }
        expect_refused(&site, &altered, &format!("altered at {at}")).await;
    }
    site.me(token).await.expect(200);
}

#[tokio::test]
async fn a_token_in_parts_is_refused() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let [header, payload, signature] = session.token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts should be in {}", session.token);
    };
    for (token, what) in [
        (format!("{header}.{payload}."), "without its signature"),
        (format!("{header}.{payload}"), "without its last part"),
        (format!("{payload}.{header}.{signature}"), "out of order"),
        (
            format!("{header}.{payload}.{signature}.x"),
            "with a part too many",
        ),
        (
            format!("{}.{payload}.{signature}", "x".repeat(9000)),
            "much too long",
        ),
        (session.refresh.clone(), "a refresh token"),
        (site.key.clone(), "an API key"),
    ] {
        expect_refused(&site, &token, what).await;
    }
}

#[tokio::test]
async fn a_token_that_somebody_else_signed_is_refused() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let known = jsonwebtoken::decode_header(&session.token).unwrap();
    let published = site.client.get("/.well-known/jwks.json").await;
    for secret in ["secret", published.text.as_str()] {
        let mut header = Header::new(Algorithm::HS256);
        header.typ.clone_from(&known.typ);
        header.kid.clone_from(&known.kid);
        let key = EncodingKey::from_secret(secret.as_bytes());
        let forged = jsonwebtoken::encode(&header, &claims(&session.token), &key).unwrap();
        expect_refused(&site, &forged, "signed with a shared secret").await;
    }
    let [_, payload, signature] = session.token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts should be in {}", session.token);
    };
    // {"alg":"none","typ":"at+jwt"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    expect_refused(&site, &format!("{none}.{payload}."), "signed by nobody").await;
    expect_refused(
        &site,
        &format!("{none}.{payload}.{signature}"),
        "said to be signed by nobody",
    )
    .await;
}

#[tokio::test]
async fn only_the_bearer_scheme_is_taken_and_once() {
    let site = Stage::shared().await;
    let (_, session) = site.signed_in().await;
    let me = |value: &str| site.client.get("/user/me").header("authorization", value);
    let token = &session.token;
    for wrong in [
        token.clone(),
        format!("Basic {token}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        String::new(),
    ] {
        me(&wrong).await.expect_problem(401, "token_invalid");
    }
    let doubled = me(&format!("Bearer {token}")).bearer(token);
    doubled.await.expect_problem(401, "token_invalid");
    me(&format!("bearer {token}")).await.expect(200);
    // A bad header is not made up for by a good cookie.
    me("Bearer nothing")
        .cookie("auth_token", token)
        .await
        .expect_problem(401, "token_invalid");
}
