//! Reads files that were made to take long, each of 1 MiB, and says how long each took:
//! `cargo run --release -p publishing --example hostile`.

use std::time::Instant;

use publishing::document::{Known, Options, read};

const SIZE: usize = 1024 * 1024;

/// What a file says over and over.
const REPEATED: &[&str] = &[
    "[",
    "*a ",
    "**a *",
    "<a>",
    "<b>",
    "_www.",
    "www.",
    "https://",
    "a@",
    "$",
    "$a",
    "$$",
    "[[",
    "[[a",
    "[[a]]",
    "![[",
    "]]",
    "|",
    "[^a]",
    "[^a]: b\n",
    "[^a]: [^a] ",
    "# a\n",
    "# a\n\n",
    "> ",
    ">\n",
    "- ",
    "- a\n",
    "1. ",
    "&amp;",
    "&",
    "`",
    "``a",
    "~~a ",
    "![",
    "[a](",
    "[a](<",
    "[a](b.md) ",
    "[a](#b) ",
    "<!--",
    "<!---->",
    "<?",
    "<![CDATA[",
    "<p>\n",
    "<x>",
    "<a ",
    "<a b=\"",
    "<T>\n",
    "</b>",
    "</p>",
    "<b></b>",
    "a\n\n",
    "    a\n",
    "\t",
    " ",
    "\n",
    "\\",
    "\"a\" ",
    "--",
    "[a]: b\n",
    "[a]\n",
    "|a|b|\n",
    "<script>",
    "<style>",
    "<p onclick=x>",
    "```\n",
    "```rust\nfn a() {}\n```\n",
    "```math\nx\n```\n",
    "$x^2$ ",
    "$\\frac12$ ",
    "`a` ",
    "{#a}",
    "# {#a}\n",
    "ü",
    "\u{301}",
    "(((((",
    "*_*_",
    "***a** ",
    "_a_",
    "<table>",
    "<td>",
    "<details>",
    "a  \n",
    "> [!NOTE]\n\n",
    "- [ ] a\n",
    "[![a](b)](c) ",
    "(www.a.b)",
    "http://a.b/)",
    "x<a><b></a></b>",
    "<i><p></i>",
    ":",
    "[a]: <",
    "[a\\]: ",
    "<!-- -- ",
    "<a/",
    "\u{0}",
    "\r",
    "<ul><li>",
    "</table>",
    "a|",
    "$`",
    "``` $",
];

fn main() {
    let mut files: Vec<(String, String)> = REPEATED
        .iter()
        .map(|unit| ((*unit).to_owned(), unit.repeat(SIZE / unit.len())))
        .collect();
    files.extend(tables_and_html());
    files.extend(names());
    files.extend(code());
    let mut slow = 0;
    for (name, text) in files {
        for (trusted, smart_punctuation) in [(false, true), (true, false)] {
            let options = Options {
                smart_punctuation,
                trusted,
            };
            let bytes = text.as_bytes();
            let bytes = bytes.get(..SIZE.min(bytes.len())).unwrap_or_default();
            let start = Instant::now();
            let result = read("a.md", bytes, options, &Known::default());
            let taken = start.elapsed().as_millis();
            let said = match result {
                Ok(document) => {
                    let made: usize = document.pieces.iter().map(String::len).sum();
                    format!(
                        "{made} bytes, {} links, {} reports",
                        document.links.len(),
                        document.reports.len()
                    )
                }
                Err(report) => format!("{} {:?}", report.code, report.line),
            };
            slow += usize::from(taken > 1_000);
            let mark = if taken > 1_000 { "SLOW" } else { "" };
            eprintln!("{taken:>6} ms {mark:4} trusted={trusted:5} {name:?}: {said}");
        }
    }
    eprintln!("{slow} took longer than a second");
}

