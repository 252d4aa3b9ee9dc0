//! Posts that are made up: the same for the same number and edition, whenever and wherever.

use std::fmt::Write as _;

/// Words of posts.
const WORDS: &[&str] = &[
    "cloud", "voyage", "harbour", "signal", "table", "paper", "winter", "engine", "garden",
    "letter", "market", "mountain", "needle", "ocean", "pencil", "quiet", "river", "silver",
    "thread", "under", "valley", "window", "yellow", "zephyr", "bridge", "candle",
];
/// What posts are about.
const TAGS: &[&str] = &[
    "travel",
    "rust",
    "gardening",
    "music",
    "serverless",
    "photos",
    "history",
    "cooking",
];
/// Code of four languages.
const CODE: &[(&str, &str)] = &[
    (
        "rust",
        "fn main() {\n    let words: Vec<&str> = \"a b c\".split(' ').collect();\n    for (place, word) in words.iter().enumerate() {\n        println!(\"{place}: {word}\"); // each word\n    }\n}\n",
    ),
    (
        "python",
        "def fib(n: int) -> int:\n    \"\"\"The n-th number.\"\"\"\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n",
    ),
    (
        "javascript",
        "export async function load(url) {\n  const answer = await fetch(url, { method: \"GET\" });\n  if (!answer.ok) throw new Error(`status ${answer.status}`);\n  return answer.json();\n}\n",
    ),
    (
        "toml",
        "[package]\nname = \"voyage\"\nversion = \"0.1.0\"\n\n[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n",
    ),
];

/// Numbers that look like chance and are not (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap_or_default()
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.next(list.len())]
    }

    fn sentence(&mut self) -> String {
        let words: Vec<&str> = (0..8 + self.next(10)).map(|_| *self.of(WORDS)).collect();
        let mut sentence = words.join(" ");
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence + ". "
    }

    fn paragraph(&mut self) -> String {
        (0..3 + self.next(4)).map(|_| self.sentence()).collect()
    }
}

/// Where a post is.
pub fn path(number: usize) -> String {
    format!("posts/post-{number:04}.md")
}

/// Which post is there.
pub fn number(path: &str) -> Option<usize> {
    path.strip_prefix("posts/post-")?
        .strip_suffix(".md")?
        .parse()
        .ok()
}

/// Names what a post says, as a bucket does.
pub fn version(text: &str) -> String {
    domain::site::BlobId::of(text.as_bytes()).to_string()
}

/// A post of some 500 words, with code in every second, a table, a list, a note and links.
pub fn post(number: usize, edition: u32) -> String {
    let mut numbers =
        Numbers(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1).wrapping_mul(0x2545_f491_4f6c_dd1d));
    let (year, month, day) = (2015 + number % 10, 1 + number % 12, 1 + number % 28);
    let (first, second) = (*numbers.of(TAGS), *numbers.of(TAGS));
    let mut text = format!(
        "---\ntitle: The {} of the {}, number {number}\ndate: {year}-{month:02}-{day:02}\ntags: [{first}, {second}]\n---\n\n",
        numbers.of(WORDS),
        numbers.of(WORDS)
    );
    for section in 0..4 {
        let heading = numbers.sentence();
        let _ = write!(
            text,
            "## {}\n\n{}\n\n",
            heading.trim_end_matches(". "),
            numbers.paragraph()
        );
        let _ = write!(
            text,
            "{} See [this]({}) and **{}**.[^{section}]\n\n",
            numbers.paragraph(),
            link(number, section),
            numbers.of(WORDS)
        );
        let _ = write!(text, "[^{section}]: {}\n\n", numbers.sentence());
    }
    if number.is_multiple_of(2) {
        let (language, code) = numbers.of(CODE);
        let _ = write!(text, "```{language}\n{code}```\n\n");
    }
    let _ = write!(
        text,
        "| a | b |\n|---|--:|\n| {} | {} |\n| {} | {} |\n\n",
        numbers.of(WORDS),
        number,
        numbers.of(WORDS),
        edition
    );
    for _ in 0..4 {
        let _ = writeln!(text, "- {}", numbers.sentence());
    }
    if edition > 0 {
        let _ = write!(text, "\nEdition {edition}.\n");
    }
    text
}

/// A link to an earlier post, or to itself for the first.
fn link(number: usize, section: usize) -> String {
    format!("post-{:04}.md", number.saturating_sub(section + 1))
}
