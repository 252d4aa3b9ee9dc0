//! What an author is told of a file.

use std::collections::BTreeSet;

use domain::site::Report;

/// How many reports a file gets before the rest is only counted: whoever gets fifty looks at the file anyway.
const MOST: usize = 50;

/// The reports of one file.
#[derive(Debug)]
pub(super) struct Reports {
    file: String,
    list: Vec<Report>,
    more: usize,
    said: BTreeSet<String>,
}

impl Reports {
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            list: Vec::new(),
            more: 0,
            said: BTreeSet::new(),
        }
    }

    /// Adds one.
    pub fn add(&mut self, line: Option<u32>, code: &str, message: impl Into<String>) {
        if self.list.len() < MOST {
            self.list
                .push(report(&self.file, line, code, message.into(), false));
        } else {
            self.more += 1;
        }
    }

    /// Adds one unless one was added before for the same `kind`.
    pub fn once(
        &mut self,
        kind: &str,
        line: Option<u32>,
        code: &str,
        message: impl FnOnce() -> String,
    ) {
        if self.said.len() > MOST || self.said.contains(kind) {
            return;
        }
        self.said.insert(kind.to_owned());
        self.add(line, code, message());
    }

    /// Why the file is left out.
    pub fn refusal(&self, line: Option<u32>, code: &str, message: impl Into<String>) -> Report {
        report(&self.file, line, code, message.into(), true)
    }

    /// All of them, by line; those without a line come first.
    pub fn finish(self) -> Vec<Report> {
        let Self {
            file,
            mut list,
            more,
            ..
        } = self;
        list.sort_by_key(|report| report.line);
        if more > 0 {
            let message = format!("and {more} more");
            list.push(report(&file, None, "more_reports", message, false));
        }
        list
    }
}

fn report(file: &str, line: Option<u32>, code: &str, message: String, left_out: bool) -> Report {
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
    fn the_fifty_first_and_later_are_counted() {
        let mut reports = Reports::new("a.md");
        for line in 0..60 {
            reports.add(Some(line), "x", "message");
        }
        let list = reports.finish();
        assert_eq!(list.len(), MOST + 1);
        assert_eq!(list[MOST].message, "and 10 more");
    }

    #[test]
    fn a_kind_is_said_once() {
        let mut reports = Reports::new("a.md");
        reports.once("kind", Some(2), "x", || "first".into());
        reports.once("kind", Some(3), "x", || "second".into());
        let list = reports.finish();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].message, "first");
    }
}
