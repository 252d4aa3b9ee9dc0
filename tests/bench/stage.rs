//! What the measured functions find around them: a local platform's database, queue and keys, each behind a front.

mod messages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fixtures::TestRequest;
use local::first_run::Credentials;
use local::{Options, Platform};
use serde_json::{Value, json};
use tests::Launch;

use crate::Failure;
use crate::front::{self, Recorder};
use crate::operations::Operation;
use crate::sealing::Beside;

const PASSWORD: &str = "S3cur3Pass!";
const PASSPHRASE: &str = "correct horse battery staple";

/// Makes the floor connect before the first request, as the functions do.
pub trait Primed {
    fn primed(self) -> Self;
}

impl Primed for Launch {
    fn primed(mut self) -> Self {
        self.name.push_str(", primed");
        self.environment.insert("FLOOR_PRIMED".into(), "1".into());
        self
    }
}

/// A platform whose services are measured.
pub struct Stage {
    pub recorder: Recorder,
    platform: Platform,
    credentials: Credentials,
    client: reqwest::Client,
    binaries: PathBuf,
    memory: BTreeMap<String, u32>,
    dynamodb_url: String,
    sqs_url: String,
    /// Where the database is behind TLS, and the certificate to trust there.
    tls: crate::tls::Front,
    accounts: AtomicUsize,
    readers: messages::Readers,
}

/// An account with a session.
struct Session {
    access_token: String,
    refresh_token: String,
}

impl Stage {
    /// Starts one; `binaries` is the folder of the functions.
    pub async fn start(binaries: &Path) -> Result<Self, Failure> {
        // Nothing else may work on this machine meanwhile.
        let options = Options {
            consume: false,
            ..Options::in_memory()
        };
        let platform = Platform::start(options).await?;
        let surroundings = platform.surroundings();
        let credentials = std::fs::read(surroundings.data.file(local::data_dir::CREDENTIALS))?;
        let of_service = |name: &str| {
            let variables = surroundings.environment.values().flatten();
            let mut found = variables.filter(|(variable, _)| *variable == name);
            let missing = || Failure::Stage(format!("the platform sets no {name}"));
            found.next().map(|(_, url)| url.clone()).ok_or_else(missing)
        };
        let recorder = Recorder::default();
        let dynamodb = front::router(&of_service("AWS_ENDPOINT_URL_DYNAMODB")?, &recorder);
        let sqs = front::router(&of_service("AWS_ENDPOINT_URL_SQS")?, &recorder);
        Ok(Self {
            tls: crate::tls::Front::start(dynamodb.clone(), surroundings.data.path()).await?,
            dynamodb_url: front::serve(dynamodb).await?,
            sqs_url: front::serve(sqs).await?,
            credentials: serde_json::from_slice(&credentials)?,
            memory: memory_of_functions()?,
            binaries: binaries.to_owned(),
            client: reqwest::Client::new(),
            accounts: AtomicUsize::new(0),
            readers: messages::Readers::default(),
            recorder,
            platform,
        })
    }

    /// How to start a function, or a floor, with the environment of `function`.
    pub fn launch(&self, binary: &str, function: &str) -> Launch {
        let known = self.platform.surroundings().environment.get(function);
        let mut environment = known.cloned().unwrap_or_default();
        environment.insert(
            "AWS_ENDPOINT_URL_DYNAMODB".into(),
            self.dynamodb_url.clone(),
        );
        environment.insert("AWS_ENDPOINT_URL_SQS".into(), self.sqs_url.clone());
        Launch {
            name: binary.to_owned(),
            binary: self.binaries.join(binary),
            memory_mb: self.memory_mb(function),
            environment,
        }
    }

