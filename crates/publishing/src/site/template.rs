//! Templates: the theme's own, and those that a folder brings, which can do only so much work.
//!
//! The fuel of the engine counts instructions, not what one of them costs. So no expression of a folder's template can make text or lists
//! longer (`+`, `*`, `~`, capturing blocks are refused), what it writes down itself is short, a list charges a meter whenever it is
//! gone through, and what is printed has a limit.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, ObjectExt as _, ObjectRepr};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use super::record::Failure;
use super::template_rules;

/// How many instructions a page can take, and how many more for each line that it lists.
const FUEL: u64 = 50_000;
const FUEL_PER_LINE: u64 = 100;
/// How many bytes of its own a page can have, besides its content.
const LONGEST: usize = 2 * 1024 * 1024;
/// How deep templates can include one another: each level takes stack.
const DEEPEST: usize = 40;

/// The theme's templates.
const DEFAULT: [(&str, &str); 6] = [
    ("404.html", include_str!("../../theme/404.html")),
    ("base.html", include_str!("../../theme/base.html")),
    ("home.html", include_str!("../../theme/home.html")),
    ("list.html", include_str!("../../theme/list.html")),
    ("page.html", include_str!("../../theme/page.html")),
    ("post.html", include_str!("../../theme/post.html")),
];

/// Renders pages.
pub(crate) struct Templates {
    own: Environment<'static>,
    /// With the folder's templates in place of the theme's, where there are any.
    replaced: Option<Environment<'static>>,
    /// What of the folder's is wrong whatever the page.
    pub(crate) failures: Vec<Failure>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").finish_non_exhaustive()
    }
}

impl Templates {
    /// The theme with `replacements` by name.
    pub(crate) fn new(replacements: &BTreeMap<&str, &str>) -> Self {
        let mut own = environment();
        for (name, source) in DEFAULT {
            // The tests render each.
            let _ = own.add_template(name, source);
        }
        let mut failures = Vec::new();
        let mut replaced = None;
        for (name, source) in replacements {
            let checked = template_rules::check(source).and_then(|()| {
                let environment = replaced.get_or_insert_with(|| own.clone());
                environment
                    .add_template_owned((*name).to_owned(), (*source).to_owned())
                    .map_err(|error| (error.line(), message(&error)))
            });
            if let Err((line, message)) = checked {
                failures.push(Failure {
                    template: (*name).to_owned(),
                    line: lines(line),
                    message,
                });
            }
        }
        Self {
            own,
            replaced,
            failures,
        }
    }

    /// Renders a page that lists `listed` lines and has so many bytes of content. Where the folder's template fails, the theme's is used,
    /// and it is said why.
    pub(crate) fn render(
        &self,
        name: &str,
        context: &Context,
        listed: usize,
        content_bytes: usize,
    ) -> (Vec<u8>, Option<Failure>) {
        let mut failure = None;
        if let Some(environment) = &self.replaced {
            let fuel = FUEL + FUEL_PER_LINE * listed as u64;
            let mut environment = environment.clone();
            environment.set_fuel(Some(fuel));
            context.meter.set(fuel);
            let result = render(&environment, name, &context.value, LONGEST + content_bytes);
            match result {
                Ok(html) if !context.meter.is_empty() => return (html, None),
                Ok(_) => failure = Some(too_much(name)),
                Err(error) => {
                    failure = Some(Failure {
                        template: error.name().unwrap_or(name).to_owned(),
                        line: lines(error.line()),
                        message: message(&error),
                    });
                }
            }
        }
        context.meter.set(u64::MAX);
        let html = render(&self.own, name, &context.value, usize::MAX);
        (html.unwrap_or_default(), failure)
    }
}

fn too_much(name: &str) -> Failure {
    Failure {
        template: name.to_owned(),
        line: None,
        message: "goes through lists too often".to_owned(),
    }
}

fn lines(line: Option<usize>) -> Option<u32> {
    line.and_then(|line| u32::try_from(line).ok())
}

/// What is wrong, without the engine's own account of where.
fn message(error: &Error) -> String {
    use minijinja::ErrorKind;
    match error.kind() {
        ErrorKind::OutOfFuel => "does too much work: does it loop?".to_owned(),
        ErrorKind::WriteFailure => "prints more than 2 MB".to_owned(),
        kind => error.detail().map_or(kind.to_string(), ToOwned::to_owned),
    }
}

fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    let mut syntax = SyntaxConfig::builder();
    if let Ok(syntax) = syntax.trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_recursion_limit(DEEPEST);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_formatter(print);
    env.add_filter("length", |list: &Value| list.len().unwrap_or_default());
    env.add_filter("lower", |text: &str| text.to_lowercase());
    env.add_filter("upper", |text: &str| text.to_uppercase());
    env.add_filter("trim", |text: &str| text.trim().to_owned());
    env.add_filter("default", |value: &Value, other: &Value| {
        if value.is_undefined() || value.is_none() {
            other.clone()
        } else {
            value.clone()
        }
    });
    env
}

fn render(
    env: &Environment<'_>,
    name: &str,
    value: &Value,
    longest: usize,
) -> Result<Vec<u8>, Error> {
    let mut out = Bounded {
        bytes: Vec::new(),
        longest,
    };
    env.get_template(name)?
        .render_captured_to(value.clone(), &mut out)?;
    Ok(out.bytes)
}

/// Prints HTML as it is, and all else so that it can stand in text and attributes. The engine's own way would write each slash of a URL
/// as a reference.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if let Some(html) = value.downcast_object_ref::<Html>() {
        return Ok(out.write_str(&html.0)?);
    }
    let Some(mut rest) = value.as_str() else {
        return escape_formatter(out, state, value);
    };
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    Ok(out.write_str(rest)?)
}

struct Bounded {
    bytes: Vec<u8>,
    longest: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.longest {
            return Err(io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a template knows.
pub(crate) struct Context {
    value: Value,
    meter: Meter,
}

impl Context {
    /// `values` were made with the lists of `meter`.
    pub(crate) fn new(values: BTreeMap<&'static str, Value>, meter: Meter) -> Self {
        Self {
            value: Value::from(values),
            meter,
        }
    }
}

/// How much may still be done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

impl Meter {
    fn set(&self, work: u64) {
        self.0.store(work, Ordering::Relaxed);
    }

    fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Whether so much may be done; once it may not, nothing may.
    fn take(&self, work: u64) -> bool {
        let left = self.0.load(Ordering::Relaxed).saturating_sub(work);
        self.set(left);
        left > 0
    }

    /// A list that is charged for.
    pub(crate) fn list(&self, values: Vec<Value>) -> Value {
        Value::from_object(List {
            values,
            meter: self.clone(),
        })
    }
}

#[derive(Debug)]
struct List {
    values: Vec<Value>,
    meter: Meter,
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.values.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if self.meter.take(self.values.len() as u64) {
            self.mapped_enumerator(|list| Box::new(list.values.iter().cloned()))
        } else {
            Enumerator::Empty
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.values.len())
    }
}

/// HTML that is printed as it is, and can't be looked into.
#[derive(Debug)]
struct Html(String);

impl Object for Html {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// A value that is printed as it is.
pub(crate) fn html(html: String) -> Value {
    Value::from_object(Html(html))
}
