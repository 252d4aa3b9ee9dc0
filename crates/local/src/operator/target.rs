//! What an operator works on: the data of this machine, or a deployed stack.

use std::collections::BTreeMap;

use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials as _;
use bootstrap::Env;
use gateway::{MissingVariable, Provide};
use template::Context;

use super::{Where, refused};
use crate::Error;
use crate::attach::Attached;
use crate::cli::Start;
use crate::clock::Clock;
use crate::data_dir::{self, RunInfo};
use crate::environment::env;
use crate::wiring::Wiring;

/// The tables and the signing keys.
pub(super) struct Target {
    pub(super) env: Env,
    /// The stack, where it is one.
    pub(super) stack: Option<String>,
    attached: Option<Attached>,
}

impl Target {
    pub(super) async fn find(start: &Start, place: &Where) -> Result<Self, Error> {
        match &place.stack {
            Some(stack) => Self::deployed(stack, start).await,
            None => Self::local(start).await,
        }
    }

    async fn local(start: &Start) -> Result<Self, Error> {
        let attached = Attached::to(&start.data, start.template.as_deref()).await?;
        let clock = Clock::kept_in(attached.data.join(data_dir::CLOCK))?;
        Ok(Self {
            env: env(&attached.environment, move || clock.now()),
            stack: None,
            attached: Some(attached),
        })
    }

    /// The environment that the stack's functions have, with the operator's own credentials.
    async fn deployed(stack: &str, start: &Start) -> Result<Self, Error> {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let region = config.region().map(ToString::to_string);
        let region =
            region.ok_or_else(|| Error::Operator("no AWS region is set: set AWS_REGION".into()))?;
        let provider = config.credentials_provider();
        let provider =
            provider.ok_or_else(|| Error::Operator("no AWS credentials are set".into()))?;
        let credentials = provider.provide_credentials().await.map_err(refused)?;
        // Buckets and queues have the account's number in their names.
        let sts = aws_sdk_sts::Client::new(&config).get_caller_identity();
        let account = sts.send().await.map_err(refused)?.account;
        let account_id =
            account.ok_or_else(|| Error::Operator("AWS does not name the account".into()))?;

        let wiring = Wiring::read(start.template.as_deref())?;
        let context = Context {
            stack_name: stack.to_owned(),
            account_id,
            region: region.clone(),
            ..Context::default()
        };
        let mut variables = BTreeMap::new();
        for function in wiring.template.functions() {
            variables.extend(
                wiring
                    .template
                    .environment(&function.name, &context)
                    .map_err(refused)?,
            );
        }
        variables.extend([
            ("AWS_REGION".to_owned(), region),
            (
                "AWS_ACCESS_KEY_ID".to_owned(),
                credentials.access_key_id().to_owned(),
            ),
            (
                "AWS_SECRET_ACCESS_KEY".to_owned(),
                credentials.secret_access_key().to_owned(),
            ),
            (
                "AWS_SESSION_TOKEN".to_owned(),
                credentials.session_token().unwrap_or_default().to_owned(),
            ),
        ]);
        let connecting = std::env::vars()
            .filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL") || name == "AWS_CA_BUNDLE");
        variables.extend(connecting);
        Ok(Self {
            env: env(&variables, machine_time),
            stack: Some(stack.to_owned()),
            attached: None,
        })
    }

    /// The platform of this machine, if one is running.
    pub(super) fn running(&self) -> Option<&RunInfo> {
        self.attached.as_ref()?.running.as_ref()
    }

    /// A table, or whatever else a function could have.
    pub(super) fn get<T>(&self) -> Result<T, Error>
    where
        Env: Provide<T>,
    {
        self.env
            .provide()
            .map_err(|error: MissingVariable| Error::Operator(error.to_string()))
    }

    pub(super) async fn leave(self) {
        if let Some(attached) = self.attached {
            attached.detach().await;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an operator's command happens now"
)]
fn machine_time() -> domain::Timestamp {
    domain::Timestamp::now()
}
