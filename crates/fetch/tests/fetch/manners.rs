//! What the fetcher does for the sites: robots.txt, one thing at a time, waiting when told to, not asking for what it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fetch::{Error, Fetched, Robots, RobotsCache, Validators};
use tokio::net::TcpListener;

use crate::site::{Site, World, answer, page, redirect};

const HOUR: Duration = Duration::from_hours(1);

fn robots(rules: &str) -> crate::site::Reply {
    answer("200 OK", &["Content-Type: text/plain"], rules)
}

#[tokio::test]
async fn what_robots_txt_forbids_is_not_asked_for() {
    let rules = "User-agent: *\nAllow: /\nUser-agent: CloudVoyages\nDisallow: /private\n";
    let site = Site::new(|path| (path == "/robots.txt").then(|| robots(rules))).await;
    let world = World::default();
    let url = site.url("/private/a?b");
    let refused = world.fetch(&url).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("the site's robots.txt does not allow {url}")
    );
    assert!(world.fetch(&site.url("/public")).await.is_ok());
    assert_eq!(site.paths(), ["/robots.txt", "/public"]);
}

#[tokio::test]
async fn robots_txt_is_believed_for_a_day() {
    let site = Site::new(|_| None).await;
    let world = World::default();
    world.fetch(&site.url("/1")).await.unwrap();
    let a_moment = Duration::from_millis(1);
    world.time.advance((24 * HOUR).saturating_sub(a_moment));
    world.fetch(&site.url("/2")).await.unwrap();
    world.time.advance(a_moment);
    world.fetch(&site.url("/3")).await.unwrap();
    assert_eq!(
        site.paths(),
        ["/robots.txt", "/1", "/2", "/robots.txt", "/3"]
    );
}

#[tokio::test]
async fn what_its_owner_keeps_of_robots_txt_is_what_counts() {
    let site = Site::new(|_| None).await;
    let world = World::default();
    let kept = Robots::parse(b"User-agent: *\nDisallow: /", world.time.clock().now());
    let origin = format!("http://{}", site.address);
    world.robots.put(&origin, kept).await;
    let refused = world.fetch(&site.url("/")).await.unwrap_err();
    assert!(matches!(refused, Error::Disallowed { .. }), "{refused:?}");
    assert_eq!(site.paths(), [""; 0]);
}

