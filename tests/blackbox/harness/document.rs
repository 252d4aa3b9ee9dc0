//! The platform's own documentation, held against what it answers.

use std::collections::HashMap;
use std::sync::Mutex;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;
use super::client::http;

/// The `OpenAPI` document that the platform serves.
pub struct Document {
    document: Value,
    validators: Mutex<HashMap<String, Validator>>,
}

impl Document {
    /// Reads `GET /openapi.json`.
    pub async fn of(base_url: &str) -> Self {
        let http = http(base_url).build().expect("a client can be made");
        let answer = http.get(format!("{base_url}/openapi.json")).send().await;
        let text = answer
            .expect("the document is served")
            .text()
            .await
            .expect("all of it");
        Self {
            document: serde_json::from_str(&text).expect("the document is JSON"),
            validators: Mutex::default(),
        }
    }

    /// Fails a test that got an answer which is not documented: an unknown route, status, code, header or field.
    pub fn check(&self, answer: &Answer) {
        let paths = self.document["paths"].as_object();
        let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
            return;
        };
        if answer.method == "OPTIONS" || answer.path.starts_with("/_local") {
            return;
        }
        let path = paths
            .iter()
            .filter(|(path, _)| leads_to(path, &answer.path));
        let path = path.min_by_key(|(path, _)| path.matches('{').count());
        let method = answer.method.to_lowercase();
        let operation = path.and_then(|(path, item)| Some((path, item.get(&method)?)));
        let Some((path, operation)) = operation else {
            let unrouted = [404, 405].contains(&answer.status);
            assert!(unrouted, "a route that is not documented: {answer}");
            return;
        };
        let response = &operation["responses"][answer.status.to_string()];
        assert!(
            response.is_object(),
            "a status that is not documented: {answer}"
        );
        check_headers(response, answer);
        self.check_body(
            &format!("{method} {path} {}", answer.status),
            response,
            answer,
        );
    }

    fn check_body(&self, name: &str, response: &Value, answer: &Answer) {
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.text, "", "a body that is not documented: {answer}");
            return;
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        let documented = content.get(media_type);
        let documented =
            documented.unwrap_or_else(|| panic!("{media_type} is not documented: {answer}"));
        if !media_type.ends_with("json") {
            return;
        }
        let mut validators = self.validators.lock().expect("no other check has failed");
        let validator = validators
            .entry(name.to_owned())
            .or_insert_with(|| self.validator(&documented["schema"]));
        let body = answer.json();
        let errors = validator.iter_errors(&body);
        let errors: Vec<_> = errors
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        drop(validators);
        assert!(
            errors.is_empty(),
            "the body is not as documented ({}): {answer}",
            errors.join("; ")
        );
    }

    fn validator(&self, schema: &Value) -> Validator {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.document["components"],
        });
        jsonschema::validator_for(&schema)
            .unwrap_or_else(|error| panic!("no schema: {error} in {schema}"))
    }
}

/// Headers that may be null are optional.
fn check_headers(response: &Value, answer: &Answer) {
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let kind = &header["schema"]["type"];
        let is_optional = kind
            .as_array()
            .is_some_and(|kinds| kinds.contains(&json!("null")));
        assert!(
            is_optional || answer.headers.contains_key(name),
            "the documented header {name} is missing: {answer}"
        );
    }
}

fn leads_to(documented: &str, path: &str) -> bool {
    let (documented, path) = (documented.split('/'), path.split('/'));
    documented.clone().count() == path.clone().count()
        && documented
            .zip(path)
            .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
}
