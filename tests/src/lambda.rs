//! A binary that is started as Lambda starts one, with a Runtime API of its own.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::last_words::LastWords;
use crate::process::Process;
use crate::runtime_api::{Call, Event, PATIENCE, router};

/// Why a binary gave no answer. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("{} is missing: build it first, with `just bench` or `cargo build --profile shipping`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file can't be run.
    #[error("{} can't be started: {source}; is it built for this machine?", path.display())]
    Start {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No port for the API.
    #[error("no loopback port for the Runtime API: {0}; close what takes them all")]
    Listen(std::io::Error),
    /// The process ended instead of asking for work or answering.
    #[error("{name} ended ({status}) {instead_of}: {last_words}")]
    Ended {
        /// The function.
        name: String,
        /// Its exit status.
        status: String,
        /// What it should have done.
        instead_of: &'static str,
        /// The last line that it wrote.
        last_words: String,
    },
    /// Nothing came in time.
    #[error("{name} did not answer in 15 s; its last line: {last_words}")]
    Silent {
        /// The function.
        name: String,
        /// The last line that it wrote.
        last_words: String,
    },
    /// The function reported a failure in place of an answer.
    #[error("{name} failed: {report}")]
    Failed {
        /// The function.
        name: String,
        /// What it reported.
        report: String,
    },
    /// The system tells nothing about the process.
    #[error("nothing is known about the process of {name}: {source}")]
    Unknown {
        /// The function.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The name of the function.
    pub name: String,
    /// The binary.
    pub binary: PathBuf,
    /// The memory that the function is configured with, in MB.
    pub memory_mb: u32,
    /// The function's variables, besides those that Lambda itself sets.
    pub environment: BTreeMap<String, String>,
}

/// A function in the care of a Runtime API of its own. Dropping it kills the process.
#[derive(Debug)]
pub struct Lambda {
    name: String,
    child: Child,
    process: Process,
    began: Instant,
    calls: mpsc::UnboundedReceiver<Call>,
    /// The work that the process waits for.
    waiting: Option<oneshot::Sender<Event>>,
    last_words: LastWords,
    server: JoinHandle<()>,
    served: u64,
}

/// An answer to one event.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What the function answered: for an HTTP API, JSON with `statusCode`, `headers` and `body`.
    pub body: Bytes,
    /// From handing the event out to the last byte of the answer.
    pub took: Duration,
    /// When the event was handed out.
    pub began: Instant,
    /// When the last byte of the answer was here.
    pub ended: Instant,
}

impl Lambda {
    /// Starts a binary with the environment that Lambda gives it. It has not asked for work yet.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Start`] or [`Error::Listen`].
    pub async fn start(launch: &Launch) -> Result<Self, Error> {
        let path = &launch.binary;
        if !path.is_file() {
            return Err(Error::Missing { path: path.clone() });
        }
        let (told, calls) = mpsc::unbounded_channel();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let server = tokio::spawn(async move {
            // It ends when the task is aborted, together with the process.
            let _ = axum::serve(listener, router(told)).await;
        });
        let began = Instant::now();
        let child = Command::new(path)
            .env_clear()
            .envs(lambda_variables(launch, &address.to_string()))
            .envs(&launch.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|source| {
            server.abort();
            Error::Start {
                path: path.clone(),
                source,
            }
        })?;
        let last_words = LastWords::default();
        last_words.listen(child.stdout.take());
        last_words.listen(child.stderr.take());
        Ok(Self {
            name: launch.name.clone(),
            process: Process::with_id(child.id().unwrap_or_default()),
            child,
            began,
            calls,
            waiting: None,
            last_words,
            server,
            served: 0,
        })
    }

