//! Fields of YAML and TOML, with as much of their types as is needed.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The most entries of a list that are read: aliases of YAML can make a short text into a very long list.
pub(super) const MAX_LIST: usize = 200;
/// The key by which the `toml` crate hands over a date.
const TOML_DATE: &str = "$__toml_private_datetime";
/// How much of a parser's message is shown.
const MAX_MESSAGE: usize = 300;

/// What a field says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing: `title:`.
    Null,
    /// A truth.
    Bool(bool),
    /// A word, a number or a date, as text.
    Text(String),
    /// A number with a point, which may have been written in another way.
    Float(String),
    /// A list; what is in it and is no scalar is [`Value::Other`].
    List(Vec<Value>),
    /// Anything else.
    Other,
}

/// The fields in order, their names in small letters. Of those we don't know none is kept.
pub(super) type Fields = Vec<(String, Value)>;

/// Fields of YAML.
///
/// # Errors
/// The line within the text, from 1, and what is wrong.
pub(super) fn yaml(text: &str) -> Result<Fields, (u32, String)> {
    if super::is_empty(text) {
        return Ok(Fields::new());
    }
    serde_norway::from_str(text)
        .map(|Top(fields)| fields)
        .map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            (u32::try_from(line).unwrap_or(1), short(&error.to_string()))
        })
}

/// Fields of TOML.
///
/// # Errors
/// As [`yaml`].
pub(super) fn toml(text: &str) -> Result<Fields, (u32, String)> {
    ::toml::from_str(text)
        .map(|Top(fields)| fields)
        .map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            let before = text.get(..place).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            (u32::try_from(line).unwrap_or(1), short(error.message()))
        })
}

fn short(message: &str) -> String {
    let mut line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.floor_char_boundary(MAX_MESSAGE);
    line.truncate(end);
    line
}

/// All of the front matter.
struct Top(Fields);

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor).map(Self)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields such as `title: words`")
    }

    fn visit_unit<E>(self) -> Result<Fields, E> {
        Ok(Fields::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        while let Some(key) = map.next_key_seed(Scalar)? {
            let name = match key {
                Value::Text(name) => name.to_lowercase(),
                _ => String::new(),
            };
            if !super::KNOWN.contains(&name.as_str()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(de::Error::custom(format!("`{name}` stands there twice")));
            }
            fields.push((name, map.next_value_seed(Any)?));
        }
        Ok(fields)
    }
}

/// Reads a field's value.
struct Any;

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor { lists: true })
    }
}

/// Reads what is in a list.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor { lists: false })
    }
}

struct ValueVisitor {
    lists: bool,
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while self.lists && list.len() < MAX_LIST {
            match seq.next_element_seed(Scalar)? {
                Some(value) => list.push(value),
                None => return Ok(Value::List(list)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(if self.lists {
            Value::List(list)
        } else {
            Value::Other
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut value = Value::Other;
        while let Some(key) = map.next_key_seed(Scalar)? {
            if key == Value::Text(TOML_DATE.to_owned()) {
                value = map.next_value_seed(Scalar)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        // A value with a tag of its own, such as `!include file`.
        let (IgnoredAny, variant) = data.variant::<IgnoredAny>()?;
        de::VariantAccess::newtype_variant::<IgnoredAny>(variant)?;
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn yaml_and_toml_say_the_same() {
        let yaml = yaml(
            "Title: 2026\ndate: 2026-11-23\nextra: {a: [1]}\n7: x\ntags: [a, 1, null, {b: c}]\n",
        );
        let toml =
            toml("title = \"2026\"\ndate = 2026-11-23\ntags = [\"a\", 1]\n[extra]\na = [1]\n")
                .unwrap();
        assert_eq!(
            yaml.unwrap(),
            [
                ("title".to_owned(), text("2026")),
                ("date".to_owned(), text("2026-11-23")),
                (
                    "tags".to_owned(),
                    Value::List(vec![text("a"), text("1"), Value::Null, Value::Other])
                ),
            ]
        );
        assert!(toml.contains(&("date".to_owned(), text("2026-11-23"))));
    }

    #[test]
    fn what_can_not_be_parsed_has_a_line() {
        for (broken, line) in [
            ("title: a\n  b: [\n", 2),
            ("title: a\ntags: [a\ndraft: true\n", 3),
            ("title: a\ntitle: b\n", 1),
            ("a: &x\n", 1),
            ("just words\n", 1),
            ("- a\n- b\n", 1),
            ("title: \"a\n", 2),
        ] {
            match yaml(broken) {
                Err((at, message)) => {
                    assert!(
                        at <= line + 1 && !message.is_empty(),
                        "{broken:?}: {at} {message}"
                    );
                }
                Ok(fields) => assert!(fields.is_empty(), "{broken:?} is {fields:?}"),
            }
        }
        assert_eq!(toml("a = 1\nb = \n").unwrap_err().0, 2);
    }

    #[test]
    fn a_tag_of_yaml_is_no_reason_to_fail() {
        assert_eq!(yaml("title: !x a\ndraft: true\n").unwrap().len(), 2);
    }

    #[test]
    fn aliases_that_multiply_are_not_unfolded() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            bomb = format!("{bomb}a{level}: &a{level} [{before}]\n");
        }
        bomb += "tags: *a19\n";
        let nothing = Value::List(vec![Value::Other; 9]);
        assert_eq!(yaml(&bomb).unwrap(), [("tags".to_owned(), nothing)]);
        let list = "x: &x a\ntags: [".to_owned() + &"*x, ".repeat(10_000) + "]\n";
        assert!(matches!(&yaml(&list).unwrap()[0].1, Value::List(list) if list.len() == MAX_LIST));
    }

    #[test]
    fn deep_values_are_refused_and_not_followed() {
        assert!(yaml(&("extra: ".to_owned() + &"[".repeat(20_000))).is_err());
        assert!(toml(&("extra = ".to_owned() + &"[".repeat(20_000))).is_err());
    }
}
