//! Whether a mail about a site is sent.

use domain::clock::SignedDuration;
use domain::{TenantId, Timestamp};

use super::Sites;
use crate::Error;
use crate::database::{conditional, text, time};

/// How long after a mail there is none about what was published: somebody who writes saves often. The next one is about the site
/// as it is by then.
pub const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice<'a> {
    /// There is a new commit.
    Published,
    /// There was nothing to publish, and nothing is wrong.
    Well,
    /// Nothing could be published, for the reason with this code.
    Trouble(&'a str),
}

impl Sites {
    /// Whether a mail is sent about a site that is set up: at once about trouble that was not told yet and when that is over,
    /// and about what was published where none was sent within [`PAUSE`]. Whoever is told so has to send it.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn may_notify(
        &self,
        tenant: &TenantId,
        notice: Notice<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let over = "SET told_at = :now REMOVE told_trouble";
        let (update, condition) = match notice {
            Notice::Trouble(_) => (
                "SET told_at = :now, told_trouble = :trouble",
                "(attribute_not_exists(told_trouble) OR told_trouble <> :trouble)",
            ),
            Notice::Well => (over, "attribute_exists(told_trouble)"),
            Notice::Published => (
                over,
                "(attribute_exists(told_trouble) OR attribute_not_exists(told_at) OR told_at <= :before)",
            ),
        };
        let mut call = self
            .row(tenant)
            .update_expression(update)
            .condition_expression(format!("attribute_exists(setup) AND {condition}"))
            .expression_attribute_values(":now", time(now));
        match notice {
            Notice::Trouble(code) => {
                call = call.expression_attribute_values(":trouble", text(code));
            }
            Notice::Published => {
                call = call.expression_attribute_values(":before", time(now - PAUSE));
            }
            Notice::Well => {}
        }
        Ok(conditional(call.send().await)?.is_ok())
    }

    /// Takes back that something was told at `now`, because the mail could not be queued: the next one is sent.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn not_notified(&self, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
        let call = self
            .row(tenant)
            .update_expression("REMOVE told_at, told_trouble")
            .condition_expression("told_at = :now")
            .expression_attribute_values(":now", time(now));
        conditional(call.send().await)?.ok();
        Ok(())
    }
}
