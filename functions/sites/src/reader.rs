//! Reading an object of a body, field by field, each told by its path.

use domain::Invalid;
use gateway::Input;
use serde_json::{Map, Value};

/// An object at a path, of which every field that nothing asked for is refused: a misspelt one would have no effect, and nobody
/// would know.
pub(crate) struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    /// Takes up what stands at `path`, which is empty for the whole body.
    pub(crate) fn of(value: &'a Value, path: &str, input: &mut Input) -> Option<Self> {
        let Some(map) = value.as_object() else {
            input.refuse(path, Invalid::new("wrong_type", "must be an object"));
            return None;
        };
        Some(Self {
            map,
            path: path.to_owned(),
            known: Vec::new(),
        })
    }

    /// What stands at `key`; null is nothing.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The text at `key`, parsed, which has to be there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
        input: &mut Input,
    ) -> Option<T> {
        let given = self.value(key).is_some();
        if !given {
            input.refuse(&self.at(key), Invalid::new("required", "is required"));
        }
        self.optional(key, parse, input)
    }

    /// The text at `key`, parsed, where it is there.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
        input: &mut Input,
    ) -> Option<T> {
        let parsed = match self.value(key)? {
            Value::String(text) => parse(text),
            _ => Err(Invalid::new("wrong_type", "must be a string")),
        };
        parsed
            .map_err(|invalid| input.refuse(&self.at(key), invalid))
            .ok()
    }

    /// Whether `key` is true.
    pub(crate) fn flag(&mut self, key: &'static str, input: &mut Input) -> bool {
        match self.value(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                let wrong = Invalid::new("wrong_type", "must be true or false");
                input.refuse(&self.at(key), wrong);
                false
            }
        }
    }

    /// Refuses all that nothing asked for.
    pub(crate) fn no_others(&self, input: &mut Input) {
        let others = self.map.keys();
        for key in others.filter(|key| !self.known.contains(&key.as_str())) {
            let unknown = Invalid::new("unknown", "is not a known field");
            input.refuse(&self.at(key), unknown);
        }
    }

    /// The path of a field.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}
