//! From a template's source to something that is filled in: MJML becomes HTML once, with the placeholders left in it, so
//! that what a user has typed never reaches the MJML parser.

use std::collections::HashMap;

use domain::Invalid;
use domain::mail::{Template, TemplateSource};
use minijinja::{Environment, Value};
use mrml::prelude::parser::{Error as ParseError, ParserOptions, WarningKind};
use mrml::prelude::render::RenderOptions;

use crate::context::names;
use crate::language::{self, Bounded, LONGEST_OUTPUT, at_line, explain, line_of};
use crate::{Error, markup};

/// A template that is ready to be filled in. Its four parts are named as those of [`TemplateSource`], but for `html`.
pub(crate) struct Compiled {
    template: Template,
    env: Environment<'static>,
}

impl Compiled {
    /// Compiles a source, whoever wrote it.
    ///
    /// # Errors
    /// Every part that is refused, by its name.
    pub(crate) fn new(
        template: Template,
        source: &TemplateSource,
    ) -> Result<Self, Vec<(&'static str, Invalid)>> {
        let mut env = language::environment();
        let mut refused = Vec::new();
        for (field, part) in source.parts() {
            if let Err(error) = add(&mut env, template, field, part) {
                refused.push((field, error));
            }
        }
        if refused.is_empty() {
            Ok(Self { template, env })
        } else {
            Err(refused)
        }
    }

    /// Fills in one part.
    ///
    /// # Errors
    /// [`Error::Rendering`].
    pub(crate) fn render(&self, part: &'static str, values: &Value) -> Result<String, Error> {
        let failed = |reason: String| Error::Rendering {
            template: self.template,
            part,
            reason,
        };
        let mut output = Bounded::default();
        self.env
            .get_template(part)
            .and_then(|compiled| {
                compiled
                    .render_captured_to(values.clone(), &mut output)
                    .map(drop)
            })
            .map_err(|error| failed(explain(&error).message))?;
        String::from_utf8(output.0).map_err(|_| failed("is no text".to_owned()))
    }
}

/// Adds one part to an environment.
fn add(
    env: &mut Environment<'static>,
    template: Template,
    field: &'static str,
    part: &str,
) -> Result<(), Invalid> {
    TemplateSource::check_part(field, part)?;
    let names = names(template, field);
    language::check(part, &names)?;
    let (name, part) = if field == "mjml" {
        markup::check(template, part)?;
        let html = to_html(part)?;
        // What the compiler has made of it is judged as well: it moves text about.
        language::check(&html, &names)?;
        ("html", html)
    } else {
        (field, part.to_owned())
    };
    env.add_template_owned(name, part)
        .map_err(|error| explain(&error))
}

fn to_html(source: &str) -> Result<String, Invalid> {
    let parsed = mrml::parse_with_options(source, &ParserOptions::default())
        .map_err(|error| explain_mjml(source, &error))?;
    if let Some(warning) = parsed.warnings.first() {
        let message = match warning.kind {
            WarningKind::UnexpectedAttribute => "this element has no such attribute",
            WarningKind::InlineStyleUnsupported => {
                "mj-style can't be inline here: write the style at its element"
            }
        };
        return Err(at_line(line_of(source, warning.span.start), message));
    }
    let options = RenderOptions {
        // No font is loaded from anywhere.
        fonts: HashMap::new(),
        ..RenderOptions::default()
    };
    let html = parsed.element.render(&options);
    let html = html.map_err(|error| Invalid::new("invalid", error.to_string()))?;
    if html.len() > LONGEST_OUTPUT {
        let message = format!("gives more than {LONGEST_OUTPUT} bytes");
        return Err(Invalid::new("invalid", message));
    }
    Ok(html)
}

/// The line and the reason. Of the parser's own words only those are taken that don't speak of byte positions.
fn explain_mjml(source: &str, error: &ParseError) -> Invalid {
    let line = |at: usize, message: &str| at_line(line_of(source, at), message);
    match error {
        ParseError::UnexpectedElement { position, .. } => {
            line(position.start, "this element can't stand here")
        }
        ParseError::UnexpectedToken { position, .. } => line(
            position.start,
            "this can't stand here, or an element is not closed",
        ),
        ParseError::MissingAttribute { name, position, .. } => {
            line(position.start, &format!("the attribute {name} is missing"))
        }
        ParseError::InvalidAttribute { position, .. } => {
            line(position.start, "this attribute is not what it should be")
        }
        ParseError::InvalidFormat { position, .. } => line(position.start, "this can't be read"),
        ParseError::IncludeLoaderError { position, .. } => {
            line(position.start, "mj-include is not allowed")
        }
        ParseError::EndOfStream { .. } => line(source.len(), "an element is not closed"),
        ParseError::ParserError { source, .. } => Invalid::new("invalid", source.to_string()),
        ParseError::NoRootNode => Invalid::new("invalid", "there is no <mjml> element"),
        ParseError::SizeLimit { .. } => Invalid::new("too_long", "is too long"),
    }
}
