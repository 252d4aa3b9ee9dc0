//! What the documentation of every route shares: problem documents, headers and credentials.
//!
//! A function documents what it takes and what it answers when all goes well; which codes it may refuse with is a list
//! beside it. The document is put together here, so that a status or a header is never forgotten on one route.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::{Code, ProblemBody};

/// A part of the `OpenAPI` document.
pub type Document = Value;

/// A route, as the template writes it, with the codes of the problems that it may answer.
pub type RouteProblems<'a> = (&'a str, &'a [&'a [Code]]);

/// Any route that reads a body.
pub const BODY: &[Code] = &[
    Code::MalformedJson,
    Code::ValidationFailed,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
];
/// Any route that needs a key.
pub const KEY: &[Code] = &[Code::ApiKeyMissing, Code::ApiKeyInvalid];
/// Any route that needs a user; an unsafe one also looks at where a cookie comes from.
pub const USER: &[Code] = &[Code::TokenMissing, Code::TokenInvalid];
/// Any unsafe route that takes a cookie.
pub const COOKIE: &[Code] = &[Code::OriginNotAllowed];
/// Any route that asks for a password.
pub const PASSWORD: &[Code] = &[Code::CredentialsInvalid, Code::RateLimited];
/// Any route that asks for a key's passphrase.
pub const PASSPHRASE: &[Code] = &[Code::Forbidden, Code::RateLimited];

/// What any route may answer.
const ALWAYS: &[Code] = &[Code::Unavailable, Code::Internal];

/// The documentation of a function: what `Api` says of its routes, with the problems of each.
#[must_use]
pub fn document<Api: OpenApi>(routes: &[RouteProblems<'_>]) -> Value {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    for (route, codes) in routes {
        let codes: Vec<Code> = codes
            .iter()
            .copied()
            .chain([ALWAYS])
            .flatten()
            .copied()
            .collect();
        let Some(operation) = operation(&mut document, route) else {
            continue;
        };
        describe(operation, &codes);
    }
    document
}

fn operation<'a>(document: &'a mut Value, route: &str) -> Option<&'a mut Map<String, Value>> {
    let (method, path) = route.split_once(' ')?;
    document["paths"]
        .get_mut(path)?
        .get_mut(method.to_ascii_lowercase())?
        .as_object_mut()
}

fn describe(operation: &mut Map<String, Value>, codes: &[Code]) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let status = code.status().as_u16();
        // The token of a link stands in a body: it is input, not a credential.
        let is_link = *code == Code::TokenInvalid
            && !codes.contains(&Code::TokenMissing)
            && !codes.contains(&Code::CredentialsInvalid);
        by_status
            .entry(if is_link { 400 } else { status })
            .or_default()
            .push(*code);
    }
    if !operation.contains_key("security") {
        operation.insert("security".into(), security(codes));
    }
    let responses = &mut operation["responses"];
    for (status, codes) in by_status {
        responses[status.to_string()] = problem(status, &codes);
    }
    for response in responses
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        for (name, description) in [
            ("x-request-id", "Names the request in the logs"),
            ("x-content-type-options", "`nosniff`"),
            ("cache-control", "`no-store`"),
        ] {
            if response["headers"].get(name).is_none() {
                response["headers"][name] = header(description);
            }
        }
    }
}

fn security(codes: &[Code]) -> Value {
    match (
        codes.contains(&Code::ApiKeyMissing),
        codes.contains(&Code::TokenMissing),
    ) {
        (true, true) => json!([{ "api_key": [] }, { "bearer": [] }, { "cookie": [] }]),
        (true, false) => json!([{ "api_key": [] }]),
        (false, true) => json!([{ "bearer": [] }, { "cookie": [] }]),
        (false, false) => json!([]),
    }
}

fn problem(status: u16, codes: &[Code]) -> Value {
    let names: Vec<String> = codes.iter().map(|code| code.as_str()).collect();
    let mut headers = Map::new();
    match status {
        401 => headers.insert(
            "www-authenticate".into(),
            header("How to prove who is calling"),
        ),
        405 => headers.insert("allow".into(), header("The methods of this path")),
        429 | 503 => headers.insert("retry-after".into(), header("Seconds to wait")),
        _ => None,
    };
    let descriptions = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.title()));
    json!({
        "description": descriptions.collect::<Vec<_>>().join(". "),
        "headers": headers,
        "content": { "application/problem+json": { "schema": {
            "allOf": [
                { "$ref": "#/components/schemas/ProblemBody" },
                { "type": "object", "properties": { "code": { "enum": names } } },
            ],
        } } },
    })
}

fn header(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

const DESCRIPTION: &str = "A serverless backend for all your sites.\n\n\
    Every error is a problem document (RFC 9457) with a stable `code`. A path that does not exist is a 404 `not_found`; \
    a method that a path does not take is a 405 `method_not_allowed` with `Allow`. API Gateway itself answers 429 when \
    a whole stack is asked more than it allows, and 413 for bodies over 10 MB, without a problem document.";

/// Names an operation for generated clients: `post_auth_login`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    std::iter::once(method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

/// The document of the whole platform, of the parts that its functions gave.
#[must_use]
pub fn merge(version: &str, parts: impl IntoIterator<Item = Value>) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    let mut shared = Vec::new();
    ProblemBody::schemas(&mut shared);
    shared.push((
        ProblemBody::name().into_owned(),
        <ProblemBody as utoipa::PartialSchema>::schema(),
    ));
    for (name, schema) in shared {
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
    for mut part in parts {
        for (path, item) in part["paths"]
            .as_object_mut()
            .into_iter()
            .flat_map(std::mem::take)
        {
            let known = paths.entry(path.clone()).or_insert_with(|| json!({}));
            for (method, operation) in item.as_object().into_iter().flatten() {
                known[method] = operation.clone();
                known[method]["operationId"] = operation_id(method, &path).into();
            }
        }
        if let Some(Value::Object(more)) = part.pointer_mut("/components/schemas").map(Value::take)
        {
            schemas.extend(more);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cloud Voyages",
            "version": version,
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": ".", "description": "This platform" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "api_key": { "type": "apiKey", "in": "header", "name": "x-api-key", "description": "The site's key: `cv_pk_…` or `cv_sk_…`" },
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The `token` of a login" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "auth_token", "description": "Set by a login from the site's own pages" },
            },
        },
    })
}
