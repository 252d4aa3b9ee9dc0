//! A definition: which page, when, what in it, and who is told.

use std::collections::BTreeMap;

use domain::Invalid;
use domain::mail::overrides_direction;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::reader::{Faults, Reader};
use crate::{Field, Notify, Schedule, Threshold, Zone};

/// The most fields of a definition.
pub const MAX_FIELDS: usize = 50;

/// The most characters of a definition's name.
const MAX_NAME: usize = 100;

/// The most bytes of a field's name.
const MAX_FIELD_NAME: usize = 64;

/// The column of a CSV file that says when.
pub(crate) const TIMESTAMP: &str = "timestamp";

/// The most bytes of a URL: what a link in a mail has.
const MAX_URL_BYTES: usize = 2_000;

/// A definition that can be run: selectors compiled, schedule and zone understood.
///
/// It serialises to what it was parsed from, with the defaults filled in.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Definition {
    /// What people call it.
    pub name: String,
    /// The page. Whether its address may be fetched is decided when it is.
    pub url: Url,
    /// When it is due, in its time zone.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// What is looked for, by name; all of one kind of source.
    pub fields: BTreeMap<String, Field>,
    /// Who is told of what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
}

impl Definition {
    /// Reads `{name, url, schedule, time_zone?, fields: {name: {css, pointer or feed, attribute?, all?, type?, locale?}},
    /// notify?: {on, threshold?, email?, webhook?}}`.
    ///
    /// # Errors
    /// Every bad field at once, each by its path (`fields.price.css`) with the reason.
    pub fn parse(value: &Value) -> Result<Self, Vec<(String, Invalid)>> {
        let mut faults = Faults::new();
        match Self::read(value, &mut faults) {
            Some(definition) if faults.is_empty() => Ok(definition),
            _ => Err(faults),
        }
    }

    /// What a number has to cross for that to be told.
    #[must_use]
    pub fn threshold(&self) -> Option<&Threshold> {
        self.notify.as_ref()?.threshold.as_ref()
    }

    fn read(value: &Value, faults: &mut Faults) -> Option<Self> {
        let mut reader = Reader::of(value, "", faults)?;
        let name = reader.required("name", name);
        let url = reader.required("url", web_url);
        let zone = reader.optional("time_zone", Zone::parse);
        let schedule = reader.required("schedule", |text| {
            Schedule::parse(text, zone.clone().flatten().unwrap_or_default())
        });
        let fields = if let Some(written) = reader.value("fields") {
            fields(written, reader.faults())
        } else {
            reader.refuse_key("fields", Invalid::new("required", "must be given"));
            None
        };
        let notify = match reader.value("notify") {
            Some(written) => Notify::read(written, fields.as_ref(), reader.faults()).map(Some),
            None => Some(None),
        };
        reader.no_others();
        Some(Self {
            name: name?,
            url: url?,
            schedule: schedule?,
            fields: fields?,
            notify: notify?,
        })
    }
}

impl<'de> serde::Deserialize<'de> for Definition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(|faults| {
            let faults = faults
                .iter()
                .map(|(field, invalid)| format!("{field}: {invalid}"));
            serde::de::Error::custom(faults.collect::<Vec<_>>().join("; "))
        })
    }
}

fn name(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new("required", "must not be empty"));
    }
    if text.chars().count() > MAX_NAME {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {MAX_NAME} characters"),
        ));
    }
    // The name stands in a mail's subject.
    let breaks = |c: char| matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(|c: char| c.is_control() || breaks(c) || overrides_direction(c)) {
        return Err(Invalid::new(
            "invalid",
            "must be one line, without control characters",
        ));
    }
    Ok(text.to_owned())
}

/// What a URL without a scheme, or with another one, is told.
const MUST_BEGIN: &str = "must begin with http:// or https://";

/// An `http` or `https` URL, without user and password.
pub(crate) fn web_url(text: &str) -> Result<Url, Invalid> {
    if text.len() > MAX_URL_BYTES {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {MAX_URL_BYTES} bytes"),
        ));
    }
    let url = Url::parse(text.trim()).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => Invalid::new("scheme", MUST_BEGIN),
        error => Invalid::new("invalid", format!("must be a URL: {error}")),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Invalid::new("scheme", MUST_BEGIN));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new(
            "credentials",
            "must not have a user or password in it",
        ));
    }
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {MAX_URL_BYTES} bytes once it is encoded"),
        ));
    }
    Ok(url)
}

fn fields(value: &Value, faults: &mut Faults) -> Option<BTreeMap<String, Field>> {
    let Some(object) = value.as_object() else {
        faults.push((
            "fields".to_owned(),
            Invalid::new("type", "must be an object"),
        ));
        return None;
    };
    if object.is_empty() || object.len() > MAX_FIELDS {
        let message = format!("must have 1 to {MAX_FIELDS} fields");
        faults.push(("fields".to_owned(), Invalid::new("count", message)));
        return None;
    }
    let before = faults.len();
    let mut fields = BTreeMap::new();
    for (name, value) in object {
        let shown: String = name.chars().take(MAX_FIELD_NAME).collect();
        let path = format!("fields.{shown}");
        if let Err(invalid) = field_name(name) {
            faults.push((path.clone(), invalid));
        }
        if let Some(field) = Field::read(value, &path, faults) {
            fields.insert(name.clone(), field);
        }
    }
    one_source(&fields, faults);
    (faults.len() == before).then_some(fields)
}

/// A page is HTML or JSON or a feed, so fields of two kinds can't all be found.
fn one_source(fields: &BTreeMap<String, Field>, faults: &mut Faults) {
    let mut keys = fields
        .iter()
        .map(|(name, field)| (name, field.source.key()));
    let Some((_, first)) = keys.next() else {
        return;
    };
    for (name, key) in keys.filter(|(_, key)| *key != first) {
        let message = format!(
            "{key} can't go together with the {first} of another field: a page is HTML, JSON or a feed"
        );
        faults.push((format!("fields.{name}"), Invalid::new("mixed", message)));
    }
}

/// A name that can stand in a threshold and in the first line of a CSV file.
fn field_name(name: &str) -> Result<(), Invalid> {
    if name == TIMESTAMP {
        return Err(Invalid::new(
            "reserved",
            format!("must have another name: {TIMESTAMP} is a column of the results"),
        ));
    }
    let mut bytes = name.bytes();
    let begins = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if begins && goes_on && name.len() <= MAX_FIELD_NAME {
        return Ok(());
    }
    Err(Invalid::new(
        "invalid",
        format!(
            "its name must be 1 to {MAX_FIELD_NAME} ASCII letters, digits, '_' and '-', and begin with a letter or '_'"
        ),
    ))
}
