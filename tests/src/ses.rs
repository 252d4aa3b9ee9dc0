//! SES, as much of version 2 of its API as sends mail: it keeps what it took, and can be told to be difficult.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A mail that SES took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// What SES calls it.
    pub message_id: String,
    /// The sender's address.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The message as it was sent.
    pub raw: String,
    /// The platform's name for it.
    pub email_id: String,
    /// When it came.
    pub at: Instant,
}

/// When the next mail is held, so that its sender never hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Before it is taken.
    BeforeTaking,
    /// After it was taken.
    AfterTaking,
}

/// A running SES. It ends when it is dropped.
#[derive(Debug)]
pub struct Ses {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<SesState>,
    held: Notify,
}

#[derive(Debug, Default)]
struct SesState {
    mails: Vec<Mail>,
    rate: f64,
    hold: Option<Hold>,
    throttled: HashMap<String, u32>,
}

impl Ses {
    /// Starts one on a free loopback port. It takes `rate` mails a second as far as it says; mail to `refused@…` it refuses,
    /// and of mail to `throttled@…` it takes the second try.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn start(rate: f64) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(SesState {
                rate,
                ..SesState::default()
            }),
            held: Notify::new(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new()
            .route("/v2/email/outbound-emails", post(send))
            .route("/v2/email/account", get(account))
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It ends when the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url,
            shared,
            server,
        })
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it took so far.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// Holds the next mail.
    pub fn hold_next(&self, hold: Hold) {
        self.shared.state().hold = Some(hold);
    }

    /// Waits until a mail is held.
    pub async fn held(&self) {
        self.shared.held.notified().await;
    }
}

impl Drop for Ses {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, SesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hold_if(&self, when: Hold) {
        let holds = {
            let mut state = self.state();
            let holds = state.hold == Some(when);
            if holds {
                state.hold = None;
            }
            holds
        };
        if holds {
            self.held.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

async fn account(State(ses): State<Arc<Shared>>) -> Json<Value> {
    let rate = ses.state().rate;
    Json(json!({
        "SendingEnabled": true, "ProductionAccessEnabled": true,
        "SendQuota": {"Max24HourSend": 1_000_000.0, "MaxSendRate": rate, "SentLast24Hours": 0.0},
    }))
}

async fn send(
    State(ses): State<Arc<Shared>>,
    Json(request): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let to = text(&request["Destination"]["ToAddresses"][0]);
    if to.starts_with("refused@") {
        let why = "Email address is not verified.";
        return error(StatusCode::BAD_REQUEST, "MessageRejected", why);
    }
    if to.starts_with("throttled@") {
        let mut state = ses.state();
        let tries = state.throttled.entry(to.clone()).or_default();
        *tries += 1;
        if *tries == 1 {
            let why = "Maximum sending rate exceeded.";
            return error(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                why,
            );
        }
    }
    ses.hold_if(Hold::BeforeTaking).await;
    let raw = text(&request["Content"]["Raw"]["Data"]);
    let raw = BASE64.decode(raw.as_bytes()).unwrap_or_default();
    let tags = request["EmailTags"].as_array().cloned().unwrap_or_default();
    let tag = tags.iter().find(|tag| tag["Name"] == "email_id");
    let message_id = {
        let mut state = ses.state();
        let message_id = format!("{:016x}", state.mails.len() + 1);
        state.mails.push(Mail {
            message_id: message_id.clone(),
            from: text(&request["FromEmailAddress"]),
            to,
            raw: String::from_utf8_lossy(&raw).into_owned(),
            at: Instant::now(),
            email_id: tag.map(|tag| text(&tag["Value"])).unwrap_or_default(),
        });
        message_id
    };
    ses.hold_if(Hold::AfterTaking).await;
    (StatusCode::OK, Json(json!({ "MessageId": message_id })))
}

fn error(status: StatusCode, code: &str, message: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"__type": code, "message": message})))
}
