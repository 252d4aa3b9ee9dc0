//! The markers of families and of the user names within them.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, Update};
use domain::user::{FamilyId, UserName};
use domain::{TenantId, User, UserId};

use super::Users;
use crate::Error;
use crate::database::{number, text, time};
use crate::transaction::built;

impl Users {
    /// Counts a member in: the first one of a family, or one more.
    pub(super) fn joining(
        &self,
        tenant: &TenantId,
        family: &FamilyId,
        invited: bool,
        trusted: bool,
    ) -> Result<Update, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("user_id", text(family_marker(tenant, family)))
            .update_expression("ADD members :one")
            .expression_attribute_values(":one", number(1));
        let update = match (trusted, invited) {
            (true, _) => update,
            (false, true) => update
                .condition_expression("members > :none")
                .expression_attribute_values(":none", number(0)),
            (false, false) => update
                .condition_expression("attribute_not_exists(members) OR members = :none")
                .expression_attribute_values(":none", number(0)),
        };
        built(update.build())
    }

    pub(super) fn leaving(&self, tenant: &TenantId, family: &FamilyId) -> Result<Update, Error> {
        built(
            Update::builder()
                .table_name(&self.table)
                .key("user_id", text(family_marker(tenant, family)))
                .update_expression("ADD members :less")
                .expression_attribute_values(":less", number(-1))
                .build(),
        )
    }

    /// Holds for an account that is the one that was read.
    pub(crate) fn being(&self, user: &User) -> Result<ConditionCheck, Error> {
        built(
            ConditionCheck::builder()
                .table_name(&self.table)
                .key("user_id", text(user.user_id.to_string()))
                .condition_expression("created_at = :created AND attribute_not_exists(disabled_at)")
                .expression_attribute_values(":created", time(user.created_at))
                .build(),
        )
    }

    pub(super) fn being_member(
        &self,
        id: &UserId,
        family: &FamilyId,
    ) -> Result<ConditionCheck, Error> {
        built(
            ConditionCheck::builder()
                .table_name(&self.table)
                .key("user_id", text(id.to_string()))
                .condition_expression("family_id = :family AND attribute_not_exists(disabled_at)")
                .expression_attribute_values(":family", text(family.as_str()))
                .build(),
        )
    }

    pub(super) fn naming(
        &self,
        user: &User,
        family: &FamilyId,
        name: &UserName,
    ) -> Result<Put, Error> {
        built(
            Put::builder()
                .table_name(&self.table)
                .item("user_id", text(marker(user.user_id.tenant(), family, name)))
                .item("named", text(user.user_id.to_string()))
                .condition_expression("attribute_not_exists(user_id)")
                .build(),
        )
    }

    pub(super) fn freeing(
        &self,
        tenant: &TenantId,
        family: &FamilyId,
        name: &UserName,
    ) -> Result<Delete, Error> {
        built(
            Delete::builder()
                .table_name(&self.table)
                .key("user_id", text(marker(tenant, family, name)))
                .build(),
        )
    }
}

fn family_marker(tenant: &TenantId, family: &FamilyId) -> String {
    format!("{tenant}#family#{}", family.as_str())
}

/// Names that differ in case alone are the same name.
fn marker(tenant: &TenantId, family: &FamilyId, name: &UserName) -> String {
    format!(
        "{}#{}",
        family_marker(tenant, family),
        name.as_str().to_ascii_lowercase()
    )
}

/// Names that differ in case alone are the same name.
pub(super) fn is_same_name(one: &UserName, other: &UserName) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}
