//! The platform's own templates.

use domain::mail::Template;
use email::{Renderer, builtin, check, sample};

use crate::fixtures::{UNSUBSCRIBE, bare, branded, full, params, unsubscribe, way_out};

#[test]
fn mails_look_as_they_did() {
    for template in Template::ALL {
        let mail = full(&branded(), template);
        let text = format!("{}\n\n{}", mail.subject, mail.text);
        insta::assert_snapshot!(format!("{}.txt", template.as_str()), text);
        insta::assert_snapshot!(format!("{}.html", template.as_str()), mail.html);
    }
}

#[test]
fn a_tenant_could_have_written_each() {
    for template in Template::ALL {
        assert_eq!(check(template, &builtin(template)), Ok(()), "{template:?}");
    }
}

#[test]
fn subjects_are_what_people_look_for() {
    let subjects = Template::ALL.map(|template| full(&bare(), template).subject);
    assert_eq!(
        subjects,
        [
            "Welcome",
            "Confirm your address",
            "Reset your password",
            "Your password was changed",
            "You were logged out for your safety",
            "New sign-in to your account",
            "Your second factor was changed",
            "Your account is deleted",
            "Your order is on its way",
            "Prices: 12.90 (was 14.90)",
            "Not published: docs.example.com",
        ]
    );
}

#[test]
fn the_plain_text_of_a_mail_with_a_link_has_that_link_alone_on_its_line() {
    for template in [
        Template::Welcome,
        Template::VerifyEmail,
        Template::PasswordReset,
    ] {
        let mail = full(&branded(), template);
        let links: Vec<_> = mail
            .text
            .lines()
            .filter(|line| line.contains("://"))
            .collect();
        assert_eq!(
            links,
            ["https://example.com/account/open?token=EXAMPLE"],
            "{template:?}"
        );
        assert!(
            mail.html
                .contains("href=\"https://example.com/account/open?token=EXAMPLE\"")
        );
    }
}

#[test]
fn optional_mails_end_with_the_way_out() {
    for template in Template::ALL {
        let mail = full(&bare(), template);
        let is_optional = unsubscribe(template).is_some();
        let last = mail.text.trim_end().lines().next_back();
        assert_eq!(last == Some(UNSUBSCRIBE), is_optional, "{template:?}");
        let href = format!("href=\"{UNSUBSCRIBE}\"");
        assert_eq!(mail.html.contains(&href), is_optional, "{template:?}");
        assert_eq!(
            mail.html.contains("Unsubscribe"),
            is_optional,
            "{template:?}"
        );
    }
}

#[test]
fn markup_in_a_parameter_is_text() {
    let evil = "<script>alert('x')</script> \"&{{ link }}{% if %}";
    let template = Template::Notification;
    let params = params(template, [("name", evil), ("title", evil), ("body", evil)]);
    let mail = Renderer::default()
        .render(&bare(), None, template, &params, Some(&way_out()))
        .unwrap();
    assert!(!mail.html.contains("<script"));
    let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;{{ link }}{% if %}";
    // Title, label, preheader, greeting, heading, body.
    assert_eq!(mail.html.matches(escaped).count(), 6);
    assert_eq!(mail.subject, evil);
    assert!(mail.text.contains(evil));
}

/// HTML without the address of what comes with the mail.
fn from_elsewhere(html: &str) -> String {
    html.replace("src=\"cid:chart\"", "")
}

#[test]
fn nothing_is_loaded_but_the_logo() {
    for template in Template::ALL {
        let html = from_elsewhere(&full(&branded(), template).html);
        assert_eq!(html.matches("src=").count(), 1, "{template:?}");
        assert!(html.contains("src=\"https://acme.example/logo.png\""));
        assert!(html.contains("alt=\"Acme &amp; Söhne\""));
        assert!(!from_elsewhere(&full(&bare(), template).html).contains("src="));
        for loaded in ["@import", "<link", "url(", "<script"] {
            assert!(!html.contains(loaded), "{template:?} has {loaded}");
        }
    }
}

#[test]
fn a_chart_is_shown_where_there_are_numbers() {
    let template = Template::ScrapeReport;
    let render = |chart: &str, title: &str| {
        let params = params(
            template,
            [
                ("scrape", "Prices"),
                ("url", "https://shop.example"),
                ("summary", "Cheaper."),
                ("chart", chart),
                ("chart_title", title),
            ],
        );
        Renderer::default()
            .render(&bare(), None, template, &params, Some(&way_out()))
            .unwrap()
    };
    let without = render("", "Price");
    assert_eq!(without.chart, None);
    assert!(!without.html.contains("<img") && !without.text.contains("Price:"));

    let title = "Price <\"EUR\">";
    let with = render("2026-05-01 10 12 11 2\n2026-05-03 9.5 9.5 9.5 1", title);
    let words = "11 on 2026-05-01, 9.5 on 2026-05-03; lowest 9.5, highest 12";
    let text = with.text.replace('\n', " ");
    assert!(
        text.contains(&format!("Cheaper.  {title}: {words}  --")),
        "{text}"
    );
    let escaped = "Price &lt;&quot;EUR&quot;&gt;";
    for shown in [
        format!("alt=\"{escaped}: {words}\""),
        "src=\"cid:chart\"".to_owned(),
    ] {
        assert_eq!(with.html.matches(&shown).count(), 1, "{shown}");
    }
    let svg = with.chart.unwrap();
    assert!(
        svg.contains(&format!("<title>{escaped}: {words}</title>")),
        "{svg}"
    );
    assert!(svg.contains("<polyline"), "{svg}");
}

#[test]
fn a_button_has_the_tenants_colour_and_can_be_read() {
    let html = full(&branded(), Template::Welcome).html;
    assert!(html.contains("bgcolor=\"#ffd400\"") && html.contains("color:#000000"));
    let html = full(&bare(), Template::Welcome).html;
    assert!(html.contains("bgcolor=\"#1d4ed8\"") && html.contains("color:#ffffff"));
}

#[test]
fn pages_say_their_language_and_that_they_know_the_dark() {
    let html = full(&bare(), Template::Welcome).html;
    for part in [
        "<html lang=\"en\"",
        "name=\"color-scheme\" content=\"light dark\"",
        "prefers-color-scheme: dark",
        "width=device-width",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn what_is_left_out_leaves_no_trace() {
    for template in Template::ALL {
        let params = sample::params(template, true);
        let mail = Renderer::default()
            .render(
                &bare(),
                None,
                template,
                &params,
                unsubscribe(template).as_ref(),
            )
            .unwrap();
        assert!(mail.text.starts_with("Hello,\n"), "{template:?}");
        assert!(!mail.html.contains("href=\"\""), "{template:?}");
        for sign in ["{{", "{%", "\n\n\n"] {
            assert!(!mail.text.contains(sign), "{template:?} has {sign:?}");
        }
    }
}

#[test]
fn nothing_of_a_mail_is_printed() {
    let mail = full(&bare(), Template::PasswordReset);
    assert!(!format!("{mail:?}").contains("EXAMPLE"));
}
