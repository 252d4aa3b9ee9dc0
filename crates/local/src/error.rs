//! What can keep the platform from starting.

use std::path::PathBuf;

/// A reason, in one line and in words that say what to do about it. The cause, where there is one, is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds the lock of the data folder.
    #[error("the data folder {} is in use by another process{}", path.display(), at(base_url.as_deref()))]
    DataInUse {
        /// The folder.
        path: PathBuf,
        /// Where that process answers, when it has got that far.
        base_url: Option<String>,
    },
    /// The data folder holds files that the platform did not make.
    #[error("the folder {} holds other files than this platform's: give --data an empty or a new folder", path.display())]
    DataForeign {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("can't {action} {}", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the data folder is not what the platform wrote. Why is not said: it could quote a secret.
    #[error("the file {} is damaged: restore it, or start with --reset, which forgets all data", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// The port is somebody else's.
    #[error("port {port} is taken: stop what listens there, or choose another with --port")]
    PortTaken {
        /// Which.
        port: u16,
    },
    /// A port cannot be listened on for another reason.
    #[error("can't listen on port {port}")]
    Listen {
        /// Which; 0 for any.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The platform could not be told to stop.
    #[error("can't listen for Ctrl-C")]
    Signals(#[source] std::io::Error),
    /// The template is wrong.
    #[error("{}", path.display())]
    Template {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        source: template::Error,
    },
    /// The template declares what this platform cannot serve.
    #[error("{}: there is no code for the function {function}", path.display())]
    FunctionMissing {
        /// The template's path.
        path: PathBuf,
        /// The function.
        function: String,
    },
    /// A table on disk has another key than the template gives it.
    #[error(
        "the table {table} on disk has another key than template.yaml gives it: start with --reset, or another --data"
    )]
    TableChanged {
        /// Which.
        table: String,
    },
    /// The embedded database refuses something.
    #[error("DynamoDB: {0}")]
    Database(String),
    /// The embedded object store refuses something.
    #[error("S3: {0}")]
    Objects(String),
    /// A function cannot be started.
    #[error("can't start the functions: {0}")]
    Functions(String),
    /// The first run's tenant, keys or owner cannot be made.
    #[error("can't prepare the first run: {0}")]
    FirstRun(String),
    /// An operator command was refused.
    #[error("{0}")]
    Operator(String),
}

impl Error {
    /// The message and those of its causes in one line.
    #[must_use]
    pub fn one_line(&self) -> String {
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        message.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

fn at(base_url: Option<&str>) -> String {
    base_url.map(|url| format!(" ({url})")).unwrap_or_default()
}
