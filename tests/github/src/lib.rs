//! A stand-in of GitHub's API for tests: repositories in memory, behind the requests that a site's target makes.
//!
//! Every request is held against what GitHub publishes of its API, its `OpenAPI` description and its GraphQL schema. One that is not
//! as they say is answered with 422 and remembered as a violation; so is an answer of the stand-in itself, so that it does not tell
//! what GitHub would not.

mod apps;
mod control;
mod graphql;
mod openapi;
mod rest;
mod server;
pub mod store;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use rest::MAX_ENTRIES;
pub use world::{App, Fault, What, World};

/// Why there is no stand-in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken.
    #[error("the port can't be used")]
    Port(#[from] std::io::Error),
    /// A schema can't be read.
    #[error("a schema of GitHub can't be read: {0}")]
    Schema(String),
}

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl StandIn {
    /// Starts one on a loopback port; on a free one where it is 0.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn start(port: u16) -> Result<Self, Error> {
        openapi::operations()?;
        graphql::schema()?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(Mutex::new(World::default()));
        let app = server::router(world.clone());
        let task = tokio::spawn(async move {
            // It ends only by being stopped.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            world,
            task,
        })
    }

    /// Where the API is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it knows, to look at and to change. No request is answered while this is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves until it is stopped from outside.
    pub async fn wait(mut self) {
        // What the task ends with says nothing.
        let _ = (&mut self.task).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}
