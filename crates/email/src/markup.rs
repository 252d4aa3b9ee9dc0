//! What MJML may hold, judged before it is parsed: the parser calls itself for what is nested, and does not ask where a
//! placeholder stands. Escaping keeps a parameter inside text and inside a quoted attribute; so that is where it may be.

use domain::Invalid;
use domain::mail::Template;
use htmlparser::{ElementEnd, StrSpan, Token, Tokenizer};

use crate::context::{COLORS, charts, links};
use crate::language::{Piece, at_line, line_of, pieces};

/// How deeply elements can be nested. A mail of many columns needs about 15.
const DEEPEST: usize = 40;

/// The elements of MJML, without `mj-include`. Its parser takes others for HTML and leaves them as they are.
const MJML: [&str; 33] = [
    "mjml",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];
/// HTML inside MJML. None of these runs anything, loads anything but a picture, or sends a form.
const HTML: [&str; 44] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "meta",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
];
/// Those among them that have no end.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "meta"];
/// Elements whose `href` and `src` are attributes of the page too, and not a part of a style sheet.
const LINKING: [&str; 7] = [
    "a",
    "img",
    "mj-button",
    "mj-carousel-image",
    "mj-image",
    "mj-navbar-link",
    "mj-social-element",
];
/// Elements whose `src` is a picture.
const PICTURES: [&str; 2] = ["img", "mj-image"];
/// What an address can start with.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "#"];

/// Judges MJML by its tokens.
///
/// # Errors
/// `invalid`, with the line.
pub(crate) fn check(template: Template, source: &str) -> Result<(), Invalid> {
    let mut judge = Judge {
        template,
        open: Vec::new(),
        element: "",
    };
    for token in Tokenizer::from(source) {
        let token = token.map_err(|error| Invalid::new("invalid", error.to_string()))?;
        judge
            .token(token)
            .map_err(|message| at_line(line_of(source, token.span().start()), &message))?;
    }
    match judge.open.last() {
        Some(innermost) => {
            let message = format!("<{innermost}> is not closed");
            Err(at_line(line_of(source, source.len()), &message))
        }
        None => Ok(()),
    }
}

struct Judge<'a> {
    template: Template,
    /// The elements around, the innermost last.
    open: Vec<&'a str>,
    /// The element whose attributes are read.
    element: &'a str,
}

impl<'a> Judge<'a> {
    fn token(&mut self, token: Token<'a>) -> Result<(), String> {
        match token {
            Token::ElementStart { prefix, local, .. } => self.start(prefix, local),
            Token::Attribute {
                prefix,
                local,
                value,
                ..
            } => Attribute {
                element: self.element,
                prefix,
                name: local.as_str(),
                value: value.map(|value| value.as_str()).unwrap_or_default(),
            }
            .check(self.template),
            Token::ElementEnd {
                end: ElementEnd::Open,
                ..
            } => {
                if !VOID.contains(&self.element) {
                    self.open.push(self.element);
                }
                Ok(())
            }
            Token::ElementEnd {
                end: ElementEnd::Close(_, name),
                ..
            } => match self.open.pop() {
                Some(innermost) if innermost == name.as_str() => Ok(()),
                Some(innermost) => Err(format!("<{innermost}> must be closed before this")),
                None => Err("this closes nothing".to_owned()),
            },
            Token::Text { text } => self.text(text.as_str()),
            Token::Comment { span, .. } | Token::ConditionalCommentStart { span, .. } => refuse_if(
                has_placeholder(span.as_str()),
                "no placeholder is allowed in a comment",
            ),
            Token::ElementEnd { .. } | Token::ConditionalCommentEnd { .. } => Ok(()),
            _ => Err("only elements, text and comments are allowed".to_owned()),
        }
    }

    fn start(&mut self, prefix: StrSpan<'a>, name: StrSpan<'a>) -> Result<(), String> {
        self.element = name.as_str();
        let is_known = MJML.contains(&self.element) || HTML.contains(&self.element);
        refuse_if(
            self.element == "mj-include",
            "mj-include is not allowed: write it out",
        )?;
        refuse_if(
            !prefix.is_empty() || !is_known,
            "this element is not allowed in a mail",
        )?;
        refuse_if(
            self.open.len() >= DEEPEST,
            "elements are nested more than 40 deep",
        )
    }

    fn text(&self, text: &str) -> Result<(), String> {
        refuse_if(
            self.open.contains(&"mj-style") && has_placeholder(text),
            "no placeholder is allowed in mj-style",
        )?;
        // MJML's compiler makes an attribute of it as well.
        refuse_if(
            self.open.contains(&"mj-title") && text.contains('"'),
            "mj-title may not have \" in it",
        )
    }
}

fn refuse_if(is_bad: bool, message: &str) -> Result<(), String> {
    if is_bad {
        Err(message.to_owned())
    } else {
        Ok(())
    }
}

fn has_placeholder(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

struct Attribute<'a> {
    element: &'a str,
    prefix: StrSpan<'a>,
    name: &'a str,
    value: &'a str,
}

