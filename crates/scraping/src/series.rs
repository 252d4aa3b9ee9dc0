//! A number over time.

use jiff::Timestamp;

use crate::Results;

/// The numbers of a field of the type `number`, without the runs where it was missing.
pub fn numbers<'a>(
    runs: impl IntoIterator<Item = (Timestamp, &'a Results)>,
    field: &str,
) -> impl Iterator<Item = (Timestamp, f64)> {
    runs.into_iter().filter_map(move |(at, results)| {
        let number = results.get(field)?.value()?.number()?;
        Some((at, number))
    })
}
