//! Formulas of `LaTeX` as `MathML`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::thread;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use super::entities::push_veiled;
use super::markup::{Token, Tokens};

/// The most bytes of a formula.
const MAX_BYTES: usize = 10_000;
/// The most commands and braces of a formula: each may be read by a call within a call.
const MAX_COMMANDS: usize = 400;
/// With more of them a formula is read on a stack of its own.
const MAX_COMMANDS_HERE: usize = 30;
/// That stack: a build without optimizations takes some 20 KB for a command, and what isn't touched is no memory.
const STACK: usize = 64 * 1024 * 1024;
/// How deep the elements of a formula may stand in each other.
const MAX_DEPTH: usize = 60;
/// The most bytes of the formulas of a file.
const MAX_FILE: usize = 200_000;
/// The most formulas of a file.
const MAX_COUNT: usize = 20_000;
/// The most bytes of `MathML` for each byte of a file's formulas.
const MAX_GROWTH: usize = 100;

static CONVERTER: LazyLock<Option<LatexToMathML>> =
    LazyLock::new(|| LatexToMathML::new(MathCoreConfig::default()).ok());

/// Makes `MathML` of the formulas of one file, within bounds.
#[derive(Debug)]
pub(super) struct Formulas {
    left: usize,
    count: usize,
}

impl Default for Formulas {
    fn default() -> Self {
        Self {
            left: MAX_FILE,
            count: 0,
        }
    }
}

impl Formulas {
    /// A formula as `MathML`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn convert(&mut self, latex: &str, block: bool) -> Result<String, String> {
        if latex.len() > MAX_BYTES {
            return Err(format!("it has more than {MAX_BYTES} bytes"));
        }
        let commands = latex.bytes().filter(|byte| b"\\{^_".contains(byte)).count();
        if commands > MAX_COMMANDS {
            return Err(format!("it has more than {MAX_COMMANDS} commands"));
        }
        self.count += 1;
        if self.count > MAX_COUNT {
            return Err(format!("the file has more than {MAX_COUNT} formulas"));
        }
        let Some(left) = self.left.checked_sub(latex.len()) else {
            return Err(format!(
                "the formulas before it have {MAX_FILE} bytes, and no more are taken"
            ));
        };
        self.left = left;
        let display = if block {
            MathDisplay::Block
        } else {
            MathDisplay::Inline
        };
        let converter = CONVERTER.as_ref().ok_or("formulas can't be read")?;
        let read = || {
            // The crate reads what anybody wrote: a mistake in it is no reason to lose the file.
            catch_unwind(AssertUnwindSafe(|| {
                converter.convert_with_local_state(latex.trim(), display)
            }))
        };
        let made = if commands <= MAX_COMMANDS_HERE {
            read()
        } else {
            thread::scope(|scope| {
                let thread = thread::Builder::new().stack_size(STACK);
                let started = thread.spawn_scoped(scope, read);
                started.map_or_else(
                    |error| Err(Box::new(error) as _),
                    |reader| reader.join().flatten(),
                )
            })
        };
        let mathml = match made {
            Ok(Ok(made)) => made.mathml,
            Ok(Err(error)) => return Err(error.error_message()),
            Err(_) => return Err("it can't be read".to_owned()),
        };
        if mathml.len() > 1_000 + latex.len() * MAX_GROWTH || depth(&mathml) > MAX_DEPTH {
            return Err("its parts stand too deep in each other".to_owned());
        }
        Ok(mathml)
    }
}

/// How deep elements stand in each other.
fn depth(mathml: &str) -> usize {
    let mut depth = 0_usize;
    let mut most = 0;
    for token in Tokens::new(mathml) {
        if let Token::Tag(tag) = token {
            if tag.end {
                depth = depth.saturating_sub(1);
            } else if !mathml
                .get(..tag.place.end)
                .is_some_and(|html| html.ends_with("/>"))
            {
                depth += 1;
                most = most.max(depth);
            }
        }
    }
    most
}

