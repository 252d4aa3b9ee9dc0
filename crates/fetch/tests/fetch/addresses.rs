//! Where the fetcher goes, and where it does not.

use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fetch::{Error, Options};

use crate::site::{Names, Site, World, options, page, redirect};

/// A world in which names lead where `resolve` says.
fn named(
    allow_loopback: bool,
    resolve: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static,
) -> World {
    World::new(Options {
        allow_loopback,
        lookup: Some(Arc::new(Names(resolve))),
        ..options()
    })
}

fn addresses(text: &[&str]) -> Vec<IpAddr> {
    text.iter().map(|text| text.parse().unwrap()).collect()
}

#[track_caller]
fn assert_not_public(error: &Error, expected: &str) {
    let Error::NotPublic { address, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(*address, expected.parse::<IpAddr>().unwrap());
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_however_it_is_written() {
    let world = named(false, |_| panic!("an address is no name"));
    for (url, address) in [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://017700000001/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0/", "0.0.0.0"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://%31%32%37.0.0.1/", "127.0.0.1"),
        ("http://１２７.０.０.１/", "127.0.0.1"),
        ("http://127。0。0。1/", "127.0.0.1"),
        (
            "http://169.254.169.254/latest/meta-data/",
            "169.254.169.254",
        ),
        ("https://10.0.0.1/", "10.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[::]/", "::"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("http://[::127.0.0.1]/", "::127.0.0.1"),
        ("http://[64:ff9b::a00:1]/", "64:ff9b::a00:1"),
        ("http://[64:ff9b:1::a00:1]/", "64:ff9b:1::a00:1"),
        ("http://[2002:a00:1::]/", "2002:a00:1::"),
        ("http://[2001:0:a00:1::]/", "2001:0:a00:1::"),
        ("http://[fd00:ec2::254]/", "fd00:ec2::254"),
        ("http://[fe80::1]/", "fe80::1"),
    ] {
        assert_not_public(&world.fetcher.check(url).unwrap_err(), address);
        assert_not_public(&world.fetch(url).await.unwrap_err(), address);
    }
}

#[test]
fn what_is_no_plain_web_address_is_refused_with_the_reason() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let world = World::default();
    let long = format!("http://example.com/{}", "a".repeat(8192));
    for (url, part) in [
        ("", "not a complete URL"),
        ("example.com", "not a complete URL"),
        ("//example.com/", "not a complete URL"),
        ("http://", "not a complete URL"),
        ("http://1.2.3.4.5/", "not a complete URL"),
        ("http://[fe80::1%25eth0]/", "not a complete URL"),
        ("ftp://example.com/", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("http://user@example.com/", "user name or a password"),
        (
            "http://user:hunter2@example.com/",
            "user name or a password",
        ),
        ("http://:hunter2@example.com/", "user name or a password"),
        ("http://user:hunter2@exa mple.com/", "not a complete URL"),
        ("ftp://user:hunter2@example.com/", "only http and https"),
        ("http:\\\\user:hunter2@example.com/", "backslash"),
        ("http:\\\\example.com\\", "backslash"),
        ("http://example.com\\@10.0.0.1/", "backslash"),
        ("http://exa\tmple.com/", "control character"),
        ("http://example.com/\r\nHost: x", "control character"),
        ("http://example.com../", "not a name"),
        ("http://a..example/", "not a name"),
        ("http://./", "not a name"),
        ("http://example.com:22/", "only the ports 80 and 443"),
        ("http://example.com:8080/", "only the ports 80 and 443"),
        ("http://1.1.1.1:8080/", "only the ports 80 and 443"),
        ("http://example.com:0/", "only the ports 80 and 443"),
        (&long, "longer than 8 KiB"),
    ] {
        let refused = world.fetcher.check(url).unwrap_err().to_string();
        assert!(refused.contains(part), "{url}: {refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
        assert!(!refused.contains(char::is_control), "{refused}");
        assert!(refused.len() < 500, "{refused}");
    }
}

#[test]
fn an_address_is_taken_as_it_will_be_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let world = named(false, |_| Vec::new());
    for (url, taken) in [
        (" http://Example.com \n", "http://example.com/"),
        ("http://example.com./a#b", "http://example.com/a"),
        ("https://example.com:443/", "https://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        (
            "http://münchen.example/ü",
            "http://xn--mnchen-3ya.example/%C3%BC",
        ),
        ("http://1.1.1.1/", "http://1.1.1.1/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    ] {
        assert_eq!(world.fetcher.check(url).unwrap().as_str(), taken);
    }
}

#[test]
fn loopback_that_is_allowed_is_all_that_is_allowed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let world = World::default();
    for url in [
        "http://127.0.0.1:8080/",
        "http://[::1]:1/",
        "http://localhost:3000/",
        "https://a.localhost:1/",
    ] {
        assert!(world.fetcher.check(url).is_ok(), "{url}");
    }
    for url in [
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://0.0.0.0/",
    ] {
        assert!(
            matches!(world.fetcher.check(url), Err(Error::NotPublic { .. })),
            "{url}"
        );
    }
    for url in [
        "http://192.168.1.1:8080/",
        "http://notlocalhost:3000/",
        "http://localhost.example:3000/",
    ] {
        assert!(world.fetcher.check(url).is_err(), "{url}");
    }
    let world = named(false, |_| Vec::new());
    for url in ["http://localhost:3000/", "http://127.0.0.1:3000/"] {
        assert!(world.fetcher.check(url).is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_wherever_among_its_answers() {
    let mut many = vec!["1.1.1.1"; 1000];
    many.push("10.0.0.1");
    for (answers, inside) in [
        (vec!["10.0.0.1"], "10.0.0.1"),
        (vec!["1.1.1.1", "127.0.0.1"], "127.0.0.1"),
        (vec!["::ffff:1.1.1.1", "1.1.1.1"], "::ffff:1.1.1.1"),
        (vec!["2606:4700::1111", "fd00:ec2::254"], "fd00:ec2::254"),
        (vec!["64:ff9b::a00:1"], "64:ff9b::a00:1"),
        (many, "10.0.0.1"),
    ] {
        let answers = addresses(&answers);
        let world = named(false, move |_| answers.clone());
        let refused = world.fetch("http://site.example/").await.unwrap_err();
        assert_not_public(&refused, inside);
        assert_eq!(
            refused.to_string(),
            format!("site.example is not asked: {inside} is not a public address")
        );
    }
}

#[tokio::test]
async fn localhost_leads_here_or_nowhere() {
    let world = named(true, |_| addresses(&["1.1.1.1"]));
    let refused = world.fetch("http://localhost:9/").await.unwrap_err();
    assert_not_public(&refused, "1.1.1.1");
    let world = named(false, |_| addresses(&["127.0.0.1"]));
    let refused = world.fetch("http://localhost/").await.unwrap_err();
    assert_not_public(&refused, "127.0.0.1");
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told_as_that() {
    let world = named(false, |_| Vec::new());
    let error = world.fetch("http://site.example/").await.unwrap_err();
    assert_eq!(error.to_string(), "the name site.example can't be resolved");
}

#[tokio::test]
async fn a_name_that_is_an_alias_is_judged_by_where_it_ends() {
    fn follow(name: &str) -> Vec<IpAddr> {
        match name {
            "alias.example" => follow("internal.example"),
            "internal.example" => addresses(&["192.168.0.1"]),
            _ => Vec::new(),
        }
    }
    let world = named(false, follow);
    let refused = world.fetch("https://alias.example/").await.unwrap_err();
    assert_not_public(&refused, "192.168.0.1");
}

#[tokio::test]
async fn a_connection_goes_to_what_was_checked_and_each_is_checked_anew() {
    let site = Site::new(|_| None).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let world = named(true, move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => addresses(&["127.0.0.1"]),
        _ => addresses(&["10.0.0.1"]),
    });
    let url = site.url_of("rebind.localhost", "/");
    let refused = world.fetch(&url).await.unwrap_err();
    assert_not_public(&refused, "10.0.0.1");
    assert_eq!(site.paths(), ["/robots.txt"]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_redirect_is_checked_like_an_address() {
    for location in [
        "http://10.0.0.1/",
        "//169.254.169.254/latest/meta-data/",
        "http://0xa.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://user:hunter2@127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "/\\10.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://example.com:8080/",
        "http://",
    ] {
        let site = Site::new(move |path| (path == "/").then(|| redirect(location))).await;
        let refused = World::default().fetch(&site.url("/")).await.unwrap_err();
        let expected = matches!(refused, Error::NotPublic { .. } | Error::InvalidUrl { .. });
        assert!(expected, "{location}: {refused:?}");
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
        assert_eq!(site.paths(), ["/robots.txt", "/"], "{location}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_name_that_leads_inside_is_refused() {
    let site = Site::new(|path| (path == "/").then(|| redirect("http://inside.example/"))).await;
    let world = named(true, |name| match name {
        "inside.example" => addresses(&["172.16.0.1"]),
        _ => addresses(&["127.0.0.1"]),
    });
    let refused = world.fetch(&site.url("/")).await.unwrap_err();
    assert_not_public(&refused, "172.16.0.1");
}

#[tokio::test]
async fn five_redirects_are_followed_and_no_more() {
    let site = Site::new(|path| {
        let left: u32 = path.strip_prefix("/hops/")?.parse().ok()?;
        Some(match left {
            0 => page("there"),
            left => redirect(&format!("{}#fragment", left - 1)),
        })
    })
    .await;
    let world = World::default();
    let found = world.fetch(&site.url("/hops/5")).await.unwrap();
    assert_eq!(found.url.as_str(), site.url("/hops/0"));
    assert!(!found.downgraded);
    let refused = world.fetch(&site.url("/hops/6")).await.unwrap_err();
    assert!(
        matches!(refused, Error::TooManyRedirects { .. }),
        "{refused:?}"
    );
}

/// Variables are the process's own, so it is another process that has them: this test once more.
#[tokio::test]
async fn no_proxy_is_asked() {
    const CHILD: &str = "FETCH_THIS_AS_A_CHILD";
    if let Ok(url) = std::env::var(CHILD) {
        World::default().fetch(&url).await.unwrap();
        return;
    }
    let (site, proxy) = (Site::new(|_| None).await, Site::new(|_| None).await);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "addresses::no_proxy_is_asked"])
        .env(CHILD, site.url("/"))
        .envs(
            ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
                .map(|name| (name, proxy.url(""))),
        )
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let child = tokio::task::spawn_blocking(move || child.output());
    let output = child.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(proxy.paths(), [""; 0]);
    assert_eq!(site.paths(), ["/robots.txt", "/"]);
}
