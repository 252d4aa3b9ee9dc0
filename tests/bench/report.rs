//! The results as tables, and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cold::Cold;
use crate::drain::{self, Drain};
use crate::first_call::FirstTlsCall;
use crate::hashing::Hashing;
use crate::price::{self, Million, PRICES, Prices};
use crate::publishing::{self, Publishing};
use crate::rendering::{self, Rendering};
use crate::scraping::{self, Scraping};
use crate::sealing::{self, Scrypt};
use crate::stats::Spread;
use crate::warm::Warm;

/// Everything that one run has measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub machine: String,
    pub runs: usize,
    pub cold: Vec<Cold>,
    pub first_tls_call: Vec<FirstTlsCall>,
    pub warm: Vec<Warm>,
    pub million: Vec<Million>,
    pub scrypt: Vec<Scrypt>,
    pub hashing: Option<Hashing>,
    pub rendering: Vec<Rendering>,
    pub drains: Vec<Drain>,
    pub scraping: Option<Scraping>,
    pub publishing: Vec<Publishing>,
    pub prices: Prices,
    pub prices_date: &'static str,
}

impl Report {
    pub fn new(
        runs: usize,
        cold: Vec<Cold>,
        first_tls_call: Vec<FirstTlsCall>,
        warm: Vec<Warm>,
    ) -> Self {
        Self {
            machine: machine(),
            runs,
            million: warm.iter().map(Million::of).collect(),
            cold,
            first_tls_call,
            warm,
            scrypt: Vec::new(),
            hashing: None,
            rendering: Vec::new(),
            drains: Vec::new(),
            scraping: None,
            publishing: Vec::new(),
            prices: PRICES,
            prices_date: price::DATE,
        }
    }

    /// The tables, in Markdown.
    pub fn tables(&self) -> String {
        let mut text = format!(
            "{}; {} runs; medians with the 10th and the 90th percentile\n",
            self.machine, self.runs
        );
        self.cold_table(&mut text);
        self.tls_table(&mut text);
        self.warm_table(&mut text);
        self.price_table(&mut text);
        if !self.scrypt.is_empty() {
            text.push_str(&sealing::table(&self.warm));
            text.push_str(&sealing::scrypt_table(&self.scrypt));
        }
        if let Some(hashing) = &self.hashing {
            hashing_table(hashing, &mut text);
        }
        if !self.rendering.is_empty() {
            text.push_str(&rendering::table(&self.rendering));
            text.push_str(&drain::table(&self.drains));
        }
        if let Some(scraping) = &self.scraping {
            text.push_str(&scraping::table(scraping));
        }
        if !self.publishing.is_empty() {
            text.push_str(&publishing::table(&self.publishing));
        }
        text
    }

    fn cold_table(&self, text: &mut String) {
        heading(
            text,
            "Cold start",
            &[
                "",
                "CPU to first `next`, ms",
                "of floor",
                "wall, ms",
                "CPU to first answer, ms",
                "of floor",
                "wall, ms",
                "peak, MB",
                "size, MB",
            ],
        );
        for cold in &self.cold {
            let floor = self.cold.iter().find(|other| other.name == cold.floor);
            let (next, answer) = floor.map_or((f64::NAN, f64::NAN), |floor| {
                (
                    cold.next_cpu.over(floor.next_cpu),
                    cold.answer_cpu.over(floor.answer_cpu),
                )
            });
            #[expect(clippy::cast_precision_loss, reason = "bytes of a small file")]
            let size = cold.size_bytes as f64 / 1e6;
            row(
                text,
                &[
                    cold.name.clone(),
                    millis(cold.next_cpu),
                    format!("{next:.2}"),
                    millis(cold.next_wall),
                    millis(cold.answer_cpu),
                    format!("{answer:.2}"),
                    millis(cold.answer_wall),
                    format!("{:.1}", cold.peak_kib.median * 1024.0 / 1e6),
                    format!("{size:.2}"),
                ],
            );
        }
    }

    fn tls_table(&self, text: &mut String) {
        heading(
            text,
            "First TLS call of a cold function",
            &["", "CPU, ms", "event to the request's arrival, ms"],
        );
        for call in &self.first_tls_call {
            row(
                text,
                &[call.name.clone(), millis(call.cpu), millis(call.wall)],
            );
        }
    }