impl Attribute<'_> {
    fn check(&self, template: Template) -> Result<(), String> {
        let name = self.name.to_ascii_lowercase();
        let is_named = |names: &[&str]| names.contains(&&*name);
        if !self.prefix.is_empty() || name.starts_with("on") || has_placeholder(&name) {
            return Err("this attribute is not allowed in a mail".to_owned());
        }
        if self.value.contains(['"', '<', '>']) {
            // MJML's compiler writes it between double quotes as it stands.
            return Err(format!(
                "the attribute {name} may not have \", < or > in it"
            ));
        }
        if self.element == "meta" && !is_named(&["name", "content"]) {
            return Err("meta may have name and content only".to_owned());
        }
        if !has_placeholder(self.value) {
            let start = self.value.trim_start().to_ascii_lowercase();
            let is_address = SCHEMES.iter().any(|scheme| start.starts_with(scheme));
            return if is_named(&["href", "src"]) && !is_address {
                Err(format!(
                    "{name} must start with one of {}",
                    SCHEMES.join(" ")
                ))
            } else {
                Ok(())
            };
        }
        let pieces = pieces(self.value).map_err(|error| error.message)?;
        if self.element != "meta" && is_named(&["alt", "title"]) {
            return Ok(());
        }
        if is_named(&["href", "src"]) {
            let is_link = match &*pieces {
                [Piece::Name(only)] => {
                    let is_chart = charts(template).any(|name| name == *only);
                    let is_picture = name == "src" && PICTURES.contains(&self.element);
                    links(template).contains(only) || (is_chart && is_picture)
                }
                _ => false,
            };
            return if is_link && LINKING.contains(&self.element) {
                Ok(())
            } else {
                Err(format!(
                    "{name} must be an address, or one placeholder that is an address"
                ))
            };
        }
        let are_colors = pieces.iter().all(|piece| match piece {
            Piece::Text => true,
            Piece::Name(name) => COLORS.contains(name),
        });
        if are_colors && self.element != "meta" {
            Ok(())
        } else {
            Err(format!(
                "{name} may have {} as placeholders, others may stand in text, alt, title, href and src",
                COLORS.join(" and ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refusal(source: &str) -> String {
        check(Template::Notification, source)
            .err()
            .map(|error| error.message)
            .unwrap_or_default()
    }

    #[test]
    fn what_could_run_or_let_a_parameter_out_is_refused() {
        for (source, reason) in [
            (
                "<mj-raw>\n<script>x</script></mj-raw>",
                "line 2: this element",
            ),
            ("<SCRIPT></SCRIPT>", "this element"),
            ("<mj-nothing />", "this element"),
            ("<b><i></b></i>", "<i> must be closed"),
            ("<b>", "<b> is not closed"),
            ("<br></br>", "this closes nothing"),
            ("<v:rect></v:rect>", "this element"),
            ("<iframe></iframe>", "this element"),
            ("<style>a</style>", "this element"),
            ("<mj-include path='a' />", "mj-include"),
            ("<a onclick='x'></a>", "this attribute"),
            ("<a OnClick='x'></a>", "this attribute"),
            ("<a href='javascript:x'></a>", "href must start"),
            ("<a href='&#106;avascript:x'></a>", "href must start"),
            ("<a href='{{ title }}'></a>", "href must be"),
            ("<a href='javascript:{{ link }}'></a>", "href must be"),
            ("<mj-font href='{{ link }}' />", "href must be"),
            ("<a style='x:{{ title }}'></a>", "style may have"),
            ("<a style='{% if title %}x{% endif %}'></a>", "plain names"),
            ("<a title='\" {{ title }}'></a>", "may not have"),
            ("<a title={{title}}></a>", "quote"),
            ("<a {{title}}='x'></a>", ""),
            ("<mj-style>a{b:{{ title }}}</mj-style>", "no placeholder"),
            ("<mj-title>\" {{ title }}</mj-title>", "mj-title may not"),
            ("<!-- {{ title }} -->", "no placeholder"),
            ("<meta http-equiv='refresh' content='0' />", "meta may have"),
            ("<meta name='{{ title }}' content='0' />", "name may have"),
            ("<!DOCTYPE a>", "only elements"),
            ("<a><![CDATA[x]]></a>", "only elements"),
        ] {
            assert!(
                check(Template::Notification, source).is_err(),
                "{source} was taken"
            );
            assert!(
                refusal(source).contains(reason),
                "{source}: {}",
                refusal(source)
            );
        }
    }

    #[test]
    fn a_chart_may_stand_where_a_picture_does() {
        let check = |source| check(Template::ScrapeReport, source);
        for source in [
            "<mj-image src='{{ chart }}' alt='{{ chart_summary }}' />",
            "<img src='{{ chart }}' />",
            "<mj-text>{{ chart_summary }}</mj-text>",
        ] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
        for source in [
            "<a href='{{ chart }}'>x</a>",
            "<mj-image src='https://a.example/{{ chart }}' />",
            "<mj-image src='{{ chart_summary }}' />",
            "<mj-image src='{{ chart_title }}' />",
            "<mj-image href='{{ chart }}' src='{{ link }}' />",
            "<mj-social-element src='{{ chart }}' />",
            "<mj-image src='cid:chart' />",
        ] {
            assert!(check(source).is_err(), "{source} was taken");
        }
    }

    #[test]
    fn parameters_may_stand_where_escaping_keeps_them() {
        for source in [
            "<mj-text>{{ title }}</mj-text>",
            "<a href='{{ link }}' title='{{ title }}'>x</a>",
            "<mj-image src='{{ logo_url }}' alt='a {{ title }} b' />",
            "<mj-button background-color='{{ brand_color }}' border='1px solid {{ brand_color }}' />",
            "<a href='mailto:a@b.example' style='color:red'>x</a>",
        ] {
            assert_eq!(check(Template::Notification, source), Ok(()), "{source}");
        }
    }
}
