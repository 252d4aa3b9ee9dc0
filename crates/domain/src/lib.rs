//! Values and rules of Cloud Voyages: no I/O, no clock, no AWS.
//!
//! A value that exists is valid: each type has a `parse` that is the only way in. Time and randomness are
//! arguments ([`Clock`], [`Random`]), so that every rule can be tried at any moment and with any bytes.

pub mod api_key;
pub mod audit;
pub mod client;
pub mod clock;
pub mod email;
pub mod idempotency;
pub mod invalid;
pub mod lockout;
pub mod mail;
pub mod message;
pub mod one_time;
pub mod password;
pub mod random;
pub mod scrape;
pub mod series;
pub mod session;
pub mod site;
pub mod tenant;
pub mod user;
pub mod webhook;

pub use clock::{Clock, Timestamp};
pub use email::Email;
pub use idempotency::IdempotencyKey;
pub use invalid::Invalid;
pub use random::Random;
pub use tenant::{Origin, Tenant, TenantId};
pub use user::{User, UserId};
