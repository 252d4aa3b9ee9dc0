//! Renders every mail into `target/mail-preview`, for two tenants: one with a colour and a logo of its own, and one without.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use domain::mail::{Link, Template};
use domain::tenant::Color;
use domain::{Email, Tenant, Timestamp};
use email::{Letter, Renderer, message, sample};
use uuid::Uuid;

/// A picture that needs no network.
const LOGO: &str = "data:image/svg+xml;utf8,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 140 40'%3E%3Crect width='140' height='40' rx='8' fill='%23ffd400'/%3E%3Ccircle cx='22' cy='20' r='10'/%3E%3Crect x='42' y='14' width='84' height='12' rx='6'/%3E%3C/svg%3E";
/// What stands for it while mails are rendered, because a logo's address is http or https.
const LOGO_URL: &str = "https://example.com/logo.svg";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/mail-preview");
    fs::create_dir_all(&folder)?;
    let renderer = Renderer::default();
    let mut index = String::from(
        "<!doctype html><meta charset=utf-8><title>Mails</title><style>body{font:16px sans-serif}iframe{border:1px solid #999;height:600px}</style>",
    );
    for (look, tenant) in [("brand", branded()?), ("bare", sample::tenant()?)] {
        for template in Template::ALL {
            let unsubscribe = Link::parse("https://api.example.com/emails/unsubscribe/EXAMPLE")?;
            let unsubscribe = template.class().is_optional().then_some(&unsubscribe);
            let params = sample::params(template, look == "bare");
            let mail = renderer.render(&tenant, None, template, &params, unsubscribe)?;
            let letter = Letter {
                email_id: Uuid::nil(),
                tenant: &tenant,
                default_from: &Email::parse("no-reply@example.com")?,
                to: &Email::parse("ada@example.com")?,
                date: Timestamp::UNIX_EPOCH,
                unsubscribe_url: unsubscribe,
            };
            let name = format!("{}-{look}", template.as_str());
            fs::write(folder.join(format!("{name}.eml")), message(&letter, &mail)?)?;
            fs::write(folder.join(format!("{name}.txt")), &mail.text)?;
            let mut html = mail.html.replace(LOGO_URL, LOGO);
            if let Some(chart) = &mail.chart {
                fs::write(folder.join(format!("{name}.svg")), chart)?;
                html = html.replace("cid:chart", &format!("{name}.svg"));
            }
            fs::write(folder.join(format!("{name}.html")), html)?;
            write!(
                index,
                "<h2>{name}</h2><p>{} · <a href={name}.html>HTML</a> · <a href={name}.txt>text</a> · <a href={name}.eml>message</a></p>\
                 <iframe width=360 src={name}.html></iframe> <iframe width=700 src={name}.html></iframe> <iframe width=600 src={name}.txt></iframe>",
                mail.subject
            )?;
        }
    }
    fs::write(folder.join("index.html"), index)?;
    Ok(())
}

fn branded() -> Result<Tenant, Box<dyn Error>> {
    Ok(Tenant {
        name: "Acme & Söhne".to_owned(),
        sender: Some(Email::parse("hello@acme.example")?),
        reply_to: Some(Email::parse("help@acme.example")?),
        brand_color: Some(Color::parse("#ffd400")?),
        logo_url: Some(Link::parse(LOGO_URL)?),
        ..sample::tenant()?
    })
}