/// A formula that can't be shown, as code.
pub(super) fn as_code(latex: &str, block: bool) -> String {
    let mut html = String::new();
    if block {
        html.push_str("<pre class=\"math-error\"><code>");
        push_veiled(&mut html, latex.trim());
        html.push_str("</code></pre>\n");
    } else {
        html.push_str("<code class=\"math-error\">");
        push_veiled(&mut html, latex);
        html.push_str("</code>");
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clean::clean;
    use super::super::entities::unveil;
    use super::*;

    fn convert(latex: &str) -> Result<String, String> {
        Formulas::default().convert(latex, true)
    }

    #[test]
    fn formulas_become_mathml_that_cleaning_leaves_as_it_is() {
        for latex in [
            "a^2 + b^2 = c^2",
            r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
            r"\int_0^\infty e^{-x^2} \, dx",
            r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
            r"\begin{aligned} a &= b \\ &= c \end{aligned}",
            r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{else} \end{cases}",
            r"\sum_{i=1}^n i \overline{x} \vec{v} \mathbb{R} \mathcal{L}",
            r"\left( \frac12 \right) \lim_{n \to \infty} \color{red} x",
            r"\begin{align} a &= b \\ c &= d \end{align}",
            r"\underbrace{a+b}_{c} \cancel{x} \operatorname{rank} \dfrac12 \bm{x}",
            r"\begin{array}{|c|c|} \hline a & b \\ \hline \end{array}",
        ] {
            let mathml = convert(latex).unwrap();
            let cleaned = clean(&mathml);
            let tags = |html: &str| html.matches('<').count() - html.matches("</").count();
            assert_eq!(clean(&cleaned), cleaned, "{latex}");
            assert_eq!(tags(&cleaned), tags(&mathml), "{mathml}\n{cleaned}");
            assert_eq!(
                cleaned.matches("style=").count(),
                mathml.matches("style=").count(),
                "{mathml}\n{cleaned}"
            );
        }
    }

    #[test]
    fn a_formula_that_is_wrong_says_why() {
        for latex in [
            r"\frac{1",
            r"\nosuchcommand",
            "a^",
            r"\begin{x}",
            r"\left( a",
            "}",
        ] {
            assert!(!convert(latex).unwrap_err().is_empty(), "{latex}");
        }
        assert_eq!(
            unveil(as_code("a<b", false)),
            "<code class=\"math-error\">a&lt;b</code>"
        );
    }

    #[test]
    fn formulas_are_bounded() {
        for unit in [
            r"\frac",
            r"\sqrt",
            "{",
            r"\hat",
            r"\left(",
            "^{",
            r"\sqrt[",
            r"\frac1",
            r"\text{",
            r"\begin{matrix}",
        ] {
            let text = unit.repeat(9_000 / unit.len());
            assert!(convert(&text).is_err(), "{unit}");
            let text = unit.repeat(MAX_COMMANDS / 2);
            let _ = convert(&text);
            let _ = convert(&(text + "x"));
        }
        assert!(convert(&"x".repeat(MAX_BYTES + 1)).is_err());
        let mut formulas = Formulas { left: 3, count: 0 };
        assert!(formulas.convert("a+b", false).is_ok());
        assert!(formulas.convert("c", false).is_err());
    }

    proptest! {
        /// Whatever somebody writes, what follows is `MathML` that is clean, or an error.
        #[test]
        fn nothing_panics_or_gets_out(latex in r"(\\[a-z]{1,6}|\\(frac|sqrt|text|left|right|begin|end|href|style|color|ref|label|tag|mathbb|class)|[a-c0-9{}\[\]()^_&<>\x22'+=|~%#$ -]|\\\\){0,25}") {
            if let Ok(mathml) = convert(&latex) {
                let cleaned = clean(&mathml);
                prop_assert_eq!(clean(&cleaned), cleaned);
            }
        }
    }
}
