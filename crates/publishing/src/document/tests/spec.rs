//! The examples of the specifications.

use pulldown_cmark::{Options as Extensions, Parser};

use super::super::Options;
use super::super::clean::clean;
use super::{html_of, read};

const COMMONMARK: &str = include_str!("../../../tests/spec/commonmark-0.31.2.txt");
const GFM: &str = include_str!("../../../tests/spec/gfm-0.29.txt");

/// Examples of `CommonMark` whose HTML is another, with the reason.
const OTHER_COMMONMARK: [(u32, &str); 0] = [];
/// Examples of GFM whose HTML is another, with the reason.
const OTHER_GFM: [(u32, &str); 2] = [
    (205, "a table without rows has a body without rows"),
    (
        652,
        "tags that GitHub filters are removed by cleaning, or stay as a trusted author wrote them",
    ),
];

struct Example {
    number: u32,
    markdown: String,
    html: String,
}

fn examples(file: &str) -> Vec<Example> {
    let fence = "`".repeat(32);
    let start = format!("{fence} example ");
    let mut parts = file.split(&start);
    assert!(parts.next().unwrap().contains("CC-BY-SA 4.0"));
    parts
        .map(|part| {
            let (info, rest) = part.split_once('\n').unwrap();
            let body = rest.split(&fence).next().unwrap();
            let (markdown, html) = match body.strip_prefix(".\n") {
                Some(html) => ("", html),
                None => body.split_once("\n.\n").unwrap(),
            };
            let markdown = if markdown.is_empty() {
                String::new()
            } else {
                markdown.to_owned() + "\n"
            };
            Example {
                number: info.split(' ').next().unwrap().parse().unwrap(),
                markdown: markdown.replace('→', "\t"),
                html: html.replace('→', "\t"),
            }
        })
        .collect()
}

/// HTML in one form: without white space between tags, and with attributes as the specification writes them.
fn normal(html: &str) -> String {
    let html = html
        .replace(" />", ">")
        .replace(" aria-label=\"Completed task\"", "")
        .replace(" aria-label=\"Incomplete task\"", "")
        .replace("&quot;", "\"");
    let mut normal = String::new();
    for part in html.split_inclusive('>') {
        let text = part.trim_start_matches('\n');
        normal.push_str(if text.starts_with('<') { text } else { part });
    }
    normal.trim_end().to_owned()
}

fn compare(other: &[(u32, &str)], examples: &[Example], made: impl Fn(&Example) -> String) {
    let differing: Vec<u32> = examples
        .iter()
        .filter(|example| {
            let made = normal(&made(example));
            let differs = made != normal(&example.html);
            if differs && other.iter().all(|(number, _)| *number != example.number) {
                eprintln!(
                    "{}:\n{}\nis\n{}\nand not\n{}",
                    example.number, example.markdown, made, example.html
                );
            }
            differs
        })
        .map(|example| example.number)
        .collect();
    let listed: Vec<u32> = other.iter().map(|(number, _)| *number).collect();
    assert_eq!(differing, listed);
}

#[test]
fn the_parser_does_what_commonmark_says() {
    let examples = examples(COMMONMARK);
    assert_eq!(examples.len(), 652);
    compare(&OTHER_COMMONMARK, &examples, |example| {
        let mut html = String::new();
        let parser = Parser::new_ext(&example.markdown, Extensions::empty());
        pulldown_cmark::html::push_html(&mut html, parser);
        html
    });
}

#[test]
fn a_file_is_read_as_gfm_says() {
    let examples = examples(GFM);
    assert_eq!(examples.len(), 24);
    compare(&OTHER_GFM, &examples, |example| {
        let options = Options {
            trusted: true,
            ..Options::default()
        };
        html_of(&read("a.md", example.markdown.as_bytes(), options).unwrap())
    });
}

#[test]
fn every_example_is_read_and_clean() {
    for example in examples(COMMONMARK).into_iter().chain(examples(GFM)) {
        for trusted in [false, true] {
            for smart_punctuation in [false, true] {
                let options = Options {
                    smart_punctuation,
                    trusted,
                };
                let document = match read("a.md", example.markdown.as_bytes(), options) {
                    Ok(document) => document,
                    Err(report) => {
                        assert_eq!(report.code, "bad_front_matter", "{}", example.number);
                        continue;
                    }
                };
                let html = html_of(&document);
                if !trusted {
                    assert_eq!(clean(&html), html, "{}", example.number);
                }
            }
        }
    }
}
