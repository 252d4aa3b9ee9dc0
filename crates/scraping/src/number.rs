//! Numbers as people write them.

use domain::Invalid;
use serde::Serialize;

use crate::value::{Missing, quoted};

/// How numbers are written where a page comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// `1.234,56`, and dates as `31.12.2026`.
    De,
    /// `1,234.56`, and dates as `12/31/2026`.
    #[default]
    En,
    /// `1 234,56` with any kind of space, and dates as `31/12/2026`.
    Fr,
}

impl Locale {
    /// # Errors
    /// `unknown`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "de" => Ok(Self::De),
            "en" => Ok(Self::En),
            "fr" => Ok(Self::Fr),
            _ => Err(Invalid::new("unknown", "must be de, en or fr")),
        }
    }

    fn decimal(self) -> char {
        match self {
            Self::De | Self::Fr => ',',
            Self::En => '.',
        }
    }

    fn groups(self, c: char) -> bool {
        match self {
            Self::De => c == '.',
            Self::En => c == ',',
            Self::Fr => is_space(c),
        }
    }

    /// The one number in `text`: `1.234,56 €`, `USD 12.50`, `Only 5 left`.
    ///
    /// Signs of a currency, units and words around it are left out; a minus counts where it touches the number or the
    /// sign of its currency. A second number makes it unclear which one is meant.
    pub(crate) fn number(self, text: &str) -> Result<f64, Missing> {
        let absent = || {
            Missing::new(
                "not_a_number",
                format!("{} has no number in it", quoted(text)),
            )
        };
        let digit = text.find(|c: char| c.is_ascii_digit()).ok_or_else(absent)?;
        let start = self.start(text, digit);
        let end = end(text, digit);
        if text[end..].contains(|c: char| c.is_ascii_digit()) {
            return Err(Missing::new(
                "ambiguous_number",
                format!("{} has more than one number in it", quoted(text)),
            ));
        }
        let plain = self.plain(&text[start..end]).ok_or_else(|| {
            Missing::new(
                "not_a_number",
                format!(
                    "{} is not a number as the locale {} writes it",
                    quoted(&text[start..end]),
                    self.tag()
                ),
            )
        })?;
        let number: f64 = plain.parse().map_err(|_| absent())?;
        if !number.is_finite() {
            return Err(Missing::new("not_a_number", "the number is too large"));
        }
        Ok(if negative(&text[..start]) {
            -number
        } else {
            number
        })
    }

    /// Where the number begins: at its first digit, or at a decimal mark that stands alone before it, as in `.5`.
    fn start(self, text: &str, digit: usize) -> usize {
        let mut before = text[..digit].chars().rev();
        let mark = before.next() == Some(self.decimal());
        if mark && before.next().is_none_or(|c| !c.is_alphanumeric()) {
            digit - 1
        } else {
            digit
        }
    }

    /// The number as Rust reads it, when its groups are of three digits.
    fn plain(self, number: &str) -> Option<String> {
        let mut halves = number.split(self.decimal());
        let (whole, fraction) = (halves.next()?, halves.next());
        if halves.next().is_some() || fraction.is_some_and(|f| !all_digits(f)) {
            return None;
        }
        let groups: Vec<&str> = whole.split(|c| self.groups(c)).collect();
        let [first, rest @ ..] = groups.as_slice() else {
            return None;
        };
        let first_is_right = if rest.is_empty() {
            first.is_empty() || all_digits(first)
        } else {
            all_digits(first) && first.len() <= 3
        };
        if !first_is_right || !rest.iter().all(|g| g.len() == 3 && all_digits(g)) {
            return None;
        }
        Some(format!("{}.{}", groups.concat(), fraction.unwrap_or("0")))
    }

    fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Fr => "fr",
        }
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The spaces that stand between groups of digits: plain, no-break, thin, figure and narrow no-break (the CLDR's mark
/// for French).
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{2007}' | '\u{202f}')
}

