//! Sending a mail once.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::Timestamp;
use domain::mail::{EmailJob, Status, Template};

use super::{Emails, ttl};
use crate::database::{Item, conditional, text, time, time_in};
use crate::transaction::{Transaction, alone, built};
use crate::{EmailBudgets, Error, Suppressions};

/// A mail that somebody wants to send.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The mail.
    pub job: &'a EmailJob,
    /// Which one it is.
    pub template: Template,
    /// How long it is the claimer's. No other claim on the mail has the same end, so that this is also its name.
    pub until: Timestamp,
}

/// Why a mail is not to be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotClaimed {
    /// It is done: sent, suppressed, or what became of it later.
    Done,
    /// Somebody else may be sending it.
    Busy,
    /// Its recipient is on the tenant's suppression list.
    Suppressed,
    /// The tenant's budget of the day is used up.
    OverBudget,
}

#[derive(Clone, Copy)]
enum Step {
    Mail,
    Suppression,
    Budget,
}

impl Emails {
    /// Claims a mail, and counts it against a budget of `budget` mails a day where there is one.
    ///
    /// A claim that has run out belongs to a worker that died, before or after the mail went out: nobody can tell, so that
    /// the mail can be claimed again.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn claim(
        &self,
        suppressions: &Suppressions,
        budgets: &EmailBudgets,
        claim: &Claim<'_>,
        budget: Option<u32>,
        now: Timestamp,
    ) -> Result<Result<(), NotClaimed>, Error> {
        let Claim {
            job,
            template,
            until,
        } = *claim;
        let claim = self
            .entering(claim, Status::Sending, now)
            .update_expression(format!(
                "{ENTER}, claimed_until = :until REMOVE due, due_at, params, #error"
            ))
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":until", time(until));
        let count = budget.map(|limit| budgets.counting(&job.tenant, limit, now));
        let transaction = Transaction::new()
            .step(built(claim.build())?, Step::Mail)
            .maybe(
                suppressions.checking(&job.tenant, &job.to, template, job.from_tenant)?,
                Step::Suppression,
            )
            .maybe(count.transpose()?, Step::Budget);
        let refused = transaction.commit_seeing(&self.database).await?;
        Ok(refused.map_err(|(step, item)| match step {
            Step::Mail => why(&item.unwrap_or_default()),
            Step::Suppression => NotClaimed::Suppressed,
            Step::Budget => NotClaimed::OverBudget,
        }))
    }

    /// Writes down that a mail is not sent at all, or not yet, and why. A mail that is done or being sent stays as it is.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn put_aside(
        &self,
        claim: &Claim<'_>,
        status: Status,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let update = built(
            self.entering(claim, status, now)
                .update_expression(format!(
                    "{ENTER}, #error = :error REMOVE due, due_at, params"
                ))
                .expression_attribute_names("#error", "error")
                .expression_attribute_values(":error", text(reason))
                .build(),
        )?;
        let call = alone(&self.database.client, update);
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// Writes down that a claimed mail was sent. What an event has said meanwhile stays.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn sent(
        &self,
        claim: &Claim<'_>,
        provider_id: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let call = self
            .while_claimed(claim)
            .update_expression(
                "SET #status = :sent, sent_at = :now, provider_id = :provider REMOVE claimed_until",
            )
            .expression_attribute_values(":sent", text(Status::Sent.as_str()))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":provider", text(provider_id));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// Gives a claimed mail back, with the reason why it was not sent.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn release(
        &self,
        claim: &Claim<'_>,
        status: Status,
        reason: &str,
    ) -> Result<(), Error> {
        let call = self
            .while_claimed(claim)
            .update_expression("SET #status = :status, #error = :error REMOVE claimed_until")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":status", text(status.as_str()))
            .expression_attribute_values(":error", text(reason));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// Writes down why nobody knows whether a claimed mail was sent. It stays claimed.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub async fn doubt(&self, claim: &Claim<'_>, reason: &str) -> Result<(), Error> {
        let call = self
            .while_claimed(claim)
            .update_expression("SET #error = :error")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":error", text(reason));
        conditional(call.send().await)?.ok();
        Ok(())
    }

    /// The beginning of a write that holds only as long as the claim.
    fn while_claimed(&self, claim: &Claim<'_>) -> UpdateItemFluentBuilder {
        self.database
            .client
            .update_item()
            .table_name(&self.table)
            .key("email_id", text(claim.job.email_id.to_string()))
            .condition_expression("#status = :sending AND claimed_until = :until")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text(Status::Sending.as_str()))
            .expression_attribute_values(":until", time(claim.until))
    }

    /// The beginning of a write to the row of a mail that nobody has sent or is sending: what it is, where that is not
    /// known yet, and its new status.
    fn entering(&self, claim: &Claim<'_>, status: Status, now: Timestamp) -> UpdateBuilder {
        let Claim { job, template, .. } = *claim;
        Update::builder()
            .table_name(&self.table)
            .key("email_id", text(job.email_id.to_string()))
            .condition_expression(
                "attribute_not_exists(email_id) OR #status IN (:queued, :failed) OR (#status = :sending AND claimed_until < :now)",
            )
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#to", "to")
            .expression_attribute_names("#template", "template")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":status", text(status.as_str()))
            .expression_attribute_values(":queued", text(Status::Queued.as_str()))
            .expression_attribute_values(":failed", text(Status::Failed.as_str()))
            .expression_attribute_values(":sending", text(Status::Sending.as_str()))
            .expression_attribute_values(":tenant", text(job.tenant.to_string()))
            .expression_attribute_values(":to", text(job.to.as_str()))
            .expression_attribute_values(":template", text(template.as_str()))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":ttl", ttl(now))
    }
}

/// What every write says of a mail that was not known yet.
const ENTER: &str = "SET #status = :status, tenant_id = if_not_exists(tenant_id, :tenant), \
    #to = if_not_exists(#to, :to), #template = if_not_exists(#template, :template), \
    created_at = if_not_exists(created_at, :now), #ttl = if_not_exists(#ttl, :ttl)";

/// Why a row could not be claimed.
fn why(row: &Item) -> NotClaimed {
    // A claim that is over would not have been refused.
    let is_sending = row.get("status") == Some(&text(Status::Sending.as_str()));
    if is_sending && time_in(row, "claimed_until").is_some() {
        NotClaimed::Busy
    } else {
        NotClaimed::Done
    }
}
