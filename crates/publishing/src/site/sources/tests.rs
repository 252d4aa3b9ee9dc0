use super::*;

fn sorted(paths: &[(&str, u64)], trusted: bool) -> (Vec<String>, Vec<(String, String)>) {
    let source = |(path, bytes): &(&str, u64)| Source {
        path: (*path).to_owned(),
        version: "1".to_owned(),
        bytes: *bytes,
    };
    let mut reports = Reports::default();
    let sorted = sort(paths.iter().map(source).collect(), trusted, &mut reports);
    let reports = reports
        .ordered()
        .into_iter()
        .map(|report| (report.file, report.code));
    (
        sorted.into_iter().map(|file| file.source.path).collect(),
        reports.collect(),
    )
}

#[test]
fn odd_paths_are_left_out_and_said() {
    for path in [
        "../a.md",
        "a/../b.md",
        "a%2fb.md",
        "a%2Fb.md",
        "a\u{7}.md",
        "/a.md",
        "a//b.md",
        "a\u{202e}b.md",
        "a\\b.md",
        ".git/../x.md",
        "a .md/b.",
        "a\u{0}.md",
    ] {
        let (files, reports) = sorted(&[(path, 1)], true);
        assert!(files.is_empty(), "{path:?} was taken");
        assert_eq!(reports, [(path.to_owned(), "odd_path".to_owned())]);
    }
}

#[test]
fn hidden_files_are_left_out_silently() {
    let paths = [
        ("_drafts/a.md", 1),
        (".DS_Store", 1),
        ("a/_b.md", 1),
        ("posts/", 0),
        ("a/.git/x", 1),
    ];
    assert_eq!(sorted(&paths, true), (vec![], vec![]));
}

#[test]
fn the_posts_of_jekyll_are_said_to_be_hidden() {
    let path = "_posts/2026-01-02-a.md";
    let (files, reports) = sorted(&[(path, 1), ("_posts/a.png", 1)], true);
    assert!(files.is_empty());
    assert_eq!(reports, [(path.to_owned(), "hidden_post".to_owned())]);
}

#[test]
fn one_of_two_that_differ_by_case_or_form_is_left_out() {
    let paths = [("A.md", 1), ("a.md", 1), ("u\u{308}.md", 1), ("ü.md", 1)];
    let (files, reports) = sorted(&paths, false);
    assert_eq!(files, ["A.md", "u\u{308}.md"]);
    assert!(reports.iter().all(|(_, code)| code == "duplicate_path") && reports.len() == 2);
}

#[test]
fn large_files_are_left_out() {
    let paths = [
        ("a.md", MARKDOWN),
        ("b.md", MARKDOWN + 1),
        ("c.png", ASSET),
        ("d.png", ASSET + 1),
        ("e.md", 20_000_000),
    ];
    let (files, reports) = sorted(&paths, false);
    assert_eq!(files, ["a.md", "c.png"]);
    assert!(reports.iter().all(|(_, code)| code == "too_large") && reports.len() == 3);
}

#[test]
fn a_site_has_a_size_and_a_number_of_files() {
    let names: Vec<_> = (0..FILES + 3)
        .map(|number| format!("{number:05}.md"))
        .collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let (files, reports) = sorted(&many, false);
    assert_eq!((files.len(), reports.len()), (FILES, 1));
    let large: Vec<_> = names
        .iter()
        .take(12)
        .map(|name| (name.as_str(), ASSET))
        .collect();
    let large: Vec<_> = large
        .iter()
        .map(|(name, size)| (name.replace("md", "png"), *size))
        .collect();
    let large: Vec<_> = large
        .iter()
        .map(|(name, size)| (name.as_str(), *size))
        .collect();
    let (files, reports) = sorted(&large, false);
    assert_eq!((files.len(), reports.len()), (10, 2));
    let text: Vec<_> = names
        .iter()
        .take(25)
        .map(|name| (name.as_str(), 1_000_000))
        .collect();
    let (files, reports) = sorted(&text, false);
    assert_eq!((files.len(), reports.len()), (24, 1));
}

#[test]
fn what_runs_needs_trust() {
    let paths = [
        ("a.html", 1),
        ("b.hxt", 1),
        ("c.rdf", 1),
        ("b.SVG", 1),
        ("c.pdf", 1),
        ("_theme/post.html", 1),
        ("_theme/theme.css", 1),
        ("style.css", 1),
    ];
    let (files, reports) = sorted(&paths, false);
    assert_eq!(files, ["c.pdf"]);
    assert!(reports.iter().all(|(_, code)| code == "untrusted_file") && reports.len() == 7);
    assert_eq!(sorted(&paths, true).0.len(), 8);
}

#[test]
fn what_tells_a_host_what_to_do_needs_trust() {
    for path in [
        "CNAME",
        "Makefile",
        "CODEOWNERS",
        "netlify.toml",
        "vercel.json",
        "package.json",
        "app.yaml",
        "web.config",
        "nginx.conf",
    ] {
        let (files, reports) = sorted(&[(path, 1)], false);
        assert!(files.is_empty(), "{path}");
        assert_eq!(reports, [(path.to_owned(), "untrusted_file".to_owned())]);
        assert_eq!(sorted(&[(path, 1)], true).0, [path]);
    }
}

#[test]
fn misspelt_templates_are_said() {
    let (files, reports) = sorted(&[("_theme/posts.html", 1)], true);
    assert!(files.is_empty());
    assert_eq!(
        reports,
        [(
            "_theme/posts.html".to_owned(),
            "unknown_theme_file".to_owned()
        )]
    );
}
