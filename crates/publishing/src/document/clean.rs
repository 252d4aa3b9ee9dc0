//! What HTML of an untrusted author stays.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::Builder;

use super::urls;

/// Elements that an author may write, besides those of ammonia's default.
const MORE_TAGS: [&str; 8] = [
    "audio", "input", "picture", "section", "source", "tfoot", "track", "video",
];
/// Elements of the default that are not for authors: an image map lies over what it is not part of.
const NOT_TAGS: [&str; 2] = ["area", "map"];

/// `MathML` Core (<https://www.w3.org/TR/mathml-core/>) and what `math-core` adds to it.
const MATH_TAGS: [&str; 28] = [
    "math",
    "menclose",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "none",
];
const MATH_ATTRIBUTES: [&str; 28] = [
    "accent",
    "accentunder",
    "class",
    "columnspan",
    "depth",
    "dir",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "notation",
    "rowspan",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "style",
    "symmetric",
    "voffset",
    "width",
];
/// What the style attributes of formulas set. None of it can cover another part of the page or load anything.
const STYLES: [&str; 20] = [
    "background-color",
    "border",
    "border-bottom",
    "border-left",
    "border-right",
    "border-top",
    "color",
    "font-size",
    "font-variant-caps",
    "justify-items",
    "margin-left",
    "margin-right",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "vertical-align",
    "width",
];

/// Classes that are made here.
const CLASSES: [&str; 17] = [
    "footnotes",
    "footnote-ref",
    "footnote-backref",
    "markdown-alert",
    "markdown-alert-note",
    "markdown-alert-tip",
    "markdown-alert-important",
    "markdown-alert-warning",
    "markdown-alert-caution",
    "markdown-alert-title",
    "math",
    "math-error",
    "wiki-link",
    "task-list-item",
    "contains-task-list",
    "autolink",
    "embed",
];

/// How often HTML is cleaned until it stays as it is. Twice is the most that was seen.
const MAX_TIMES: usize = 5;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(cleaner);
/// The tags that an author may write in HTML: none of `MathML`, which formulas are written without.
static TAGS: LazyLock<std::collections::HashSet<&'static str>> = LazyLock::new(|| {
    let mut tags = cleaner().clone_tags();
    tags.retain(|tag| !MATH_TAGS.contains(tag));
    tags
});

fn cleaner() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .add_tags(MORE_TAGS)
        .rm_tags(NOT_TAGS)
        .add_tags(MATH_TAGS)
        .url_schemes(urls::SCHEMES.into_iter().collect())
        // Of an author's own links, which no window is opened for.
        .link_rel(None)
        .add_generic_attributes(["id", "class", "dir", "aria-label", "aria-hidden"])
        .add_tag_attributes("a", ["rel", "role"])
        .add_tag_attributes("div", ["align", "role"])
        .add_tag_attributes("section", ["role"])
        .add_tag_attributes("p", ["align"])
        .add_tag_attributes("details", ["open"])
        .add_tag_attributes("ol", ["reversed", "type"])
        .add_tag_attributes("li", ["value"])
        .add_tag_attributes("img", ["loading", "decoding"])
        .add_tag_attributes(
            "video",
            [
                "src", "controls", "poster", "width", "height", "loop", "muted", "preload",
            ],
        )
        .add_tag_attributes("audio", ["src", "controls", "loop", "muted", "preload"])
        .add_tag_attributes("source", ["src", "type", "media"])
        .add_tag_attributes("track", ["src", "kind", "srclang", "label", "default"])
        .add_tag_attributes("time", ["datetime"])
        // The boxes of task lists, which nobody can tick.
        .add_tag_attributes("input", ["checked"])
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .filter_style_properties(STYLES.into_iter().collect())
        .attribute_filter(attribute);
    for heading in ["h1", "h2", "h3", "h4", "h5", "h6"] {
        builder.add_tag_attributes(heading, ["align"]);
    }
    for tag in MATH_TAGS {
        builder.add_tag_attributes(tag, MATH_ATTRIBUTES);
    }
    builder
}