    /// The same with the database behind TLS.
    pub fn launch_with_tls(&self, binary: &str, function: &str) -> Launch {
        let mut launch = self.launch(binary, function);
        let environment = &mut launch.environment;
        environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), self.tls.url.clone());
        environment.insert("AWS_CA_BUNDLE".into(), self.tls.bundle.clone());
        launch
    }

    /// What `age` alone takes for some work.
    pub fn beside(&self, work: Vec<String>) -> Beside {
        Beside::new(&self.binaries, work)
    }

    /// The memory that the template gives a function, in MB.
    pub fn memory_mb(&self, function: &str) -> u32 {
        // What Lambda gives where nobody says anything.
        self.memory.get(function).copied().unwrap_or(128)
    }

    /// An event of an operation that was never sent before, with everything that it needs made beforehand.
    pub async fn event(&self, operation: Operation) -> Result<String, Failure> {
        let request = match operation {
            Operation::Health => TestRequest::to("GET /health"),
            Operation::Jwks => TestRequest::to("GET /.well-known/jwks.json"),
            Operation::Docs => TestRequest::to("GET /docs"),
            Operation::Me => self.signed_in("GET /user/me").await?,
            Operation::Export => self.signed_in("GET /user/me/export").await?,
            Operation::Sessions => self.signed_in("GET /auth/sessions").await?,
            Operation::Logout => self.signed_in("POST /auth/logout").await?,
            Operation::Refresh => self.with_refresh_token("POST /auth/token/refresh").await?,
            Operation::Revoke => self.with_refresh_token("POST /auth/token/revoke").await?,
            Operation::Login => {
                self.keyed("POST /auth/login", &credentials(&self.account().await?))
            }
            Operation::Register => {
                self.keyed("POST /auth/register", &credentials(&self.new_email()))
            }
            Operation::Reset => {
                let body = json!({ "email": self.account().await? });
                self.keyed("POST /auth/password-reset", &body)
            }
            Operation::ResetConfirm => {
                let email = self.account().await?;
                self.call("/auth/password-reset", &json!({ "email": email }))
                    .await?;
                let body = json!({ "token": self.newest_link()?, "new_password": "N3wPassw0rd!" });
                TestRequest::to("POST /auth/password-reset/confirm").json(&body)
            }
            Operation::VerifyEmail => {
                self.account().await?;
                let body = json!({ "token": self.newest_link()? });
                TestRequest::to("POST /auth/verify-email").json(&body)
            }
            Operation::Message(message) => self.message(message).await?,
        };
        Ok(request.into_json().to_string())
    }

    /// Ends it in order.
    pub async fn stop(self) {
        self.platform.stop().await;
    }

    fn keyed(&self, route: &str, body: &Value) -> TestRequest {
        TestRequest::to(route)
            .header("x-api-key", &self.credentials.publishable_key)
            .json(body)
    }

    async fn signed_in(&self, route: &str) -> Result<TestRequest, Failure> {
        Ok(TestRequest::to(route).bearer(&self.session().await?.access_token))
    }

    async fn with_refresh_token(&self, route: &str) -> Result<TestRequest, Failure> {
        let body = json!({ "refresh_token": self.session().await?.refresh_token });
        Ok(TestRequest::to(route).json(&body))
    }

    fn new_email(&self) -> String {
        format!(
            "user-{}@example.com",
            self.accounts.fetch_add(1, Ordering::Relaxed)
        )
    }

    async fn account(&self) -> Result<String, Failure> {
        let email = self.new_email();
        self.call("/auth/register", &credentials(&email)).await?;
        Ok(email)
    }

    async fn session(&self) -> Result<Session, Failure> {
        let email = self.account().await?;
        self.session_of(&email).await
    }

    async fn session_of(&self, email: &str) -> Result<Session, Failure> {
        let answer = self.call("/auth/login", &credentials(email)).await?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Ok(Session {
            access_token: text("token"),
            refresh_token: text("refresh_token"),
        })
    }

    async fn call(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(self.url(path)).json(body);
        let key = &self.credentials.publishable_key;
        answer(path, request.header("x-api-key", key)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.platform.base_url())
    }

    fn newest_link(&self) -> Result<String, Failure> {
        for message in self.platform.queued() {
            let job: Value = serde_json::from_str(&message.body)?;
            if let Some((_, token)) = job["params"]["link"]
                .as_str()
                .and_then(|link| link.split_once("token="))
            {
                return Ok(token.to_owned());
            }
        }
        Err(Failure::Stage("no link was mailed".into()))
    }
}

/// What a request to the platform is answered, if it went well.
async fn answer(path: &str, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let answer = request.send().await?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(Failure::Stage(format!("POST {path} gave {status}: {body}")))
}

fn credentials(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD })
}

/// What the template gives each function, in MB.
fn memory_of_functions() -> Result<BTreeMap<String, u32>, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = std::fs::read_to_string(path)?;
    let document: serde_norway::Value = serde_norway::from_str(&text)?;
    let of = |properties: &serde_norway::Value| properties["MemorySize"].as_u64();
    let global = of(&document["Globals"]["Function"]);
    let template = template::Template::parse(&text)?;
    let memory = template.functions().iter().filter_map(|function| {
        let own = of(&document["Resources"][function.logical_id.as_str()]["Properties"]);
        let memory = u32::try_from(own.or(global)?).ok()?;
        Some((function.name.clone(), memory))
    });
    Ok(memory.collect())
}

/// How long every answer is held back where waits are counted: far longer than the gap between calls sent together.
pub const HOLD: Duration = Duration::from_millis(5);
