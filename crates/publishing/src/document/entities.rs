//! Characters that HTML gives names to.

/// Appends text as HTML.
pub(super) fn escape(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find(['&', '<', '>', '"']) {
        let (before, after) = rest.split_at(place);
        html.push_str(before);
        html.push_str(match after.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            _ => "&quot;",
        });
        rest = after.get(1..).unwrap_or_default();
    }
    html.push_str(rest);
}

/// The text of an attribute's value: with numbers and the commonest names of characters instead of `&…;`.
pub(super) fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let (c, next) = entity(after).unwrap_or(('&', after));
        text.push(c);
        rest = next;
    }
    text.push_str(rest);
    text
}

/// The character that is named at the start of a text, which follows an ampersand, and what comes after it.
fn entity(text: &str) -> Option<(char, &str)> {
    if let Some(number) = text.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let length = digits
            .find(|c: char| !c.is_digit(radix))
            .unwrap_or(digits.len());
        let (digits, rest) = digits.split_at(length);
        let c = u32::from_str_radix(digits, radix)
            .ok()
            .and_then(char::from_u32)?;
        return Some((c, rest.strip_prefix(';').unwrap_or(rest)));
    }
    let names = [
        ("amp;", '&'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("quot;", '"'),
        ("apos;", '\''),
        ("nbsp;", '\u{a0}'),
        ("colon;", ':'),
        ("sol;", '/'),
        ("num;", '#'),
        ("period;", '.'),
        ("Tab;", '\t'),
        ("NewLine;", '\n'),
    ];
    names
        .into_iter()
        .find_map(|(name, c)| text.strip_prefix(name).map(|rest| (c, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unescaped() {
        assert_eq!(unescaped("a&amp;b&#47;&#x2f;c&d&amp"), "a&b//c&d&amp");
        assert_eq!(
            unescaped("java&colon;&#00000058;&#xffffffff;"),
            "java::&#xffffffff;"
        );
    }

    #[test]
    fn text_is_escaped() {
        let mut html = String::new();
        escape(&mut html, "a<b>&\"ü");
        assert_eq!(html, "a&lt;b&gt;&amp;&quot;ü");
    }
}
