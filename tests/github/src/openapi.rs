//! GitHub's description of its REST API: which requests and answers are right.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;

#[derive(Deserialize)]
struct Described {
    operations: Vec<DescribedOperation>,
}

#[derive(Deserialize)]
struct DescribedOperation {
    method: String,
    path: String,
    parameters: Vec<DescribedParameter>,
    body: Option<Value>,
    body_required: bool,
    answers: BTreeMap<String, Option<Value>>,
}

#[derive(Deserialize)]
struct DescribedParameter {
    name: String,
    #[serde(rename = "in")]
    place: String,
    required: bool,
    schema: Value,
}

/// One operation.
pub(crate) struct Operation {
    method: String,
    pub(crate) path: String,
    parameters: Vec<Parameter>,
    body: Option<Validator>,
    /// The fields that the body may have.
    fields: Vec<String>,
    body_required: bool,
    answers: BTreeMap<String, Option<Validator>>,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    is_number: bool,
    schema: Validator,
}

/// The values of the path.
pub(crate) type Values = BTreeMap<String, String>;

static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();

/// All operations that are known.
pub(crate) fn operations() -> Result<&'static [Operation], Error> {
    if let Some(known) = OPERATIONS.get() {
        return Ok(known);
    }
    let described: Described = serde_json::from_str(include_str!("../schemas/openapi.json"))
        .map_err(|error| Error::Schema(error.to_string()))?;
    let read: Result<Vec<_>, _> = described
        .operations
        .into_iter()
        .map(Operation::read)
        .collect();
    let read = read?;
    Ok(OPERATIONS.get_or_init(|| read))
}

fn validator(schema: &Value) -> Result<Validator, Error> {
    jsonschema::validator_for(schema).map_err(|error| Error::Schema(error.to_string()))
}

impl Operation {
    fn read(described: DescribedOperation) -> Result<Self, Error> {
        let properties = described
            .body
            .as_ref()
            .and_then(|body| body["properties"].as_object());
        let fields = properties
            .into_iter()
            .flat_map(|fields| fields.keys().cloned())
            .collect();
        let mut parameters = Vec::new();
        for parameter in described.parameters {
            parameters.push(Parameter {
                is_number: parameter.schema["type"] == "integer",
                schema: validator(&parameter.schema)?,
                name: parameter.name,
                place: parameter.place,
                required: parameter.required,
            });
        }
        let mut answers = BTreeMap::new();
        for (status, schema) in described.answers {
            answers.insert(status, schema.as_ref().map(validator).transpose()?);
        }
        Ok(Self {
            method: described.method,
            path: described.path,
            parameters,
            fields,
            body: described.body.as_ref().map(validator).transpose()?,
            body_required: described.body_required,
            answers,
        })
    }

    /// The operation of a request, and the values in its path. The last one may have slashes.
    pub(crate) fn find(method: &str, path: &str) -> Result<Option<(&'static Self, Values)>, Error> {
        // HEAD is GET without a body, which the description does not say once more.
        let method = if method == "HEAD" { "GET" } else { method };
        let known = operations()?.iter().filter(|known| known.method == method);
        let mut found = known.filter_map(|known| Some((known, known.values(path)?)));
        Ok(found.next())
    }

    fn values(&self, path: &str) -> Option<Values> {
        let mut values = Values::new();
        let mut rest = path;
        let mut parts = self.path.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let (value, after) = match rest.split_once('/') {
                Some(found) if !is_last => found,
                _ => (rest, ""),
            };
            rest = after;
            match part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            {
                Some(_) if value.is_empty() => return None,
                Some(name) => {
                    let decoded = percent_encoding::percent_decode_str(value)
                        .decode_utf8()
                        .ok()?;
                    values.insert(name.into(), decoded.into());
                }
                None if part != value => return None,
                None => {}
            }
        }
        rest.is_empty().then_some(values)
    }

    /// What is wrong with a request.
    pub(crate) fn wrong_request(
        &self,
        values: &Values,
        query: &Values,
        body: Option<&Value>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for parameter in &self.parameters {
            let given = if parameter.place == "path" {
                values
            } else {
                query
            };
            match given.get(&parameter.name) {
                Some(text) => {
                    let number = text.parse::<i64>().ok().filter(|_| parameter.is_number);
                    let value = number.map_or_else(|| text.clone().into(), Value::from);
                    if let Err(error) = parameter.schema.validate(&value) {
                        wrong.push(format!("parameter {}: {error}", parameter.name));
                    }
                }
                None if parameter.required => {
                    wrong.push(format!("no parameter {}", parameter.name));
                }
                None => {}
            }
        }
        let is_known = |name: &String| {
            let mut known = self.parameters.iter();
            known.any(|parameter| parameter.place == "query" && parameter.name == *name)
        };
        for name in query.keys().filter(|name| !is_known(name)) {
            wrong.push(format!("unknown parameter {name}"));
        }
        match (body, &self.body) {
            (Some(body), Some(schema)) => {
                wrong.extend(
                    schema
                        .iter_errors(body)
                        .map(|error| format!("body: {error} at {}", error.instance_path())),
                );
                let given = body.as_object().into_iter().flat_map(|body| body.keys());
                let unknown = given.filter(|field| !self.fields.contains(field));
                wrong.extend(unknown.map(|field| format!("body: unknown field {field}")));
            }
            (Some(_), None) => wrong.push("a body where none belongs".into()),
            (None, _) if self.body_required => wrong.push("no body".into()),
            (None, _) => {}
        }
        wrong
    }

    /// What is wrong with an answer of the stand-in itself.
    pub(crate) fn wrong_answer(&self, status: u16, body: &Value) -> Vec<String> {
        match self.answers.get(&status.to_string()) {
            Some(Some(schema)) => {
                let errors = schema.iter_errors(body);
                errors
                    .map(|error| format!("answer: {error} at {}", error.instance_path()))
                    .collect()
            }
            Some(None) => Vec::new(),
            // Errors that every operation may answer with are not in the description of each.
            None if status >= 400 => Vec::new(),
            None => vec![format!("answer: status {status} is not described")],
        }
    }
}
