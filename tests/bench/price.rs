//! What a million of an operation costs, from list prices.

use serde::Serialize;

use crate::warm::Warm;

/// The day of the prices below.
pub const DATE: &str = "2026-11-22";

/// List prices in us-east-1, in USD, without free tiers, discounts for volume, and taxes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Prices {
    /// A million requests to an HTTP API, up to 300 million a month: <https://aws.amazon.com/api-gateway/pricing/>.
    pub api_requests: f64,
    /// A million invocations: <https://aws.amazon.com/lambda/pricing/>.
    pub invocations: f64,
    /// A GB of memory for a second on arm64, up to 7.5 billion a month: <https://aws.amazon.com/lambda/pricing/>.
    pub gb_second: f64,
    /// A million read request units, on demand, standard class: <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
    pub read_units: f64,
    /// A million write request units, on demand, standard class: <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
    pub write_units: f64,
    /// A million requests to a standard queue: <https://aws.amazon.com/sqs/pricing/>.
    pub queue_requests: f64,
}

pub const PRICES: Prices = Prices {
    api_requests: 1.00,
    invocations: 0.20,
    gb_second: 0.000_013_333_4,
    read_units: 0.125,
    write_units: 0.625,
    queue_requests: 0.40,
};

/// What a million calls cost, in USD.
#[derive(Debug, Serialize)]
pub struct Million {
    pub operation: &'static str,
    pub api: f64,
    pub lambda: f64,
    pub dynamodb: f64,
    pub sqs: f64,
    pub total: f64,
}

impl Million {
    /// The price of a million warm calls as they were measured.
    pub fn of(warm: &Warm) -> Self {
        // Lambda bills whole milliseconds.
        let milliseconds = (warm.whole_wall.median / 1000.0).ceil().max(1.0);
        let gb = f64::from(warm.memory_mb) / 1024.0;
        #[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
        let queue_requests = warm.queue_requests as f64;
        let lambda = PRICES.invocations + milliseconds / 1000.0 * gb * 1e6 * PRICES.gb_second;
        let dynamodb = warm.read_units * PRICES.read_units + warm.write_units * PRICES.write_units;
        let sqs = queue_requests * PRICES.queue_requests;
        Self {
            operation: warm.operation,
            api: PRICES.api_requests,
            lambda,
            dynamodb,
            sqs,
            total: PRICES.api_requests + lambda + dynamodb + sqs,
        }
    }
}
