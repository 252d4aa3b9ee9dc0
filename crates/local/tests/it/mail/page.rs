//! What the page of the inbox shows.

use serde_json::json;
use uuid::Uuid;

use super::{LINK, Site, job};
use crate::platform;

#[tokio::test]
async fn a_report_shows_its_chart() {
    let platform = platform().await;
    let site = Site::of(&platform);
    let mut job = job("a@example.com", Some("scrape-report"), LINK);
    let chart = "2026-05-01 10 12 11 2\n2026-05-03 9.5 9.5 9.5 1";
    job["params"] = json!({
        "scrape": "Prices", "url": "https://shop.example", "summary": "Cheaper.",
        "chart": chart, "chart_title": "Price",
    });
    site.send(&job.to_string(), 0).await;
    let mails = site.mail().await;
    let words = "Price: 11 on 2026-05-01, 9.5 on 2026-05-03; lowest 9.5, highest 12";
    let text = mails[0]["text"].as_str().unwrap().replace('\n', " ");
    assert!(text.contains(words), "{text}");

    let id = mails[0]["id"].as_str().unwrap();
    let answer = site.get(&format!("/_local/mail/{id}/html")).await;
    let policy = answer.headers()["content-security-policy"].to_str();
    assert!(policy.unwrap().contains("; img-src data:; "));
    let html = answer.text().await.unwrap();
    let (_, data) = html.split_once("src=\"data:image/svg+xml;base64,").unwrap();
    let (data, _) = data.split_once('"').unwrap();
    let svg = data_encoding::BASE64.decode(data.as_bytes()).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains(&format!("<title>{words}</title>")), "{svg}");
    platform.stop().await;
}

#[tokio::test]
async fn a_mail_of_a_stranger_is_only_looked_at() {
    let platform = platform().await;
    let site = Site::of(&platform);
    let outbox = platform.surroundings().data.file("outbox");
    std::fs::create_dir_all(&outbox).unwrap();
    let id = Uuid::from_u128(7);
    let script = "<script>alert(1)</script>";
    let raw = format!(
        "To: a@example.com\r\nSubject: {script}\r\nX-Bad: {script}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/plain\r\n\r\n{script} javascript:alert(2)\r\n\
         --x\r\nContent-Type: text/html\r\n\r\n<html><HEAD profile=x>{script}</head><body>\
         <img src=https://evil.example/x><a href=https://site.example>go</a></body></html>\r\n--x--\r\n"
    );
    std::fs::write(outbox.join(format!("{id}.eml")), raw).unwrap();

    for path in ["/_local/mail".to_owned(), format!("/_local/mail/{id}")] {
        let answer = site.get(&path).await;
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
        let page = answer.text().await.unwrap();
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(
            !page.contains(script) && !page.contains("href=\"javascript"),
            "{page}"
        );
    }
    let page = site
        .get(&format!("/_local/mail/{id}"))
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));

    let directives = async |query: &str| {
        let answer = site.get(&format!("/_local/mail/{id}/html{query}")).await;
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        policy.split("; ").map(str::to_owned).collect::<Vec<_>>()
    };
    for (query, images) in [
        ("", "img-src data:"),
        ("?remote=true", "img-src data: http: https:"),
    ] {
        let directives = directives(query).await;
        for wanted in [
            images,
            "default-src 'none'",
            "form-action 'none'",
            "sandbox allow-popups allow-popups-to-escape-sandbox",
        ] {
            assert!(
                directives.iter().any(|one| one == wanted),
                "{wanted} in {directives:?}"
            );
        }
        assert!(!directives.iter().any(|one| one.starts_with("script-src")));
    }
    let html = site
        .get(&format!("/_local/mail/{id}/html"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        html.contains("<HEAD profile=x><base target=\"_blank\">"),
        "{html}"
    );

    for path in [
        "x",
        "..%2Fcredentials.json",
        "00000000-0000-0000-0000-000000000008",
    ] {
        for part in ["", "/html", "/raw"] {
            let status = site
                .get(&format!("/_local/mail/{path}{part}"))
                .await
                .status();
            assert!(status.is_client_error(), "{path}{part}: {status}");
        }
    }
    platform.stop().await;
}

#[tokio::test]
async fn the_page_hears_of_a_mail_until_the_platform_stops() {
    let platform = platform().await;
    let site = Site::of(&platform);
    let mut events = site.get("/_local/mail/live").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    site.send(&job("a@example.com", Some("welcome"), LINK).to_string(), 0)
        .await;
    let told = events.chunk().await.unwrap().unwrap();
    assert!(told.starts_with(b"data: changed"), "{told:?}");
    platform.stop().await;
    while let Some(more) = events.chunk().await.unwrap() {
        assert!(more.starts_with(b"data: changed"), "{more:?}");
    }
}
