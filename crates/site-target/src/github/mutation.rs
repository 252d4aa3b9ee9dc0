//! A small change: one mutation, whole or not at all.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

use super::GithubTarget;
use super::answer::failed;
use super::write::Edit;
use crate::{Committed, Error};

const MUTATION: &str = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }";

#[derive(Deserialize)]
struct Commit {
    oid: String,
    url: String,
}

impl GithubTarget {
    /// Commits if the branch still is at `expected`.
    pub(super) async fn mutate(&self, expected: &str, edit: &Edit<'_>) -> Result<Committed, Error> {
        let mut additions = Vec::new();
        for place in edit.additions.keys() {
            let contents = BASE64.encode(&edit.bytes(place).await?);
            additions.push(json!({ "path": place, "contents": contents }));
        }
        let deletions: Vec<_> = edit
            .deletions
            .iter()
            .map(|place| json!({ "path": place }))
            .collect();
        let (headline, body) = edit.message.split_once('\n').unwrap_or((edit.message, ""));
        let mut message = json!({ "headline": headline });
        if !body.trim().is_empty() {
            message["body"] = body.trim_start_matches('\n').into();
        }
        let input = json!({
            "branch": { "repositoryNameWithOwner": self.repository.as_str(), "branchName": self.branch.as_str() },
            "message": message,
            "expectedHeadOid": expected,
            "fileChanges": { "additions": additions, "deletions": deletions },
        });
        let answer = self
            .graphql(&json!({ "query": MUTATION, "variables": { "input": input } }))
            .await?;
        let mut data = self.data(&answer)?;
        let commit = data["createCommitOnBranch"]["commit"].take();
        let commit: Commit = serde_json::from_value(commit).map_err(failed)?;
        Ok(Committed {
            id: commit.oid,
            url: Some(commit.url),
            foreign: Vec::new(),
        })
    }
}
