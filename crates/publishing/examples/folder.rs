//! Builds the site of a folder: `cargo run -p publishing --example folder -- FOLDER OUTPUT [BASE_URL]`.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use domain::site::{BlobId, Setup, Target, Theme};
use domain::tenant::BaseUrl;
use publishing::site::{Content, Plan, Record, Settings, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let output = PathBuf::from(arguments.next().ok_or("where to?")?);
    let base = arguments
        .next()
        .unwrap_or_else(|| "http://localhost:8000".to_owned());
    let mut sources = Vec::new();
    collect(&folder, &folder, &mut sources)?;
    let theme = fs::read(folder.join("_theme.json")).map_or_else(
        |_| Ok(Theme::default()),
        |theme| serde_json::from_slice(&theme),
    )?;
    let settings = Settings {
        setup: Setup {
            target: Target::Git {},
            base_url: BaseUrl::parse(&base).map_err(|invalid| invalid.message)?,
            theme,
            trusted_authors: false,
            notify: None,
        },
        name: "A site".to_owned(),
        foreign: BTreeSet::new(),
        now: "2026-11-23T12:00:00Z".parse()?,
    };
    let mut plan = Plan::new(settings, sources, Record::default());
    for source in plan.needed() {
        plan.give(&source.path, Ok(&fs::read(folder.join(&source.path))?));
    }
    let built = plan.build();
    for path in built.files.keys() {
        let file = output.join(path.as_str());
        fs::create_dir_all(file.parent().unwrap_or(&output))?;
        match built.content(path) {
            Some(Content::Bytes(bytes)) => fs::write(file, bytes)?,
            Some(Content::Copy(source)) => {
                fs::copy(folder.join(source.path), file)?;
            }
            None => {}
        }
    }
    let mut out = io::stdout().lock();
    for report in &built.reports {
        let line = report.line.map_or(String::new(), |line| format!(":{line}"));
        writeln!(
            out,
            "{}{line}: {}: {}",
            report.file, report.code, report.message
        )?;
    }
    writeln!(out, "{} files, {} pages", built.files.len(), built.pages)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, sources)?;
            continue;
        }
        let content = fs::read(&path)?;
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let version = BlobId::of(&content).to_string();
        sources.push(Source {
            path: name,
            version,
            bytes: content.len() as u64,
        });
    }
    Ok(())
}
