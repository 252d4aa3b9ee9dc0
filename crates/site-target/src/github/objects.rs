//! A large change, or one that a mutation can't say: blobs and trees, a commit, and then the branch.
//!
//! Files go in batches, each a tree on top of the one before. A batch's blobs stay at GitHub, so that another attempt names them by
//! their hashes alone; how many there are is found by halving.

use data_encoding::BASE64;
use domain::site::BlobId;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use percent_encoding::{AsciiSet, CONTROLS};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::GithubTarget;
use super::answer::{Answer, Asked, failed, refused, said};
use super::read::Snapshot;
use super::write::Edit;
use crate::{Committed, Error};

/// How many bytes go in one batch, unless one file alone has more.
const BATCH_BYTES: u64 = 2_000_000;
/// How many files go in one batch.
const BATCH_FILES: usize = 200;
/// How many blobs are sent at once.
const AT_ONCE: usize = 4;
/// What stands for something else in the path of an address.
pub(super) const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'+');

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

#[derive(Deserialize)]
struct CommitAnswer {
    sha: String,
    html_url: String,
}

#[derive(Deserialize)]
struct RefAnswer {
    object: Sha,
}

impl GithubTarget {
    pub(super) async fn write_objects(
        &self,
        snapshot: &Snapshot,
        edit: &Edit<'_>,
    ) -> Result<Committed, Error> {
        let batches = batches(edit);
        let mut done = self.done_before(edit, &batches).await?;
        let tree = loop {
            match self.write_trees(snapshot, edit, &batches, done).await? {
                Some(tree) => break tree,
                // A blob of those that should be there is not. With none assumed, that can't be.
                None if done > 0 => done -= 1,
                None => return Err(failed("GitHub knows none of the blobs that it was given")),
            }
        };
        let parents: Vec<&String> = snapshot.head.id.iter().collect();
        let body = json!({ "message": edit.message, "tree": tree, "parents": parents });
        let answer = self.post("git/commits", &body).await?;
        let commit: CommitAnswer = self.expect(&answer)?;
        self.move_branch(snapshot.head.id.as_deref(), &commit.sha)
            .await?;
        Ok(Committed {
            id: commit.sha,
            url: Some(commit.html_url),
            foreign: Vec::new(),
        })
    }

    /// How many batches an attempt that was broken off has left at GitHub.
    async fn done_before(&self, edit: &Edit<'_>, batches: &[Vec<&str>]) -> Result<usize, Error> {
        let (mut done, mut open) = (0, batches.len());
        if open < 2 {
            return Ok(0);
        }
        while done < open {
            let middle = done + (open - done) / 2;
            let last = batches[middle].last().and_then(|place| edit.blob(place));
            let is_there = match last {
                Some(blob) => self.has_blob(blob).await?,
                None => true,
            };
            if is_there {
                done = middle + 1;
            } else {
                open = middle;
            }
        }
        Ok(done)
    }

    async fn has_blob(&self, blob: BlobId) -> Result<bool, Error> {
        let asked = Asked::new(Method::HEAD, self.url(&format!("git/blobs/{blob}")));
        let answer = self.ask(asked).await?;
        match answer.status.as_u16() {
            200 => Ok(true),
            404 | 409 | 422 => Ok(false),
            _ => Err(self.error(&answer)),
        }
    }

    /// The tree of the whole change; `None` where a blob is missing of the first `done` batches.
    async fn write_trees(
        &self,
        snapshot: &Snapshot,
        edit: &Edit<'_>,
        batches: &[Vec<&str>],
        done: usize,
    ) -> Result<Option<String>, Error> {
        let deletion = |place: &String| entry(place, "sha", Value::Null);
        let mut entries: Vec<Value> = edit.deletions.iter().map(deletion).collect();
        let mut tree = snapshot.tree.clone();
        if edit.changes_kinds() {
            // By themselves, since one request may not say what comes first.
            tree = Some(
                self.write_tree(tree.as_deref(), std::mem::take(&mut entries))
                    .await?
                    .map_err(failed)?,
            );
        }
        for place in batches[..done].iter().flatten() {
            let blob = edit.blob(place).map(|blob| blob.to_string());
            entries.push(entry(place, "sha", blob.into()));
        }
        if done > 0 {
            match self
                .write_tree(tree.as_deref(), std::mem::take(&mut entries))
                .await?
            {
                Ok(written) => tree = Some(written),
                Err(_) => return Ok(None),
            }
        }
        for (number, batch) in batches[done..].iter().enumerate() {
            // One at least, so that attempts come to an end.
            if number > 0 && Instant::now() >= edit.deadline {
                return Err(Error::Unfinished);
            }
            entries.extend(self.write_batch(edit, batch).await?);
            let written = self
                .write_tree(tree.as_deref(), std::mem::take(&mut entries))
                .await?;
            tree = Some(written.map_err(failed)?);
        }
        if !entries.is_empty() {
            let written = self.write_tree(tree.as_deref(), entries).await?;
            tree = Some(written.map_err(failed)?);
        }
        tree.map(Some).ok_or_else(|| failed("a commit of nothing"))
    }

