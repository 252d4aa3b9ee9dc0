//! SQS: queues that functions take messages of, in the protocol that the real SDK speaks.
//!
//! A message is accepted once it is a file on disk, and is one until it was handled; `store` has the files, `groups` and
//! `deduplication` what is different in a FIFO queue, `protocol` the operations, `sending` those that send, `consumer` what
//! Lambda does between a queue and a function.

mod consumer;
mod deduplication;
mod groups;
mod message;
mod protocol;
mod refusal;
mod sending;
mod store;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware, routing};
use template::Queue;

use crate::Error;
use crate::clock::Clock;
use crate::data_dir::DataDir;
use crate::service::{Service, bind_loopback, refuse_pages};

pub(crate) use consumer::consume;
pub use message::{Fifo, Message};
pub use store::{Counts, Store};

/// Running queues.
#[derive(Debug)]
pub struct Queues {
    url: String,
    store: Store,
    server: Service,
}

impl Queues {
    /// Serves the queues on a free loopback port.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub async fn start(data: &DataDir, queues: &[Queue], clock: Clock) -> Result<Self, Error> {
        let store = Store::open(data, queues, clock.clone())?;
        let (listener, url) = bind_loopback().await?;
        let sqs = protocol::Sqs::new(url.clone(), store.clone(), clock);
        let router = Router::new()
            .route("/", routing::post(protocol::answer))
            // A batch, with what escaping in JSON adds.
            .layer(DefaultBodyLimit::max(8 * sending::MAX_MESSAGE_BYTES))
            .layer(middleware::from_fn(refuse_pages))
            .with_state(sqs);
        let server = Service::spawn(|stopped| async move {
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped.wait())
                .await
            {
                tracing::error!(%error, "SQS has stopped");
            }
        });
        Ok(Self { url, store, server })
    }

    /// The endpoint for an SDK, and the beginning of every queue's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Finishes what it is doing.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
