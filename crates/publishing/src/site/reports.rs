//! What the authors should know.

use domain::site::Report;

/// How many are kept of one site; the first ones of each file matter most, and a status page takes fewer.
const MOST: usize = 500;
/// How many are taken before they are put in order: a file can have a broken link in each word.
const MOST_TAKEN: usize = 50_000;

/// Collects reports.
#[derive(Debug, Default)]
pub(crate) struct Reports(Vec<Report>);

impl Reports {
    pub(crate) fn push(&mut self, report: Report) {
        if self.0.len() < MOST_TAKEN || report.left_out {
            self.0.push(report);
        }
    }

    /// The file is published all the same.
    pub(crate) fn note(&mut self, file: &str, line: Option<u32>, code: &str, message: String) {
        self.push(make(file, line, code, message, false));
    }

    /// The file is left out.
    pub(crate) fn left_out(&mut self, file: &str, code: &str, message: String) {
        self.push(make(file, None, code, message, true));
    }

    /// In the order of files and lines. Where there are too many, those of files that are left out come first.
    pub(crate) fn ordered(mut self) -> Vec<Report> {
        self.0.sort_by(|a, b| place(a).cmp(&place(b)));
        self.0.dedup();
        if self.0.len() > MOST {
            self.0.sort_by_key(|report| !report.left_out);
            self.0.truncate(MOST);
        }
        self.0
    }
}

fn place(report: &Report) -> (&str, Option<u32>, &str, &str) {
    (&report.file, report.line, &report.code, &report.message)
}

fn make(file: &str, line: Option<u32>, code: &str, message: String, left_out: bool) -> Report {
    Report {
        file: file.to_owned(),
        line,
        code: code.to_owned(),
        message,
        left_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_are_kept() {
        let mut reports = Reports::default();
        for line in 0..60_000 {
            reports.note("a.md", Some(line), "broken_link", String::new());
        }
        reports.left_out("z.md", "too_large", String::new());
        let ordered = reports.ordered();
        assert_eq!(ordered.len(), MOST);
        assert_eq!(ordered[0].file, "z.md");
        assert_eq!(ordered[1].line, Some(0));
    }
}
