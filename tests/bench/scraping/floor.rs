//! The `scraper` crate alone, on the same page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::page::{fields, page};
use crate::Failure;
use crate::stats::Samples;

/// How often `scraper` reads a page in one process, besides the first time.
const IN_A_PROCESS: usize = 10;

/// The `scraper` crate alone.
pub struct Floor {
    binary: PathBuf,
    page: tempfile::NamedTempFile,
    selectors: Vec<String>,
}

impl Floor {
    /// The one in a folder of binaries, with a page and what is looked for in it.
    pub fn new(binaries: &Path) -> Result<Self, Failure> {
        let binary = binaries.join("floor-scraping");
        if !binary.is_file() {
            return Err(tests::Error::Missing { path: binary }.into());
        }
        let page_file = tempfile::NamedTempFile::new()?;
        std::fs::write(page_file.path(), page(0, 0))?;
        let fields: BTreeMap<String, Value> = serde_json::from_value(fields())?;
        let selectors = fields.values().flat_map(|field| {
            let which = if field["all"] == true { "all" } else { "first" };
            [which, field["css"].as_str().unwrap_or_default()].map(str::to_owned)
        });
        Ok(Self {
            binary,
            selectors: selectors.collect(),
            page: page_file,
        })
    }

    /// Reads the page some times in one process. The first time, in which memory is taken from the system, does not count: the
    /// worker has it as well before it is measured.
    pub async fn run(&self, taken: &mut Samples) -> Result<(), Failure> {
        let output = Command::new(&self.binary)
            .arg(self.page.path())
            .arg((IN_A_PROCESS + 1).to_string())
            .args(&self.selectors)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure::Scraping(words));
        }
        for line in String::from_utf8_lossy(&output.stdout).lines().skip(1) {
            taken.push(line.parse::<f64>()? / 1e3);
        }
        Ok(())
    }
}
