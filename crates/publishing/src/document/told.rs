//! What an untrusted author is told of HTML that is removed.

use super::entities::unescaped;
use super::markup::Tag;
use super::reports::Reports;
use super::urls;

/// Reports a tag that is removed.
pub(super) fn report_tag(name: &str, line: u32, reports: &mut Reports) {
    // A name is whatever stands between `<` and white space.
    let shown: String = name.chars().take(40).collect();
    reports.once(&format!("<{shown}"), Some(line), "unsafe_html", || {
        format!("`<{shown}>` was removed: it is no HTML that may stand in a text. Write `&lt;{shown}>` or put it into backticks to show it")
    });
}

/// Reports attributes that will be removed.
pub(super) fn report_attributes(tag: &Tag, html: &str, line: u32, reports: &mut Reports) {
    for attribute in &tag.attributes {
        let name = attribute.name.as_str();
        if name.starts_with("on") {
            reports.once("on", Some(line), "unsafe_html", || {
                let shown: String = name.chars().take(40).collect();
                format!("`{shown}` was removed: an attribute that runs a script")
            });
        } else if name == "style" || name == "srcdoc" {
            reports.once(name, Some(line), "unsafe_html", || {
                format!("the attribute `{name}` was removed: the look of a page is its theme's")
            });
        } else if matches!(name, "href" | "src" | "poster") {
            let value = html.get(attribute.value.clone()).unwrap_or_default();
            report_url(&unescaped(value), name != "href", line, reports);
        }
    }
}

/// Reports a URL that will be removed because of its scheme.
pub(super) fn report_url(url: &str, shown: bool, line: u32, reports: &mut Reports) {
    let Some(scheme) = urls::scheme(url) else {
        return;
    };
    let allowed = if shown {
        matches!(scheme.as_str(), "http" | "https")
    } else {
        urls::SCHEMES.contains(&scheme.as_str())
    };
    if !allowed {
        reports.once(&format!("{scheme}:"), Some(line), "unsafe_html", || {
            format!("a URL that starts with `{scheme}:` was removed: write one that starts with `https://`, or the path of a file")
        });
    }
}
