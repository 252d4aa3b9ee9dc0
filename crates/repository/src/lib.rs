//! The `DynamoDB` tables: one module a table, its access patterns as methods, nothing else.
//!
//! Reads are strongly consistent where the table has a key for them. What must happen once is one conditional write;
//! what must happen together is one transaction. A condition that does not hold is an answer, not an error.

mod counted;
mod database;
mod error;
mod idempotency;
mod login_attempts;
mod recent;
mod transaction;

mod drops;
mod email_budgets;

pub mod api_keys;
pub mod audit_log;
pub mod email_templates;
pub mod emails;
pub mod message_keys;
pub mod messages;
pub mod one_time_tokens;
pub mod origins;
pub mod scrape_results;
pub mod scrapes;
pub mod sessions;
pub mod sites;
pub mod suppressions;
pub mod tenants;
pub mod users;

pub use api_keys::ApiKeys;
pub use audit_log::AuditLog;
pub use database::{Database, RetryConflicts};
pub use drops::Drops;
pub use email_budgets::EmailBudgets;
pub use email_templates::EmailTemplates;
pub use emails::Emails;
pub use error::Error;
pub use idempotency::Idempotency;
pub use login_attempts::{Attempt, Begun, Guessed, LoginAttempts};
pub use message_keys::MessageKeys;
pub use messages::Messages;
pub use one_time_tokens::OneTimeTokens;
pub use origins::Origins;
pub use recent::Recent;
pub use scrape_results::ScrapeResults;
pub use scrapes::Scrapes;
pub use sessions::Sessions;
pub use sites::{Notice, Outcome, SiteRow, Sites};
pub use suppressions::Suppressions;
pub use tenants::Tenants;
pub use users::Users;
