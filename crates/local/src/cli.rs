//! The command line.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::{Error, Options, Platform, operator};

/// How the targets begin of the crates that print whole requests when they are asked for more than `info`.
const INDISCREET: [&str; 3] = ["aws_", "dynoxide", "s3s"];

/// Cloud Voyages on a laptop: every function, its database, store and queue in one process.
#[derive(Debug, Parser)]
#[command(name = "local", version, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    start: Start,
    #[command(flatten)]
    place: operator::Where,
    #[command(subcommand)]
    command: Option<operator::Command>,
}

/// Where the platform runs and what it keeps.
#[derive(Debug, Clone, Args)]
pub struct Start {
    /// Port to answer on, on this machine only; 0 for any free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Folder for everything that is kept
    #[arg(long, value_name = "DIR", default_value = ".local", global = true)]
    pub data: PathBuf,
    /// Keep nothing: the data goes when the platform stops
    #[arg(long, conflicts_with = "data")]
    pub memory: bool,
    /// Remove what earlier runs have kept, then start
    #[arg(long)]
    pub reset: bool,
    /// The wiring [default: template.yaml here, else that of the workspace]
    #[arg(long, value_name = "FILE", global = true)]
    pub template: Option<PathBuf>,
    /// Let scrapes and webhooks reach this machine's loopback addresses, for trying things out
    #[arg(long)]
    pub allow_loopback: bool,
}

impl From<Start> for Options {
    fn from(start: Start) -> Self {
        let Start {
            port,
            data,
            memory,
            reset,
            template,
            allow_loopback,
        } = start;
        Self {
            port,
            data,
            memory,
            reset,
            template,
            mail_transport: std::env::var("MAIL_TRANSPORT").ok(),
            consume: true,
            allow_loopback,
        }
    }
}

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("can't start: {error}")),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Some(command) => say(&operator::run(command, &cli.start, &cli.place).await?),
            None => serve(cli.start.into()).await?,
        }
        Ok(())
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&Error::one_line(&error)),
    }
}

/// Runs the platform until it is told to stop.
async fn serve(options: Options) -> Result<(), Error> {
    // Before anything is said: whoever reads it may stop the platform at once.
    let told = told_to_stop().map_err(Error::Signals)?;
    let platform = Platform::start(options).await?;
    let base_url = platform.base_url();
    if let Some(welcome) = platform.welcome() {
        say(welcome);
    }
    say(&format!(
        "Cloud Voyages answers on {base_url} (mail and more: {base_url}/_local/). Ctrl-C stops it."
    ));
    if let Some(elsewhere) = platform.surroundings().mail.elsewhere() {
        say(&format!("Mail goes to {elsewhere}."));
    }
    told.await;
    say("Stopping.");
    platform.stop().await;
    Ok(())
}

/// Ctrl-C, or what a service manager sends. Heard from the call on, not only once the result is awaited.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C. Heard from the call on, not only once the result is awaited.
#[cfg(windows)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn log() {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(wanted.and(filter_fn(is_discreet)));
    tracing_subscriber::registry().with(lines).init();
}

/// Whether a line may be printed at all. What is said above `info` by a crate that prints whole requests may not, as
/// they hold password hashes and the links of mails. No directive of the filter could say so: a longer one would win.
fn is_discreet(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO
        || !INDISCREET
            .iter()
            .any(|target| line.target().starts_with(target))
}

fn say(text: &str) {
    // Nobody listens any more when it fails.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::FAILURE
}
