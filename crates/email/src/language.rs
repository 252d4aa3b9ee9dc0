//! The language of placeholders: a part of Jinja's that can't do much work, run forever, or print a value unescaped.
//!
//! `{{ name }}`, `{{ name|filter }}`, `{% if %}` with `elif` and `else`, and `{% for line in name|lines %}`. What is not in
//! it can't be written: no text is put together in memory (it could double with each step), and nothing switches escaping
//! off. A source is judged twice: the blocks by their first words and lengths, so that what is parsed can't be nested
//! deeply, and then each expression as it was parsed.

use std::fmt::Write as _;
use std::io;

use domain::Invalid;
use minijinja::machinery::ast::{BinOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, UndefinedBehavior, Value};

/// How many instructions the rendering of a part can take. Printing two parameters of 5,000 lines each takes a third.
const FUEL: u64 = 200_000;
/// How long the rendering of a part can be, in bytes.
pub(crate) const LONGEST_OUTPUT: usize = 256 * 1024;
/// How long one placeholder can be, in bytes.
const LONGEST_BLOCK: usize = 300;
/// How many statements a part can have: each can be nested in another, and their parser calls itself.
const MOST_STATEMENTS: usize = 200;
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// What can follow a name; `lines` as well, where a loop goes over them.
const FILTERS: [&str; 3] = ["lower", "trim", "upper"];

/// An environment that knows these filters and nothing else: no files, no variables of the process, no functions.
pub(crate) fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    if let Ok(syntax) = syntax() {
        env.set_syntax(syntax);
    }
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    env.set_formatter(|out, state, value| {
        print(out, value, matches!(state.auto_escape(), AutoEscape::Html))
    });
    env.add_filter("lines", |text: &str| {
        text.lines().map(Value::from).collect::<Vec<_>>()
    });
    env.add_filter("lower", |text: &str| text.to_lowercase());
    env.add_filter("trim", |text: &str| text.trim().to_owned());
    env.add_filter("upper", |text: &str| text.to_uppercase());
    env
}

/// A statement that has a line to itself leaves no line behind.
fn syntax() -> Result<SyntaxConfig, Error> {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).build()
}

/// Prints text and numbers. `is_html` says where to: there is no value that counts as escaped already.
fn print(out: &mut Output<'_>, value: &Value, is_html: bool) -> Result<(), Error> {
    let number;
    let text = match value.as_str() {
        Some(text) => text,
        None if value.is_number() => {
            number = value.to_string();
            &number
        }
        None => {
            let message = "only text and numbers can be printed";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
    };
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']).filter(|_| is_html) {
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

/// Judges a source whose placeholders can name `names`.
///
/// # Errors
/// `invalid`, with the line.
pub(crate) fn check(source: &str, names: &[&str]) -> Result<(), Invalid> {
    check_blocks(source)?;
    let parsed = parse_source(source)?;
    let mut scope = names.to_vec();
    check_statements(std::slice::from_ref(&parsed), &mut scope)
}

/// What an attribute's value is made of.
pub(crate) enum Piece<'a> {
    /// Text as it stands.
    Text,
    /// A name to be replaced.
    Name(&'a str),
}

/// The pieces of a source that has names only: no statement, no filter.
///
/// # Errors
/// `invalid`; its line is that within `source`.
pub(crate) fn pieces(source: &str) -> Result<Vec<Piece<'_>>, Invalid> {
    check_blocks(source)?;
    let only_names = || Invalid::new("invalid", "may have only plain names as placeholders here");
    let Stmt::Template(parsed) = parse_source(source)? else {
        return Err(only_names());
    };
    parsed
        .children
        .iter()
        .map(|statement| match statement {
            Stmt::EmitRaw(_) => Ok(Piece::Text),
            Stmt::EmitExpr(emit) => match &emit.expr {
                Expr::Var(var) => Ok(Piece::Name(var.id)),
                _ => Err(only_names()),
            },
            _ => Err(only_names()),
        })
        .collect()
}

fn parse_source(source: &str) -> Result<Stmt<'_>, Invalid> {
    let syntax = syntax().map_err(|error| explain(&error))?;
    parse(source, "source", syntax).map_err(|error| explain(&error))
}

/// A refusal that names the line.
pub(crate) fn at_line(line: usize, message: &str) -> Invalid {
    Invalid::new("invalid", format!("line {line}: {message}"))
}

/// The line of a place in a source, counted from 1.
pub(crate) fn line_of(source: &str, at: usize) -> usize {
    1 + source.get(..at).unwrap_or(source).matches('\n').count()
}

/// What the template engine says, without anything of the values.
pub(crate) fn explain(error: &Error) -> Invalid {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "takes too much work".to_owned(),
        ErrorKind::WriteFailure => format!("gives more than {LONGEST_OUTPUT} bytes"),
        ErrorKind::SyntaxError | ErrorKind::InvalidOperation => {
            error.detail().unwrap_or("can't be read").to_owned()
        }
        kind => kind.to_string(),
    };
    match error.line() {
        Some(line) => at_line(line, &what),
        None => Invalid::new("invalid", what),
    }
}

