//! `/_control/…`: what tests that are another program see and do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{App, Fault, World};

#[derive(Deserialize)]
struct Push {
    repository: String,
    branch: String,
    /// Texts, or `null` for a file that goes.
    files: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    repositories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Named {
    repository: String,
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// Answers a request; what is wrong with it otherwise.
///
/// `GET files/{owner}/{name}/{branch}` gives the branch's files (texts, or base64 after `base64:`), its commit and message;
/// `GET log/{owner}/{name}/{branch}` its commits, the newest first;
/// `GET violations`, `GET requests` lists; `POST repositories`, `tokens`, `app`, `pushes`, `faults` do what they say;
/// `DELETE tokens/{token}`, `faults`, `requests` undo it.
pub(crate) fn answer(
    world: &mut World,
    method: &str,
    path: &str,
    body: &[u8],
) -> Result<Value, String> {
    match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        ("GET", ["files", owner, name, branch @ ..]) => {
            files(world, &format!("{owner}/{name}"), &branch.join("/"))
        }
        ("GET", ["log", owner, name, branch @ ..]) => {
            let repository = world.named(&format!("{owner}/{name}"));
            let repository = repository.ok_or("no such repository")?;
            Ok(json!(repository.log(&branch.join("/"))))
        }
        ("GET", ["violations"]) => Ok(json!(world.violations)),
        ("GET", ["requests"]) => Ok(json!(world.requests)),
        ("POST", ["repositories"]) => {
            world.create(&read::<Named>(body)?.repository);
            Ok(Value::Null)
        }
        ("POST", ["tokens"]) => {
            let token: Token = read(body)?;
            world.let_in(&token.token, token.repositories);
            Ok(Value::Null)
        }
        ("DELETE", ["tokens", token]) => {
            world.revoke(token);
            Ok(Value::Null)
        }
        ("POST", ["app"]) => {
            world.app = Some(read::<App>(body)?);
            Ok(Value::Null)
        }
        ("POST", ["pushes"]) => {
            let push: Push = read(body)?;
            let files = push
                .files
                .into_iter()
                .map(|(path, text)| (path, text.map(Into::into)));
            let commit = world.push(&push.repository, &push.branch, files.collect())?;
            Ok(json!({ "commit": commit }))
        }
        ("POST", ["faults"]) => {
            world.faults.push(read::<Fault>(body)?);
            Ok(Value::Null)
        }
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            Ok(Value::Null)
        }
        ("DELETE", ["requests"]) => {
            world.requests.clear();
            Ok(Value::Null)
        }
        _ => Err(format!("there is no {method} /_control/{path}")),
    }
}

fn files(world: &World, repository: &str, branch: &str) -> Result<Value, String> {
    let repository = world.named(repository).ok_or("no such repository")?;
    let said = repository
        .contents(branch)
        .into_iter()
        .map(|(path, bytes)| {
            let text = String::from_utf8(bytes.to_vec());
            (
                path,
                text.unwrap_or_else(|_| format!("base64:{}", data_encoding::BASE64.encode(&bytes))),
            )
        });
    let files: BTreeMap<_, _> = said.collect();
    let sha = repository.branches.get(branch);
    let commit = sha.and_then(|sha| repository.commit(sha));
    Ok(json!({
        "commit": sha,
        "message": commit.map(|commit| commit.message.clone()),
        "parents": commit.map(|commit| commit.parents.clone()),
        "files": files,
    }))
}
