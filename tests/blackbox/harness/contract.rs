//! What every answer keeps to, whatever the route: the conventions of the contract.

use super::Answer;

/// Every code that a problem may have.
const CODES: &str = "malformed_json validation_failed unsupported_media_type payload_too_large api_key_missing \
    api_key_invalid credentials_invalid token_missing token_invalid email_unverified forbidden origin_not_allowed \
    not_found method_not_allowed email_taken user_name_taken message_key_exists invite_required idempotency_conflict \
    conflict limit_reached rate_limited gone unavailable internal";

/// Fails a test that got an answer beside the contract.
pub fn check(answer: &Answer) {
    // A preflight is answered by API Gateway, which knows none of this; the pages of a laptop are no part of it.
    if answer.method == "OPTIONS" || answer.path.starts_with("/_local") {
        return;
    }
    check_headers(answer);
    if answer.status >= 400 {
        check_problem(answer);
    }
    assert!(
        answer.status < 500 || answer.status == 503,
        "an internal error: {answer}"
    );
}

fn check_headers(answer: &Answer) {
    let has = |name: &str| {
        assert!(answer.header(name).is_some(), "{name} is missing: {answer}");
    };
    let is = |name: &str, value: &str| {
        assert_eq!(answer.header(name), Some(value), "{name} of {answer}");
    };
    has("x-request-id");
    is("x-content-type-options", "nosniff");
    let is_public = answer.path == "/.well-known/jwks.json"
        || answer.method == "GET" && answer.path.starts_with("/drop/");
    if is_public && answer.status == 200 {
        is("cache-control", "public, max-age=300");
    } else {
        is("cache-control", "no-store");
    }
    match answer.status {
        401 => has("www-authenticate"),
        405 => has("allow"),
        429 | 503 => has("retry-after"),
        _ => {}
    }
    if !answer.text.is_empty() && answer.status < 400 {
        has("content-type");
    }
}

fn check_problem(answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "the media type of {answer}"
    );
    let problem = answer.json();
    for field in ["type", "title", "detail", "code", "request_id"] {
        let text = problem[field].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "a problem without {field}: {answer}");
    }
    assert_eq!(problem["status"], answer.status, "the status in {answer}");
    assert_eq!(
        problem["request_id"].as_str(),
        answer.header("x-request-id"),
        "the request's id in {answer}"
    );
    let code = problem["code"].as_str().unwrap_or_default();
    assert!(
        CODES.split_whitespace().any(|known| known == code),
        "an unknown code: {answer}"
    );
    let has_fields = problem["errors"].as_array().is_some_and(|errors| {
        errors.iter().all(|error| {
            ["field", "code", "message"]
                .iter()
                .all(|part| error[part].is_string())
        })
    });
    assert!(
        code != "validation_failed" || has_fields,
        "bad input without its fields: {answer}"
    );
}
