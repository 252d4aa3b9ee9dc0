//! The log: what never stands in it.

use std::fs::File;

use serde_json::{Value, json};

use crate::binary::{command, running};

/// Everything, also where somebody asks for it by name.
const LOUDEST: &str =
    "trace,aws_smithy_runtime::client::orchestrator=trace,aws_sdk_dynamodb::operation=trace";

const PASSPHRASE: &str = "violet anchor 92 teapot";
const NEW_PASSPHRASE: &str = "brass 41 meadow lantern";
const PLAINTEXT: &str = "Tuesday at noon, by the fountain";

async fn send(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// The tokens in the links of all mail.
async fn mailed_tokens(client: &reqwest::Client, base_url: &str) -> Vec<String> {
    let request = client
        .get(format!("{base_url}/_local/mail"))
        .header("accept", "application/json");
    let mail = send(request).await;
    let links = mail.as_array().unwrap().iter();
    links
        .flat_map(|mail| mail["links"].as_array().unwrap().clone())
        .map(|link| {
            let (_, token) = link.as_str().unwrap().split_once("token=").unwrap();
            token.to_owned()
        })
        .collect()
}

/// Makes a message key, leaves a message, reads it and changes the passphrase.
async fn exchange_a_message(client: &reqwest::Client, base_url: &str, token: &str) {
    let to = |path: &str| format!("{base_url}{path}");
    let password = json!({ "password": PASSPHRASE });
    let make = client.post(to("/messages/key")).json(&password);
    let key = send(make.bearer_auth(token)).await;
    let recipient: age::x25519::Recipient = key["recipient"].as_str().unwrap().parse().unwrap();
    let file = age::encrypt(&recipient, PLAINTEXT.as_bytes()).unwrap();
    let path = format!("/drop/{}", key["address"].as_str().unwrap());
    let drop = client.post(to(&path)).body(file);
    let left = send(drop.header("content-type", "application/age")).await;
    let path = format!("/messages/{}/read", left["message_id"].as_str().unwrap());
    let read = client.post(to(&path)).json(&password).bearer_auth(token);
    assert_eq!(send(read).await["plaintext"], PLAINTEXT);
    let passwords = json!({ "password": PASSPHRASE, "new_password": NEW_PASSPHRASE });
    let reseal = client.put(to("/messages/key/password")).json(&passwords);
    send(reseal.bearer_auth(token)).await;
}

#[tokio::test]
async fn the_loudest_log_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let log = folder.path().join("log");
    let mut command = command(&data);
    command
        .env("RUST_LOG", LOUDEST)
        .stderr(File::create(&log).unwrap());
    let platform = running(&mut command, &data);
    let base_url = &platform.info.base_url;
    let credentials = std::fs::read(data.join("credentials.json")).unwrap();
    let credentials: Value = serde_json::from_slice(&credentials).unwrap();
    let key = credentials["publishable_key"].as_str().unwrap();

    let client = reqwest::Client::new();
    let post = |path: &str, body: Value| {
        let request = client.post(format!("{base_url}{path}"));
        send(request.header("x-api-key", key).json(&body))
    };
    let (email, password) = ("ada@example.com", "S3cur3-Pass-of-Ada!");
    let account = json!({"email": email, "password": password, "name": "Ada"});
    post("/auth/register", account.clone()).await;
    post("/auth/password-reset", json!({"email": email})).await;
    let login = json!({"email": email, "password": password});
    let login = post("/auth/login", login).await;
    let token = login["token"].as_str().unwrap();
    let refresh = login["refresh_token"].as_str().unwrap();
    send(client.get(format!("{base_url}/user/me")).bearer_auth(token)).await;
    post("/auth/token/refresh", json!({"refresh_token": refresh})).await;
    let mailed = mailed_tokens(&client, base_url).await;
    assert_eq!(mailed.len(), 2);
    exchange_a_message(&client, base_url, token).await;
    drop(platform);

    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("TRACE"), "it is loud");
    let mut secrets = vec!["$argon2", password, key, token, refresh];
    secrets.extend([PASSPHRASE, NEW_PASSPHRASE, PLAINTEXT, "AGE-SECRET-KEY-"]);
    secrets.extend(mailed.iter().map(String::as_str));
    secrets.push(credentials["secret_key"].as_str().unwrap());
    secrets.push(credentials["owner"]["password"].as_str().unwrap());
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
