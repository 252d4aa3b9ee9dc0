//! How long a site of a thousand posts takes, and one changed file of it:
//! `cargo run --release -p publishing --example thousand`.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};
use std::{fs, io};

use bytes::Bytes;
use domain::site::{BlobId, Setup, Target, Theme};
use domain::tenant::BaseUrl;
use publishing::site::{Built, Plan, Record, Settings, Source};

const POSTS: usize = 1_000;
const WORDS: [&str; 16] = [
    "river", "stone", "compiler", "morning", "letter", "signal", "garden", "window", "paper",
    "motion", "harbour", "copper", "lantern", "meadow", "thunder", "quiet",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut folder: BTreeMap<String, String> = (0..POSTS).map(post).collect();
    // The first time, languages and patterns are loaded.
    build(&folder, Record::default())?;
    let start = Instant::now();
    let built = build(&folder, Record::default())?;
    let bytes = Bytes::from(built.record.to_bytes());
    let full = start.elapsed();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "full: {full:?}, {} renders, record of {} bytes",
        built.renders(),
        bytes.len()
    )?;
    let text = folder.entry("posts/post-0500.md".to_owned()).or_default();
    text.push_str("\nOne more paragraph.\n");
    let mut least = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let record = Record::from_bytes(&bytes);
        let read = start.elapsed();
        let again = build(&folder, record)?;
        let rendered = start.elapsed();
        let changed = again
            .files
            .iter()
            .filter(|(path, id)| built.files.get(*path) != Some(*id));
        let written: usize = changed
            .map(|(path, _)| usize::from(again.content(path).is_some()))
            .sum();
        let made = start.elapsed();
        let kept = again.record.to_bytes().len();
        let all = start.elapsed();
        if all < least {
            least = all;
            writeln!(
                out,
                "one file: {all:?} = {:.1} % ({} renders, {written} written; record read {read:?}, built {:?}, content {:?}, record of {kept} bytes written {:?})",
                100.0 * all.as_secs_f64() / full.as_secs_f64(),
                again.renders(),
                rendered.saturating_sub(read),
                made.saturating_sub(rendered),
                all.saturating_sub(made),
            )?;
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn build(folder: &BTreeMap<String, String>, record: Record) -> Result<Built, Box<dyn Error>> {
    let settings = Settings {
        setup: Setup {
            target: Target::Git {},
            base_url: BaseUrl::parse("https://a.example").map_err(|invalid| invalid.message)?,
            theme: Theme::default(),
            trusted_authors: false,
            notify: None,
        },
        name: "A thousand posts".to_owned(),
        foreign: BTreeSet::new(),
        now: "2026-11-23T12:00:00Z".parse()?,
    };
    let source = |(path, text): (&String, &String)| Source {
        path: path.clone(),
        version: BlobId::of(text.as_bytes()).to_string(),
        bytes: text.len() as u64,
    };
    let mut plan = Plan::new(settings, folder.iter().map(source).collect(), record);
    for source in plan.needed() {
        if let Some(text) = folder.get(&source.path) {
            plan.give(&source.path, Ok(text.as_bytes()));
        }
    }
    Ok(plan.build())
}

/// A post of some paragraphs, lists, a table, code, and links to others.
fn post(number: usize) -> (String, String) {
    let mut state = number as u64 + 1;
    let mut next = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % most
    };
    let (year, month, day) = (2015 + number % 11, next(12) + 1, next(28) + 1);
    let mut text = format!(
        "---\ntitle: Post {number} about {}\ndate: {year}-{month:02}-{day:02}\ntags: [{}, {}]\n---\n",
        WORDS[next(16)],
        WORDS[next(16)],
        WORDS[next(16)],
    );
    for section in 0..4 {
        let _ = writeln!(text, "\n## Section {section} {}\n", WORDS[next(16)]);
        for _ in 0..3 {
            for _ in 0..60 {
                let _ = write!(text, "{} ", WORDS[next(16)]);
            }
            let other = next(POSTS);
            let _ = writeln!(
                text,
                "and *more* in [post {other}](post-{other:04}.md#section-0).\n"
            );
        }
        let _ = writeln!(
            text,
            "- one\n- `two`\n- **three**\n\n```rust\nfn section_{section}(value: &str) -> Option<u32> {{\n    // Reads it.\n    value.trim().parse().ok().map(|n: u32| n + {number})\n}}\n```\n"
        );
    }
    text.push_str("| a | b |\n|---|--:|\n| x | 1 |\n| y | 2 |\n\nA note.[^1]\n\n[^1]: The note.\n");
    (format!("posts/post-{number:04}.md"), text)
}
