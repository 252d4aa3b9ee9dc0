//! Who is told of what.

use std::collections::BTreeMap;
use std::fmt;

use domain::{Email, Invalid};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use url::Url;

use crate::definition::web_url;
use crate::reader::{Faults, Reader};
use crate::{Field, Kind, Results};

/// What is told, and to whom.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Notify {
    /// What is told; each at most once.
    pub on: Vec<Event>,
    /// What a number has to cross, when that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// Who gets a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Where a signed message is posted: http or https. Whether it may be asked is for who posts it to say, because `http`
    /// is for trying things out on one machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Url>,
}

/// Something that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// A field says something else than before.
    Change,
    /// A number crossed the threshold.
    Threshold,
    /// The page can't be had, or says nothing of what is looked for.
    Failure,
    /// The page can be had again.
    Recovery,
}

impl Event {
    const ALL: [Self; 4] = [Self::Change, Self::Threshold, Self::Failure, Self::Recovery];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Threshold => "threshold",
            Self::Failure => "failure",
            Self::Recovery => "recovery",
        }
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let mut all = Self::ALL.into_iter();
        all.find(|event| event.as_str() == text).ok_or_else(|| {
            Invalid::new("unknown", "must be change, threshold, failure or recovery")
        })
    }
}

impl Notify {
    /// Reads what stands at `notify`; without `fields`, which were bad, a threshold's field isn't looked up.
    pub(crate) fn read(
        value: &Value,
        fields: Option<&BTreeMap<String, Field>>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut reader = Reader::of(value, "notify", faults)?;
        let on = match reader.value("on").map(events) {
            Some(Ok(on)) => Some(on),
            Some(Err(invalid)) => {
                reader.refuse_key("on", invalid);
                None
            }
            None => {
                reader.refuse_key("on", Invalid::new("required", "must be given"));
                None
            }
        };
        let threshold = reader.optional("threshold", |text| {
            let threshold = Threshold::parse(text)?;
            fields.map_or(Ok(()), |fields| threshold.fits(fields))?;
            Ok(threshold)
        });
        let email = reader.optional("email", Email::parse);
        let webhook = reader.optional("webhook", web_url);

        let told = on.as_ref().map(|on| on.contains(&Event::Threshold));
        match (told, reader.has("threshold")) {
            (Some(true), false) => reader.refuse_key(
                "threshold",
                Invalid::new("required", "must be given, because notify.on has threshold"),
            ),
            (Some(false), true) => reader.refuse_key(
                "threshold",
                Invalid::new("unexpected", "has no effect unless notify.on has threshold"),
            ),
            _ => {}
        }
        reader.no_others();
        Some(Self {
            on: on?,
            threshold: threshold?,
            email: email?,
            webhook: webhook?,
        })
    }
}

/// A webhook's address is often all the secret that its receiver has.
impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify")
            .field("on", &self.on)
            .field("threshold", &self.threshold)
            .finish_non_exhaustive()
    }
}

fn events(value: &Value) -> Result<Vec<Event>, Invalid> {
    let list = value
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| Invalid::new("type", "must be a list of what is told"))?;
    let mut on = Vec::new();
    for value in list {
        let text = value.as_str().unwrap_or_default();
        let event = Event::parse(text)?;
        if on.contains(&event) {
            return Err(Invalid::new("duplicate", "must have each of them once"));
        }
        on.push(event);
    }
    Ok(on)
}

/// A comparison of a field with a number: `price < 100`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Threshold {
    /// A field of the type `number` that takes one.
    pub field: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; finite.
    pub bound: f64,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The longer signs first, so that `<=` isn't read as `<`.
const SIGNS: [(&str, Comparison); 4] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Threshold {
    /// Reads `field < number`, with `<`, `<=`, `>` or `>=`; the number with a full stop and no groups.
    ///
    /// # Errors
    /// `invalid` with the character at which it goes wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let at = |place: usize, why: &str| {
            let place = text[..place].chars().count() + 1;
            Invalid::new("invalid", format!("at character {place}: {why}"))
        };
        let sign = text.find(['<', '>']).ok_or_else(|| {
            Invalid::new(
                "invalid",
                "must be a field, one of < <= > >= and a number, like price < 100",
            )
        })?;
        let field = text[..sign].trim();
        if field.is_empty() {
            return Err(at(sign, "a field's name must stand before the sign"));
        }
        let (sign, comparison) = SIGNS
            .into_iter()
            .find(|(written, _)| text[sign..].starts_with(written))
            .map(|(written, comparison)| (sign + written.len(), comparison))
            .ok_or_else(|| at(sign, "must be < <= > or >="))?;
        let number = text[sign..].trim();
        let begins = sign + (text[sign..].len() - text[sign..].trim_start().len());
        let plain = number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        let bound = number
            .parse()
            .ok()
            .filter(|bound: &f64| plain && bound.is_finite());
        Ok(Self {
            field: field.to_owned(),
            comparison,
            bound: bound.ok_or_else(|| at(begins, "must be a number, like 100 or 99.50"))?,
        })
    }

    fn fits(&self, fields: &BTreeMap<String, Field>) -> Result<(), Invalid> {
        let field = fields.get(&self.field).ok_or_else(|| {
            Invalid::new("unknown", "at character 1: there is no field of this name")
        })?;
        if field.kind != Kind::Number || field.all {
            return Err(Invalid::new(
                "type",
                "at character 1: the field must be of the type number, and not take all",
            ));
        }
        Ok(())
    }

    /// Whether a number is past the threshold.
    #[must_use]
    pub fn holds(&self, number: f64) -> bool {
        match self.comparison {
            Comparison::Less => number < self.bound,
            Comparison::AtMost => number <= self.bound,
            Comparison::Greater => number > self.bound,
            Comparison::AtLeast => number >= self.bound,
        }
    }

    /// Whether the threshold was crossed: the number is past it, and the one before was not.
    ///
    /// Where there is no number before, because there was no run or the field was missing, it counts as not past: rather
    /// told twice than not at all.
    #[must_use]
    pub fn is_crossed(&self, before: Option<&Results>, after: &Results) -> bool {
        let number = |results: &Results| results.get(&self.field)?.value()?.number();
        let was = before
            .and_then(number)
            .is_some_and(|number| self.holds(number));
        !was && number(after).is_some_and(|number| self.holds(number))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
        };
        write!(f, "{} {sign} {}", self.field, self.bound)
    }
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
