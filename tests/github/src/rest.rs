//! GitHub's REST API, as far as a site needs it.

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::openapi::Values;
use crate::store::{Edits, Object, Repository};
use crate::world::World;

/// From how many entries on a tree is not given whole. GitHub's number is 100,000; this one is reached by tests.
pub const MAX_ENTRIES: usize = 2_000;

/// A status and a body.
pub(crate) type Answered = (u16, Value);

fn refuse(status: u16, message: &str) -> Answered {
    let body = json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    });
    (status, body)
}

/// A request to one repository.
pub(crate) struct Request<'a> {
    /// The operation: method and template of the path.
    pub(crate) operation: (&'a str, &'a str),
    pub(crate) values: &'a Values,
    pub(crate) query: &'a Values,
    pub(crate) body: &'a Value,
    pub(crate) token: &'a str,
}

/// Answers a request that is as GitHub describes it.
pub(crate) fn answer(world: &mut World, request: &Request<'_>) -> Answered {
    let value = |name: &str| {
        request
            .values
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let name = format!("{}/{}", value("owner"), value("repo"));
    let Some(repository) = world.repository_mut(&name, request.token) else {
        return refuse(404, "Not Found");
    };
    let (method, path) = request.operation;
    let rest = path
        .strip_prefix("/repos/{owner}/{repo}/")
        .unwrap_or_default();
    let is_empty = repository.branches.is_empty();
    if is_empty && rest.starts_with("git/") {
        return refuse(409, "Git Repository is empty.");
    }
    if repository.archived && method != "GET" {
        return refuse(403, "Repository was archived so is read-only.");
    }
    match (method, rest) {
        ("GET", "git/trees/{tree_sha}") => get_tree(
            repository,
            value("tree_sha"),
            request.query.contains_key("recursive"),
        ),
        ("POST", "git/trees") => post_tree(repository, request.body),
        ("POST", "git/blobs") => post_blob(repository, request.body),
        ("GET", "git/blobs/{file_sha}") => get_blob(repository, value("file_sha")),
        ("POST", "git/commits") => post_commit(repository, request.body),
        ("POST", "git/refs") => post_ref(repository, request.body),
        ("GET", "git/ref/{ref}") => get_ref(repository, value("ref")),
        ("PATCH", "git/refs/{ref}") => patch_ref(repository, value("ref"), request.body),
        ("PUT", "contents/{path}") => put_contents(repository, value("path"), request.body),
        _ => refuse(404, "Not Found"),
    }
}

fn url(repository: &Repository, rest: &str) -> String {
    format!("https://api.github.com/repos/{}/{rest}", repository.name)
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

fn tree_answer(repository: &Repository, sha: &str, is_recursive: bool) -> Value {
    let mut entries = Vec::new();
    list(repository, sha, "", is_recursive, &mut entries);
    let is_truncated = is_recursive && entries.len() > MAX_ENTRIES;
    entries.truncate(if is_truncated {
        MAX_ENTRIES
    } else {
        entries.len()
    });
    json!({
        "sha": sha,
        "url": url(repository, &format!("git/trees/{sha}")),
        "tree": entries,
        "truncated": is_truncated,
    })
}

fn list(
    repository: &Repository,
    sha: &str,
    prefix: &str,
    is_recursive: bool,
    into: &mut Vec<Value>,
) {
    for entry in repository.tree(sha).unwrap_or_default() {
        let path = format!("{prefix}{}", entry.name);
        let kind = entry.kind();
        let mut said = json!({
            "path": path,
            "mode": entry.mode,
            "type": kind,
            "sha": entry.sha,
            "url": url(repository, &format!("git/{kind}s/{}", entry.sha)),
        });
        if let Some(blob) = repository.blob(&entry.sha) {
            said["size"] = blob.len().into();
        }
        into.push(said);
        if is_recursive && kind == "tree" {
            list(repository, &entry.sha, &format!("{path}/"), true, into);
        }
    }
}

fn get_tree(repository: &Repository, sha: &str, is_recursive: bool) -> Answered {
    match repository.tree(sha) {
        Some(_) => (200, tree_answer(repository, sha, is_recursive)),
        None => refuse(404, "Not Found"),
    }
}

fn post_tree(repository: &mut Repository, body: &Value) -> Answered {
    let base = body["base_tree"].as_str();
    if base.is_some_and(|base| repository.tree(base).is_none()) {
        return refuse(422, "base_tree is not a valid tree oid");
    }
    let entries = body["tree"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() {
        return refuse(422, "Invalid tree info");
    }
    let mut edits = Edits::new();
    for entry in &entries {
        let sha = match (&entry["sha"], entry["content"].as_str()) {
            (Value::String(sha), None) => {
                if repository.blob(sha).is_none() {
                    return refuse(422, &format!("tree.sha {sha} is not a valid blob"));
                }
                Some(sha.clone())
            }
            (Value::Null, Some(content)) if entry.get("sha").is_none() => {
                let bytes = Bytes::copy_from_slice(content.as_bytes());
                Some(repository.keep(Object::Blob(bytes)))
            }
            (Value::Null, None) if entry.get("sha").is_some() => None,
            _ => return refuse(422, "Must supply either tree.sha or tree.content"),
        };
        let mode = text(entry, "mode").to_owned();
        edits.push((text(entry, "path").into(), sha.map(|sha| (mode, sha))));
    }
    match repository.edit(base, edits) {
        Ok(sha) => (201, tree_answer(repository, &sha, false)),
        Err(why) => refuse(422, &why),
    }
}

fn post_blob(repository: &mut Repository, body: &Value) -> Answered {
    let content = text(body, "content");
    let bytes = match body["encoding"].as_str() {
        Some("base64") => match BASE64.decode(content.as_bytes()) {
            Ok(bytes) => bytes,
            Err(_) => return refuse(422, "content is not valid Base64"),
        },
        _ => content.as_bytes().to_vec(),
    };
    let sha = repository.keep(Object::Blob(bytes.into()));
    let url = url(repository, &format!("git/blobs/{sha}"));
    (201, json!({ "sha": sha, "url": url }))
}

fn get_blob(repository: &Repository, sha: &str) -> Answered {
    let Some(bytes) = repository.blob(sha) else {
        return refuse(404, "Not Found");
    };
    let body = json!({
        "sha": sha,
        "node_id": "B_1",
        "url": url(repository, &format!("git/blobs/{sha}")),
        "size": bytes.len(),
        "content": BASE64.encode(bytes),
        "encoding": "base64",
    });
    (200, body)
}

fn commit_answer(repository: &Repository, sha: &str) -> Value {
    let commit = repository.commit(sha);
    let person =
        json!({ "date": "2026-01-01T00:00:00Z", "name": "Stand-In", "email": "x@example.com" });
    let link = |kind: &str, sha: &str| url(repository, &format!("git/{kind}/{sha}"));
    let page = |sha: &str| format!("https://github.com/{}/commit/{sha}", repository.name);
    let parents = commit.into_iter().flat_map(|commit| &commit.parents);
    let parents: Vec<_> = parents
        .map(|sha| json!({ "sha": sha, "url": link("commits", sha), "html_url": page(sha) }))
        .collect();
    let tree = commit.map(|commit| commit.tree.clone()).unwrap_or_default();
    json!({
        "sha": sha,
        "node_id": "C_1",
        "url": link("commits", sha),
        "html_url": page(sha),
        "author": person,
        "committer": person,
        "message": commit.map(|commit| commit.message.clone()),
        "tree": { "sha": tree, "url": link("trees", &tree) },
        "parents": parents,
        "verification": {
            "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null
        },
    })
}

fn post_commit(repository: &mut Repository, body: &Value) -> Answered {
    let tree = text(body, "tree");
    if repository.tree(tree).is_none() {
        return refuse(422, "Tree SHA does not exist");
    }
    let parents = body["parents"].as_array().into_iter().flatten();
    let parents: Vec<String> = parents
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if parents
        .iter()
        .any(|parent| repository.commit(parent).is_none())
    {
        return refuse(422, "Parent SHA does not exist or is not a commit object");
    }
    let sha = repository.keep_commit(tree.into(), parents, text(body, "message").into());
    (201, commit_answer(repository, &sha))
}

fn ref_answer(repository: &Repository, name: &str, sha: &str) -> Value {
    json!({
        "ref": format!("refs/{name}"),
        "node_id": "R_1",
        "url": url(repository, &format!("git/refs/{name}")),
        "object": { "type": "commit", "sha": sha, "url": url(repository, &format!("git/commits/{sha}")) },
    })
}

fn branch_of(name: &str) -> &str {
    name.strip_prefix("heads/").unwrap_or_default()
}

fn get_ref(repository: &Repository, name: &str) -> Answered {
    match repository.branches.get(branch_of(name)) {
        Some(sha) => (200, ref_answer(repository, name, sha)),
        None => refuse(404, "Not Found"),
    }
}

fn post_ref(repository: &mut Repository, body: &Value) -> Answered {
    let name = text(body, "ref")
        .strip_prefix("refs/")
        .unwrap_or_default()
        .to_owned();
    let (branch, sha) = (branch_of(&name).to_owned(), text(body, "sha"));
    if branch.is_empty() {
        return refuse(
            422,
            "Reference name must start with 'refs/' and have at least two slashes",
        );
    }
    if repository.commit(sha).is_none() {
        return refuse(422, "Object does not exist");
    }
    if repository.branches.contains_key(&branch) {
        return refuse(422, "Reference already exists");
    }
    repository.branches.insert(branch, sha.into());
    (201, ref_answer(repository, &name, sha))
}

fn patch_ref(repository: &mut Repository, name: &str, body: &Value) -> Answered {
    let (branch, sha) = (branch_of(name), text(body, "sha"));
    let Some(before) = repository.branches.get(branch) else {
        return refuse(422, "Reference does not exist");
    };
    if repository.commit(sha).is_none() {
        return refuse(422, "Object does not exist");
    }
    if body["force"] != true && !repository.is_after(sha, before) {
        return refuse(422, "Update is not a fast forward");
    }
    repository.branches.insert(branch.into(), sha.into());
    (200, ref_answer(repository, name, sha))
}

fn put_contents(repository: &mut Repository, path: &str, body: &Value) -> Answered {
    let Ok(bytes) = BASE64.decode(text(body, "content").as_bytes()) else {
        return refuse(422, "content is not valid Base64");
    };
    let branch = body["branch"].as_str().unwrap_or("main").to_owned();
    if !repository.branches.is_empty() && !repository.branches.contains_key(&branch) {
        return refuse(404, &format!("Branch {branch} not found"));
    }
    let there = repository.contents(&branch);
    if there.contains_key(path) && body.get("sha").is_none() {
        return refuse(422, "Invalid request.\n\n\"sha\" wasn't supplied.");
    }
    let pushed = repository.push(
        &branch,
        vec![(path.into(), Some(bytes.clone().into()))],
        "100644",
    );
    let commit = match pushed {
        Ok(commit) => commit,
        Err(why) => return refuse(422, &why),
    };
    let blob = repository.keep(Object::Blob(bytes.clone().into()));
    let link = url(repository, &format!("contents/{path}"));
    let page = format!(
        "https://github.com/{}/blob/{branch}/{path}",
        repository.name
    );
    let content = json!({
        "name": path.rsplit('/').next(),
        "path": path,
        "sha": blob,
        "size": bytes.len(),
        "url": link,
        "html_url": page,
        "git_url": url(repository, &format!("git/blobs/{blob}")),
        "download_url": page,
        "type": "file",
        "_links": { "self": link, "git": link, "html": page },
    });
    (
        201,
        json!({ "content": content, "commit": commit_answer(repository, &commit) }),
    )
}
