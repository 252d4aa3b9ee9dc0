//! The keys that sign access tokens, as a client that verifies them sees them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::harness::{Session, Site, Stage};

async fn published(site: &Site) -> JwkSet {
    let answer = site.client.get("/.well-known/jwks.json").await;
    serde_json::from_value(answer.expect(200)).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

fn kid(token: &str) -> String {
    let header =
        jsonwebtoken::decode_header(token).unwrap_or_else(|error| panic!("{error} in {token}"));
    header.kid.unwrap_or_else(|| panic!("no kid in {token}"))
}

fn names(keys: &JwkSet) -> Vec<String> {
    keys.keys
        .iter()
        .filter_map(|key| key.common.key_id.clone())
        .collect()
}

#[tokio::test]
async fn a_client_verifies_an_access_token_with_what_is_published() {
    let site = Stage::shared().await;
    let (account, session) = site.signed_in().await;
    let keys = published(&site).await;
    let key = keys
        .find(&kid(&session.token))
        .expect("the key that signed is published");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[&site.tenant]);
    let key = DecodingKey::from_jwk(key).expect("a usable key");
    let token =
        jsonwebtoken::decode::<Value>(&session.token, &key, &validation).expect("a valid token");
    assert_eq!(token.header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(token.claims["sub"], site.user_id(&account.email));
    let life = token.claims["exp"]
        .as_i64()
        .zip(token.claims["iat"].as_i64())
        .map(|(exp, iat)| exp - iat);
    assert_eq!(life, Some(900), "seconds that the token lives");
    validation.set_audience(&["acme#else"]);
    assert!(
        jsonwebtoken::decode::<Value>(&session.token, &key, &validation).is_err(),
        "it is for its tenant alone"
    );
}

#[tokio::test]
async fn only_public_parts_are_published() {
    let site = Stage::shared().await;
    let keys = site.client.get("/.well-known/jwks.json").await.expect(200);
    for key in keys["keys"].as_array().into_iter().flatten() {
        let mut members: Vec<_> = key
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_verifies_on() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let (account, first) = site.signed_in().await;
    let old = kid(&first.token);
    site.backstage().operate(&["signing-key", "rotate"]).await;
    site.backstage().advance(5 * 60).await;
    let keys = names(&published(&site).await);
    assert_eq!(keys.len(), 2, "the published keys: {keys:?}");
    let new = keys
        .into_iter()
        .find(|name| *name != old)
        .expect("the new key is published");

    site.backstage().advance(8 * 60).await;
    let before = site.session(&account).await;
    assert_eq!(
        kid(&before.token),
        old,
        "before its time a key does not sign"
    );
    site.backstage().advance(2 * 60).await;
    let after = site.session(&account).await;
    assert_eq!(kid(&after.token), new, "after its time the new key signs");
    for session in [&first, &before, &after] {
        site.me(&session.token).await.expect(200);
    }
    // What the old key gave out is taken on, and answered with the new one.
    let refreshed = Session::of(&site.refresh(&before.refresh).await);
    assert_eq!(kid(&refreshed.token), new);
    site.refresh(&refreshed.refresh).await.expect(200);
    assert_eq!(published(&site).await.keys.len(), 2);
    site.backstage().advance(30 * 24 * 3600 + 60).await;
    let keys = names(&published(&site).await);
    assert!(
        keys.contains(&new) && !keys.contains(&old),
        "what is published after the overlap: {keys:?}"
    );
}

#[tokio::test]
async fn the_next_key_is_made_without_anybody_after_thirty_days() {
    let Some(site) = Stage::own().await else {
        return;
    };
    let first = names(&published(&site).await);
    site.backstage().advance(29 * 24 * 3600).await;
    assert_eq!(names(&published(&site).await), first, "after 29 days");
    site.backstage().advance(2 * 24 * 3600).await;
    let keys = names(&published(&site).await);
    assert_eq!(keys.len(), 2, "after 31 days: {keys:?}");
    assert!(keys.contains(&first[0]), "the first key verifies on");
    site.backstage().advance(24 * 3600).await;
    assert_eq!(names(&published(&site).await), keys, "a day later");
}