    /// The entries of a batch: texts with what they say, and the others as blobs that are sent before.
    async fn write_batch(&self, edit: &Edit<'_>, batch: &[&str]) -> Result<Vec<Value>, Error> {
        let mut entries = Vec::new();
        let mut blobs = Vec::new();
        for place in batch {
            let bytes = edit.bytes(place).await?;
            match std::str::from_utf8(&bytes) {
                Ok(text) if !text.contains('\0') => {
                    entries.push(entry(place, "content", text.into()));
                }
                _ => blobs.push(self.write_blob(place, bytes)),
            }
        }
        let blobs = stream::iter(blobs).buffer_unordered(AT_ONCE);
        entries.extend(blobs.try_collect::<Vec<_>>().await?);
        Ok(entries)
    }

    async fn write_blob(&self, place: &str, bytes: bytes::Bytes) -> Result<Value, Error> {
        let body = json!({ "content": BASE64.encode(&bytes), "encoding": "base64" });
        let answer = self.post("git/blobs", &body).await?;
        let blob: Sha = self.expect(&answer)?;
        Ok(entry(place, "sha", blob.sha.into()))
    }

    /// A tree on top of another one; what GitHub says where it does not know one of the blobs.
    async fn write_tree(
        &self,
        base: Option<&str>,
        entries: Vec<Value>,
    ) -> Result<Result<String, String>, Error> {
        let mut body = json!({ "tree": entries });
        if let Some(base) = base {
            body["base_tree"] = base.into();
        }
        let answer = self.post("git/trees", &body).await?;
        let message = answer.message();
        if answer.status.as_u16() == 422 && message.contains("not a valid") {
            return Ok(Err(message));
        }
        let tree: Sha = self.expect(&answer)?;
        Ok(Ok(tree.sha))
    }

    async fn move_branch(&self, from: Option<&str>, to: &str) -> Result<(), Error> {
        let name = format!("heads/{}", self.branch);
        let path = percent_encoding::utf8_percent_encode(&name, IN_PATH);
        let answer = match from {
            None => {
                let body = json!({ "ref": format!("refs/{name}"), "sha": to });
                self.post("git/refs", &body).await?
            }
            Some(from) => {
                // Moving it on is refused by GitHub from any commit but an ancestor; this finds one that was moved back.
                let there = Asked::new(Method::GET, self.url(&format!("git/ref/{path}")));
                let there = self.ask(there).await?;
                if there.status.as_u16() == 404
                    || self.expect::<RefAnswer>(&there)?.object.sha != from
                {
                    return Err(Error::Moved);
                }
                let body = json!({ "sha": to, "force": false });
                let asked = Asked::new(Method::PATCH, self.url(&format!("git/refs/{path}")));
                self.pace().await;
                self.ask(asked.json(&body)?).await?
            }
        };
        let message = answer.message();
        let is_moved = ["not a fast forward", "already exists", "does not exist"];
        if answer.status.as_u16() == 422 && is_moved.iter().any(|words| message.contains(words)) {
            return Err(Error::Moved);
        }
        self.expect::<RefAnswer>(&answer).map(|_| ())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        self.pace().await;
        let asked = Asked::new(Method::POST, self.url(path));
        self.ask(asked.json(body)?).await
    }

    fn expect<T: serde::de::DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        if answer.status.is_success() {
            return answer.json();
        }
        let message = answer.message();
        if answer.status.as_u16() == 422 && message.contains("too large") {
            return Err(refused(
                "too_large",
                said("takes no file of that size", &message),
            ));
        }
        Err(self.error(answer))
    }
}

fn entry(place: &str, key: &str, value: Value) -> Value {
    let mut entry = json!({ "path": place, "mode": "100644", "type": "blob" });
    entry[key] = value;
    entry
}

/// The files to write in batches, always the same for the same files.
fn batches<'a>(edit: &'a Edit<'_>) -> Vec<Vec<&'a str>> {
    let mut batches: Vec<Vec<&str>> = Vec::new();
    let mut bytes = 0;
    for place in edit.additions.keys() {
        let size = edit.size(place);
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_FILES && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(place);
            }
            _ => {
                bytes = size;
                batches.push(vec![place]);
            }
        }
    }
    batches
}
