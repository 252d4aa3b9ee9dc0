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

/// Stand for `&amp;`, `&lt;` and `&gt;` until HTML is clean: the parser that cleans it takes time by the square of how many of those a
/// text has. They are noncharacters, which no text is made of; whoever writes one gets no more than the name of a character.
const VEILS: [(char, &str); 3] = [
    ('\u{fdd0}', "&amp;"),
    ('\u{fdd1}', "&lt;"),
    ('\u{fdd2}', "&gt;"),
];

/// The character that stands for one that means something in HTML.
fn veiled(c: char) -> char {
    match c {
        '&' => '\u{fdd0}',
        '<' => '\u{fdd1}',
        '>' => '\u{fdd2}',
        '\u{fdd0}'..='\u{fdd2}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

fn is_changed(c: char) -> bool {
    veiled(c) != c
}

/// Text without characters that mean something in HTML; `None` where it has none.
pub(super) fn veil(text: &str) -> Option<String> {
    text.contains(is_changed)
        .then(|| text.chars().map(veiled).collect())
}

/// Appends text as HTML that is not clean yet.
pub(super) fn push_veiled(html: &mut String, text: &str) {
    match veil(text) {
        Some(text) => html.push_str(&text),
        None => html.push_str(text),
    }
}

/// Text of HTML, in which the commonest names of characters are veiled, and how many others stay.
pub(super) fn veil_markup(html: &mut String, text: &str) -> usize {
    let mut others = 0;
    let mut rest = text;
    while let Some(place) = rest.find(is_changed) {
        let (before, after) = rest.split_at(place);
        html.push_str(before);
        let known = VEILS.iter().find(|(_, name)| after.starts_with(name));
        if let Some((c, name)) = known {
            html.push(*c);
            rest = after.get(name.len()..).unwrap_or_default();
            continue;
        }
        let mut chars = after.chars();
        let c = chars.next().unwrap_or_default();
        rest = chars.as_str();
        if c == '&' && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#') {
            others += 1;
            html.push(c);
        } else {
            html.push(veiled(c));
        }
    }
    html.push_str(rest);
    others
}

/// HTML with the names of what was veiled.
pub(super) fn unveil(html: String) -> String {
    let is_veil = |c: char| matches!(c, '\u{fdd0}'..='\u{fdd2}');
    if !html.contains(is_veil) {
        return html;
    }
    let mut named = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html.as_str();
    while let Some(place) = rest.find(is_veil) {
        let (before, after) = rest.split_at(place);
        named.push_str(before);
        for (c, name) in VEILS {
            if let Some(next) = after.strip_prefix(c) {
                named.push_str(name);
                rest = next;
            }
        }
    }
    named.push_str(rest);
    named
}

/// The inverse of [`unveil`] for what was veiled before.
pub(super) fn veil_names(html: &str) -> String {
    let mut veiled = html.to_owned();
    for (c, name) in VEILS {
        if veiled.contains(name) {
            veiled = veiled.replace(name, c.encode_utf8(&mut [0; 4]));
        }
    }
    veiled
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
    fn what_is_veiled_comes_back_by_name() {
        assert_eq!(veil("plain"), None);
        assert_eq!(
            unveil(veil("a<b>&amp;\u{fdd1}").unwrap()),
            "a&lt;b&gt;&amp;amp;\u{fffd}"
        );
        let all = veil("a<b>&amp;lt;<").unwrap();
        assert_eq!(veil_names(&unveil(all.clone())), all);
        let mut html = String::new();
        assert_eq!(veil_markup(&mut html, "a & b &lt; &copy; &#38; >"), 2);
        assert_eq!(unveil(html), "a &amp; b &lt; &copy; &#38; &gt;");
    }

    #[test]
    fn text_is_escaped() {
        let mut html = String::new();
        escape(&mut html, "a<b>&\"ü");
        assert_eq!(html, "a&lt;b&gt;&amp;&quot;ü");
    }
}
