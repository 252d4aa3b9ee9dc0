//! Parses the page in a file with the `scraper` crate and finds elements in it, and prints the CPU's nanoseconds of each time:
//! `floor-scraping PAGE RUNS (first|all SELECTOR)…`. The selectors are compiled once.

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;

use rustix::time::{ClockId, clock_gettime};
use scraper::{Html, Selector};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(runs)) = (arguments.next(), arguments.next()) else {
        return Err("it wants a page and how often to read it".into());
    };
    let page = std::fs::read_to_string(path)?;
    let runs: usize = runs.parse()?;
    let mut wanted = Vec::new();
    while let (Some(which), Some(selector)) = (arguments.next(), arguments.next()) {
        let selector = Selector::parse(&selector).map_err(|error| error.to_string())?;
        wanted.push((which == "all", selector));
    }
    for _ in 0..runs {
        let began = cpu_nanoseconds();
        let found = read(&page, &wanted);
        let took = cpu_nanoseconds() - began;
        if found < wanted.len() {
            return Err(format!("{found} elements for {} selectors", wanted.len()).into());
        }
        writeln!(std::io::stdout(), "{took}")?;
    }
    Ok(())
}

/// How many elements are found, of those that are wanted.
fn read(page: &str, wanted: &[(bool, Selector)]) -> usize {
    let html = Html::parse_document(black_box(page));
    let found = wanted.iter().map(|(all, selector)| {
        let mut found = html.select(selector);
        if *all {
            found.count()
        } else {
            usize::from(found.next().is_some())
        }
    });
    black_box(found.sum())
}

/// CPU time of this thread: other processes do not count.
fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
