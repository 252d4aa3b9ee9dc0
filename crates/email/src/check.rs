//! Whether a tenant's template can be relied on.

use domain::mail::{Link, Params, Template, TemplateSource};
use domain::{Invalid, Tenant};

use crate::compile::Compiled;
use crate::render::render;
use crate::{Error, sample};

const UNSUBSCRIBE_URL: &str = "https://example.com/unsubscribe/EXAMPLE";

/// Tries a tenant's template: with everything that it can be filled with, with what is required alone, and with as much as
/// can be. What passes can't fail when a mail is rendered.
///
/// # Errors
/// Every part that is refused, by its name in [`TemplateSource`], with the line and the reason.
pub fn check(
    template: Template,
    source: &TemplateSource,
) -> Result<(), Vec<(&'static str, Invalid)>> {
    let compiled = Compiled::new(template, source)?;
    let tenant = example_tenant().map_err(|error| vec![("mjml", error)])?;
    let way_out = Link::parse(UNSUBSCRIBE_URL).map_err(|error| vec![("mjml", error)])?;
    let is_optional = template.class().is_optional();
    let unsubscribe_url = is_optional.then_some(&way_out);
    let try_with = |params: &Params| {
        render(&compiled, &tenant, template, params, unsubscribe_url)
            .map_err(|error| vec![refusal(error)])
    };
    try_with(&sample::largest(template))?;
    let mut refused = Vec::new();
    for required_only in [false, true] {
        let params = sample::params(template, required_only);
        let rendered = try_with(&params)?;
        for (field, part) in [("mjml", &rendered.html), ("text", &rendered.text)] {
            let mut demand = |wanted: Option<&str>, name: &str| {
                let is_missing = wanted.is_some_and(|wanted| !part.contains(wanted));
                if is_missing && !refused.iter().any(|(known, _)| *known == field) {
                    let message = format!("must always have {{{{ {name} }}}} in it");
                    refused.push((field, Invalid::new("required", message)));
                }
            };
            let parameters = template.parameters().iter();
            let mut links = parameters.filter(|p| p.required && p.name == "link");
            demand(links.next().and_then(|p| params.get(p.name)), "link");
            demand(unsubscribe_url.map(Link::as_str), "unsubscribe_url");
        }
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(refused)
    }
}

fn refusal(error: Error) -> (&'static str, Invalid) {
    match error {
        Error::Template { part, reason, .. } | Error::Rendering { part, reason, .. } => {
            let field = if part == "html" { "mjml" } else { part };
            (field, Invalid::new("invalid", reason))
        }
        Error::Message(reason) => ("mjml", Invalid::new("invalid", reason)),
    }
}

/// A tenant with everything that a template can ask of one.
fn example_tenant() -> Result<Tenant, Invalid> {
    Ok(Tenant {
        logo_url: Some(Link::parse("https://example.com/logo.png")?),
        ..sample::tenant()?
    })
}
