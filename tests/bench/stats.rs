//! From samples to numbers that can be compared.

use std::time::Duration;

use serde::Serialize;

/// Samples of one quantity.
#[derive(Debug, Default, Clone)]
pub struct Samples(Vec<f64>);

/// The middle of samples, and how far they spread.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// A tenth of the samples is below.
    pub p10: f64,
    /// A tenth of the samples is above.
    pub p90: f64,
}

impl Samples {
    pub fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    pub fn push_micros(&mut self, sample: Duration) {
        self.push(sample.as_secs_f64() * 1e6);
    }

    /// Adds the samples of another run.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        Spread {
            median: quantile(&sorted, 5),
            p10: quantile(&sorted, 1),
            p90: quantile(&sorted, 9),
        }
    }
}

/// A quantile in tenths, by the nearest rank; 0 of nothing.
fn quantile(sorted: &[f64], tenths: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last * tenths + 5) / 10)
        .copied()
        .unwrap_or_default()
}
