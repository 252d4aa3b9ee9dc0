//! Measures the functions' binaries as Lambda would run them, each beside its floor: `just bench`.
//!
//! Nothing here passes or fails for being slow. What can't be measured ends the run with one line that says why.

mod cold;
mod drain;
mod first_call;
mod front;
mod hashing;
mod operations;
mod price;
mod publishing;
mod rendering;
mod report;
mod scraping;
mod sealing;
mod stage;
mod stats;
mod tls;
mod warm;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use tests::{Answer, Launch};

use crate::operations::Operation;
use crate::report::Report;
use crate::stage::Stage;

/// Measures the functions beside their floors.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each thing is measured.
    #[arg(long, default_value_t = 30)]
    runs: usize,
    /// Only these operations, and no hashing; or `rendering`, `drain`, `scraping` or `publishing` alone.
    #[arg(long, value_name = "OPERATION", num_args = 1..)]
    only: Vec<String>,
    /// How many pages are scraped.
    #[arg(long, default_value = "1000")]
    pages: NonZeroUsize,
    /// The folder of the binaries.
    #[arg(long, default_value_os_t = target().join("shipping"))]
    binaries: PathBuf,
    /// Where the results go as JSON.
    #[arg(long, default_value_os_t = target().join("bench/functions.json"))]
    json: PathBuf,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Why a run has no results.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A binary does not do what it should.
    #[error("{0}")]
    Function(#[from] tests::Error),
    /// A function answered, but not what was expected.
    #[error("{name} answered {status}: {body}")]
    Answer {
        /// The function.
        name: String,
        /// Its status.
        status: u64,
        /// Its body.
        body: String,
    },
    /// There is no operation of that name.
    #[error("there is no operation {0}; there are {all}", all = names())]
    Unknown(String),
    /// The platform behind the functions does not do what it should.
    #[error("the platform behind the functions: {0}")]
    Stage(String),
    /// The platform's database does not do what it should.
    #[error("the database behind the functions: {0}")]
    Database(#[from] repository::Error),
    /// The platform does not start.
    #[error("the platform behind the functions: {0}")]
    Platform(#[from] local::Error),
    /// The template can't be read.
    #[error("{0}")]
    Template(#[from] template::Error),
    /// The template is no YAML.
    #[error("template.yaml: {0}")]
    Yaml(#[from] serde_norway::Error),
    /// A program that hashes failed.
    #[error("hashing: {0}; .ci/tools installs what is needed for libsodium")]
    Hashing(String),
    /// A program that hashes printed something else than numbers.
    #[error("hashing: {0}")]
    Number(#[from] std::num::ParseFloatError),
    /// The program that renders mails failed.
    #[error("rendering: {0}")]
    Rendering(String),
    /// The program that reads pages with `scraper` alone failed.
    #[error("scraper alone: {0}")]
    Scraping(String),
    /// The program that builds sites failed, or another generator.
    #[error("publishing: {0}")]
    Publishing(String),
    /// The program that runs `age` alone failed.
    #[error("age alone: {0}")]
    Sealing(String),
    /// Something is not JSON.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A service gave no answer.
    #[error("HTTP: {0}")]
    Http(#[from] reqwest::Error),
    /// There is no certificate.
    #[error("no certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate can't be used.
    #[error("TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// A file or a port.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // What is dropped kills its process, so that none is left when a person has had enough.
    let outcome = tokio::select! {
        outcome = measure(&arguments) => outcome,
        _ = tokio::signal::ctrl_c() => {
            return ExitCode::from(130);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.only == ["drain"] {
        let drains = drain::measure(&arguments.binaries).await?;
        writeln!(std::io::stdout(), "{}", drain::table(&drains))?;
        return Ok(());
    }
    if arguments.only == ["rendering"] {
        let rendering = rendering::measure(&arguments.binaries, arguments.runs).await?;
        writeln!(std::io::stdout(), "{}", rendering::table(&rendering))?;
        return Ok(());
    }
    if arguments.only == ["scraping"] {
        let scraping = scraping::measure(&arguments.binaries, arguments.pages.get()).await?;
        writeln!(std::io::stdout(), "{}", scraping::table(&scraping))?;
        return Ok(());
    }
    if arguments.only == ["publishing"] {
        let published = publishing::measure(&arguments.binaries, arguments.runs).await?;
        writeln!(std::io::stdout(), "{}", publishing::table(&published))?;
        return Ok(());
    }
    let subjects = subjects(&arguments.only)?;
    let stage = Stage::start(&arguments.binaries).await?;
    progress("cold starts");
    let cold = cold::measure(&stage, &subjects, arguments.runs).await?;
    progress("first TLS calls");
    let first = first_call::measure(&stage, &subjects, arguments.runs).await?;
    progress("warm calls");
    let warm = warm::measure(&stage, &subjects, arguments.runs).await?;
    let memory_mb = stage.memory_mb("message-read");
    stage.stop().await;
    let mut report = Report::new(arguments.runs, cold, first, warm);
    if subjects.iter().any(|subject| subject.of_age().is_some()) {
        progress("opening keys");
        report.scrypt = sealing::scrypt(&arguments.binaries, arguments.runs, memory_mb).await?;
    }
    if arguments.only.is_empty() {
        progress("hashing");
        report.hashing = Some(hashing::measure(&arguments.binaries, arguments.runs).await?);
        progress("rendering");
        report.rendering = rendering::measure(&arguments.binaries, arguments.runs).await?;
        progress("draining the queue of mails");
        report.drains = drain::measure(&arguments.binaries).await?;
        progress("scraping");
        report.scraping =
            Some(scraping::measure(&arguments.binaries, arguments.pages.get()).await?);
        progress("publishing");
        report.publishing = publishing::measure(&arguments.binaries, arguments.runs).await?;
    }
    if let Some(folder) = arguments.json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&arguments.json, serde_json::to_vec_pretty(&report)?)?;
    writeln!(std::io::stdout(), "{}", report.tables())?;
    progress(&format!("written: {}", arguments.json.display()));
    Ok(())
}

fn subjects(only: &[String]) -> Result<Vec<Operation>, Failure> {
    if only.is_empty() {
        return Ok(Operation::ALL.to_vec());
    }
    only.iter()
        .map(|name| {
            let found = Operation::ALL.iter().find(|known| known.name() == name);
            found.copied().ok_or_else(|| Failure::Unknown(name.clone()))
        })
        .collect()
}

fn names() -> String {
    let names: Vec<_> = Operation::ALL.iter().map(|known| known.name()).collect();
    names.join(", ")
}

/// Refuses an answer that is not the one of a call that went well: nothing else is worth measuring.
///
/// # Errors
/// [`Failure::Answer`].
pub fn check(launch: &Launch, answer: &Answer) -> Result<(), Failure> {
    let body: Value = serde_json::from_slice(&answer.body)?;
    let status = body["statusCode"].as_u64().unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(Failure::Answer {
        name: launch.name.clone(),
        status,
        body: body["body"].as_str().unwrap_or_default().to_owned(),
    })
}

fn progress(what: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {what}");
}

fn target() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or(own, PathBuf::from)
}
