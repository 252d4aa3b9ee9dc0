//! What a client can't see or do: the mail that went out, an operator's commands, the clock of a platform on this machine.

use std::path::PathBuf;

use clap::Parser;
use local::cli::Start;
use local::operator::{self, Where};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::http;

/// Behind the platform that a test drives.
pub struct Backstage {
    base_url: String,
    place: Place,
    http: reqwest::Client,
}

/// Where the platform keeps its data.
enum Place {
    /// In a folder of this machine, under a clock that can be moved.
    Folder(PathBuf),
    /// In a stack, which commands reach with the AWS credentials of the environment.
    Stack(String),
}

/// A mail as its reader gets it.
#[derive(Debug, Clone, Deserialize)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The links in it.
    pub links: Vec<String>,
}

/// The subjects of the platform's mails.
pub mod subject {
    /// Of the mail to a new account.
    pub const WELCOME: &str = "Welcome";
    /// Of the mail with a new link that verifies an address.
    pub const VERIFY: &str = "Confirm your address";
    /// Of the mail with a link that sets a new password.
    pub const RESET: &str = "Reset your password";
    /// Of the notice that a password was changed.
    pub const PASSWORD_CHANGED: &str = "Your password was changed";
    /// Of the last mail to an account.
    pub const DELETED: &str = "Your account is deleted";
    /// Of the notice of a login from somewhere new.
    pub const NEW_SIGN_IN: &str = "New sign-in to your account";
    /// Of the notice that a session was stolen.
    pub const STOLEN: &str = "You were logged out for your safety";
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

impl Backstage {
    pub(super) fn of_folder(base_url: &str, data: PathBuf) -> Self {
        Self::new(base_url, Place::Folder(data))
    }

    /// Of a stack whose mail is shown where the local platform shows its own.
    pub(super) fn of_stack(base_url: &str, name: String) -> Self {
        Self::new(base_url, Place::Stack(name))
    }

    fn new(base_url: &str, place: Place) -> Self {
        // A stage is shared by tests, and a connection goes with the runtime of the test that made it.
        let http = http(base_url).pool_max_idle_per_host(0);
        Self {
            base_url: base_url.to_owned(),
            place,
            http: http.build().expect("a client can be made"),
        }
    }

    /// Whether mail is shown, and what commands work on is there.
    pub(super) async fn is_there(&self) -> bool {
        let mail = self.http.get(format!("{}/_local/mail", self.base_url));
        let answer = mail.header("accept", "application/json").send().await;
        // A page that waits too long for queued mail is there all the same.
        answer.is_ok_and(|answer| answer.status().is_success() || answer.status() == 504)
            && match &self.place {
                Place::Folder(data) => data.join("run.json").exists(),
                Place::Stack(_) => true,
            }
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

    /// The newest mail with a subject to an address.
    pub async fn newest_mail(&self, email: &str, subject: &str) -> Mail {
        let all = self.mail_to(email).await;
        let newest = all.iter().find(|mail| mail.subject == subject);
        newest
            .unwrap_or_else(|| panic!("no mail {subject:?} to {email} among {all:?}"))
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
        let (data, stack) = match &self.place {
            Place::Folder(data) => (data.to_string_lossy(), None),
            Place::Stack(name) => (".local".into(), Some(name.clone())),
        };
        let line = [&["local", "--data", &data], command].concat();
        let line =
            Line::try_parse_from(line).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let done = operator::run(line.command, &line.start, &Where { stack }).await;
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
