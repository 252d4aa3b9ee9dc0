use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router, routing};
use domain::{Clock, Random, Timestamp};
use futures::future::join_all;
use serde_json::{Value, json};
use token::KeyStore;
use trigger::Provide;

use crate::Env;

/// A secret of Secrets Manager, by the rules of its documentation.
#[derive(Default)]
struct Secret {
    versions: HashMap<String, String>,
    current: Option<String>,
}

async fn secrets_manager() -> (String, Arc<Mutex<Secret>>) {
    let secret = Arc::new(Mutex::new(Secret::default()));
    let router = Router::new()
        .route("/", routing::post(answer))
        .with_state(secret.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, secret)
}

async fn answer(
    State(secret): State<Arc<Mutex<Secret>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_str(&body).unwrap();
    let mut secret = secret.lock().unwrap();
    let refused = |code: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": code })));
    if headers["x-amz-target"] == "secretsmanager.GetSecretValue" {
        let Some(version) = &secret.current else {
            return refused("ResourceNotFoundException");
        };
        let value = json!({"SecretString": secret.versions[version], "VersionId": version});
        return (StatusCode::OK, Json(value));
    }
    let token = request["ClientRequestToken"].as_str().unwrap().to_owned();
    assert!((32..=64).contains(&token.len()), "{token}");
    let text = request["SecretString"].as_str().unwrap().to_owned();
    match secret.versions.get(&token) {
        Some(known) if *known != text => return refused("ResourceExistsException"),
        Some(_) => {}
        None => {
            secret.versions.insert(token.clone(), text);
            secret.current = Some(token.clone());
        }
    }
    (StatusCode::OK, Json(json!({ "VersionId": token })))
}

fn env(variables: &[(&str, &str)]) -> Env {
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let random = Random::new(system_random);
    Env::new(variables.collect(), Clock::new(|| at(0)), random)
}

#[expect(clippy::disallowed_methods, reason = "keys need randomness")]
fn system_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap()
}

/// Many rotate at once for the first key, and again when it is due.
async fn one_of_many_rotates(env: &Env) {
    let store: KeyStore = env.provide().unwrap();
    let random: Random = env.provide().unwrap();
    for (day, keys) in [(0, 1), (30, 2)] {
        let runs = (0..8).map(|_| store.rotate_when_due(&random, at(day)));
        let made = join_all(runs).await;
        let made = made.into_iter().filter(|keys| matches!(keys, Ok(Some(_))));
        assert_eq!(made.count(), 1, "rotations on day {day}");
        let stored = store.current().await.unwrap().public(at(day));
        assert_eq!(stored.len(), keys, "keys on day {day}");
    }
}

#[tokio::test]
async fn one_of_many_rotations_wins_in_secrets_manager() {
    let (url, secret) = secrets_manager().await;
    let env = env(&[
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("JWT_SECRET_NAME", "keys"),
    ]);
    one_of_many_rotates(&env).await;
    assert_eq!(secret.lock().unwrap().versions.len(), 2);
}

#[tokio::test]
async fn one_of_many_rotations_wins_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    one_of_many_rotates(&env(&[("JWT_KEY_FILE", path.to_str().unwrap())])).await;
    let files = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(files.count(), 1, "files in the folder");
}

#[test]
fn one_of_many_writers_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    for round in 0..20 {
        let before = std::fs::read_to_string(&path)
            .ok()
            .map(|text| token::hash(&text));
        let wins = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|writer| {
                    let (path, before) = (&path, before.as_deref());
                    let secret = format!("round {round} writer {writer}").into();
                    scope.spawn(move || super::replace(path, before, &secret).unwrap())
                })
                .collect();
            let wins = runs.into_iter().map(|run| run.join().unwrap());
            wins.filter(|is_replaced| *is_replaced).count()
        });
        assert_eq!(wins, 1, "writers that replaced the file in round {round}");
    }
}
