//! Dependencies point one way: functions → gateway, repository, queue, token → domain.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What each crate may use of the others.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("template", &[]),
    ("token", &["domain"]),
    ("repository", &["domain"]),
    ("queue", &["domain"]),
    ("bucket", &[]),
    ("chart", &["domain"]),
    ("publishing", &["domain"]),
    ("site-target", &["bucket", "domain"]),
    ("site-target-contract", &["domain", "site-target"]),
    ("git-target", &["domain", "site-target"]),
    ("github-stand-in", &[]),
    ("fetch", &["domain"]),
    ("topic", &[]),
    (
        "visit",
        &["bucket", "domain", "fetch", "repository", "scraping"],
    ),
    ("email", &["chart", "domain"]),
    ("message", &["domain"]),
    ("scraping", &["domain"]),
    ("sns", &[]),
    (
        "gateway",
        &["domain", "message", "queue", "repository", "token"],
    ),
    ("trigger", &["gateway"]),
    ("assets", &["gateway"]),
    (
        "bootstrap",
        &[
            "bucket",
            "domain",
            "email",
            "fetch",
            "gateway",
            "queue",
            "repository",
            "site-target",
            "sns",
            "token",
            "topic",
            "trigger",
        ],
    ),
];

/// What a function may use. `bootstrap` is for its `main.rs` alone, which the source itself is asked about.
const FUNCTION: &[&str] = &[
    "assets",
    "bootstrap",
    "bucket",
    "chart",
    "domain",
    "email",
    "fetch",
    "gateway",
    "message",
    "publishing",
    "queue",
    "repository",
    "scraping",
    "site-target",
    "sns",
    "token",
    "topic",
    "trigger",
    "visit",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo knows the workspace")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The packages of the workspace by name, with the others of it that they use when they run.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let names: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    let uses = |package: &cargo_metadata::Package| {
        let normal = package
            .dependencies
            .iter()
            // A library of others can have the name of a function.
            .filter(|d| d.kind == DependencyKind::Normal && d.path.is_some());
        normal
            .map(|d| d.name.clone())
            .filter(|name| names.contains(name))
            .collect()
    };
    metadata
        .packages
        .iter()
        .map(|package| (package.name.to_string(), uses(package)))
        .collect()
}

fn functions() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("functions")).expect("there are functions");
    entries
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .into_string()
                .expect("ASCII")
        })
        .collect()
}

fn template() -> template::Template {
    let text = std::fs::read_to_string(root().join("template.yaml")).expect("there is a template");
    template::Template::parse(&text).expect("the template is good")
}

#[test]
fn dependencies_point_one_way() {
    let edges = edges();
    for (package, allowed) in ALLOWED {
        let wrong: Vec<_> = edges[*package]
            .iter()
            .filter(|name| !allowed.contains(&name.as_str()))
            .collect();
        assert!(wrong.is_empty(), "{package} must not depend on {wrong:?}");
    }
    for function in functions() {
        let wrong: Vec<_> = edges[&function]
            .iter()
            .filter(|name| !FUNCTION.contains(&name.as_str()))
            .collect();
        assert!(
            wrong.is_empty(),
            "the function {function} must not depend on {wrong:?}"
        );
    }
    for (package, uses) in &edges {
        assert!(
            !uses.contains("fixtures") || package == "tests",
            "{package} uses what is for tests alone"
        );
    }
}

#[test]
fn only_main_and_local_name_bootstrap() {
    for (path, text) in sources("functions").into_iter().chain(sources("crates")) {
        let may = path.ends_with("main.rs")
            || ["crates/local", "crates/fixtures", "crates/bootstrap"]
                .iter()
                .any(|part| path.starts_with(root().join(part)));
        assert!(
            may || !text.contains("bootstrap::"),
            "{} names bootstrap",
            path.display()
        );
    }
}

#[test]
fn nothing_in_domain_waits() {
    for (path, text) in sources("crates/domain") {
        assert!(
            !text.contains("async ") && !text.contains(".await"),
            "{} waits",
            path.display()
        );
    }
}

#[test]
fn every_function_of_the_template_is_a_package_and_the_reverse() {
    let declared: BTreeSet<String> = template()
        .functions()
        .iter()
        .map(|f| f.name.clone())
        .collect();
    assert_eq!(declared, functions());
}

#[test]
fn a_functions_main_only_starts_it() {
    for function in functions() {
        let path = root().join("functions").join(&function).join("src/main.rs");
        let lines = std::fs::read_to_string(path)
            .expect("there is a main.rs")
            .lines()
            .count();
        assert!(lines <= 12, "{function}/src/main.rs has {lines} lines");
    }
}

#[test]
fn no_file_holds_two_ideas() {
    for (path, text) in sources("crates")
        .into_iter()
        .chain(sources("functions"))
        .chain(sources("tests"))
    {
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{} has {lines} lines, more than {LONGEST_FILE}",
            path.display()
        );
    }
}

/// A file over 400 lines is two ideas; its tests, which stand beside the code, may go beyond.
const LONGEST_FILE: usize = 500;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}
