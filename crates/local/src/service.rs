//! A background server on a loopback port, and its orderly end.

use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Error;

/// How long a server may take to finish what it is doing before it is cut off.
const PATIENCE: Duration = Duration::from_secs(5);

/// A task that ends when it is told to, or when this handle is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Runs a task that watches its argument for the word to end.
    pub(crate) fn spawn<F>(run: impl FnOnce(Stopped) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(Stopped(stopped)));
        Self { stop, task }
    }

    /// Lets the task finish what it is doing.
    pub(crate) async fn stop(mut self) {
        // It fails when the task is over already, which is what is wanted.
        let _ = self.stop.send(());
        if tokio::time::timeout(PATIENCE, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

/// Tells a task when to end.
#[derive(Debug)]
pub(crate) struct Stopped(oneshot::Receiver<()>);

impl Stopped {
    /// Resolves when the task should end.
    pub(crate) async fn wait(self) {
        // An error means that the handle was dropped, which says the same.
        let _ = self.0.await;
    }
}

/// A free loopback port with its URL.
pub(crate) async fn bind_loopback() -> Result<(TcpListener, String), Error> {
    let listen = |source| Error::Listen { port: 0, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(listen)?;
    let url = format!("http://{}", listener.local_addr().map_err(listen)?);
    Ok((listener, url))
}

/// Lets programs of this machine through, and no page in a browser: pages reach loopback ports too, and there is nothing
/// to sign in with behind this.
pub(crate) async fn refuse_pages(request: Request, next: Next) -> Response {
    let headers = request.headers();
    // No SDK sends an origin, and no browser a request that changes something without one.
    if headers.contains_key(header::ORIGIN) || !is_for_this_machine(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

/// Whether a request names this machine as its host. A name that somebody else's DNS points here is not this machine's.
pub(crate) fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    host.and_then(|host| host.to_str().ok())
        .is_some_and(is_local_host)
}

fn is_local_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| name.eq_ignore_ascii_case(local))
}
