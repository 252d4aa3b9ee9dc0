//! What the stand-in knows: repositories, who gets in, and what is to go wrong.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::store::Repository;

/// A GitHub App that is known.
#[derive(Debug, Clone, Deserialize)]
pub struct App {
    /// Its number.
    pub id: u64,
    /// Its only installation.
    pub installation: u64,
    /// Its public key: PKCS#1 in PEM.
    pub public_key: String,
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// Which requests: those whose method, path or query has this in it, such as `PATCH`, `/git/trees`, `createCommitOnBranch`.
    pub on: String,
    /// How many of them.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub what: What,
}

fn once() -> u32 {
    1
}

/// A way to go wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// An answer in place of the right one.
    Answer {
        /// Its status.
        status: u16,
        /// What it says.
        message: String,
        /// More headers of it.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// An error of GraphQL.
    Graphql {
        /// Its `type`.
        kind: String,
        /// What it says.
        message: String,
    },
    /// No answer at all.
    Hang,
    /// It is done, and the answer is lost.
    Lose,
    /// Somebody else pushes a file just before.
    Push {
        /// To which repository.
        repository: String,
        /// And branch.
        branch: String,
        /// Which file.
        path: String,
    },
}

/// Everything.
#[derive(Debug, Default)]
pub struct World {
    repositories: HashMap<String, Repository>,
    /// Tokens, and the repositories that each is for; all where there is none.
    tokens: HashMap<String, Option<Vec<String>>>,
    /// The App.
    pub app: Option<App>,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// Requests, and answers of its own, that GitHub's schemas don't allow.
    pub violations: Vec<String>,
    /// Every request: method and path, and of GraphQL the query.
    pub requests: Vec<String>,
    issued: u64,
}

impl World {
    /// Makes a repository without a commit, or empties it.
    pub fn create(&mut self, name: &str) {
        let key = name.to_ascii_lowercase();
        self.repositories.insert(key, Repository::new(name));
    }

    /// Lets a token in, for some repositories or all.
    pub fn let_in(&mut self, token: &str, repositories: Option<Vec<String>>) {
        self.tokens.insert(token.into(), repositories);
    }

    /// Lets a token in no more.
    pub fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    pub(crate) fn is_let_in(&self, token: &str) -> bool {
        self.tokens.contains_key(token)
    }

    /// A token of the App's installation.
    pub(crate) fn issue(&mut self, repositories: Option<Vec<String>>) -> String {
        self.issued += 1;
        let token = format!("ghs_standin{}", self.issued);
        self.tokens.insert(token.clone(), repositories);
        token
    }

    /// A repository.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(&name.to_ascii_lowercase())
    }

    /// A repository, to change it.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut Repository> {
        self.repositories.get_mut(&name.to_ascii_lowercase())
    }

    fn may_see(&self, name: &str, token: &str) -> bool {
        match self.tokens.get(token) {
            Some(Some(some)) => some.iter().any(|one| {
                one.eq_ignore_ascii_case(name)
                    || name
                        .split_once('/')
                        .is_some_and(|(_, name)| name.eq_ignore_ascii_case(one))
            }),
            Some(None) => true,
            None => false,
        }
    }

    pub(crate) fn repository(&self, name: &str, token: &str) -> Option<&Repository> {
        self.named(name).filter(|_| self.may_see(name, token))
    }

    pub(crate) fn repository_mut(&mut self, name: &str, token: &str) -> Option<&mut Repository> {
        if self.may_see(name, token) {
            self.named_mut(name)
        } else {
            None
        }
    }

    /// The next thing to go wrong with a request.
    pub(crate) fn fault(&mut self, request: &str) -> Option<What> {
        let hit = |fault: &&mut Fault| fault.times > 0 && request.contains(&fault.on);
        let fault = self.faults.iter_mut().find(hit)?;
        fault.times -= 1;
        Some(fault.what.clone())
    }

    /// Commits files as somebody else; those without bytes go.
    ///
    /// # Errors
    /// Where there is no such repository or file.
    pub fn push(
        &mut self,
        repository: &str,
        branch: &str,
        files: Vec<(String, Option<Bytes>)>,
    ) -> Result<String, String> {
        let found = self.named_mut(repository).ok_or("no such repository")?;
        found.push(branch, files, "100644")
    }
}