#[tokio::test]
async fn a_site_that_refuses_its_robots_txt_has_none() {
    for status in [
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
    ] {
        let site =
            Site::new(move |path| (path == "/robots.txt").then(|| answer(status, &[], ""))).await;
        assert!(
            World::default().fetch(&site.url("/")).await.is_ok(),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_site_that_fails_to_tell_is_left_alone_for_an_hour() {
    let site = Site::new(|path| {
        (path == "/robots.txt").then(|| answer("500 Internal Server Error", &[], ""))
    })
    .await;
    let world = World::default();
    for _ in 0..2 {
        let refused = world.fetch(&site.url("/")).await.unwrap_err();
        assert!(matches!(refused, Error::Robots { .. }), "{refused:?}");
        assert_eq!(
            refused.not_before(),
            Some(domain::Timestamp::UNIX_EPOCH + HOUR)
        );
    }
    assert_eq!(site.paths(), ["/robots.txt"]);
    world.time.advance(HOUR);
    world.fetch(&site.url("/")).await.unwrap_err();
    assert_eq!(site.paths(), ["/robots.txt", "/robots.txt"]);
}

#[tokio::test]
async fn a_broken_robots_txt_forbids_and_says_that_it_was_that() {
    let site = Site::new(|path| {
        let headers = ["Content-Encoding: gzip"];
        (path == "/robots.txt").then(|| answer("200 OK", &headers, "no gzip"))
    })
    .await;
    let refused = World::default().fetch(&site.url("/")).await.unwrap_err();
    let expected = "nothing of 127.0.0.1 is fetched while its robots.txt can't be had";
    assert_eq!(refused.to_string(), expected);
    assert_eq!(site.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn robots_txt_is_found_after_five_redirects_and_after_six_there_is_none() {
    for (hops, allowed) in [(5, false), (6, true)] {
        let site = Site::new(move |path| match path.strip_prefix("/hops/") {
            None if path == "/robots.txt" => Some(redirect(&format!("/hops/{}", hops - 1))),
            None => None,
            Some("0") => Some(robots("User-agent: *\nDisallow: /")),
            Some(left) => Some(redirect(&format!(
                "/hops/{}",
                left.parse::<u32>().unwrap() - 1
            ))),
        })
        .await;
        let fetched = World::default().fetch(&site.url("/")).await;
        assert_eq!(fetched.is_ok(), allowed, "{hops}: {fetched:?}");
    }
}

#[tokio::test]
async fn robots_txt_of_half_a_megabyte_is_looked_at_and_no_more() {
    let filler = "#".repeat(99) + "\n";
    let rules = format!(
        "User-agent: *\nDisallow: /a\n{}Disallow: /b\n",
        filler.repeat(100_000)
    );
    let site = Site::new(move |path| (path == "/robots.txt").then(|| robots(&rules))).await;
    let world = World::default();
    assert!(world.fetch(&site.url("/a")).await.is_err());
    assert!(world.fetch(&site.url("/b")).await.is_ok());
}

#[tokio::test]
async fn where_a_redirect_leads_the_robots_txt_of_there_counts() {
    let there =
        Site::new(|path| (path == "/robots.txt").then(|| robots("User-agent: *\nDisallow: /")))
            .await;
    let location = there.url_of("there.localhost", "/page");
    let here = Site::new(move |path| (path == "/").then(|| redirect(&location))).await;
    let refused = World::default().fetch(&here.url("/")).await.unwrap_err();
    assert!(matches!(refused, Error::Disallowed { .. }), "{refused:?}");
    assert_eq!(there.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn many_fetches_ask_for_robots_txt_once_and_one_thing_at_a_time() {
    let site = Site::new(|_| None).await;
    let world = Arc::new(World::default());
    let fetches = (0..20).map(|number| {
        let (world, url) = (Arc::clone(&world), site.url(&format!("/{number}")));
        tokio::spawn(async move { world.fetch(&url).await.map(drop) })
    });
    for fetched in futures::future::join_all(fetches).await {
        fetched.unwrap().unwrap();
    }
    let paths = site.paths();
    assert_eq!(
        paths.iter().filter(|path| *path == "/robots.txt").count(),
        1
    );
    assert_eq!(paths.len(), 21);
    assert_eq!(site.most_together(), 1);
}

#[tokio::test]
async fn a_host_that_asks_for_time_gets_it() {
    let site = Site::new(|path| {
        let reply = || answer("429 Too Many Requests", &["Retry-After: 3600"], "");
        (path == "/busy").then(reply)
    })
    .await;
    let world = World::default();
    let later = Some(domain::Timestamp::UNIX_EPOCH + HOUR);
    let refused = world.fetch(&site.url("/busy")).await.unwrap_err();
    assert!(
        matches!(refused, Error::Status { status: 429, .. }),
        "{refused:?}"
    );
    assert_eq!(refused.not_before(), later);
    let refused = world.fetch(&site.url("/other")).await.unwrap_err();
    assert!(matches!(refused, Error::NotYet { .. }), "{refused:?}");
    assert_eq!(refused.not_before(), later);
    assert_eq!(site.paths(), ["/robots.txt", "/busy"]);
    world.time.advance(HOUR);
    assert!(world.fetch(&site.url("/other")).await.is_ok());
}

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    let failures = AtomicUsize::new(2);
    let site = Site::new(move |path| {
        let left = || {
            failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
        };
        (path == "/" && left().is_ok()).then(|| answer("503 Service Unavailable", &[], ""))
    })
    .await;
    assert!(World::default().fetch(&site.url("/")).await.is_ok());
    assert_eq!(site.paths(), ["/robots.txt", "/", "/", "/"]);
}

#[tokio::test]
async fn what_keeps_failing_is_told_after_three_tries_and_other_failures_at_once() {
    for (status, tries) in [
        ("503 Service Unavailable", 3),
        ("500 Internal Server Error", 1),
        ("404 Not Found", 1),
        ("304 Not Modified", 1),
        ("300 Multiple Choices", 1),
        ("301 Moved Permanently", 1),
    ] {
        let site = Site::new(move |path| (path == "/").then(|| answer(status, &[], ""))).await;
        let refused = World::default().fetch(&site.url("/")).await.unwrap_err();
        let code = &status[..3];
        assert_eq!(
            refused.to_string(),
            format!("127.0.0.1 answered with the status {code}")
        );
        assert_eq!(site.paths().len(), 1 + tries, "{status}");
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = World::default()
        .fetch(&format!("http://{address}/"))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Connect { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let site = Site::new(|path| {
        let headers = [
            "ETag: W/\"1\"",
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
        ];
        (path == "/").then(|| answer("200 OK", &headers, "a page"))
    })
    .await;
    let world = World::default();
    let known = world
        .fetch(&site.url("/"))
        .await
        .unwrap()
        .validators
        .unwrap();
    let stored = serde_json::to_string(&known).unwrap();
    let known: Validators = serde_json::from_str(&stored).unwrap();
    for (path, told) in [("/", true), ("/other", false)] {
        world
            .fetcher
            .fetch(&site.url(path), Some(&known), &world.robots)
            .await
            .unwrap();
        let request = site.requests().pop().unwrap().to_ascii_lowercase();
        for line in [
            "if-none-match: w/\"1\"\r\n",
            "if-modified-since: sun, 06 nov 1994 08:49:37 gmt\r\n",
        ] {
            assert_eq!(request.contains(line), told, "{path}: {request}");
        }
    }
}

#[tokio::test]
async fn a_page_that_did_not_change_is_said_to_be_unchanged() {
    let visits = AtomicUsize::new(0);
    let site = Site::new(move |path| match path {
        "/old" => Some(redirect("/new")),
        "/new" if visits.fetch_add(1, Ordering::SeqCst) == 0 => {
            Some(answer("200 OK", &["ETag: \"1\""], "a page"))
        }
        "/new" => Some(answer("304 Not Modified", &["ETag: \"1\""], "")),
        _ => None,
    })
    .await;
    let world = World::default();
    let known = world.fetch(&site.url("/old")).await.unwrap().validators;
    let again = world
        .fetcher
        .fetch(&site.url("/old"), known.as_ref(), &world.robots)
        .await;
    assert!(matches!(again, Ok(Fetched::Unchanged)), "{again:?}");
}

#[tokio::test]
async fn a_page_without_validators_has_none() {
    let long = format!("ETag: \"{}\"", "x".repeat(1024));
    let site = Site::new(move |path| match path {
        "/" => Some(page("a page")),
        "/long" => Some(answer("200 OK", &[&long], "a page")),
        _ => None,
    })
    .await;
    let world = World::default();
    for path in ["/", "/long"] {
        let page = world.fetch(&site.url(path)).await.unwrap();
        assert_eq!(page.validators, None, "{path}");
    }
}

#[tokio::test]
async fn requests_say_who_asks_and_nothing_of_anybody_else() {
    let site = Site::new(|path| {
        (path == "/").then(|| answer("302 Found", &["Location: /next", "Set-Cookie: a=b"], ""))
    })
    .await;
    World::default().fetch(&site.url("/")).await.unwrap();
    for request in site.requests() {
        let mut names: Vec<_> = request
            .to_ascii_lowercase()
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(": ")?.0.to_owned()))
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["accept", "accept-encoding", "host", "user-agent"],
            "{request}"
        );
        let agent = concat!(
            "CloudVoyages/",
            env!("CARGO_PKG_VERSION"),
            " (+https://voyages.example/bot)"
        );
        assert!(request.contains(agent), "{request}");
    }
}
