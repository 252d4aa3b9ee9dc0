//! From the fields of a body to types: every bad field is told at once.

use domain::mail::Template;
use domain::password::{NewPassword, Password};
use domain::user::{FamilyId, Name, UserName};
use domain::{Email, Invalid, Timestamp, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{FieldError, Problem, Request};

/// A type that a text field is parsed to.
pub trait FromText: Sized {
    /// Parses the text.
    ///
    /// # Errors
    /// What the type refuses.
    fn from_text(text: &str) -> Result<Self, Invalid>;
}

macro_rules! from_text {
    ($($type:ty),*) => {
        $(impl FromText for $type {
            fn from_text(text: &str) -> Result<Self, Invalid> {
                Self::parse(text)
            }
        })*
    };
}

from_text!(
    Email,
    NewPassword,
    Name,
    UserName,
    FamilyId,
    UserId,
    Template
);

impl FromText for Timestamp {
    fn from_text(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| {
            Invalid::new(
                "invalid",
                "must be a time of RFC 3339, like 2026-01-31T12:00:00Z",
            )
        })
    }
}

impl FromText for Password {
    fn from_text(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            Err(Invalid::new("required", "must not be empty"))
        } else {
            Ok(Self::new(text))
        }
    }
}

impl FromText for String {
    fn from_text(text: &str) -> Result<Self, Invalid> {
        Ok(text.to_owned())
    }
}

/// A text field of a body: parsed, refused, or not there. Reading it never fails, so that all fields are judged together.
#[derive(Debug, Default)]
pub enum Field<T> {
    /// Not there, or null.
    #[default]
    Missing,
    /// There, but not acceptable.
    Refused(Invalid),
    /// Parsed.
    Given(T),
}

impl<'de, T: FromText> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Missing,
            Value::String(text) => T::from_text(&text).map_or_else(Self::Refused, Self::Given),
            _ => Self::Refused(Invalid::new("wrong_type", "must be a string")),
        })
    }
}

impl<T> Field<T> {
    /// Whether the field is there.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

/// How many bad fields are told: more than any route has.
const MOST_TOLD: usize = 50;
/// How much of a field's name is told, in characters.
const NAME_LENGTH: usize = 100;

/// Judges the fields of a body: each is taken by [`Input::required`] or [`Input::optional`], and [`Input::finish`] gives
/// them all or the problem that names every bad one.
#[derive(Debug, Default)]
pub struct Input {
    errors: Vec<FieldError>,
}

impl Input {
    /// Nothing judged yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A field that must be there.
    pub fn required<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        if !field.is_given() {
            self.refuse(name, Invalid::new("required", "is required"));
        }
        self.optional(name, field)
    }

    /// A field that may be there.
    pub fn optional<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Missing => None,
            Field::Given(value) => Some(value),
            Field::Refused(error) => {
                self.refuse(name, error);
                None
            }
        }
    }

    /// Refuses what is in the query besides `known`: a name that is written wrong would have the request done otherwise than
    /// it was meant.
    pub fn only(&mut self, request: &Request, known: &[&str]) {
        for name in request.query_names() {
            if !known.contains(&name) {
                let message = format!("is unknown; there is {}", known.join(" and "));
                self.refuse(name, Invalid::new("unknown", message));
            }
        }
    }

    /// A parameter of the query that is `true` or `false`, which it also is where it is not there.
    pub fn flag(&mut self, request: &Request, name: &str) -> bool {
        match request.query(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.refuse(name, Invalid::new("invalid", "must be true or false"));
                false
            }
        }
    }

    /// Refuses a field for a reason that its type does not know. Of what a client made up the first 50 are told, and
    /// of each name its beginning, so that no answer is as long as any request.
    pub fn refuse(&mut self, name: &str, error: Invalid) {
        if self.errors.len() == MOST_TOLD {
            return;
        }
        self.errors.push(FieldError {
            field: name.chars().take(NAME_LENGTH).collect(),
            code: error.code.into(),
            message: error.message,
        });
    }

    /// The required fields, if nothing at all was refused.
    ///
    /// # Errors
    /// 400 with every bad field.
    pub fn finish<T: Complete>(self, required: T) -> Result<T::Output, Problem> {
        match required.complete() {
            Some(values) if self.errors.is_empty() => Ok(values),
            _ => Err(Problem::invalid(self.errors)),
        }
    }
}

/// Required fields that are all there.
pub trait Complete {
    /// Them without their options.
    type Output;
    /// Takes the options away.
    fn complete(self) -> Option<Self::Output>;
}

impl Complete for () {
    type Output = ();
    fn complete(self) -> Option<()> {
        Some(())
    }
}

impl<A> Complete for Option<A> {
    type Output = A;
    fn complete(self) -> Option<A> {
        self
    }
}

impl<A, B> Complete for (Option<A>, Option<B>) {
    type Output = (A, B);
    fn complete(self) -> Option<(A, B)> {
        self.0.zip(self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Body {
        email: Field<Email>,
        password: Field<NewPassword>,
        name: Field<Name>,
    }

    fn judge(json: &str) -> Result<(Email, NewPassword), Problem> {
        let body: Body = serde_json::from_str(json).unwrap();
        let mut input = Input::new();
        let email = input.required("email", body.email);
        let password = input.required("password", body.password);
        input.optional("name", body.name);
        input.finish((email, password))
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let problem = judge(r#"{"email": "nobody", "name": 7, "role": "admin"}"#).unwrap_err();
        let told = problem.to_string();
        assert!(
            told.contains("email must")
                && told.contains("password is required")
                && told.contains("name must be a string"),
            "{told}"
        );
    }

    #[test]
    fn good_fields_come_out_parsed() {
        let (email, _) =
            judge(r#"{"email": "A@b.de", "password": "S3cur3Pass!", "name": null}"#).unwrap();
        assert_eq!(email.as_str(), "a@b.de");
    }
}
