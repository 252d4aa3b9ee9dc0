//! TLS: what is trusted, and what is said when a redirect leads out of it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use fetch::{Error, Options};
use reqwest::Certificate;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::site::{Site, World, answer, options, page, redirect, serve};

/// A site over TLS as `localhost`, which sends `/` on to another address. Returns its port and certificate.
pub async fn secure_site(location: String) -> (u16, Certificate) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = Certificate::from_der(made.cert.der()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who does not trust the certificate ends the handshake.
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let respond = |request: String| match request.split(' ').nth(1) {
                Some("/robots.txt") => answer("404 Not Found", &[], ""),
                Some("/") => redirect(&location),
                _ => page("a page"),
            };
            serve(stream, respond).await;
        }
    });
    (port, certificate)
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_with_the_reason() {
    let (port, _) = secure_site(String::new()).await;
    let refused = World::default()
        .fetch(&format!("https://localhost:{port}/"))
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no secure connection to localhost: invalid peer certificate: UnknownIssuer"
    );
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_refused() {
    let (port, certificate) = secure_site(String::new()).await;
    let world = World::new(Options {
        roots: vec![certificate],
        ..options()
    });
    let refused = world
        .fetch(&format!("https://other.localhost:{port}/"))
        .await;
    assert!(matches!(refused, Err(Error::Tls { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_speaks_no_tls_is_no_secure_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let world = World::default();
    let speaking = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        std::future::pending::<()>().await;
    };
    let refused = tokio::select! {
        fetched = world.fetch(&url) => fetched,
        () = speaking => unreachable!("it speaks for as long as it is listened to"),
    };
    assert!(matches!(refused, Err(Error::Tls { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_redirect_out_of_tls_is_followed_and_said() {
    let open = Site::new(|_| None).await;
    for (location, downgraded) in [(open.url("/"), true), ("/inside".to_owned(), false)] {
        let (port, certificate) = secure_site(location).await;
        let world = World::new(Options {
            roots: vec![certificate],
            ..options()
        });
        let page = world
            .fetch(&format!("https://localhost:{port}/"))
            .await
            .unwrap();
        assert_eq!(page.downgraded, downgraded, "{}", page.url);
    }
}
