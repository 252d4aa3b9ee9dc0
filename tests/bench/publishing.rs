//! Publishing: a site of many posts from nothing and after one change, beside pulldown-cmark alone and beside Hugo.

mod hugo;

use std::path::Path;
use std::process::Stdio;

use serde::Serialize;
use tokio::process::Command;

use crate::Failure;
use crate::report::{heading, row};
use crate::stats::{Samples, Spread};

/// How many posts the site has.
const POSTS: usize = 1_000;
/// What the program measures, as it calls it, and as the table does.
const MEASURED: [(&str, &str); 5] = [
    ("parser", "pulldown-cmark alone"),
    ("full", "full build"),
    ("edit", "one post changed, new process"),
    ("twice", "one post changed, warm process"),
    ("same", "nothing changed"),
];

/// One way to build the site.
#[derive(Debug, Serialize)]
pub struct Publishing {
    name: String,
    /// Milliseconds of CPU.
    cpu: Spread,
    /// Milliseconds by the clock.
    wall: Spread,
    pages_a_second: f64,
    peak_mb: f64,
}

/// Builds the site in each way, `runs` times, taking turns so that a busy moment meets all alike.
pub async fn measure(binaries: &Path, runs: usize) -> Result<Vec<Publishing>, Failure> {
    let binary = binaries.join("floor-publishing");
    if !binary.is_file() {
        return Err(tests::Error::Missing { path: binary }.into());
    }
    let scratch = tempfile::tempdir()?;
    let record = scratch.path().join("record");
    let mut all: Vec<Measured> = MEASURED.map(|(_, name)| Measured::new(name)).into();
    for _ in 0..runs {
        for ((what, _), measured) in MEASURED.into_iter().zip(&mut all) {
            let mut command = Command::new(&binary);
            command.arg(what).arg(POSTS.to_string()).arg(&record);
            let words = output(&mut command).await?;
            measured.push(&words)?;
        }
    }
    let mut published: Vec<_> = all.iter().map(Measured::finish).collect();
    published.extend(hugo::measure(&binary, scratch.path(), runs).await?);
    Ok(published)
}

async fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::Publishing(
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

/// Samples of one way.
struct Measured {
    name: &'static str,
    cpu: Samples,
    wall: Samples,
    peak: Samples,
    pages: f64,
}

impl Measured {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            cpu: Samples::default(),
            wall: Samples::default(),
            peak: Samples::default(),
            pages: 0.0,
        }
    }

    /// Takes a line such as `81234 91234 1000 20480`.
    fn push(&mut self, line: &str) -> Result<(), Failure> {
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let [cpu, wall, pages, peak] = numbers?[..] else {
            return Err(Failure::Publishing(format!("it printed {line:?}")));
        };
        self.cpu.push(cpu / 1e6);
        self.wall.push(wall / 1e6);
        self.peak.push(peak * 1024.0 / 1e6);
        self.pages = pages;
        Ok(())
    }

    fn finish(&self) -> Publishing {
        let wall = self.wall.spread();
        Publishing {
            name: self.name.to_owned(),
            cpu: self.cpu.spread(),
            wall,
            pages_a_second: self.pages / (wall.median / 1e3),
            peak_mb: self.peak.spread().median,
        }
    }
}

/// The table, in Markdown.
pub fn table(published: &[Publishing]) -> String {
    let mut text = String::new();
    let title = format!("Publishing {POSTS} posts");
    heading(
        &mut text,
        &title,
        &[
            "",
            "CPU, ms",
            "of the full build",
            "wall, ms",
            "pages a second",
            "peak, MB",
        ],
    );
    let full = published.iter().find(|way| way.name == MEASURED[1].1);
    for way in published {
        let share = full.map_or(f64::NAN, |full| way.cpu.over(full.cpu));
        let cells = [
            way.name.clone(),
            way.cpu.show(1.0, 1),
            format!("{:.1} %", share * 100.0),
            way.wall.show(1.0, 1),
            format!("{:.0}", way.pages_a_second),
            format!("{:.0}", way.peak_mb),
        ];
        row(&mut text, &cells);
    }
    text
}
