//! Mail that its recipient no longer wants.

use reqwest::Url;

use crate::emails::{news, news_to, send, status};
use crate::harness::{Mail, Stage, text};

/// The link by which a mail is unsubscribed from.
fn unsubscribe_link(mail: &Mail) -> Url {
    let link = mail
        .links
        .iter()
        .find(|link| link.contains("/emails/unsubscribe?token="));
    let link = link.unwrap_or_else(|| panic!("no such link in {mail:?}"));
    Url::parse(link).expect("a link is a URL")
}

#[tokio::test]
async fn who_unsubscribes_gets_no_more_mail_of_that_kind() {
    let Some(site) = Stage::shared_backstage().await else {
        return;
    };
    let account = site.registered().await;
    let to = &account.email;
    send(&site, &news(to)).await.expect(202);
    let link = unsubscribe_link(&news_to(site.backstage(), to).await[0]);
    let path = format!("{}?{}", link.path(), link.query().unwrap_or_default());

    // Looking at the link is no wish.
    let page = site.client.get(&path).await;
    page.expect(200);
    assert!(page.text.contains("<form method=\"post\""), "{page}");
    assert!(page.text.contains(to.as_str()), "{page}");
    send(&site, &news(to)).await.expect(202);
    assert_eq!(news_to(site.backstage(), to).await.len(), 2);

    // As RFC 8058 has mail programs do it; doing it twice changes nothing.
    for _ in 0..2 {
        let form = "application/x-www-form-urlencoded";
        let call = site
            .client
            .post(&path)
            .body(form, "List-Unsubscribe=One-Click");
        call.await.expect(200);
    }
    let stopped = send(&site, &news(to)).await.expect(202);
    assert_eq!(news_to(site.backstage(), to).await.len(), 2);
    assert_eq!(
        status(&site, &text(&stopped["email_id"])).await["status"],
        "suppressed"
    );
    site.ask_reset(to).await.expect(200);
    site.reset_token(&account).await;

    let mut forged = path.clone();
    forged.pop();
    for path in [
        forged.as_str(),
        "/emails/unsubscribe",
        "/emails/unsubscribe?token=",
    ] {
        site.client
            .post(path)
            .await
            .expect_problem(400, "token_invalid");
    }
}