    /// Whether it waits for work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waiting.is_some()
    }

    /// Its CPU time so far, once it rests.
    ///
    /// # Errors
    /// When it has ended, or does not come to rest.
    pub async fn cpu_at_rest(&self) -> Result<Duration, Error> {
        let known = self.process.cpu_at_rest().await;
        known.map_err(|source| self.unknown(source))
    }

    /// The most memory that it had at once, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn peak_memory_kib(&self) -> Result<u64, Error> {
        let known = self.process.peak_memory_kib();
        known.map_err(|source| self.unknown(source))
    }

    /// When the binary was started.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Waits until the function asks for work, and tells when it did.
    ///
    /// # Errors
    /// When it ends, fails or stays silent instead.
    pub async fn ready(&mut self) -> Result<Instant, Error> {
        match self.call("before it asked for work").await? {
            Call::Next(asked, reply) => {
                self.waiting = Some(reply);
                Ok(asked)
            }
            Call::Failure(report) => Err(self.failed(&report)),
            Call::Response(..) => Err(self.failed(b"an answer that nobody asked for")),
        }
    }

    /// Hands an event out and waits for the answer. The function has to be [ready](Self::ready).
    ///
    /// # Errors
    /// When the function ends, fails or stays silent instead.
    pub async fn invoke(&mut self, event: String) -> Result<Answer, Error> {
        if self.waiting.is_none() {
            self.ready().await?;
        }
        self.served += 1;
        let id = format!("{:08}-0000-4000-8000-000000000000", self.served);
        let began = Instant::now();
        let taken = self
            .waiting
            .take()
            .map(|reply| reply.send(Event { id, body: event }));
        if !matches!(taken, Some(Ok(()))) {
            return Err(self.ended("before it took its work").await);
        }
        match self.call("before it answered").await? {
            Call::Response(ended, body) => Ok(Answer {
                body,
                took: ended - began,
                began,
                ended,
            }),
            Call::Failure(report) => Err(self.failed(&report)),
            Call::Next(..) => Err(self.failed(b"it asked for work in place of an answer")),
        }
    }

    /// Ends the process and waits until it is gone.
    pub async fn stop(mut self) {
        // It fails when the process is gone already.
        let _ = self.child.kill().await;
    }

    async fn call(&mut self, instead_of: &'static str) -> Result<Call, Error> {
        // The API is asked first: a function that reports a failure ends right after.
        let call = tokio::select! {
            biased;
            call = self.calls.recv() => call,
            _ = self.child.wait() => self.calls.try_recv().ok(),
            () = tokio::time::sleep(PATIENCE) => {
                let last_words = self.last_words.get();
                return Err(Error::Silent { name: self.name.clone(), last_words });
            }
        };
        match call {
            Some(call) => Ok(call),
            None => Err(self.ended(instead_of).await),
        }
    }

    async fn ended(&mut self, instead_of: &'static str) -> Error {
        // Its pipes are at their end, so that the last words are complete as soon as they were read.
        let status = match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            _ => "still running".to_owned(),
        };
        self.last_words.heard().await;
        Error::Ended {
            name: self.name.clone(),
            status,
            instead_of,
            last_words: self.last_words.get(),
        }
    }

    fn unknown(&self, source: std::io::Error) -> Error {
        Error::Unknown {
            name: self.name.clone(),
            source,
        }
    }

    fn failed(&self, report: &[u8]) -> Error {
        Error::Failed {
            name: self.name.clone(),
            report: String::from_utf8_lossy(report).into_owned(),
        }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What Lambda sets (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
fn lambda_variables(launch: &Launch, api: &str) -> Vec<(&'static str, String)> {
    let root = launch.binary.parent().map(Path::to_string_lossy);
    vec![
        ("_HANDLER", "bootstrap".into()),
        ("AWS_LAMBDA_RUNTIME_API", api.to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", launch.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        (
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            launch.memory_mb.to_string(),
        ),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        (
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{}", launch.name),
        ),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream".into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        ("LAMBDA_TASK_ROOT", root.unwrap_or_default().into_owned()),
        ("LANG", "en_US.UTF-8".into()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
        ("TZ", ":UTC".into()),
    ]
}
