//! What can go wrong between a function and its tables.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::result::SdkError as SmithyError;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why an access pattern gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not answer, or asks for patience. The same call may work later.
    #[error("the database did not answer")]
    Unavailable(#[source] Source),
    /// The database refused the call: a permission, a table or an expression is wrong.
    #[error("the database refused the call")]
    Refused(#[source] Source),
    /// A stored item is not what it should be.
    #[error("a stored item can't be read")]
    Corrupt(#[source] Source),
}

/// Codes by which `DynamoDB` asks to try later
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
const TRY_LATER: [&str; 7] = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl Error {
    pub(crate) fn corrupt(source: impl Into<Source>) -> Self {
        Self::Corrupt(source.into())
    }

    /// An answer that is incomplete though the call succeeded: unprocessed keys, a conflict.
    pub(crate) fn busy(what: &'static str) -> Self {
        Self::Unavailable(what.into())
    }
}

impl<E, R> From<SmithyError<E, R>> for Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let refused = match &error {
            SdkError::ServiceError(service) => !service
                .err()
                .code()
                .is_some_and(|code| TRY_LATER.contains(&code)),
            SdkError::ConstructionFailure(_) => true,
            _ => false,
        };
        if refused {
            Self::Refused(error.into())
        } else {
            Self::Unavailable(error.into())
        }
    }
}
