//! The ports that the platform answers on.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;

use crate::Error;
use crate::service::Service;

/// The platform's port, taken but not answered yet.
#[derive(Debug)]
pub struct Listeners {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Listeners {
    /// Takes a port on both loopback addresses, for `localhost` is either. With 0 any free port.
    ///
    /// # Errors
    /// [`Error::PortTaken`] when somebody else has it on either.
    pub async fn bind(port: u16) -> Result<Self, Error> {
        let first = bind((Ipv4Addr::LOCALHOST, port).into()).await?;
        let actual = first
            .local_addr()
            .map_err(|source| Error::Listen { port, source })?
            .port();
        let mut listeners = vec![first];
        match bind((Ipv6Addr::LOCALHOST, actual).into()).await {
            Ok(second) => listeners.push(second),
            // A port that was free on one address may be taken on the other; for a test the one is enough.
            Err(Error::PortTaken { .. }) if port == 0 => {}
            Err(taken @ Error::PortTaken { .. }) => return Err(taken),
            Err(no_ipv6) => tracing::debug!(error = no_ipv6.one_line(), "IPv4 only"),
        }
        Ok(Self {
            port: actual,
            listeners,
        })
    }

    /// The URL that a person types.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn serve(self, router: &Router) -> Vec<Service> {
        let serve = |listener| {
            let service = router
                .clone()
                .into_make_service_with_connect_info::<SocketAddr>();
            Service::spawn(|stopped| async move {
                if let Err(error) = axum::serve(listener, service)
                    .with_graceful_shutdown(stopped.wait())
                    .await
                {
                    tracing::error!(%error, "the platform has stopped");
                }
            })
        };
        self.listeners.into_iter().map(serve).collect()
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => Error::PortTaken {
                port: address.port(),
            },
            _ => Error::Listen {
                port: address.port(),
                source,
            },
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::routing;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_request_that_is_being_answered_is_finished() {
        let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (inside, outside) = (Arc::clone(&entered), Arc::clone(&finish));
        let slow = move || {
            let (entered, finish) = (Arc::clone(&inside), Arc::clone(&outside));
            async move {
                entered.notify_one();
                finish.notified().await;
                "done"
            }
        };
        let listeners = Listeners::bind(0).await.unwrap();
        let url = listeners.base_url();
        let services = listeners.serve(&Router::new().route("/", routing::get(slow)));

        let request = tokio::spawn(reqwest::get(url.clone()));
        entered.notified().await;
        let stopping = tokio::spawn(futures::future::join_all(
            services.into_iter().map(Service::stop),
        ));
        finish.notify_one();
        assert_eq!(
            request.await.unwrap().unwrap().text().await.unwrap(),
            "done"
        );
        stopping.await.unwrap();
        assert!(reqwest::get(url).await.is_err());
    }

    #[tokio::test]
    async fn a_taken_port_is_said_to_be_taken() {
        let first = Listeners::bind(0).await.unwrap();
        let second = Listeners::bind(first.port).await.unwrap_err();
        assert!(matches!(second, Error::PortTaken { port } if port == first.port));
    }
}