/// The end of what begins with a digit: marks and spaces belong to it where a digit follows.
fn end(text: &str, digit: usize) -> usize {
    let mut end = digit;
    for (at, c) in text[digit..].char_indices() {
        let followed =
            || text[digit + at + c.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
        let inside = matches!(c, '.' | ',' | '\'' | '’') || is_space(c);
        if c.is_ascii_digit() || (inside && followed()) {
            end = digit + at + c.len_utf8();
        } else {
            break;
        }
    }
    end
}

/// Whether what stands before a number makes it negative: `-5`, `−5`, `-$5`, `- € 5`; not `A-5` and not `1 - 5`.
fn negative(before: &str) -> bool {
    let sign = |text: &str| {
        let mut chars = text.chars().rev();
        matches!(chars.next(), Some('-' | '−')) && chars.next().is_none_or(|c| !c.is_alphanumeric())
    };
    if sign(before) {
        return true;
    }
    let trimmed = before.trim_end();
    let without = trimmed.trim_end_matches(is_currency);
    without.len() < trimmed.len() && sign(without.trim_end())
}

/// The signs of Unicode's category Sc that pages use, which are the dollar, the Latin-1 ones and their block.
fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}' | '฿')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(locale: Locale, text: &str, expected: Option<f64>) {
        assert_eq!(locale.number(text).ok(), expected, "{text}");
    }

    #[test]
    fn a_number_is_read_as_its_locale_writes_it() {
        check(Locale::De, "1.234,56", Some(1234.56));
        check(Locale::De, "1.234", Some(1234.0));
        check(Locale::De, "12,99 €", Some(12.99));
        check(Locale::De, "12,- €", Some(12.0));
        check(Locale::En, "1,234.56", Some(1234.56));
        check(Locale::En, "US$1,234,567.5", Some(1_234_567.5));
        check(Locale::En, ".5", Some(0.5));
        check(Locale::En, "$.50", Some(0.5));
        check(Locale::Fr, "1\u{202f}234,56 €", Some(1234.56));
        check(Locale::Fr, "1\u{a0}234\u{2009}567", Some(1_234_567.0));
        check(Locale::En, "Only 5 left.", Some(5.0));
    }

    #[test]
    fn a_number_of_another_locale_is_not_guessed_at() {
        check(Locale::En, "1.234,56", None);
        check(Locale::De, "1,234.56", None);
        check(Locale::En, "12,99", None);
        check(Locale::De, "1.23", None);
        check(Locale::Fr, "1 23", None);
        check(Locale::En, "1,2345", None);
        check(Locale::En, "1234,567", None);
        check(Locale::En, "192.168.0.1", None);
    }

    #[test]
    fn two_numbers_are_unclear() {
        let refused = Locale::En.number("3 for $5").expect_err("two numbers");
        assert_eq!(refused.code, "ambiguous_number");
        check(Locale::En, "12-15", None);
        check(Locale::En, "1e5", None);
    }

    #[test]
    fn a_minus_counts_where_it_touches() {
        check(Locale::En, "-5", Some(-5.0));
        check(Locale::En, "−5 °C", Some(-5.0));
        check(Locale::En, "-$5.25", Some(-5.25));
        check(Locale::De, "- € 5", Some(-5.0));
        check(Locale::En, "$-5", Some(-5.0));
        check(Locale::En, "A-5", Some(5.0));
        check(Locale::En, "size - 5", Some(5.0));
    }

    /// A whole number with its digits in groups, as the locale separates them.
    fn grouped(digits: &str, mark: char) -> String {
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(mark);
            }
            grouped.push(digit);
        }
        grouped
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(cents in -99_999_999_999_i64..99_999_999_999, around in 0..4) {
            for (locale, mark, decimal) in [
                (Locale::De, '.', ','),
                (Locale::En, ',', '.'),
                (Locale::Fr, '\u{202f}', ','),
            ] {
                let sign = if cents < 0 { "-" } else { "" };
                let whole = grouped(&(cents.abs() / 100).to_string(), mark);
                let number = format!("{whole}{decimal}{:02}", cents.abs() % 100);
                let text = match around {
                    0 => format!("{sign}{number}"),
                    1 => format!("{sign}€ {number}"),
                    2 => format!("  {sign}{number} EUR "),
                    _ => format!("Price: {sign}{number} $"),
                };
                let expected: f64 = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100).parse().expect("a number");
                prop_assert_eq!(locale.number(&text).ok(), Some(expected), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            for locale in [Locale::De, Locale::En, Locale::Fr] {
                if let Ok(number) = locale.number(&text) {
                    prop_assert!(number.is_finite());
                }
            }
        }
    }
}
