//! Reading a JSON object field by field, so that every bad one is told at once.

use domain::Invalid;
use serde_json::{Map, Value};

/// All that is wrong, each with the field that it is wrong in.
pub(crate) type Faults = Vec<(String, Invalid)>;

/// An object that is being read. `None` from its methods means that a fault was told.
pub(crate) struct Reader<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Reader<'a> {
    /// Takes up an object that stands at `path`, which is empty for the whole.
    pub(crate) fn of(value: &'a Value, path: &'a str, faults: &'a mut Faults) -> Option<Self> {
        let Some(object) = value.as_object() else {
            faults.push((path.to_owned(), Invalid::new("type", "must be an object")));
            return None;
        };
        Some(Self {
            object,
            path,
            known: Vec::new(),
            faults,
        })
    }

    /// The text at `key`, parsed.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = self.optional(key, parse)?;
        if parsed.is_none() {
            self.refuse_key(key, Invalid::new("required", "must be given"));
        }
        parsed
    }

    /// The text at `key`, parsed, if there is one; `null` is none.
    #[expect(
        clippy::option_option,
        reason = "told of a fault, absent, and there are three things"
    )]
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        let parsed = match self.value(key) {
            None => return Some(None),
            Some(Value::String(text)) => parse(text),
            Some(_) => Err(Invalid::new("type", "must be text")),
        };
        match parsed {
            Ok(parsed) => Some(Some(parsed)),
            Err(invalid) => {
                self.refuse_key(key, invalid);
                None
            }
        }
    }

    /// Whether `key` is true.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.value(key) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.refuse_key(key, Invalid::new("type", "must be true or false"));
                None
            }
        }
    }

    /// What stands at `key`, as it is.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Whether something stands at `key`, good or bad.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.object.get(key).is_some_and(|value| !value.is_null())
    }

    /// Tells a fault of the object as a whole.
    pub(crate) fn refuse(&mut self, invalid: Invalid) {
        self.faults.push((self.path.to_owned(), invalid));
    }

    /// Tells a fault of what stands at `key`.
    pub(crate) fn refuse_key(&mut self, key: &str, invalid: Invalid) {
        let field = self.field(key);
        self.faults.push((field, invalid));
    }

    /// Tells of all keys that nothing asked for: a misspelt one would have no effect, and nobody would know.
    pub(crate) fn no_others(&mut self) {
        let others = self
            .object
            .keys()
            .filter(|key| !self.known.contains(&key.as_str()));
        let others: Vec<String> = others.map(|key| self.field(key)).collect();
        for field in others {
            self.faults
                .push((field, Invalid::new("unknown", "is not a known field")));
        }
    }

    /// Where the faults go, for what is read in another way.
    pub(crate) fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    fn field(&self, key: &str) -> String {
        // A key is input as well: an answer that repeats it must stay small.
        let key: String = key.chars().take(64).collect();
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }
}
