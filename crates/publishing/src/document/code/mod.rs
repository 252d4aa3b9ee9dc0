//! Code in colours.

mod classes;
mod known;

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::site::BlobId;
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::entities::{escape, push_veiled};
pub(super) use classes::PREFIX;
use classes::class;
pub use classes::highlight_css;
pub(super) use known::find;
pub use known::{Known, Painted};

/// Longer lines are data, and take the expressions of a syntax longest.
const MAX_LINE: usize = 1_000;
/// What a byte costs grows with its line: up to this length it costs one.
const PLAIN_LINE: usize = 100;
/// What the colours of a file's code may cost.
const MAX_FILE: usize = 150_000;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Colours the code of one file, within bounds.
#[derive(Debug)]
pub(super) struct Painter<'k> {
    left: usize,
    known: &'k Known,
    /// What was coloured, in order.
    pub painted: Vec<(BlobId, String)>,
}

impl<'k> Painter<'k> {
    pub fn new(known: &'k Known) -> Self {
        Self {
            left: MAX_FILE,
            known,
            painted: Vec::new(),
        }
    }

    /// A block of code as HTML.
    pub fn block(&mut self, info: &str, code: &str) -> String {
        let language = language(info);
        let mut html = String::with_capacity(code.len() + code.len() / 2 + 60);
        html.push_str("<pre><code");
        if !language.is_empty() {
            html.push_str(" class=\"language-");
            escape(&mut html, &language);
            html.push('"');
        }
        html.push('>');
        match syntax(&language) {
            Some(syntax) if cost(code) <= self.left => {
                self.left -= cost(code);
                let name = known::name(&language, code);
                let known = self.known.get(&name).map(ToOwned::to_owned);
                let painted = known.unwrap_or_else(|| paint(syntax, code));
                html.push_str(&painted);
                self.painted.push((name, painted));
            }
            _ => push_veiled(&mut html, code),
        }
        html.push_str("</code></pre>\n");
        html
    }
}

/// The language that the line of a fence names: `rust`, `rust,ignore`, `{.rust}`.
pub(super) fn language(info: &str) -> String {
    let word = info
        .trim_start()
        .trim_start_matches(['{', '.'])
        .split(|c: char| c.is_whitespace() || c == ',' || c == '{' || c == '}')
        .next()
        .unwrap_or_default();
    word.chars().take(40).collect::<String>().to_lowercase()
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let name = match language {
        "" | "text" | "txt" | "plain" | "plaintext" => return None,
        // PowerShell's own syntax needs a regex engine in C. Its comments, strings, variables and numbers look like a shell's.
        "shell" | "console" | "shellsession" | "zsh" | "powershell" | "pwsh" | "ps1" => "bash",
        "golang" => "go",
        "csharp" => "cs",
        "docker" | "containerfile" => "dockerfile",
        "terraform" => "tf",
        "jsonc" | "json5" => "json",
        "objective-c" | "objc" => "m",
        "proto" | "protobuf" => "proto",
        "javascript" | "node" | "mjs" => "js",
        "jsx" => "tsx",
        "gql" => "graphql",
        "make" => "makefile",
        "conf" => "ini",
        "patch" => "diff",
        other => other,
    };
    SYNTAXES.find_syntax_by_token(name)
}

/// What it costs to colour code: expressions that look for the end of something look at the rest of the line each time.
fn cost(code: &str) -> usize {
    code.split_inclusive('\n')
        .map(str::len)
        .filter(|length| *length <= MAX_LINE)
        .map(|length| length.max(length * length / PLAIN_LINE))
        .sum()
}

fn paint(syntax: &SyntaxReference, code: &str) -> String {
    let mut html = String::with_capacity(code.len() * 2);
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut span = Span::default();
    let mut known = HashMap::new();
    for line in code.split_inclusive('\n') {
        let parsed = if line.len() > MAX_LINE {
            None
        } else {
            state.parse_line(line, &SYNTAXES).ok()
        };
        let mut at = 0;
        for (place, change) in parsed.unwrap_or_default() {
            let end = place.clamp(at, line.len());
            span.write(
                &mut html,
                line.get(at..end).unwrap_or_default(),
                class(&stack, &mut known),
            );
            at = end;
            // A change that doesn't fit the stack leaves it as it is.
            let _ = stack.apply(&change);
        }
        span.write(
            &mut html,
            line.get(at..).unwrap_or_default(),
            class(&stack, &mut known),
        );
    }
    span.end(&mut html);
    html
}

