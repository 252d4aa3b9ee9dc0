//! A platform from outside: the flows that a site and its visitors go through, over HTTP.
//!
//! The suite starts a platform of its own, in memory. With `CV_BASE_URL` and `CV_CREDENTIALS` (the path of a
//! `credentials.json`) it drives the one that runs there instead; what that one can't do, such as moving its clock, is
//! skipped aloud. [`harness`] has the means; every answer that passes through it is held against the contract.

#[cfg(test)]
mod harness;

mod accounts;