/// Looks at each block as text. What ends a block can't hide in a string, because quotes are paired before it; so no block
/// is longer than it looks, and neither comments nor `raw` make something look like a block that is none.
fn check_blocks(source: &str) -> Result<(), Invalid> {
    let mut statements = 0;
    let mut at = 0;
    while let Some(found) = source[at..].find('{') {
        let start = at + found;
        at = start + 1;
        let refuse = |message: &str| Err(at_line(line_of(source, start), message));
        let end = match source.as_bytes().get(at) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => return refuse("{# … #} is not allowed: use <!-- … --> for a comment"),
            _ => continue,
        };
        let Some(length) = source[at + 1..].find(end) else {
            return refuse("a placeholder has no end");
        };
        let inner = &source[at + 1..at + 1 + length];
        if inner.len() > LONGEST_BLOCK {
            return refuse("a placeholder is longer than 300 bytes, or has no end");
        }
        let quotes = |quote| inner.matches(quote).count();
        let is_mixed = quotes('"') > 0 && quotes('\'') > 0;
        if quotes('"') % 2 + quotes('\'') % 2 > 0 || is_mixed || inner.contains('\\') {
            return refuse("a placeholder has quotes that are not paired, of both kinds, or a \\");
        }
        if end == "%}" {
            statements += 1;
            let word = inner
                .trim_start_matches(['-', '+'])
                .split_whitespace()
                .next();
            let word = word.unwrap_or_default().trim_end_matches(['-', '+']);
            if !STATEMENTS.contains(&word) {
                let allowed = STATEMENTS.join(", ");
                return refuse(&format!("there is no such statement; there are {allowed}"));
            }
            if statements > MOST_STATEMENTS {
                return refuse("there are more than 200 statements");
            }
        }
        at += 1 + length + end.len();
    }
    Ok(())
}

fn check_statements<'a>(statements: &[Stmt<'a>], scope: &mut Vec<&'a str>) -> Result<(), Invalid> {
    for statement in statements {
        match statement {
            Stmt::Template(template) => check_statements(&template.children, scope)?,
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => check_expression(&emit.expr, scope)?,
            Stmt::IfCond(condition) => {
                check_expression(&condition.expr, scope)?;
                check_statements(&condition.true_body, scope)?;
                check_statements(&condition.false_body, scope)?;
            }
            Stmt::ForLoop(repeat) => {
                let lines_of = match &repeat.iter {
                    Expr::Filter(filter) if filter.name == "lines" && filter.args.is_empty() => {
                        filter.expr.as_ref()
                    }
                    _ => None,
                };
                let (Expr::Var(target), Some(text @ Expr::Var(_)), None, false) = (
                    &repeat.target,
                    lines_of,
                    &repeat.filter_expr,
                    repeat.recursive,
                ) else {
                    return Err(refused(
                        repeat.span(),
                        "a loop must be written {% for line in name|lines %}",
                    ));
                };
                // Work that grows with the length of a parameter must not be done for each of its lines.
                if scope.contains(&"loop") {
                    return Err(refused(repeat.span(), "a loop can't be in a loop"));
                }
                check_expression(text, scope)?;
                let outer = scope.len();
                scope.extend([target.id, "loop"]);
                check_statements(&repeat.body, scope)?;
                scope.truncate(outer);
                check_statements(&repeat.else_body, scope)?;
            }
            _ => {
                return Err(Invalid::new(
                    "invalid",
                    "there is a statement that is not allowed",
                ));
            }
        }
    }
    Ok(())
}

fn check_expression(expression: &Expr<'_>, scope: &[&str]) -> Result<(), Invalid> {
    match expression {
        Expr::Const(_) => Ok(()),
        Expr::Var(var) if scope.contains(&var.id) => Ok(()),
        Expr::Var(var) => {
            let mut message = format!("there is no `{}`; there are", var.id);
            for name in scope {
                let _ = write!(message, " {name}");
            }
            Err(refused(var.span(), &message))
        }
        Expr::UnaryOp(operation) if matches!(operation.op, UnaryOpKind::Not) => {
            check_expression(&operation.expr, scope)
        }
        Expr::BinOp(operation) if is_condition(operation.op) => {
            check_expression(&operation.left, scope)?;
            check_expression(&operation.right, scope)
        }
        Expr::Compare(comparison) => {
            let operands = comparison.ops.iter().map(|op| &op.expr);
            let mut operands = operands.chain([&comparison.expr]);
            operands.try_for_each(|operand| check_expression(operand, scope))
        }
        Expr::Filter(filter) if FILTERS.contains(&filter.name) && filter.args.is_empty() => {
            match &filter.expr {
                Some(name @ Expr::Var(var)) => {
                    // The name of the line comes right before `loop`.
                    if let [.., line, "loop"] = scope
                        && var.id != *line
                    {
                        let message = "within a loop only its line can have a filter";
                        return Err(refused(filter.span(), message));
                    }
                    check_expression(name, scope)
                }
                Some(inner @ Expr::Filter(_)) => check_expression(inner, scope),
                _ => Err(refused(filter.span(), "a filter must follow a name")),
            }
        }
        Expr::Filter(filter) => {
            let message = format!("the filters are {}, without arguments", FILTERS.join(", "));
            Err(refused(filter.span(), &message))
        }
        Expr::GetAttr(get)
            if matches!(&get.expr, Expr::Var(var) if var.id == "loop" && scope.contains(&"loop"))
                && matches!(get.name, "first" | "last" | "index") =>
        {
            Ok(())
        }
        other => Err(refused(
            other.span(),
            &format!("this {} is not allowed", other.description()),
        )),
    }
}

fn is_condition(operator: BinOpKind) -> bool {
    matches!(
        operator,
        BinOpKind::ScAnd
            | BinOpKind::ScOr
            | BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
    )
}

fn refused(span: Span, message: &str) -> Invalid {
    at_line(usize::from(span.start_line), message)
}

/// Takes as much as a part may be long.
#[derive(Default)]
pub(crate) struct Bounded(pub(crate) Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_OUTPUT {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
