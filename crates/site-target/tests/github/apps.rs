//! GitHub Apps, with a key in either form.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use data_encoding::BASE64;
use github_stand_in::App;

use super::*;

/// Where PKCS#1 begins in the PKCS#8 of a key of 2,048 bits: after its lengths, version and algorithm.
const PKCS1: usize = 26;

struct Key {
    pkcs8: String,
    pkcs1: String,
    public: String,
}

fn key() -> Key {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
    Key {
        pkcs8: pem("PRIVATE KEY", pkcs8.as_ref()),
        pkcs1: pem("RSA PRIVATE KEY", &pkcs8.as_ref()[PKCS1..]),
        public: pem("RSA PUBLIC KEY", key.public_key().as_ref()),
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}

fn secret(key: &str, installation: Option<u64>) -> Secret {
    let mut entry = serde_json::json!({
        "app_id": 7, "private_key": key, "repositories": [REPOSITORY], "tenants": ["acme#blog"]
    });
    if let Some(installation) = installation {
        entry["installation_id"] = installation.into();
    }
    Secret::new(&serde_json::json!([entry]).to_string())
}

async fn place(key: &Key) -> AtGithub {
    let place = AtGithub::new(Some("docs")).await;
    place.stand_in.world().revoke(TOKEN);
    place.stand_in.world().app = Some(App {
        id: 7,
        installation: 70,
        public_key: key.public.clone(),
    });
    place
}

#[tokio::test]
async fn an_app_publishes_with_a_token_for_its_repository_alone() {
    let key = key();
    for (text, installation) in [(&key.pkcs1, Some(70)), (&key.pkcs8, None)] {
        let mut place = place(&key).await;
        place.secret = secret(text, installation);
        let github = place.github();
        let target = place.open_by(&github).await.unwrap();
        publish(&target, &small()).await.unwrap();
        let target = place.open_by(&github).await.unwrap();
        publish(&target, &site(&[("index.html", "2")]))
            .await
            .unwrap();
        let asked = place.requests();
        let tokens = asked
            .iter()
            .filter(|asked| asked.ends_with("/access_tokens"));
        assert_eq!(tokens.count(), 1, "{asked:?}");
        let world = place.stand_in.world();
        assert!(
            world
                .named(REPOSITORY)
                .unwrap()
                .contents("main")
                .contains_key("docs/index.html")
        );
    }
}

#[tokio::test]
async fn a_token_of_an_app_that_is_over_is_replaced() {
    let key = key();
    let mut place = place(&key).await;
    place.secret = secret(&key.pkcs8, Some(70));
    let target = place.open().await.unwrap();
    target.head().await.unwrap();
    place.stand_in.world().revoke("ghs_standin1");
    publish(&target, &small()).await.unwrap();
}

#[tokio::test]
async fn an_app_of_github_enterprise_has_one_token_for_both_addresses() {
    let key = key();
    let mut place = place(&key).await;
    place.api = "/api/v3";
    place.secret = secret(&key.pkcs8, None);
    let target = place.open().await.unwrap();
    publish(&target, &small()).await.unwrap();
    // When it is over, another one is asked for.
    for number in 1..10 {
        let token = format!("ghs_standin{number}");
        place.stand_in.world().revoke(&token);
    }
    publish(&target, &site(&[("index.html", "2")]))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_app_that_is_not_let_in_says_so() {
    let (key, other) = (key(), self::key());
    let mut place = place(&key).await;
    for secret in [
        secret(&other.pkcs8, Some(70)),
        secret(&other.pkcs8, None),
        secret(&key.pkcs8, Some(71)),
    ] {
        place.secret = secret;
        let refused = match place.open().await {
            Ok(target) => target.head().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(
            matches!(
                refused,
                Err(Error::Refused {
                    code: "token_refused",
                    ..
                })
            ),
            "{refused:?}"
        );
    }
}