/// The element that is being written: parts of one class that follow on each other are in one.
#[derive(Default)]
struct Span {
    class: Option<&'static str>,
    /// White space that may turn out to stand between two elements.
    blank: String,
}

impl Span {
    fn write(&mut self, html: &mut String, text: &str, class: Option<&'static str>) {
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            self.blank.push_str(text);
            return;
        }
        if self.class != class {
            self.end(html);
            if let Some(class) = class {
                html.push_str("<span class=\"");
                html.push_str(PREFIX);
                html.push_str(class);
                html.push_str("\">");
            }
            self.class = class;
        }
        html.push_str(&self.blank);
        self.blank.clear();
        push_veiled(html, text);
    }

    fn end(&mut self, html: &mut String) {
        if self.class.take().is_some() {
            html.push_str("</span>");
        }
        html.push_str(&self.blank);
        self.blank.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::entities::unveil;
    use super::*;

    fn block(info: &str, code: &str) -> String {
        unveil(Painter::new(&Known::default()).block(info, code))
    }

    #[test]
    fn languages_are_known() {
        for language in [
            "rust",
            "toml",
            "dockerfile",
            "docker",
            "kotlin",
            "swift",
            "powershell",
            "scss",
            "hcl",
            "terraform",
            "graphql",
            "typescript",
            "ts",
            "tsx",
            "jsx",
            "ini",
            "bash",
            "sh",
            "console",
            "python",
            "py",
            "js",
            "javascript",
            "json",
            "yaml",
            "yml",
            "html",
            "css",
            "sql",
            "go",
            "java",
            "c",
            "cpp",
            "c++",
            "c#",
            "csharp",
            "ruby",
            "php",
            "diff",
            "makefile",
            "nix",
            "elixir",
            "zig",
            "xml",
            "lua",
            "haskell",
            "scala",
            "perl",
            "r",
            "vue",
            "svelte",
            "proto",
            "markdown",
            "nginx",
            "julia",
            "dart",
            "elm",
            "clojure",
        ] {
            assert!(syntax(language).is_some(), "{language}");
        }
        assert!(syntax("no-such-language").is_none());
    }

    #[test]
    fn the_parts_of_code_have_classes() {
        let html = block(
            "rust,ignore",
            "fn main() { // hi\n    let x = \"<b>\";\n}\n",
        );
        for part in [
            "<pre><code class=\"language-rust\">",
            "<span class=\"hl-k\">fn</span>",
            "<span class=\"hl-f\">main</span>",
            "<span class=\"hl-c\">// hi\n</span>",
            "<span class=\"hl-s\">\"&lt;b&gt;\"</span>",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }

    #[test]
    fn many_languages_get_colours() {
        for (language, code) in [
            ("toml", "[a]\nb = 1 # c\n"),
            ("dockerfile", "FROM a:1\nRUN x\n"),
            ("kotlin", "fun main() { val a = 1 }\n"),
            ("swift", "let a = 1\n"),
            ("powershell", "$a = Get-Item 'x'\n"),
            ("scss", "a { $b: 1px; }\n"),
            ("hcl", "a \"b\" { c = 1 }\n"),
            ("graphql", "query { a(b: 1) }\n"),
            ("tsx", "const a: number = <b>1</b>;\n"),
            ("ini", "[a]\nb=1\n"),
            ("json", "{\"a\": 1}\n"),
        ] {
            assert!(
                block(language, code).contains("<span class=\"hl-"),
                "{language}"
            );
        }
    }

    #[test]
    fn what_is_long_or_unknown_is_only_escaped() {
        let line = format!("let a = \"{}\";\n", "x".repeat(MAX_LINE));
        assert!(!block("rust", &line).contains("<span"));
        let long = "let a = 1;\n".repeat(MAX_FILE / 11 + 1);
        assert!(!block("rust", &long).contains("<span"));
        assert_eq!(
            block("\"><x", "<&\n"),
            "<pre><code class=\"language-&quot;&gt;&lt;x\">&lt;&amp;\n</code></pre>\n"
        );
        assert_eq!(block("", "a"), "<pre><code>a</code></pre>\n");
        let known = Known::default();
        let mut painter = Painter::new(&known);
        painter.left = 5;
        assert!(!painter.block("rust", "let a = 1;\n").contains("<span"));
    }

    #[test]
    fn the_words_of_a_fence_name_its_language() {
        for (info, expected) in [
            ("rust", "rust"),
            (" Rust title=x", "rust"),
            ("{.rust}", "rust"),
            ("rust,no_run", "rust"),
            ("js{1,3}", "js"),
            ("", ""),
        ] {
            assert_eq!(language(info), expected, "{info}");
        }
    }
}
