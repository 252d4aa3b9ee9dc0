use domain::mail::{Link, Params, Template};
use domain::tenant::{BaseUrl, Color};
use domain::{Email, Tenant, TenantId, Timestamp};
use email::{Letter, Rendered, Renderer, sample};
use uuid::Uuid;

pub const UNSUBSCRIBE: &str = "https://api.example.com/emails/unsubscribe/EXAMPLE";

pub fn bare() -> Tenant {
    let id = TenantId::new("acme", "shop").unwrap();
    let link_base = BaseUrl::parse("https://acme.example").unwrap();
    Tenant::new(id, "Acme".to_owned(), link_base, Timestamp::UNIX_EPOCH)
}

pub fn branded() -> Tenant {
    Tenant {
        name: "Acme & Söhne".to_owned(),
        sender: Some(Email::parse("hello@acme.example").unwrap()),
        reply_to: Some(Email::parse("help@acme.example").unwrap()),
        brand_color: Some(Color::parse("#ffd400").unwrap()),
        logo_url: Some(Link::parse("https://acme.example/logo.png").unwrap()),
        ..bare()
    }
}

pub fn way_out() -> Link {
    Link::parse(UNSUBSCRIBE).unwrap()
}

pub fn unsubscribe(template: Template) -> Option<Link> {
    template.class().is_optional().then(way_out)
}

pub fn params<const N: usize>(template: Template, pairs: [(&str, &str); N]) -> Params {
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Params::check(template, pairs.into()).unwrap()
}

/// A template of the platform with everything that it can be filled with.
pub fn full(tenant: &Tenant, template: Template) -> Rendered {
    let params = sample::params(template, false);
    Renderer::default()
        .render(
            tenant,
            None,
            template,
            &params,
            unsubscribe(template).as_ref(),
        )
        .unwrap()
}

/// The message of a mail, from `no-reply@platform.example` where the tenant has no sender.
pub fn raw(tenant: &Tenant, rendered: &Rendered, unsubscribe_url: Option<&Link>) -> Vec<u8> {
    let letter = Letter {
        email_id: Uuid::from_u128(7),
        tenant,
        default_from: &Email::parse("no-reply@platform.example").unwrap(),
        to: &Email::parse("ada@example.com").unwrap(),
        date: "2026-05-05T14:03:00Z".parse().unwrap(),
        unsubscribe_url,
    };
    email::message(&letter, rendered).unwrap()
}
