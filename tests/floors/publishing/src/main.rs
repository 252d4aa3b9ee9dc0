//! Builds a site of made-up posts, one way a process, and prints one line: nanoseconds of CPU, nanoseconds by the clock, pages that
//! the site has, and the most memory that the process had, in KiB.
//!
//! ```text
//! floor-publishing parser POSTS         pulldown-cmark alone, each post to HTML
//! floor-publishing full POSTS RECORD    the site from nothing, all files rendered, as at the first publication
//! floor-publishing edit POSTS RECORD    one post has changed since the record
//! floor-publishing twice POSTS RECORD   another change in the same process, which is then warm
//! floor-publishing same POSTS RECORD    nothing has changed since
//! floor-publishing write POSTS FOLDER   the posts as files, for another generator
//! ```

mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use bytes::Bytes;
use domain::Timestamp;
use domain::clock::SignedDuration;
use domain::site::{BlobId, Setup, SitePath, Target, Theme};
use domain::tenant::BaseUrl;
use publishing::site::{Plan, Record, Settings, Source};
use pulldown_cmark::{Options, Parser};
use rustix::time::{ClockId, clock_gettime};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The files of a site.
type Files = BTreeMap<SitePath, BlobId>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, posts, place @ ..] = arguments.as_slice() else {
        return Err("say what, and how many posts".into());
    };
    let posts: usize = posts.parse()?;
    let place = place.first().map_or("", String::as_str);
    match what.as_str() {
        "parser" => parser(posts),
        "full" => full(posts, place),
        "edit" | "same" | "twice" => again(what, posts, place),
        "write" => write(posts, place),
        _ => Err(format!("there is no {what}").into()),
    }
}

/// CPU and time of one piece of work, printed with the pages that it says.
fn measure(work: impl FnOnce() -> Outcome<u32>) -> Outcome<()> {
    let (began, clock) = (cpu_nanoseconds(), Instant::now());
    let pages = work()?;
    let (cpu, wall) = (cpu_nanoseconds() - began, clock.elapsed().as_nanos());
    let peak = peak_kib()?;
    writeln!(std::io::stdout(), "{cpu} {wall} {pages} {peak}")?;
    Ok(())
}

fn parser(posts: usize) -> Outcome<()> {
    let posts: Vec<String> = (0..posts).map(|number| corpus::post(number, 0)).collect();
    measure(|| {
        for post in &posts {
            let mut html = String::new();
            let options = Options::ENABLE_TABLES
                | Options::ENABLE_FOOTNOTES
                | Options::ENABLE_STRIKETHROUGH
                | Options::ENABLE_TASKLISTS
                | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
            pulldown_cmark::html::push_html(&mut html, Parser::new_ext(post, options));
            black_box(html);
        }
        Ok(u32::try_from(posts.len())?)
    })
}

fn full(posts: usize, record: &str) -> Outcome<()> {
    let texts: Vec<String> = (0..posts).map(|number| corpus::post(number, 0)).collect();
    let mut kept = (Vec::new(), Files::new());
    let folder = folder(&texts);
    measure(|| {
        let (pages, bytes, files) = build(&texts, folder, &Bytes::new(), &Files::new())?;
        kept = (bytes, files);
        Ok(pages)
    })?;
    let (bytes, files) = kept;
    std::fs::write(record, bytes)?;
    let lines = files.iter().map(|(path, blob)| format!("{blob} {path}\n"));
    std::fs::write(listed(record), lines.collect::<String>())?;
    Ok(())
}

fn again(what: &str, posts: usize, record: &str) -> Outcome<()> {
    let kept = Bytes::from(std::fs::read(record)?);
    let list = std::fs::read_to_string(listed(record))?;
    let lines = list.lines().filter_map(|line| line.split_once(' '));
    let files = lines.map(|(blob, path)| {
        let blob = BlobId::from_hex(blob).ok_or("no name of a blob")?;
        Ok((SitePath::parse(path)?, blob))
    });
    let files: Files = files.collect::<Outcome<_>>()?;
    let mut texts: Vec<String> = (0..posts).map(|number| corpus::post(number, 0)).collect();
    if what == "twice" {
        texts[posts / 3] = corpus::post(posts / 3, 2);
        black_box(build(&texts, folder(&texts), &kept, &files)?);
        texts[posts / 3] = corpus::post(posts / 3, 0);
    }
    if what != "same" {
        texts[posts / 2] = corpus::post(posts / 2, 1);
    }
    let folder = folder(&texts);
    measure(|| {
        let (pages, bytes, _) = build(&texts, folder, &kept, &files)?;
        black_box(bytes);
        Ok(pages)
    })
}

/// Where the files of a record are listed.
fn listed(record: &str) -> String {
    format!("{record}.files")
}

/// What the bucket lists.
fn folder(texts: &[String]) -> Vec<Source> {
    let folder = texts.iter().enumerate().map(|(number, text)| Source {
        path: corpus::path(number),
        version: corpus::version(text),
        bytes: text.len() as u64,
    });
    folder.collect()
}

/// What the publisher does between listing and commit: what is needed is read, all is built, and what differs is rendered for
/// the commit. Returns how many pages there are, the record, and the files.
fn build(
    texts: &[String],
    folder: Vec<Source>,
    record: &Bytes,
    before: &Files,
) -> Outcome<(u32, Vec<u8>, Files)> {
    let record = Record::from_bytes(record);
    let mut plan = Plan::new(settings()?, folder, record);
    for source in plan.needed() {
        let number = corpus::number(&source.path).ok_or("an unknown file is needed")?;
        plan.give(&source.path, Ok(texts[number].as_bytes()));
    }
    let built = plan.build();
    if let Some(report) = built.reports.first() {
        return Err(format!("{}: {}", report.file, report.message).into());
    }
    for (path, blob) in &built.files {
        if before.get(path) != Some(blob) {
            black_box(built.content(path));
        }
    }
    let bytes = built.record.to_bytes();
    Ok((built.pages, bytes, built.files))
}

fn settings() -> Outcome<Settings> {
    let setup = Setup {
        target: Target::S3 {},
        base_url: BaseUrl::parse("https://example.com")?,
        theme: Theme::default(),
        trusted_authors: false,
        notify: None,
    };
    let name = "A thousand posts".to_owned();
    // After the date of the last post.
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 60);
    Ok(Settings {
        setup,
        name,
        now,
        foreign: BTreeSet::new(),
    })
}

fn write(posts: usize, folder: &str) -> Outcome<()> {
    for number in 0..posts {
        let path = std::path::Path::new(folder).join(corpus::path(number));
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, corpus::post(number, 0))?;
    }
    Ok(())
}

/// CPU time of this process: others do not count.
fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The most memory that this process had: `VmHWM` of proc(5).
fn peak_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM")?.parse()?)
}
