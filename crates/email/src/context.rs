//! What the placeholders of a template stand for.

use std::collections::BTreeMap;

use domain::Tenant;
use domain::mail::{Kind, Link, Params, Template};
use domain::series::Series;
use domain::tenant::Color;
use minijinja::Value;

/// The colour of buttons where a tenant has none of its own.
const BRAND_COLOR: &str = "#1d4ed8";

/// What every template can name besides its parameters.
const SHARED: [&str; 5] = [
    "site_name",
    "brand_color",
    "button_text_color",
    "logo_url",
    "unsubscribe_url",
];
/// What the HTML part can name besides: they are rendered before it.
const OF_HTML: [&str; 2] = ["subject", "preheader"];

/// What a template with a parameter of [`Kind::Series`] can name besides: what the chart shows, in words.
const SUMMARY: &str = "chart_summary";
/// The parameter that says what the numbers of a chart are.
const TITLE: &str = "chart_title";
/// What the placeholder of a series stands for: the address of its picture within the message
/// ([RFC 2392](https://www.rfc-editor.org/rfc/rfc2392)).
pub(crate) const CHART_ADDRESS: &str = "cid:chart";

/// The colours, which may stand in any attribute: nothing in them needs escaping.
pub(crate) const COLORS: [&str; 2] = ["brand_color", "button_text_color"];

/// The names that the placeholders of a part can have.
pub(crate) fn names(template: Template, part: &str) -> Vec<&'static str> {
    let of_html: &[&str] = if part == "mjml" { &OF_HTML } else { &[] };
    let parameters = template.parameters().iter().map(|p| p.name);
    parameters
        .chain(charts(template).map(|_| SUMMARY))
        .chain(SHARED)
        .chain(of_html.iter().copied())
        .collect()
}

/// The names among them that stand for an `http` or `https` address, or for nothing.
pub(crate) fn links(template: Template) -> Vec<&'static str> {
    let parameters = template.parameters().iter();
    let links = parameters.filter(|p| p.kind == Kind::Link).map(|p| p.name);
    links.chain(["logo_url", "unsubscribe_url"]).collect()
}

/// The names among them that stand for a picture that the message carries, or for nothing.
pub(crate) fn charts(template: Template) -> impl Iterator<Item = &'static str> {
    let parameters = template.parameters().iter();
    parameters
        .filter(|p| p.kind == Kind::Series)
        .map(|p| p.name)
}

/// The numbers that a mail shows as a chart, and what they are called; none where it wasn't given any.
pub(crate) fn series(template: Template, params: &Params) -> Option<(Series, &str)> {
    let text = charts(template).find_map(|name| params.get(name))?;
    let title = params.get(TITLE).unwrap_or_default();
    Some((Series::parse(text).ok()?, title))
}

/// The values by their names. What is absent is empty text, so that a template can ask for it.
pub(crate) fn values(
    tenant: &Tenant,
    template: Template,
    params: &Params,
    unsubscribe_url: Option<&Link>,
) -> BTreeMap<&'static str, Value> {
    let color = tenant
        .brand_color
        .as_ref()
        .map_or(BRAND_COLOR, Color::as_str);
    let logo = tenant.logo_url.as_ref().map(Link::as_str);
    let parameters = template.parameters().iter();
    let mut values: BTreeMap<_, _> = parameters
        .map(|p| (p.name, Value::from(params.get(p.name).unwrap_or_default())))
        .collect();
    let series = series(template, params);
    for name in charts(template) {
        let address = series.as_ref().map_or("", |_| CHART_ADDRESS);
        let summary = series
            .as_ref()
            .map(|(series, title)| chart::summary(series.days(), title));
        values.insert(name, Value::from(address));
        values.insert(SUMMARY, Value::from(summary.unwrap_or_default()));
    }
    values.extend([
        ("site_name", Value::from(tenant.name.as_str())),
        ("brand_color", Value::from(color)),
        ("button_text_color", Value::from(text_color_on(color))),
        ("logo_url", Value::from(logo.unwrap_or_default())),
        (
            "unsubscribe_url",
            Value::from(unsubscribe_url.map_or("", Link::as_str)),
        ),
    ]);
    values
}

/// White, as most buttons have it, where it can be read on `background` (`#rrggbb`), else black: one of the two has a contrast
/// ratio of at least 4.5 on every colour ([WCAG 2.2](https://www.w3.org/TR/WCAG22/#contrast-minimum)).
fn text_color_on(background: &str) -> &'static str {
    let luminance = luminance(background);
    if 1.05 / (luminance + 0.05) >= 4.5 {
        "#ffffff"
    } else {
        "#000000"
    }
}

/// [Relative luminance](https://www.w3.org/TR/WCAG22/#dfn-relative-luminance), from 0 (black) to 1 (white).
fn luminance(color: &str) -> f64 {
    let channel = |at: usize| {
        let digits = color.get(at..at + 2).unwrap_or_default();
        let share = f64::from(u8::from_str_radix(digits, 16).unwrap_or_default()) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_button_can_be_read() {
        for (background, text) in [
            ("#ffffff", "#000000"),
            ("#000000", "#ffffff"),
            ("#ffd400", "#000000"),
            ("#1d4ed8", "#ffffff"),
            ("#757575", "#ffffff"),
            ("#777777", "#000000"),
        ] {
            assert_eq!(text_color_on(background), text, "{background}");
        }
    }

    #[test]
    fn luminance_is_what_the_standard_says() {
        assert!((luminance("#ffffff") - 1.0).abs() < 1e-9);
        assert!(luminance("#000000").abs() < 1e-9);
        assert!((luminance("#ff0000") - 0.2126).abs() < 1e-9);
    }
}
