//! A platform from outside: the flows that a site and its visitors go through, over HTTP.
//!
//! The suite starts a platform of its own, in memory. With `CV_BASE_URL` and `CV_CREDENTIALS` (the path of a
//! `credentials.json`) it drives the one that runs there instead; what that one can't do, such as moving its clock, is
//! skipped aloud. [`harness`] has the means; every answer that passes through it is held against the contract.
#![expect(clippy::expect_used, reason = "in a test a panic is the answer")]

mod accounts;
mod bad_input;
mod bad_tokens;
mod cookies;
mod cors;
mod email_templates;
mod emails;
mod families;
mod harness;
mod health;
mod keys;
mod lockout;
mod me;
mod messages;
mod new_sign_in;
mod refresh;
mod registration;
mod reset;
mod scrapes;
mod sessions;
mod signing_keys;
mod sites;
mod tenants;
mod typescript;
mod unsubscribe;
mod users;
mod verify;
