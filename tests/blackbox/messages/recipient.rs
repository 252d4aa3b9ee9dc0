//! `GET /drop/{address}`: whom to encrypt to, for a program or for a person; the same for an address that nobody has.

use serde_json::json;

use super::{Owner, drop_at, encrypted, unknown_address};
use crate::harness::{Answer, Site, Stage};

async fn get(site: &Site, address: &str, accept: &str) -> Answer {
    let call = site.client.get(&format!("/drop/{address}"));
    call.header("accept", accept).await
}

/// Checks that no cache gives a browser what a program got.
#[track_caller]
fn varies(answer: &Answer) {
    let vary = answer.header("vary").unwrap_or_default();
    let mut names = vary.split(',').map(str::trim);
    assert!(names.any(|name| name == "accept"), "{vary:?} of {answer}");
}

/// The headers of an answer, but for its length and what names this very request or this very moment.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let named = answer.headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        !["apigw-requestid", "content-length", "x-request-id", "date"].contains(&name)
            && !name.starts_with("x-amz")
    });
    let text = named.map(|(name, value)| {
        let value = value.to_str().expect("a header of text");
        (name.to_string(), value.to_owned())
    });
    let mut text: Vec<_> = text.collect();
    text.sort();
    text
}

#[tokio::test]
async fn a_program_gets_the_recipient_as_it_likes() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let bare = get(&site, &owner.address, "text/plain").await;
    bare.expect(200);
    assert_eq!(bare.text, format!("{}\n", owner.recipient));
    let json = get(&site, &owner.address, "application/json").await;
    assert_eq!(json.expect(200), json!({ "recipient": owner.recipient }));
    for (answer, media_type) in [
        (&bare, "text/plain; charset=utf-8"),
        (&json, "application/json"),
    ] {
        assert_eq!(answer.header("content-type"), Some(media_type), "{answer}");
        varies(answer);
    }
}

#[tokio::test]
async fn a_browser_gets_a_page_that_runs_nothing_but_its_own_files() {
    let site = Stage::shared().await;
    let (one, other) = (unknown_address(), unknown_address());
    let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = get(&site, &one, html).await;
    page.expect(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{page}"
    );
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    for loose in ["unsafe", "http", " *", "data:", "blob:"] {
        assert!(!policy.contains(loose), "{loose} is in {policy}");
    }
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    varies(&page);
    assert_eq!(
        page.text,
        get(&site, &other, "text/html").await.text,
        "the page is one for all"
    );

    let files = page.text.split("=\"assets/").skip(1);
    let files: Vec<_> = files.filter_map(|rest| rest.split('"').next()).collect();
    assert!(files.contains(&"page.js"), "{files:?}");
    for file in files {
        let path = format!("/drop/assets/{file}");
        site.client.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn a_file_that_the_page_has_not_is_not_there() {
    let site = Stage::shared().await;
    for file in ["none.js", "..%2FCargo.toml", "page.html%00"] {
        let answer = site.client.get(&format!("/drop/assets/{file}")).await;
        answer.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_shows_a_recipient_like_any_other() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let unknown = unknown_address();
    for accept in ["text/plain", "application/json", "text/html"] {
        let known = get(&site, &owner.address, accept).await;
        let decoy = get(&site, &unknown, accept).await;
        assert_eq!(known.status, decoy.status, "{known} {decoy}");
        assert_eq!(known.text.len(), decoy.text.len(), "{known} {decoy}");
        assert_eq!(headers(&known), headers(&decoy), "{known} {decoy}");
    }
    let decoy = get(&site, &unknown, "text/plain").await.text;
    // It is one to which age encrypts.
    encrypted(decoy.trim_end(), b"at noon");
    let again = get(&site, &unknown, "text/plain").await.text;
    assert_eq!(decoy, again, "the decoy of an address");
    let other = get(&site, &unknown_address(), "text/plain").await.text;
    assert_ne!(decoy, other, "the decoys of two addresses");
}

#[tokio::test]
async fn an_address_that_nobody_has_takes_messages_like_any_other() {
    let site = Stage::shared().await;
    let owner = Owner::new(&site).await;
    let file = owner.encrypted(b"at noon");
    let known = drop_at(&site, &owner.address, file.clone()).await;
    let unknown = drop_at(&site, &unknown_address(), file).await;
    let fields = |answer: &Answer| {
        let body = answer.expect(202);
        let fields = body.as_object().into_iter().flatten();
        fields.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(&known), fields(&unknown), "{known} {unknown}");
    assert_eq!(headers(&known), headers(&unknown), "{known} {unknown}");

    let trash = b"Dear Ada".to_vec();
    let known = drop_at(&site, &owner.address, trash.clone()).await;
    let unknown = drop_at(&site, &unknown_address(), trash).await;
    assert_eq!(known.shape(), unknown.shape());
}

#[tokio::test]
async fn what_is_no_address_is_not_found() {
    let site = Stage::shared().await;
    let good = unknown_address();
    let upper = good.to_uppercase();
    let (short, long) = (&good[..25], format!("{good}a"));
    let slip = if good.starts_with('a') { "b" } else { "a" };
    for wrong in [
        "a",
        &upper,
        // A slip is told: nobody is told whether anybody has the address.
        &format!("{slip}{}", &good[1..]),
        short,
        &long,
        // Of the last character only the upper bits count.
        &format!("{short}b"),
        &format!("{short}1"),
        &format!("%20{short}"),
        &format!("{short}%00"),
    ] {
        for accept in ["text/plain", "application/json", "*/*"] {
            let answer = get(&site, wrong, accept).await;
            answer.expect_problem(404, "not_found");
        }
        // A person is told by the page.
        get(&site, wrong, "text/html").await.expect(200);
        let left = drop_at(&site, wrong, b"Dear Ada".to_vec()).await;
        left.expect_problem(404, "not_found");
    }
}