/// Tables, and HTML that a browser repairs.
fn tables_and_html() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut add = |name: &str, text: String| files.push((name.to_owned(), text));
    let cells = "|a".repeat(SIZE / 8) + "|\n" + &"|-".repeat(SIZE / 8) + "|\n";
    add(
        "many columns, short rows",
        cells + &"|b|\n".repeat(SIZE / 8),
    );
    add(
        "many rows",
        "|a|b|\n|-|-|\n".to_owned() + &"|a|b|\n".repeat(SIZE / 7),
    );
    add(
        "table of HTML, unclosed",
        "<table>\n\n".to_owned() + &"*a* ".repeat(SIZE / 5),
    );
    add(
        "formatting left open",
        numbered(9, |i| format!("<b id=a{i}>")) + &"<p>\n".repeat(19_000),
    );
    add(
        "formatting over paragraphs",
        "<a href=x><b>\n\n".to_owned() + &"a\n\n".repeat(SIZE / 4),
    );
    add(
        "attributes",
        "<p ".to_owned() + &"a ".repeat(SIZE / 3) + ">",
    );
    add(
        "attributes of a tag that does not end",
        "<div \n\n".to_owned() + &"a ".repeat(SIZE / 3),
    );
    add(
        "named characters",
        "<p>".to_owned() + &"&a".repeat(SIZE / 2),
    );
    add(
        "characters by number",
        "<p>".to_owned() + &"&#38;".repeat(SIZE / 5),
    );
    add(
        "angles in HTML",
        "<p>".to_owned() + &"< > ".repeat(SIZE / 4),
    );
    add(
        "a long URL",
        format!("[a](<https://a/{}>)", "&".repeat(SIZE / 2)),
    );
    add(
        "a long title",
        format!("[a](b \"{}\")", "&".repeat(SIZE / 2)),
    );
    add(
        "a long attribute",
        format!("<p title=\"{}\">", "&".repeat(SIZE / 2)),
    );
    add(
        "long words of a picture",
        format!("![{}](b)", "&".repeat(SIZE / 2)),
    );
    add(
        "much code of XML",
        format!("```\n{}```\n", "<a>&</a>\n".repeat(SIZE / 10)),
    );
    files
}

/// Names that are given and used often.
fn names() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut add = |name: &str, text: String| files.push((name.to_owned(), text));
    add(
        "one footnote, many references",
        "[^a]: b\n\n".to_owned() + &"[^a] ".repeat(SIZE / 6),
    );
    add(
        "many footnotes",
        numbered(40_000, |i| format!("[^{i}]\n\n[^{i}]: b\n\n")),
    );
    add(
        "headings of near names",
        numbered(50_000, |i| format!("# a-{}\n# a\n", i / 2)),
    );
    add(
        "references",
        numbered(30_000, |i| format!("[a{i}]: b{i}\n\n[a{i}] ")),
    );
    add(
        "long reference, used often",
        format!("[a]: {}\n\n", "b".repeat(1_000)) + &"[a] ".repeat(SIZE / 5),
    );
    add(
        "quotes in lists",
        "- > ".repeat(40) + &"\n- a".repeat(SIZE / 8),
    );
    add(
        "lists to the limit",
        numbered(SIZE / 200, |_| "- ".repeat(45) + "a\n"),
    );
    add(
        "deep list, lazy lines",
        "> ".repeat(90) + &"a\n".repeat(SIZE / 3),
    );
    add(
        "many links within",
        "# x\n".repeat(50_000) + &"[a](#x) [b](#nope)".repeat(SIZE / 40),
    );
    add(
        "ids of HTML",
        numbered(19_000, |i| format!("<p id=a{i}><a href=#a{i}>\n</a>")),
    );
    add("front matter of aliases", bomb());
    files
}

const LANGUAGES: &[&str] = &[
    "rust",
    "js",
    "ts",
    "tsx",
    "html",
    "css",
    "scss",
    "python",
    "ruby",
    "perl",
    "php",
    "sql",
    "yaml",
    "json",
    "toml",
    "bash",
    "c",
    "cpp",
    "java",
    "go",
    "markdown",
    "haskell",
    "kotlin",
    "swift",
    "latex",
    "makefile",
    "diff",
    "dockerfile",
    "graphql",
    "hcl",
    "ini",
    "lua",
    "r",
    "xml",
    "vue",
    "svelte",
    "elixir",
    "erlang",
    "clojure",
    "nix",
    "zig",
    "julia",
    "dart",
    "scala",
    "groovy",
    "fsharp",
    "csharp",
    "nginx",
    "proto",
    "objc",
];
const LINES: &[&str] = &[
    "((((((((((",
    "\"\\\"a ",
    "a b c d e f g ",
    "<<<<a ",
    "{{{{[[[[",
    "/*/*",
    "a.b(c.d(",
    "'''\"\"\"",
    "0x1e1_",
    "-- // # ",
];

/// Code of which each line is as long as may be.
fn code() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for language in LANGUAGES {
        for part in LINES {
            let line = part.repeat(990 / part.len()) + "\n";
            let code = line.repeat(95_000 / line.len());
            files.push((
                format!("{language}: {part}"),
                format!("```{language}\n{code}```\n"),
            ));
        }
    }
    files
}

fn numbered(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().concat()
}

fn bomb() -> String {
    let mut text = "---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..60 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        text = format!("{text}a{level}: &a{level} [{before}]\n");
    }
    text + "tags: *a59\n---\ntext\n"
}
