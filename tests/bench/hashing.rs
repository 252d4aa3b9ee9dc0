//! The password hash, beside libsodium's at the same parameters.

use std::path::Path;
use std::process::Stdio;

use serde::Serialize;
use tokio::process::Command;

use crate::Failure;
use crate::stats::{Samples, Spread};

/// Hashes in a row, before it is the other's turn.
const IN_A_ROW: usize = 5;

/// Milliseconds of one hash.
#[derive(Debug, Serialize)]
pub struct Hashing {
    pub ours: Spread,
    /// `None` where libsodium is not there.
    pub libsodium: Option<Spread>,
}

/// Hashes `runs` times with each, in turn.
pub async fn measure(binaries: &Path, runs: usize) -> Result<Hashing, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = binaries.join("floor-hashing");
    if !binary.is_file() {
        return Err(tests::Error::Missing { path: binary }.into());
    }
    let python = root.join("../.venv/bin/python");
    let mut theirs = python.is_file().then(Samples::default);
    let mut ours = Samples::default();
    for _ in 0..runs.div_ceil(IN_A_ROW) {
        ours.extend(&hash(Command::new(&binary)).await?);
        if let Some(samples) = &mut theirs {
            let mut command = Command::new(&python);
            command.arg(root.join("floors/libsodium.py"));
            samples.extend(&hash(command).await?);
        }
    }
    Ok(Hashing {
        ours: ours.spread(),
        libsodium: theirs.map(|samples| samples.spread()),
    })
}

/// Runs a program that prints the nanoseconds of each hash.
async fn hash(mut command: Command) -> Result<Samples, Failure> {
    let command = command
        .arg(IN_A_ROW.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut samples = Samples::default();
    for line in text.lines() {
        samples.push(line.parse::<f64>()? / 1e6);
    }
    if output.status.success() && samples.count() == IN_A_ROW {
        return Ok(samples);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.lines().last().unwrap_or("it said nothing").to_owned();
    Err(Failure::Hashing(words))
}
