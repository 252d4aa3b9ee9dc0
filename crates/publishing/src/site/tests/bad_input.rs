//! What is left out while the rest is published.

use super::*;

#[test]
fn of_two_with_one_address_the_first_is_published() {
    let built = build(&[
        ("a.md", "---\nslug: same\n---\nfirst"),
        ("b.md", "---\nslug: same\n---\nsecond [x](a.md)"),
        ("c.md", "[x](b.md)"),
    ]);
    contains(&text(&built, "same/index.html"), "first");
    assert_eq!(
        reported(&built),
        [("b.md", "duplicate_output"), ("c.md", "broken_link")]
    );
    let report = &built.reports[0];
    assert!(
        report.left_out && report.message.contains("a.md"),
        "{report:?}"
    );
}

#[test]
fn a_file_where_a_folder_would_be_is_left_out() {
    let files = folder(&[
        ("posts/a.md", "x"),
        ("posts", "binary"),
        ("tags", "x"),
        ("t.md", "---\ntags: x\n---\n"),
    ]);
    let built = build_with(trusted(), &files, Record::default());
    assert_eq!(
        reported(&built),
        [("posts/a.md", "duplicate_output"), ("tags", "replaces_own")]
    );
    assert!(!text(&built, "t/index.html").contains("tags/"));
}

#[test]
fn aliases_lead_to_their_page() {
    let built = build(&[(
        "a.md",
        "---\ntitle: A & B\naliases: /2019/old-name/, old.html, x y\n---\n[x](/2019/old-name/)",
    )]);
    let html = text(&built, "2019/old-name/index.html");
    contains(
        &html,
        "<meta http-equiv=\"refresh\" content=\"0; url=../../a/\">",
    );
    contains(
        &html,
        "<link rel=\"canonical\" href=\"https://a.example/blog/a/\">",
    );
    contains(&html, "A &amp; B");
    assert!(has(&built, "old.html") && has(&built, "x y/index.html"));
    contains(&text(&built, "a/index.html"), "href=\"../a/\">x</a>");
    assert_eq!(reported(&built), []);
}

#[test]
fn aliases_never_take_a_place_or_go_round() {
    let built = build(&[
        (
            "a.md",
            "---\naliases: /b/, /search.js/../x, /feed.xml, a\n---\n",
        ),
        ("b.md", "---\naliases: /a/, /shared/, robots.txt/x\n---\n"),
        ("c.md", "---\naliases: /Shared/, ../up, /archive\n---\n"),
    ]);
    let expected = [
        ("a.md", "alias_taken"),
        ("a.md", "odd_alias"),
        ("b.md", "alias_taken"),
        ("b.md", "alias_taken"),
        ("c.md", "alias_taken"),
        ("c.md", "odd_alias"),
    ];
    let found: Vec<_> = reported(&built).into_iter().collect();
    assert_eq!(found.len(), expected.len() + 1, "{:#?}", built.reports);
    assert!(expected.iter().all(|one| found.contains(one)), "{found:?}");
    contains(&text(&built, "shared/index.html"), "url=../b/");
    assert!(!text(&built, "a/index.html").contains("refresh"));
}

#[test]
fn what_can_not_be_read_is_left_out_and_the_rest_published() {
    let files = folder(&[
        ("a.md", "BROKEN"),
        ("b.md", "fine"),
        ("c.md", "lost"),
        ("d.png", "x"),
    ]);
    let mut plan = plan(settings(), sources(&files), Record::default());
    let report = Report {
        file: "c.md".to_owned(),
        line: None,
        code: "changed_meanwhile".to_owned(),
        message: "It has changed meanwhile.".to_owned(),
        left_out: true,
    };
    plan.give("a.md", Ok(b"BROKEN"));
    plan.give("b.md", Ok(b"fine"));
    plan.give("c.md", Err(report));
    plan.give("unknown.md", Ok(b"x"));
    let built = plan.build();
    let expected = [
        ("a.md", "front_matter"),
        ("c.md", "changed_meanwhile"),
        ("d.png", "not_read"),
    ];
    assert_eq!(reported(&built), expected);
    assert_eq!(built.pages, 1);
    // What was refused is not read again; what was not read is.
    let next = super::plan(settings(), sources(&files), built.record);
    let needed: Vec<_> = next
        .needed()
        .into_iter()
        .map(|source| source.path)
        .collect();
    assert_eq!(needed, ["c.md", "d.png"]);
    assert_eq!(reported(&next.build())[0], ("a.md", "front_matter"));
}

#[test]
fn what_can_not_be_read_any_more_stays_as_it_was() {
    let before = build(&[("a.md", "first"), ("b.png", "first")]);
    let files = folder(&[("a.md", "second"), ("b.png", "second")]);
    let mut plan = plan(settings(), sources(&files), before.record.clone());
    for source in plan.needed() {
        let report = Report {
            file: source.path.clone(),
            line: None,
            code: "unreadable".to_owned(),
            message: "It is encrypted.".to_owned(),
            left_out: true,
        };
        plan.give(&source.path, Err(report));
    }
    let built = plan.build();
    assert_eq!(built.files, before.files);
    assert_eq!(
        reported(&built),
        [("a.md", "unreadable"), ("b.png", "unreadable")]
    );
    assert!(built.reports.iter().all(|report| !report.left_out));
    // It is asked for again.
    let next = super::plan(settings(), sources(&files), built.record);
    assert_eq!(next.needed().len(), 2);
}

#[test]
fn odd_names_become_addresses() {
    let built = build(&[
        ("Ünï cödé 🚀.md", "x"),
        ("日本語/ページ.md", "[x](../Ünï cödé 🚀.md)"),
        ("u\u{308}.md", "x"),
        ("a%2fb.md", "x"),
        ("../c.md", "x"),
        ("???.md", "x"),
    ]);
    for path in [
        "ünï-cödé-🚀/index.html",
        "日本語/ページ/index.html",
        "ü/index.html",
    ] {
        assert!(has(&built, path), "{path}: {:?}", built.files.keys());
    }
    contains(
        &text(&built, "日本語/ページ/index.html"),
        "href=\"../../%C3%BCn%C3%AF-c%C3%B6d%C3%A9-%F0%9F%9A%80/\"",
    );
    let odd: Vec<_> = reported(&built);
    assert_eq!(
        odd,
        [
            ("../c.md", "odd_path"),
            ("???.md", "odd_path"),
            ("a%2fb.md", "odd_path")
        ]
    );
}

#[test]
fn tags_are_merged_and_kept_apart() {
    let built = build(&[
        ("a.md", "---\ndate: 2026-01-01\ntags: Rust, C++, 🚀\n---\n"),
        ("b.md", "---\ndate: 2026-01-02\ntags: rust, C\n---\n"),
    ]);
    let html = text(&built, "tags/rust/index.html");
    assert!(html.find("../../b/").unwrap() < html.find("../../a/").unwrap());
    contains(&text(&built, "tags/c/index.html"), "../../b/");
    contains(&text(&built, "tags/🚀/index.html"), "../../a/");
    let pages = built
        .files
        .keys()
        .filter(|path| path.as_str().starts_with("tags/"));
    assert_eq!(pages.count(), 5);
    contains(
        &text(&built, "a/index.html"),
        "href=\"../tags/%F0%9F%9A%80/\"",
    );
}