    fn warm_table(&self, text: &mut String) {
        heading(
            text,
            "Warm call, above the services' own time",
            &[
                "operation",
                "CPU, µs",
                "of floor",
                "wall, µs",
                "of floor",
                "waits",
                "budget",
                "read units",
                "write units",
                "queue requests",
            ],
        );
        for warm in &self.warm {
            let budget = warm
                .budget
                .map_or_else(|| "–".to_owned(), |budget| budget.to_string());
            row(
                text,
                &[
                    warm.operation.to_owned(),
                    micros(warm.cpu),
                    of_floor(warm.hashes, warm.cpu, warm.floor_cpu),
                    micros(warm.wall),
                    of_floor(warm.hashes, warm.wall, warm.floor_wall),
                    warm.waits.to_string(),
                    budget,
                    format!("{:.1}", warm.read_units),
                    format!("{:.1}", warm.write_units),
                    warm.queue_requests.to_string(),
                ],
            );
        }
        for floor in ["floor-http", "floor-dynamodb"] {
            // The floor ran beside every operation; the calmest of those moments is shown.
            let beside = self.warm.iter().filter(|warm| warm.floor == floor);
            let calmest =
                beside.min_by(|one, other| one.floor_cpu.median.total_cmp(&other.floor_cpu.median));
            if let Some(warm) = calmest {
                let cells = [
                    micros(warm.floor_cpu),
                    "1".into(),
                    micros(warm.floor_wall),
                    "1".into(),
                ];
                let mut cells: Vec<_> = std::iter::once(floor.to_owned()).chain(cells).collect();
                cells.extend(std::iter::repeat_n("–".to_owned(), 5));
                row(text, &cells);
            }
        }
    }

    fn price_table(&self, text: &mut String) {
        heading(
            text,
            "A million calls, USD",
            &[
                "operation",
                "API Gateway",
                "Lambda",
                "DynamoDB",
                "SQS",
                "together",
            ],
        );
        for million in &self.million {
            let prices = [
                million.api,
                million.lambda,
                million.dynamodb,
                million.sqs,
                million.total,
            ];
            let cells = prices.map(|price| format!("{price:.2}"));
            let cells: Vec<_> = std::iter::once(million.operation.to_owned())
                .chain(cells)
                .collect();
            row(text, &cells);
        }
    }
}

fn hashing_table(hashing: &Hashing, text: &mut String) {
    heading(
        text,
        "Argon2id, m = 19 MiB, t = 2, p = 1",
        &["", "ms", "of libsodium"],
    );
    let ratio = hashing.libsodium.map(|theirs| hashing.ours.over(theirs));
    let ratio = ratio.map_or_else(
        || "libsodium is not there: run .ci/tools".to_owned(),
        |ratio| format!("{ratio:.2}"),
    );
    row(text, &["ours".into(), hashing.ours.show(1.0, 1), ratio]);
    if let Some(theirs) = hashing.libsodium {
        row(text, &["libsodium".into(), theirs.show(1.0, 1), "1".into()]);
    }
}

impl Spread {
    pub fn over(self, floor: Self) -> f64 {
        self.median / floor.median
    }

    pub fn show(self, unit: f64, digits: usize) -> String {
        let Self { median, p10, p90 } = self;
        let [median, p10, p90] =
            [median, p10, p90].map(|value| format!("{:.digits$}", value / unit));
        format!("{median} ({p10}–{p90})")
    }
}

/// No ratio where most of it is hashing.
fn of_floor(hashes: bool, taken: Spread, floor: Spread) -> String {
    if hashes {
        return "–".into();
    }
    format!("{:.2}", taken.over(floor))
}

fn millis(micros: Spread) -> String {
    micros.show(1000.0, 2)
}

fn micros(micros: Spread) -> String {
    micros.show(1.0, 0)
}

pub fn heading(text: &mut String, title: &str, columns: &[&str]) {
    let rule: String = columns.iter().map(|_| "---|").collect();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "\n### {title}\n\n| {} |\n|{rule}\n",
        columns.join(" | ")
    );
}

pub fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// The processor and the kernel.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let models: Vec<_> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, model)| model.trim().to_owned())
        .collect();
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let model = models.first().map_or("unknown processor", String::as_str);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{model}, {count} CPUs, {}, Linux {}",
        std::env::consts::ARCH,
        kernel.trim()
    )
}
