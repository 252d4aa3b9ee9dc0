//! What the `age` crate takes by itself for what the functions of secret messages have it do, and what scrypt costs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Serialize;
use tokio::process::Command;

use crate::Failure;
use crate::report::{heading, row};
use crate::stats::{Samples, Spread};
use crate::warm::Warm;

/// Logarithms of scrypt's N: the one that is used, and those beside it.
const FACTORS: [u8; 3] = [16, 17, 18];
/// Times in a row, before the next one's turn.
const IN_A_ROW: usize = 5;
/// What comes with a whole CPU on Lambda, in MB: a function with less gets its share of one
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
const MB_OF_A_CPU: f64 = 1769.0;

/// Microseconds of CPU beside a warm call.
#[derive(Debug, Serialize)]
pub struct Sealing {
    /// The `age` crate alone.
    pub age: Spread,
    /// `crates/message`.
    pub ours: Spread,
}

/// One work factor.
#[derive(Debug, Serialize)]
pub struct Scrypt {
    factor: u8,
    /// Seconds of a whole CPU.
    seconds: Spread,
    /// Of the process, in MB.
    peak_mb: f64,
    /// The memory of the function that opens keys, in MB.
    memory_mb: u32,
}

/// What `floor-age` has taken so far for one operation.
#[derive(Debug)]
pub struct Beside {
    binary: PathBuf,
    work: Vec<String>,
    age: Samples,
    ours: Samples,
}

impl Beside {
    /// `work` is what `floor-age` is to do, and how often.
    pub fn new(binaries: &Path, work: Vec<String>) -> Self {
        Self {
            binary: binary(binaries),
            work,
            age: Samples::default(),
            ours: Samples::default(),
        }
    }

    /// Does it beside one call.
    pub async fn run(&mut self) -> Result<(), Failure> {
        for (who, number) in run(&self.binary, &self.work).await? {
            match who.as_str() {
                "age" => self.age.push(number / 1e3),
                _ => self.ours.push(number / 1e3),
            }
        }
        Ok(())
    }

    pub fn spread(&self) -> Sealing {
        Sealing {
            age: self.age.spread(),
            ours: self.ours.spread(),
        }
    }
}

/// Unseals a key of each work factor `runs` times, in turn.
pub async fn scrypt(binaries: &Path, runs: usize, memory_mb: u32) -> Result<Vec<Scrypt>, Failure> {
    let binary = binary(binaries);
    let mut taken = FACTORS.map(|factor| (factor, Samples::default(), 0.0_f64));
    for _ in 0..runs.div_ceil(IN_A_ROW) {
        for (factor, seconds, peak_mb) in &mut taken {
            let work = [
                "scrypt".to_owned(),
                factor.to_string(),
                IN_A_ROW.to_string(),
            ];
            for (who, number) in run(&binary, &work).await? {
                match who.as_str() {
                    "age" => seconds.push(number / 1e9),
                    _ => *peak_mb = peak_mb.max(number * 1024.0 / 1e6),
                }
            }
        }
    }
    let scrypt = taken.map(|(factor, seconds, peak_mb)| Scrypt {
        factor,
        seconds: seconds.spread(),
        peak_mb,
        memory_mb,
    });
    Ok(scrypt.into())
}

fn binary(binaries: &Path) -> PathBuf {
    binaries.join("floor-age")
}

/// Runs the floor, which prints a word and a number a line.
async fn run(binary: &Path, work: &[String]) -> Result<Vec<(String, f64)>, Failure> {
    if !binary.is_file() {
        let path = binary.to_owned();
        return Err(tests::Error::Missing { path }.into());
    }
    let mut command = Command::new(binary);
    let command = command.args(work).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::Sealing(words));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(|line| {
        let failure = || Failure::Sealing(format!("it printed {line:?}"));
        let (who, number) = line.split_once(' ').ok_or_else(failure)?;
        Ok((who.to_owned(), number.parse()?))
    });
    lines.collect()
}

/// The table of operations beside `age`, in Markdown.
pub fn table(warm: &[Warm]) -> String {
    let mut text = String::new();
    heading(
        &mut text,
        "Secret messages beside the age crate alone, CPU in µs",
        &[
            "operation",
            "age alone",
            "crates/message",
            "of age",
            "function above floor-dynamodb",
            "of age",
        ],
    );
    for warm in warm {
        let Some(Sealing { age, ours }) = &warm.sealing else {
            continue;
        };
        let above = warm.cpu.median - warm.floor_cpu.median;
        row(
            &mut text,
            &[
                warm.operation.to_owned(),
                age.show(1.0, 0),
                ours.show(1.0, 0),
                format!("{:.2}", ours.median / age.median),
                format!("{above:.0}"),
                format!("{:.2}", above / age.median),
            ],
        );
    }
    text
}

/// The table of work factors, in Markdown.
pub fn scrypt_table(scrypt: &[Scrypt]) -> String {
    let mut text = String::new();
    heading(
        &mut text,
        "Opening a key, scrypt with r = 8 and p = 1",
        &[
            "work factor",
            "s of a whole CPU",
            "s at the function's memory",
            "peak of the process, MB",
        ],
    );
    for one in scrypt {
        let share = (f64::from(one.memory_mb) / MB_OF_A_CPU).min(1.0);
        row(
            &mut text,
            &[
                format!("2^{}", one.factor),
                one.seconds.show(1.0, 3),
                format!("{} at {} MB", one.seconds.show(share, 2), one.memory_mb),
                format!("{:.0}", one.peak_mb),
            ],
        );
    }
    text
}
