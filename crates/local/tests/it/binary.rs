//! The binary, as a person starts and kills it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_dynamodb::types::AttributeValue;
use local::attach::Attached;
use local::data_dir::RunInfo;
use local::wiring::Wiring;

use crate::{dynamodb, sqs};

/// A started platform, killed when the test is over.
pub struct Running {
    pub child: Child,
    pub info: RunInfo,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command
        .arg("--data")
        .arg(data)
        .args(["--port", "0"])
        .env("RUST_LOG", "off")
        .env_remove("MAIL_TRANSPORT");
    command
}

fn start(data: &Path) -> Running {
    running(&mut command(data), data)
}

/// Starts a platform and waits until it says that it answers.
pub fn running(command: &mut Command, data: &Path) -> Running {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .find(|line| line.as_ref().unwrap().contains("answers on"))
        .unwrap()
        .unwrap();
    let info = serde_json::from_slice(&std::fs::read(data.join("run.json")).unwrap()).unwrap();
    // What it says later must not meet a closed pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Running { child, info }
}

/// Runs a command that must fail, and returns the one line that it says.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let wiring = Wiring::read(None).unwrap();
    let table = wiring
        .tables()
        .unwrap()
        .into_iter()
        .find(|table| table.key_schema.len() == 1)
        .unwrap();
    let key = table.key_schema[0].attribute_name.clone();
    let queue = wiring.queues().unwrap().remove(0);
    let queue_url = format!("http://x/000000000000/{}", queue.name);
    let value = AttributeValue::S("kept".to_owned());

    let mut first = start(folder.path());
    let database = dynamodb(&first.info.dynamodb_url);
    database
        .put_item()
        .table_name(&table.name)
        .item(&key, value.clone())
        .send()
        .await
        .unwrap();
    let sent = sqs(&first.info.sqs_url)
        .send_message()
        .queue_url(&queue_url)
        .message_body("kept")
        .send()
        .await
        .unwrap();
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(folder.path().join("run.json").exists(), "nobody tidied up");

    let second = start(folder.path());
    let database = dynamodb(&second.info.dynamodb_url);
    let item = database
        .get_item()
        .table_name(&table.name)
        .key(&key, value.clone())
        .send()
        .await
        .unwrap()
        .item;
    assert_eq!(item.unwrap()[&key], value);
    let message = format!("{}.json", sent.message_id().unwrap());
    assert!(
        folder
            .path()
            .join("queues")
            .join(&queue.name)
            .join(message)
            .exists()
    );
    drop(second);

    // And a reset forgets it.
    let third = running(command(folder.path()).arg("--reset"), folder.path());
    let item = dynamodb(&third.info.dynamodb_url)
        .get_item()
        .table_name(&table.name)
        .key(&key, value)
        .send()
        .await;
    assert!(item.unwrap().item.is_none());
}

#[test]
fn a_data_folder_has_one_user() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path());
    let message = refused(&mut command(folder.path()));
    assert!(
        message.contains("is in use by another process"),
        "{message}"
    );
    assert!(message.contains(&running.info.base_url), "{message}");
}

#[test]
fn a_taken_port_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    let message = refused(command.args(["--memory", "--port", &port]));
    assert_eq!(
        message,
        format!(
            "error: port {port} is taken: stop what listens there, or choose another with --port\n"
        )
    );
}

#[test]
fn a_broken_template_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("broken.yaml");
    let check = |text: &str, expected: &str| {
        std::fs::write(&template, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        let message = refused(
            command
                .args(["--memory", "--port", "0", "--template"])
                .arg(&template),
        );
        assert!(
            message.starts_with(&format!("error: {}: ", template.display())),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
    };
    check("Resources:\n  A: [\n", "line");
    check(
        "Resources: {A: {Type: AWS::DynamoDB::Table, Properties: {}}}",
        "Resources.A: missing field `KeySchema`",
    );
    check("", "the template has no resources");

    let nowhere = folder.path().join("nowhere.yaml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    let message = refused(command.args(["--memory", "--template"]).arg(&nowhere));
    assert!(
        message.contains("can't read") && message.contains("nowhere.yaml"),
        "{message}"
    );
}

#[test]
fn a_damaged_file_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    drop(start(folder.path()));
    for name in ["credentials.json", "signing-keys.json"] {
        let path = folder.path().join(name);
        let intact = std::fs::read(&path).unwrap();
        for damage in [&intact[..intact.len() / 2], b"", b"{}", b"\xff"] {
            std::fs::write(&path, damage).unwrap();
            let message = refused(&mut command(folder.path()));
            assert!(message.contains(name), "{message}");
            assert!(message.contains("restore it, or start with --reset"));
            assert_eq!(std::fs::read(&path).unwrap(), damage, "left as it was");
        }
        std::fs::write(&path, intact).unwrap();
    }
    drop(start(folder.path()));
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut running = start(folder.path());
        let told = Command::new("kill")
            .args([signal, &running.child.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
        assert!(running.child.wait().unwrap().success());
        assert!(!folder.path().join("run.json").exists());
    }
}

#[tokio::test]
async fn an_operator_command_finds_the_platform_or_takes_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = start(folder.path());
    let attached = Attached::to(folder.path(), None).await.unwrap();
    assert_eq!(attached.running.as_ref(), Some(&running.info));
    assert_eq!(
        attached.environment["AWS_ENDPOINT_URL_DYNAMODB"],
        running.info.dynamodb_url
    );
    attached.detach().await;

    // After a kill its run.json is still there, and is not believed.
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let attached = Attached::to(folder.path(), None).await.unwrap();
    assert_eq!(attached.running, None);
    let client = dynamodb(&attached.environment["AWS_ENDPOINT_URL_DYNAMODB"]);
    assert!(
        !client
            .list_tables()
            .send()
            .await
            .unwrap()
            .table_names()
            .is_empty()
    );
    let objects = reqwest::get(&attached.environment["AWS_ENDPOINT_URL_S3"]).await;
    assert_eq!(objects.unwrap().status(), 403, "without a signature");
    assert!(refused(&mut command(folder.path())).contains("is in use"));
    attached.detach().await;
}
