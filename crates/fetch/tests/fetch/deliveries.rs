//! What is delivered, where it may go, and what counts as taken.

use std::net::IpAddr;
use std::sync::Arc;

use fetch::{Error, HeaderMap, Options};

use crate::secure::secure_site;
use crate::site::{Names, Reply, Site, World, answer, options};

/// A site that answers every request so.
async fn site(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Site {
    Site::with_robots(move |_| reply()).await
}

async fn deliver(world: &World, url: &str) -> Result<(), Error> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    world.fetcher.deliver(url, headers, r#"{"a":"é"}"#).await
}

#[tokio::test]
async fn a_message_is_posted_as_it_is_and_nothing_else_is_asked() {
    let site = site(|| answer("204 No Content", &[], "")).await;
    deliver(&World::default(), &site.url("/hook?key=1"))
        .await
        .unwrap();
    let [request] = &site.requests()[..] else {
        panic!("{:?}", site.requests());
    };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?key=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("user-agent: CloudVoyages"), "{head}");
    assert_eq!(body, r#"{"a":"é"}"#);
}

#[tokio::test]
async fn it_goes_over_tls_to_a_name_whose_certificate_is_trusted() {
    // The path makes the site answer with a page; `/` would be a redirect.
    let (port, certificate) = secure_site(String::new()).await;
    let url = format!("https://localhost:{port}/hook");
    let refused = deliver(&World::default(), &url).await;
    assert!(matches!(refused, Err(Error::Tls { .. })), "{refused:?}");
    let world = World::new(Options {
        roots: vec![certificate],
        ..options()
    });
    deliver(&world, &url).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_no_success_and_not_followed() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let line = format!("{status} Elsewhere");
        let site = site(move || answer(&line, &["Location: /other"], "")).await;
        let refused = deliver(&World::default(), &site.url("/hook")).await;
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!(
                "127.0.0.1 redirects, with the status {status}, and a redirect is not followed here"
            )
        );
        assert_eq!(site.paths(), ["/hook"]);
    }
}

#[tokio::test]
async fn what_fails_is_tried_once() {
    for status in [400, 404, 408, 410, 429, 500, 502, 503, 504] {
        let line = format!("{status} No");
        let site = site(move || answer(&line, &[], "")).await;
        let refused = deliver(&World::default(), &site.url("/hook")).await;
        let Err(Error::Status { status: told, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((told, site.paths().len()), (status, 1));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_tried_once() {
    let site = site(|| "HTTP/1.1 2".into()).await;
    let refused = deliver(&World::default(), &site.url("/hook")).await;
    assert!(matches!(refused, Err(Error::Broken { .. })), "{refused:?}");
    assert_eq!(site.paths().len(), 1);
}

#[tokio::test]
async fn retry_after_is_told_and_keeps_nobody_from_asking_again() {
    let site = site(|| answer("429 Too Many Requests", &["Retry-After: 120"], "")).await;
    let world = World::default();
    let expected = "1970-01-01T00:02:00Z".parse().unwrap();
    for times in 1..=2 {
        let refused = deliver(&world, &site.url("/hook")).await.unwrap_err();
        assert_eq!(refused.not_before(), Some(expected));
        assert_eq!(site.paths().len(), times);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let start = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
    let site = site(|| Reply::Endless(start.into(), vec![b'x'; 4096])).await;
    deliver(&World::default(), &site.url("/hook"))
        .await
        .unwrap();
}

#[tokio::test]
async fn who_does_not_answer_is_given_up_after_15_s() {
    let site = site(|| {
        // Once it is asked, the time runs on by itself, because nothing else happens.
        tokio::time::pause();
        Reply::Stuck("HTTP/1.1 200 OK\r\n".into())
    })
    .await;
    let refused = deliver(&World::default(), &site.url("/hook")).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "127.0.0.1 is too slow: not done within 15 s"
    );
}

#[test]
fn only_https_is_delivered_to_but_on_this_machine() {
    let (open, closed) = (World::default(), World::new(Options::default()));
    for (url, on_a_machine, elsewhere) in [
        ("https://site.example/hook", true, true),
        ("http://site.example/hook", false, false),
        ("http://1.1.1.1/hook", false, false),
        ("http://localhost.example/", false, false),
        ("http://localhost/hook", true, false),
        ("http://127.0.0.1:8080/hook", true, false),
        ("http://[::1]:8080/hook", true, false),
        ("https://127.0.0.1/hook", true, false),
        ("https://10.0.0.1/hook", false, false),
        ("https://user:hunter2@site.example/", false, false),
        ("https://site.example:8443/hook", false, false),
        ("ftp://site.example/hook", false, false),
    ] {
        for (world, expected) in [(&open, on_a_machine), (&closed, elsewhere)] {
            let checked = world.fetcher.check_delivery(url);
            assert_eq!(checked.is_ok(), expected, "{url}: {checked:?}");
        }
    }
    let refused = closed.fetcher.check_delivery("http://site.example/hook");
    assert_eq!(
        refused.unwrap_err().to_string(),
        "http://site.example/hook is not an address that can be asked: only https is delivered to"
    );
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_delivered_to() {
    let site = site(|| answer("200 OK", &[], "")).await;
    let inside: IpAddr = "10.0.0.1".parse().unwrap();
    let world = World::new(Options {
        lookup: Some(Arc::new(Names(move |_: &str| vec![inside]))),
        ..options()
    });
    for url in ["https://site.example/", &site.url_of("localhost", "/")] {
        let refused = deliver(&world, url).await;
        assert!(
            matches!(refused, Err(Error::NotPublic { address, .. }) if address == inside),
            "{url}: {refused:?}"
        );
    }
    assert!(site.paths().is_empty());
}
