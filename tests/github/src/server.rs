//! HTTP: requests to operations, and what goes wrong on the way.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, header};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::openapi::{Operation, Values};
use crate::rest::Answered;
use crate::world::{What, World};
use crate::{apps, control, graphql, rest};

/// The most bytes of a request: GitHub's blobs end at 100 MB.
const MAX_BODY: usize = 160 * 1024 * 1024;
/// The version of the REST API that the schemas are of.
const VERSION: &str = "2022-11-28";

type Shared = Arc<Mutex<World>>;

/// A request, read.
struct Asked {
    method: String,
    path: String,
    query: Values,
    headers: HeaderMap,
    body: Bytes,
}

pub(crate) fn router(world: Shared) -> Router {
    Router::new().fallback(serve).with_state(world)
}

async fn serve(State(world): State<Shared>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return respond((413, json!({ "message": "too large" })), &BTreeMap::new());
    };
    let query = parts.uri.query().unwrap_or_default().split('&');
    let query = query.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    });
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.collect(),
        headers: parts.headers,
        body,
    };
    if let Some(path) = asked.path.strip_prefix("/_control/") {
        let answered = control::answer(&mut lock(&world), &asked.method, path, &asked.body);
        let answered =
            answered.map_or_else(|why| (400, json!({ "message": why })), |said| (200, said));
        return respond(answered, &BTreeMap::new());
    }
    let label = label(&asked);
    let fault = {
        let mut world = lock(&world);
        world.requests.push(label.clone());
        world.fault(&label)
    };
    let answered = match fault {
        Some(What::Answer {
            status,
            message,
            headers,
        }) => {
            return respond((status, json!({ "message": message })), &headers);
        }
        Some(What::Graphql { kind, message }) => {
            let said = json!({ "data": null, "errors": [{ "type": kind, "message": message }] });
            return respond((200, said), &BTreeMap::new());
        }
        Some(What::Hang) => std::future::pending().await,
        Some(What::Lose) => {
            answer(&world, &asked, &label);
            let lost = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("lost")) });
            return Response::new(Body::from_stream(lost));
        }
        Some(What::Push {
            repository,
            branch,
            path,
        }) => {
            let file = (path, Some(Bytes::from_static(b"pushed between")));
            // A test that pushes to what is not there finds that out from the branch.
            let _ = lock(&world).push(&repository, &branch, vec![file]);
            answer(&world, &asked, &label)
        }
        None => answer(&world, &asked, &label),
    };
    let is_raw = asked
        .headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().unwrap_or_default().contains("github.raw"));
    match answered.1["content"].as_str() {
        Some(content) if is_raw && answered.0 == 200 => {
            let bytes = data_encoding::BASE64.decode(content.as_bytes());
            Response::new(Body::from(bytes.unwrap_or_default()))
        }
        _ => respond(answered, &BTreeMap::new()),
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What faults look at, and tests read.
fn label(asked: &Asked) -> String {
    let mut label = format!("{} {}", asked.method, asked.path);
    if asked.path.ends_with("/graphql")
        && let Ok(body) = serde_json::from_slice::<Value>(&asked.body)
    {
        label.push(' ');
        label.push_str(body["query"].as_str().unwrap_or_default());
    }
    label
}

fn answer(world: &Shared, asked: &Asked, label: &str) -> Answered {
    let token = asked
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = token.unwrap_or_default();
    let token = token
        .strip_prefix("Bearer ")
        .or_else(|| token.strip_prefix("token "));
    let token = token.unwrap_or_default();
    // GitHub answers nobody who does not say what they are.
    if !asked.headers.contains_key(header::USER_AGENT) {
        return (
            403,
            json!({ "message": "Request forbidden by administrative rules." }),
        );
    }
    let mut wrong = Vec::new();
    // GitHub Enterprise has the same below these.
    let path = asked
        .path
        .strip_prefix("/api/v3")
        .or_else(|| asked.path.strip_prefix("/api"));
    let path = path.unwrap_or(&asked.path);
    let answered = if path == "/graphql" {
        answer_graphql(world, asked, token, &mut wrong)
    } else {
        answer_rest(world, asked, path, token, &mut wrong)
    };
    let is_right = wrong.is_empty();
    lock(world)
        .violations
        .extend(wrong.into_iter().map(|why| format!("{label}: {why}")));
    if is_right || path == "/graphql" {
        answered
    } else {
        (
            422,
            json!({ "message": "This is not what GitHub's description of its API says." }),
        )
    }
}

fn answer_graphql(world: &Shared, asked: &Asked, token: &str, wrong: &mut Vec<String>) -> Answered {
    if !lock(world).is_let_in(token) {
        return (401, json!({ "message": "Bad credentials" }));
    }
    match serde_json::from_slice(&asked.body) {
        Ok(body) if asked.method == "POST" => {
            let (said, why) = graphql::answer(world, &body, token);
            wrong.extend(why);
            (200, said)
        }
        _ => {
            wrong.push("no JSON was posted".into());
            (400, json!({ "message": "Problems parsing JSON" }))
        }
    }
}

fn answer_rest(
    world: &Shared,
    asked: &Asked,
    path: &str,
    token: &str,
    wrong: &mut Vec<String>,
) -> Answered {
    let found = match Operation::find(&asked.method, path) {
        Ok(found) => found,
        Err(error) => {
            wrong.push(error.to_string());
            None
        }
    };
    let Some((operation, values)) = found else {
        wrong.push("no such operation is known".into());
        return (404, json!({ "message": "Not Found" }));
    };
    let version = asked.headers.get("x-github-api-version");
    if version.is_some_and(|version| version != VERSION) {
        wrong.push(format!("version {version:?}"));
    }
    let body = if asked.body.is_empty() {
        None
    } else {
        match serde_json::from_slice::<Value>(&asked.body) {
            Ok(body) => Some(body),
            Err(error) => {
                wrong.push(format!("body: {error}"));
                None
            }
        }
    };
    wrong.extend(operation.wrong_request(&values, &asked.query, body.as_ref()));
    if !wrong.is_empty() {
        return (422, Value::Null);
    }
    let body = body.unwrap_or_default();
    let mut known = lock(world);
    let is_for_apps =
        operation.path.starts_with("/app/") || operation.path.ends_with("/installation");
    let answered = if is_for_apps {
        apps::answer(&mut known, &operation.path, &values, &body, token)
    } else if known.is_let_in(token) {
        let method = if asked.method == "HEAD" {
            "GET"
        } else {
            asked.method.as_str()
        };
        let request = rest::Request {
            operation: (method, &operation.path),
            values: &values,
            query: &asked.query,
            body: &body,
            token,
        };
        rest::answer(&mut known, &request)
    } else {
        (401, json!({ "message": "Bad credentials" }))
    };
    drop(known);
    wrong.extend(operation.wrong_answer(answered.0, &answered.1));
    answered
}

fn respond((status, said): Answered, headers: &BTreeMap<String, String>) -> Response<Body> {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(said.to_string()))
        .unwrap_or_default()
}
