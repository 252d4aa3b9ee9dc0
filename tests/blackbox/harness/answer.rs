//! An answer, and what a test expects of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer that keeps the contract; whether it is the one that was wanted is for the test to say.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The method of the request.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
    /// The body as text, with a sign in place of what is none.
    pub text: String,
}

impl Answer {
    /// The body as JSON, null where it is none, after a look at the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "the status of {self}");
        self.json()
    }

    /// The problem document, after a look at its status and code.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "the code of {self}");
        problem
    }

    /// The fields that a 400 names.
    #[track_caller]
    pub fn expect_bad_fields(&self, fields: &[&str]) {
        let problem = self.expect_problem(400, "validation_failed");
        let named = problem["errors"].as_array().into_iter().flatten();
        let named: Vec<_> = named.filter_map(|error| error["field"].as_str()).collect();
        assert_eq!(named, fields, "the refused fields of {self}");
    }

    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The header as a number.
    #[track_caller]
    pub fn number_in(&self, name: &str) -> u64 {
        let number = self.header(name).and_then(|text| text.parse().ok());
        number.unwrap_or_else(|| panic!("{name} should be a number in {self}"))
    }

    /// The cookies that are set.
    pub fn set_cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all("set-cookie").iter();
        all.filter_map(|value| value.to_str().ok()).collect()
    }

    /// What a client can tell one answer from another by: all but what names this very request.
    pub fn shape(&self) -> (u16, Value) {
        let mut body = self.json();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        (self.status, body)
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            method,
            path,
            status,
            bytes,
            ..
        } = self;
        match std::str::from_utf8(bytes) {
            Ok(text) => write!(f, "{method} {path}: {status} {text}"),
            Err(_) => write!(f, "{method} {path}: {status} {} bytes", bytes.len()),
        }
    }
}
