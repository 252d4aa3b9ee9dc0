//! Results as files for other programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::definition::TIMESTAMP;
use crate::{Error, Item, Results, Value};

/// The results of one run.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Run<'a> {
    /// Names the run: when it was taken.
    pub timestamp: Timestamp,
    /// What it said.
    pub data: &'a Results,
}

/// A list of runs as JSON.
///
/// # Errors
/// [`Error::Json`]; no results lead there.
pub fn to_json(runs: &[Run<'_>]) -> Result<String, Error> {
    serde_json::to_string(runs).map_err(Error::Json)
}

/// Runs as CSV (RFC 4180): a column for the time and one for each of `fields`; a missing field is an empty cell, and the
/// values of a field that takes all are lines of one cell.
///
/// A page must not be able to put a formula into somebody's spreadsheet: text that could be one gets an apostrophe before
/// it, as OWASP advises (<https://owasp.org/www-community/attacks/CSV_Injection>). Numbers stay numbers.
///
/// # Errors
/// [`Error::Csv`]; no results lead there.
pub fn to_csv<'a>(
    fields: impl IntoIterator<Item = &'a str>,
    runs: &[Run<'_>],
) -> Result<String, Error> {
    let fields: Vec<&str> = fields.into_iter().collect();
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    csv.write_record(std::iter::once(TIMESTAMP).chain(fields.iter().copied()))?;
    for run in runs {
        let cells = fields.iter().map(|field| {
            let value = run.data.get(*field).and_then(|outcome| outcome.value());
            value.map(cell).unwrap_or_default()
        });
        csv.write_record(std::iter::once(run.timestamp.to_string()).chain(cells))?;
    }
    let bytes = csv
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cell(value: &Value) -> String {
    if let Value::One(Item::Number(number)) = value {
        return number.to_string();
    }
    let items: Vec<String> = value.items().iter().map(Item::to_string).collect();
    guarded(&items.join("\n"))
}

/// A text with an apostrophe before whatever a spreadsheet could take for a formula: at its beginning, and after each mark that
/// some take for the end of a cell or line.
fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    for part in text.split_inclusive([';', '\t', '\n', '\r']) {
        if begins_like_a_formula(part) {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    guarded
}

/// OWASP's marks, with the wide forms that some spreadsheets take for them.
fn begins_like_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Missing, Outcome};

    fn results(items: &[(&str, Outcome)]) -> Results {
        items
            .iter()
            .map(|(name, outcome)| ((*name).to_owned(), outcome.clone()))
            .collect()
    }

    fn text(text: &str) -> Outcome {
        Outcome::Value(Value::One(Item::Text(text.to_owned())))
    }

    fn at() -> Timestamp {
        "2026-05-01T10:00:00Z".parse().expect("a time")
    }

    fn line(outcome: &Outcome) -> String {
        let data = results(&[("f", outcome.clone())]);
        let csv = to_csv(
            ["f"],
            &[Run {
                timestamp: at(),
                data: &data,
            }],
        )
        .expect("written");
        let line = csv
            .strip_prefix("timestamp,f\r\n2026-05-01T10:00:00Z,")
            .expect("a head");
        line.strip_suffix("\r\n").expect("an end").to_owned()
    }

    #[test]
    fn a_formula_gets_one_wherever_a_cell_could_begin() {
        for (said, written) in [
            ("x;=1;y", "x;'=1;y"),
            ("\t=1", "\t'=1"),
            ("a = b; c - d", "a = b; c - d"),
        ] {
            assert_eq!(line(&text(said)), written, "{said}");
        }
        assert_eq!(guarded("1\n=1\r\n+1"), "1\n'=1\r\n'+1");
    }

    #[test]
    fn a_formula_gets_an_apostrophe() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(line(&text(formula)), format!("'{formula}"), "{formula}");
        }
        assert_eq!(
            line(&text("=cmd|' /C calc'!A0, \"x\"")),
            "\"'=cmd|' /C calc'!A0, \"\"x\"\"\""
        );
        assert_eq!(line(&text("a=1")), "a=1");
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(
            line(&Outcome::Value(Value::One(Item::Number(-1.5)))),
            "-1.5"
        );
    }

    #[test]
    fn missing_is_empty_and_a_list_is_lines() {
        assert_eq!(line(&Outcome::Missing(Missing::new("not_found", "x"))), "");
        let list = Value::All(vec![Item::Number(-1.0), Item::Text("b".to_owned())]);
        assert_eq!(line(&Outcome::Value(list)), "\"'-1\nb\"");
    }

    #[test]
    fn json_has_values_and_reasons() {
        let data = results(&[
            ("a", text("x")),
            ("b", Outcome::Missing(Missing::new("not_found", "nothing"))),
        ]);
        assert_eq!(
            to_json(&[Run {
                timestamp: at(),
                data: &data
            }])
            .expect("written"),
            r#"[{"timestamp":"2026-05-01T10:00:00Z","data":{"a":{"value":"x"},"b":{"missing":{"code":"not_found","message":"nothing"}}}}]"#
        );
    }

    #[test]
    fn results_are_read_again_as_they_were_written() {
        let list = Value::All(vec![Item::Number(1.5), Item::Text("1.5".to_owned())]);
        let data = results(&[
            ("a", text("x")),
            ("b", Outcome::Value(list)),
            ("c", Outcome::Missing(Missing::new("null", ""))),
        ]);
        let written = serde_json::to_string(&data).expect("written");
        assert_eq!(
            serde_json::from_str::<Results>(&written).expect("read"),
            data
        );
    }
}
