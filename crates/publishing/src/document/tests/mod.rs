//! Whole files.

mod bad;
mod markdown;
mod site_links;
mod spec;

use domain::site::Report;

use super::{Document, Known, Options};

const UNTRUSTED: Options = Options {
    smart_punctuation: false,
    trusted: false,
};
const TRUSTED: Options = Options {
    smart_punctuation: false,
    trusted: true,
};

fn read(file: &str, bytes: &[u8], options: Options) -> Result<Document, Report> {
    super::read(file, bytes, options, &Known::default())
}

fn document(text: &str) -> Document {
    read("a.md", text.as_bytes(), UNTRUSTED).unwrap()
}

/// The HTML with the links as they were written.
fn html_of(document: &Document) -> String {
    assert_eq!(document.pieces.len(), document.links.len() + 1);
    document.html(|link| link.written.clone())
}

fn html(text: &str) -> String {
    html_of(&document(text))
}

/// The codes of the reports, with their lines.
fn reports(document: &Document) -> Vec<(Option<u32>, &str)> {
    let reports = document.reports.iter();
    reports
        .map(|report| (report.line, report.code.as_str()))
        .collect()
}
