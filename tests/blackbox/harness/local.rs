//! What only a platform on this machine can do: show its mail, move its clock, take an operator's commands.

use std::path::PathBuf;

use clap::Parser;
use local::cli::Start;
use local::operator::{self, Where};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::http;

/// The means of a platform on this machine.
pub struct Local {
    base_url: String,
    data: PathBuf,
    http: reqwest::Client,
}

/// A mail as `/_local/mail` shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// Which mail it is.
    pub template: String,
    /// What it says.
    pub text: String,
    /// The links in it.
    pub links: Vec<String>,
}

impl Mail {
    /// The token of the only link in the mail.
    #[track_caller]
    pub fn token(&self) -> String {
        let [link] = self.links.as_slice() else {
            panic!("one link should be in {self:?}");
        };
        let url = Url::parse(link).unwrap_or_else(|error| panic!("{link}: {error}"));
        let token = url.query_pairs().find(|(name, _)| name == "token");
        token
            .unwrap_or_else(|| panic!("no token in {link}"))
            .1
            .into_owned()
    }
}

impl Local {
    pub(super) fn new(base_url: &str, data: PathBuf) -> Self {
        // A stage is shared by tests, and a connection goes with the runtime of the test that made it.
        let http = http(base_url).pool_max_idle_per_host(0);
        Self {
            base_url: base_url.to_owned(),
            data,
            http: http.build().expect("a client can be made"),
        }
    }

    /// Whether the platform has these means, and its data is where its credentials are.
    pub(super) async fn is_there(&self) -> bool {
        let clock = self.http.get(format!("{}/_local/clock", self.base_url));
        let answers = clock
            .send()
            .await
            .is_ok_and(|answer| answer.status().is_success());
        answers && self.data.join("run.json").exists()
    }

    /// The mail to an address, newest first.
    pub async fn mail_to(&self, email: &str) -> Vec<Mail> {
        let request = self.http.get(format!("{}/_local/mail", self.base_url));
        let answer = request.header("accept", "application/json").send().await;
        let all: Vec<Mail> = answer
            .expect("the mail is shown")
            .json()
            .await
            .expect("the mail is JSON");
        all.into_iter().filter(|mail| mail.to == email).collect()
    }

    /// The newest mail of a kind to an address.
    pub async fn newest_mail(&self, email: &str, template: &str) -> Mail {
        let all = self.mail_to(email).await;
        let newest = all.iter().find(|mail| mail.template == template);
        newest
            .unwrap_or_else(|| panic!("no mail {template} to {email} among {all:?}"))
            .clone()
    }

    /// Moves the platform's clock forward.
    pub async fn advance(&self, seconds: u64) {
        let request = self.http.post(format!("{}/_local/clock", self.base_url));
        let answer = request
            .json(&json!({ "advance_seconds": seconds }))
            .send()
            .await;
        let answer = answer.expect("the clock can be moved");
        assert!(
            answer.status().is_success(),
            "the clock can be moved: {}",
            answer.status()
        );
    }

    /// Does what an operator would type after `cargo run --`, and returns what is printed.
    pub async fn operate(&self, command: &[&str]) -> String {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            start: Start,
            #[command(subcommand)]
            command: operator::Command,
        }
        let data = self.data.to_string_lossy();
        let line = [&["local", "--data", &data], command].concat();
        let line =
            Line::try_parse_from(line).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let done = operator::run(line.command, &line.start, &Where { stack: None }).await;
        done.unwrap_or_else(|error| panic!("{command:?}: {}", error.one_line()))
    }

    /// Makes a key for a tenant.
    pub async fn new_key(&self, tenant: &str, options: &[&str]) -> NewKey {
        let printed = self
            .operate(&[&["key", "create", tenant], options].concat())
            .await;
        let mut lines = printed.lines();
        let mut line = || {
            lines
                .next()
                .unwrap_or_else(|| panic!("a key and its id should be in {printed:?}"))
        };
        let text = line().to_owned();
        let id = line()
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        NewKey { text, id }
    }
}

/// A key that an operator made.
pub struct NewKey {
    /// What a client sends.
    pub text: String,
    /// Its name for operators.
    pub id: String,
}

/// A value as text, for a test that knows that it is one.
#[track_caller]
pub fn text(value: &Value) -> String {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} should be text"));
    text.to_owned()
}