/// Keeps classes that are made here, and pictures that are files or come over HTTP.
fn attribute<'a>(tag: &str, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
    match name {
        "class" => {
            let kept: Vec<&str> = value
                .split_ascii_whitespace()
                .filter(|class| is_ours(class))
                .collect();
            (!kept.is_empty()).then(|| Cow::Owned(kept.join(" ")))
        }
        "src" | "poster" => {
            let scheme = urls::scheme(value);
            let shown = scheme.is_none_or(|scheme| scheme == "http" || scheme == "https");
            shown.then_some(Cow::Borrowed(value))
        }
        "cite" => None,
        "style" => is_math(tag).then_some(Cow::Borrowed(value)),
        "role" => matches!(
            value,
            "note" | "doc-endnotes" | "doc-noteref" | "doc-backlink"
        )
        .then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}

fn is_math(tag: &str) -> bool {
    MATH_TAGS.contains(&tag)
}

fn is_ours(class: &str) -> bool {
    CLASSES.contains(&class)
        || class.starts_with("language-")
        || class.starts_with(super::code::PREFIX)
        || class.starts_with("math-core-")
        || class.starts_with("menclose-")
}

/// HTML without what an untrusted author may not write.
pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// HTML that stays as it is when it is cleaned. What the parser of Markdown writes is so after the first time; of what an author
/// wrote as HTML a browser may make something else when it reads it once more, such as a link within a link around a table.
pub(super) fn settled(html: &str, has_tags: bool) -> String {
    let mut cleaned = clean(html);
    for _ in 0..MAX_TIMES {
        if !has_tags {
            return cleaned;
        }
        let again = clean(&cleaned);
        if again == cleaned {
            return cleaned;
        }
        cleaned = again;
    }
    cleaned
}

/// Whether an untrusted author may write such a tag.
pub(super) fn is_allowed(tag: &str) -> bool {
    TAGS.contains(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_or_cover_is_removed() {
        for (html, expected) in [
            ("<p onclick=x style=\"color:red\">a</p>", "<p>a</p>"),
            ("<a href=\"javascript:x\">a</a>", "<a>a</a>"),
            ("<a href=\"jav\tascript:x\">a</a>", "<a>a</a>"),
            ("<img src=\"data:image/png;base64,x\">", "<img>"),
            (
                "<iframe src=x></iframe><form action=x><button>b</button></form>",
                "b",
            ),
            ("<svg><script>x</script></svg>", ""),
            (
                "<math><mtext><img src=x onerror=y></mtext></math>",
                "<math><mtext><img src=\"x\"></mtext></math>",
            ),
            (
                "<math><annotation-xml encoding=\"text/html\"><script>x</script></annotation-xml></math>",
                "<math></math>",
            ),
            (
                "<div class=\"sidebar markdown-alert\">a</div>",
                "<div class=\"markdown-alert\">a</div>",
            ),
            (
                "<input type=text value=x>",
                "<input disabled=\"\" type=\"checkbox\">",
            ),
            ("<mrow style=\"color:red;position:fixed\">", ""),
        ] {
            let cleaned = clean(html);
            if expected.contains("<input") {
                assert!(
                    cleaned.contains("checkbox") && cleaned.contains("disabled"),
                    "{cleaned}"
                );
                assert!(!cleaned.contains("value"), "{cleaned}");
            } else if html.starts_with("<mrow") {
                assert!(!cleaned.contains("position"), "{cleaned}");
            } else {
                assert_eq!(cleaned, expected, "{html}");
            }
        }
    }

    #[test]
    fn what_is_plain_stays() {
        for html in [
            "<details open=\"\"><summary>a</summary><kbd>b</kbd></details>",
            "<figure><img alt=\"a\" src=\"a.png\"><figcaption>b</figcaption></figure>",
            "<video controls=\"\" src=\"a.mp4\"></video>",
            "<a href=\"https://example.org/\" rel=\"me\">a</a>",
            "<p align=\"center\">a</p>",
        ] {
            assert_eq!(clean(html), html);
        }
    }
}
