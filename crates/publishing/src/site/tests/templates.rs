//! Templates of the folder: what they can do, and what they can't.

use super::*;

const POST: (&str, &str) = (
    "a.md",
    "---\ntitle: <One>\ndate: 2026-01-01\ntags: x, y\n---\nText",
);

fn with(name: &str, source: &str) -> Built {
    let files = folder(&[POST, (&format!("_theme/{name}"), source)]);
    build_with(trusted(), &files, Record::default())
}

#[test]
fn a_template_replaces_the_themes() {
    let built = with(
        "post.html",
        "{% extends \"base.html\" %}{% block main %}[{{ page.title }}|{{ page.content }}|{% for tag in page.tags %}{{ tag.name|upper }}{% if not loop.last %}, {% endif %}{% endfor %}|{{ page.tags|length }}|{{ nothing.at.all|default(\"-\") }}]{% endblock %}",
    );
    contains(
        &text(&built, "a/index.html"),
        "[&lt;One&gt;|<p>Text</p>\n|X, Y|2|-]",
    );
    contains(
        &text(&built, "a/index.html"),
        "<nav aria-label=\"Main menu\">",
    );
    assert_eq!(reported(&built), []);
}

#[test]
fn a_file_that_only_changes_its_name_is_rendered_again() {
    let template = ("_theme/page.html", "{{ page.file }}");
    let named = |name| folder(&[(name, "Text"), template]);
    let first = build_with(trusted(), &named("Hello.md"), Record::default());
    assert_eq!(text(&first, "hello/index.html"), "Hello.md");
    let again = build_with(trusted(), &named("hello.md"), first.record);
    let whole = build_with(trusted(), &named("hello.md"), Record::default());
    assert_eq!(again.files, whole.files);
    assert_eq!(again.record.to_bytes(), whole.record.to_bytes());
}

#[test]
fn a_base_of_the_folder_changes_all_pages() {
    let built = with(
        "base.html",
        "<title>{{ title }}</title>{% block main %}{% endblock %}",
    );
    for path in [
        "index.html",
        "a/index.html",
        "404.html",
        "archive/index.html",
    ] {
        assert!(text(&built, path).starts_with("<title>"), "{path}");
    }
}

/// The theme's own template is used, and the failure is said with its line.
fn fails(source: &str, line: Option<u32>, why: &str) {
    let built = with("post.html", source);
    let page = text(&built, "a/index.html");
    assert!(
        page.contains("<h1>&lt;One&gt;</h1>"),
        "{source} gave {page}"
    );
    let [report] = built.reports.as_slice() else {
        panic!("{source}: {:#?}", built.reports);
    };
    assert_eq!(
        (report.file.as_str(), report.line),
        ("_theme/post.html", line),
        "{}",
        report.message
    );
    assert!(report.message.contains(why), "{source}: {}", report.message);
}

#[test]
fn templates_that_loop_or_grow_are_not_used() {
    let nested = "{% for a in page.tags %}".repeat(20) + "x" + &"{% endfor %}".repeat(20);
    fails(&nested, Some(1), "too much work");
    fails("\n{% include \"post.html\" %}", Some(2), "");
    fails("{% extends \"post.html\" %}", Some(1), "cycle");
    fails("\n\n{{ \"x\" * 1000000000 }}", Some(3), "longer");
    fails("{% set x = title ~ title %}", Some(1), "longer");
    fails("{% set x = title + title %}", Some(1), "longer");
    fails(
        "{% set x %}{{ title }}{% endset %}",
        Some(1),
        "can't be used",
    );
    fails("{% set x = 2 ** 100 %}", Some(1), "longer");
    fails(
        "{% for x in range(1000000000) %}x{% endfor %}",
        Some(1),
        "call",
    );
    fails("{{ title.upper() }}", Some(1), "call");
    fails("{% set a = page.tags[:] %}", Some(1), "part of a list");
    fails("{{ title|nothing }}", Some(1), "nothing");
    fails("a\n{% if %}", Some(2), "");
    fails("{% for x in page.tags %}", Some(1), "");
    fails(
        &format!("{{{{ \"{}\" in title }}}}", "x".repeat(2_000)),
        Some(1),
        "1000 bytes",
    );
    fails(&"{% if title %}".repeat(1_000), Some(1), "recursion");
    fails(
        &format!("{{{{ {}title{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
        Some(1),
        "recursion",
    );
}

#[test]
fn what_a_template_prints_is_bounded() {
    let big = "x".repeat(200_000);
    fails(
        &format!(
            "{{% for a in page.tags %}}{{% for b in page.tags %}}{{% for c in page.tags %}}{{% for d in page.tags %}}{big}{{% endfor %}}{{% endfor %}}{{% endfor %}}{{% endfor %}}"
        ),
        None,
        "2 MB",
    );
}

#[test]
fn going_through_lists_is_charged() {
    // Each comparison is one instruction, and goes through a thousand posts.
    let mut files = folder(&[(
        "_theme/list.html",
        "{% for a in groups %}{% for b in a.posts %}{% if title in a.posts %}{% endif %}{% endfor %}{% endfor %}done",
    )]);
    for number in 0..1_000 {
        files.insert(
            format!("p{number}.md"),
            "---\ndate: 2026-01-01\n---\n".to_owned(),
        );
    }
    let built = build_with(trusted(), &files, Record::default());
    assert_eq!(reported(&built), [("_theme/list.html", "template_failed")]);
    contains(&text(&built, "archive/index.html"), "<h2>2026</h2>");
}

#[test]
fn a_template_of_untrusted_authors_is_not_used() {
    let files = folder(&[
        POST,
        ("_theme/post.html", "mine"),
        ("_theme/theme.css", ".mine{}"),
    ]);
    let built = build_with(settings(), &files, Record::default());
    let expected = ["_theme/post.html", "_theme/theme.css"].map(|file| (file, "untrusted_file"));
    assert_eq!(reported(&built), expected);
    assert!(!text(&built, "a/index.html").contains("mine"));
    assert!(!text(&built, "style.css").contains(".mine{}"));
    let built = build_with(trusted(), &files, Record::default());
    assert!(text(&built, "style.css").ends_with(".mine{}"));
}
