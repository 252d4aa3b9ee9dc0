//! Rendering one mail: HTML, text, subject and message, beside keeping nothing and beside the message alone.

use std::path::Path;
use std::process::Stdio;

use serde::Serialize;
use tokio::process::Command;

use crate::Failure;
use crate::report::{heading, row};
use crate::stats::{Samples, Spread};

/// Mails of each kind in a process; the first of each can be measured once in it.
const IN_A_PROCESS: usize = 5;
/// What the program measures, as it calls it.
const MEASURED: [&str; 4] = ["first", "next", "message", "compiled-anew"];

/// Microseconds of CPU for one mail.
#[derive(Debug, Serialize)]
pub struct Rendering {
    pub template: String,
    pub first: Spread,
    pub next: Spread,
    pub message: Spread,
    pub compiled_anew: Spread,
}

/// Renders each mail `runs` times.
pub async fn measure(binaries: &Path, runs: usize) -> Result<Vec<Rendering>, Failure> {
    let binary = binaries.join("floor-rendering");
    if !binary.is_file() {
        return Err(tests::Error::Missing { path: binary }.into());
    }
    let mut all: Vec<(String, [Samples; 4])> = Vec::new();
    for _ in 0..runs {
        let mut command = Command::new(&binary);
        let command = command.arg(IN_A_PROCESS.to_string());
        let output = command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure::Rendering(words));
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (template, index, micros) = read(line)?;
            let found = all.iter().position(|(name, _)| name == template);
            let at = found.unwrap_or_else(|| {
                all.push((template.to_owned(), Default::default()));
                all.len() - 1
            });
            all[at].1[index].push(micros);
        }
    }
    let rendering = all.into_iter().map(|(template, samples)| {
        let [first, next, message, compiled_anew] = samples.map(|samples| samples.spread());
        Rendering {
            template,
            first,
            next,
            message,
            compiled_anew,
        }
    });
    Ok(rendering.collect())
}

/// Reads a line such as `welcome next 81234`.
fn read(line: &str) -> Result<(&str, usize, f64), Failure> {
    let failure = || Failure::Rendering(format!("it printed {line:?}"));
    let mut words = line.split(' ');
    let (Some(template), Some(what), Some(time)) = (words.next(), words.next(), words.next())
    else {
        return Err(failure());
    };
    let index = MEASURED.iter().position(|name| *name == what);
    let time: f64 = time.parse()?;
    Ok((template, index.ok_or_else(failure)?, time / 1e3))
}

/// The table, in Markdown.
pub fn table(rendering: &[Rendering]) -> String {
    let mut text = String::new();
    heading(
        &mut text,
        "Rendering one mail, CPU in µs",
        &[
            "",
            "first of the process",
            "next",
            "of it the message",
            "compiled anew each time",
        ],
    );
    for mail in rendering {
        let cells = [mail.first, mail.next, mail.message, mail.compiled_anew];
        let cells = cells.map(|spread| spread.show(1.0, 0));
        let cells: Vec<String> = [mail.template.clone()].into_iter().chain(cells).collect();
        row(&mut text, &cells);
    }
    text
}
