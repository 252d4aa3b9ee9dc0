//! The database behind TLS, with a certificate that is made at run time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::server::TlsStream;

use crate::Failure;

/// A front that is reached over TLS alone.
pub struct Front {
    /// Its address.
    pub url: String,
    /// The path of a bundle with the certificate to trust.
    pub bundle: String,
}

impl Front {
    /// Serves `router` on a free loopback port; the bundle goes into `folder`.
    pub async fn start(router: Router, folder: &Path) -> Result<Self, Failure> {
        // ECDSA on P-256, as the certificates of DynamoDB's endpoints have it or cheaper to verify than those with RSA.
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let bundle = folder.join("bench-ca.pem");
        std::fs::write(&bundle, made.cert.pem())?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())?;
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("https://localhost:{}", tcp.local_addr()?.port());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move { axum::serve(Tls { tcp, acceptor }, router).await });
        Ok(Self {
            url,
            bundle: bundle.to_string_lossy().into_owned(),
        })
    }
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.tcp).await;
            // A client that does not trust the certificate is its own business.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
