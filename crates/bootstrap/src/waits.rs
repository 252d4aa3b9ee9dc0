//! Counting the moments in which a function can do nothing until the network answers.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Counts waits: a call that starts while another one is under way shares its wait. Cloning shares the count.
#[derive(Debug, Clone, Default)]
pub struct Waits(Arc<Mutex<Count>>);

#[derive(Debug, Default)]
struct Count {
    waits: usize,
    under_way: usize,
}

impl Waits {
    /// The waits since the last time this was asked.
    #[must_use]
    pub fn take(&self) -> usize {
        std::mem::take(&mut self.count().waits)
    }

    fn count(&self) -> std::sync::MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Waits {
    fn name(&self) -> &'static str {
        "waits"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut count = self.count();
        count.waits += usize::from(count.under_way == 0);
        count.under_way += 1;
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count().under_way -= 1;
        Ok(())
    }
}
