//! Filling in a mail.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use domain::mail::{Link, Params, Template, TemplateSource, overrides_direction};
use domain::{Tenant, TenantId};
use minijinja::Value;

use crate::compile::Compiled;
use crate::context::{CHART_ADDRESS, series, values};
use crate::{Error, builtin};

/// How many templates of tenants are kept compiled: at 32 KiB of MJML each, about 10 MiB.
const KEPT: usize = 32;
/// How many characters a subject or a preheader can have in a mail.
const LONGEST_LINE: usize = 300;
/// Where lines of the plain text are broken, in characters: RFC 5322 §2.1.1 asks for at most 78.
const WIDTH: usize = 76;

/// A mail, filled in. It may hold a link that opens an account, so nothing of it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, without control characters and marks that change the direction of writing.
    pub subject: String,
    /// The HTML part: a whole page, with its styles at each element.
    pub html: String,
    /// The plain-text part: lines that end with `\n`.
    pub text: String,
    /// An SVG image that the HTML shows by the address `cid:chart`, where it does.
    pub chart: Option<String>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

/// Renders mails. Templates are compiled when they are first used; clones share them.
#[derive(Clone, Default)]
pub struct Renderer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    builtin: [OnceLock<Arc<Compiled>>; Template::ALL.len()],
    /// Those of tenants, the one used last in front.
    replaced: Mutex<VecDeque<Replaced>>,
}

struct Replaced {
    tenant: TenantId,
    template: Template,
    source: TemplateSource,
    compiled: Arc<Compiled>,
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}

impl Renderer {
    /// Renders a mail by the tenant's own source, where there is one, or by the platform's template. Mails that can be
    /// unsubscribed from need the address to do so.
    ///
    /// # Errors
    /// [`Error::Template`] for a source that does not compile, [`Error::Rendering`] for too much work or output.
    pub fn render(
        &self,
        tenant: &Tenant,
        source: Option<&TemplateSource>,
        template: Template,
        params: &Params,
        unsubscribe_url: Option<&Link>,
    ) -> Result<Rendered, Error> {
        let compiled = match source {
            Some(source) => self.replaced(&tenant.tenant_id, template, source)?,
            None => self.builtin(template)?,
        };
        render(&compiled, tenant, template, params, unsubscribe_url)
    }

    fn builtin(&self, template: Template) -> Result<Arc<Compiled>, Error> {
        let all = Template::ALL.iter().zip(&self.0.builtin);
        let mut slots = all.filter(|(other, _)| **other == template);
        let Some((_, slot)) = slots.next() else {
            return compile(template, &builtin(template)).map(Arc::new);
        };
        if let Some(compiled) = slot.get() {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(compile(template, &builtin(template))?);
        Ok(Arc::clone(slot.get_or_init(|| compiled)))
    }

    fn replaced(
        &self,
        tenant: &TenantId,
        template: Template,
        source: &TemplateSource,
    ) -> Result<Arc<Compiled>, Error> {
        let lock = || {
            self.0
                .replaced
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let is_same = |kept: &Replaced| kept.template == template && kept.tenant == *tenant;
        {
            let mut kept = lock();
            let found = kept.iter().position(is_same).and_then(|at| kept.remove(at));
            if let Some(found) = found.filter(|found| found.source == *source) {
                let compiled = Arc::clone(&found.compiled);
                kept.push_front(found);
                return Ok(compiled);
            }
        }
        let compiled = Arc::new(compile(template, source)?);
        let mut kept = lock();
        kept.retain(|other| !is_same(other));
        kept.truncate(KEPT - 1);
        kept.push_front(Replaced {
            tenant: tenant.clone(),
            template,
            source: source.clone(),
            compiled: Arc::clone(&compiled),
        });
        Ok(compiled)
    }
}

fn compile(template: Template, source: &TemplateSource) -> Result<Compiled, Error> {
    Compiled::new(template, source).map_err(|refused| {
        let first = refused.into_iter().next();
        let (part, reason) = first.map_or(("source", String::new()), |(part, error)| {
            (part, error.message)
        });
        Error::Template {
            template,
            part,
            reason,
        }
    })
}

/// Renders all parts: subject and preheader first, because the HTML has them in it.
pub(crate) fn render(
    compiled: &Compiled,
    tenant: &Tenant,
    template: Template,
    params: &Params,
    unsubscribe_url: Option<&Link>,
) -> Result<Rendered, Error> {
    let mut values = values(tenant, template, params, unsubscribe_url);
    let in_lines = Value::from(values.clone());
    let subject = one_line(&compiled.render("subject", &in_lines)?);
    let preheader = one_line(&compiled.render("preheader", &in_lines)?);
    let text = wrapped(&compiled.render("text", &in_lines)?);
    let subject = if subject.is_empty() {
        one_line(&tenant.name)
    } else {
        subject
    };
    values.insert("subject", Value::from(subject.as_str()));
    values.insert("preheader", Value::from(preheader));
    let html = compiled.render("html", &Value::from(values))?;
    // A picture that no element shows would look like an attachment.
    let series = series(template, params).filter(|_| html.contains(CHART_ADDRESS));
    Ok(Rendered {
        subject,
        html,
        text,
        chart: series.map(|(series, title)| chart::svg(series.days(), title)),
    })
}

/// One line that can stand in a header, whatever a template and its parameters have made of it.
pub(crate) fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !overrides_direction(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Breaks long lines at spaces, and leaves lines with a link alone. At most one line in a row is empty.
fn wrapped(text: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    for line in text.trim().lines() {
        let line = line.trim_end();
        if line.is_empty() && out.ends_with("\n\n") {
            continue;
        }
        if line.len() <= WIDTH || line.contains("://") {
            out.push_str(line);
        } else {
            out.push_str(&textwrap::fill(line, &options));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(
            one_line(" a\r\nBcc: x\u{202E}y\0 \u{2067}z "),
            "a Bcc: xy z"
        );
        assert_eq!(one_line(&"ä".repeat(400)).chars().count(), 301);
    }

    #[test]
    fn text_is_wrapped_but_for_links() {
        let link = format!("see https://a.example/{} now", "x".repeat(100));
        let words = "word ".repeat(40);
        let text = wrapped(&format!("\n\n{words}\n\n\n\n{link}\n"));
        assert!(
            text.lines().all(|line| line.len() <= WIDTH || line == link),
            "{text}"
        );
        assert!(
            !text.contains("\n\n\n") && text.ends_with("now\n"),
            "{text}"
        );
    }
}
