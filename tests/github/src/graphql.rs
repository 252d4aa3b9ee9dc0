//! GitHub's GraphQL API, as far as a site needs it, executed over its published schema.

use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::Error;
use crate::store::{Edits, Entry, Object, Repository};
use crate::world::World;

static SCHEMA: OnceLock<Valid<Schema>> = OnceLock::new();

/// The schema, read once.
pub(crate) fn schema() -> Result<&'static Valid<Schema>, Error> {
    if let Some(known) = SCHEMA.get() {
        return Ok(known);
    }
    let mut text = String::new();
    GzDecoder::new(&include_bytes!("../schemas/schema.graphql.gz")[..])
        .read_to_string(&mut text)
        .map_err(|error| Error::Schema(error.to_string()))?;
    let schema = Schema::parse_and_validate(text, "schema.graphql")
        .map_err(|error| Error::Schema(error.errors.to_string()))?;
    Ok(SCHEMA.get_or_init(|| schema))
}

/// What is answered, and what is wrong with the request.
pub(crate) fn answer(
    world: &Arc<Mutex<World>>,
    request: &Value,
    token: &str,
) -> (Value, Vec<String>) {
    let schema = match schema() {
        Ok(schema) => schema,
        Err(error) => return (problem(&error.to_string()), vec![error.to_string()]),
    };
    let Some(query) = request["query"].as_str() else {
        return (
            problem("A query attribute must be specified and must be a string."),
            vec!["no query".into()],
        );
    };
    let document = match ExecutableDocument::parse_and_validate(schema, query, "query.graphql") {
        Ok(document) => document,
        Err(error) => {
            let why = error.errors.to_string();
            return (problem(&why), vec![why]);
        }
    };
    let variables = serde_json::from_value::<Option<JsonMap>>(request["variables"].clone());
    let variables = variables.ok().flatten().unwrap_or_default();
    let root = Root {
        world: world.clone(),
        token: token.into(),
        kind: Mutex::default(),
        is_mutation: document
            .operations
            .iter()
            .any(|operation| operation.is_mutation()),
    };
    let executed = Execution::new(schema, &document)
        .raw_variable_values(&variables)
        .execute_sync(&root);
    match executed {
        Ok(response) => {
            let mut answer = serde_json::to_value(response).unwrap_or_default();
            let kind = root
                .kind
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let (Some(kind), Some(error)) = (kind, answer.pointer_mut("/errors/0")) {
                error["type"] = kind.into();
            }
            (answer, Vec::new())
        }
        Err(error) => {
            let why = error.message().to_string();
            (problem(&why), vec![why])
        }
    }
}

fn problem(message: &str) -> Value {
    json!({ "errors": [{ "message": message }] })
}

struct Root {
    world: Arc<Mutex<World>>,
    token: String,
    /// The `type` of the error that was answered, which the specification knows nothing of.
    kind: Mutex<Option<&'static str>>,
    is_mutation: bool,
}

impl Root {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, kind: &'static str, message: impl Into<String>) -> FieldError {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
        FieldError {
            message: message.into(),
        }
    }

    fn repository(&self, name: &str) -> Result<ResolvedValue<'_>, FieldError> {
        let world = self.world();
        let Some(found) = world.repository(name, &self.token) else {
            let why = format!("Could not resolve to a Repository with the name '{name}'.");
            return Err(self.refuse("NOT_FOUND", why));
        };
        Ok(ResolvedValue::object(Repo {
            world: &self.world,
            name: found.name.clone(),
        }))
    }

    fn commit(&self, input: &Value) -> Result<ResolvedValue<'_>, FieldError> {
        let mut world = self.world();
        let name = input["branch"]["repositoryNameWithOwner"]
            .as_str()
            .unwrap_or_default();
        let token = &self.token;
        let Some(repository) = world.repository_mut(name, token) else {
            return Err(self.refuse("NOT_FOUND", "Could not resolve to a Repository"));
        };
        let branch = input["branch"]["branchName"].as_str().unwrap_or_default();
        let expected = input["expectedHeadOid"].as_str().unwrap_or_default();
        let Some(head) = repository.branches.get(branch).cloned() else {
            return Err(self.refuse("NOT_FOUND", format!("Branch {branch} not found")));
        };
        if head != expected {
            let why = format!(
                "Expected branch to point to \"{expected}\" but it did not.  Pull and try again."
            );
            return Err(self.refuse("STALE_DATA", why));
        }
        let edits = edits(repository, &input["fileChanges"])
            .map_err(|why| self.refuse("UNPROCESSABLE", why))?;
        let base = repository.commit(&head).map(|commit| commit.tree.clone());
        let tree = repository.edit(base.as_deref(), edits);
        let tree = tree.map_err(|_| {
            self.refuse("UNPROCESSABLE", format!("A path was requested for deletion which does not exist as of commit oid `{head}`"))
        })?;
        let text = |name: &str| input["message"][name].as_str().unwrap_or_default();
        let message = format!("{}\n\n{}", text("headline"), text("body"));
        let commit = repository.keep_commit(tree, vec![head], message.trim_end().into());
        repository.branches.insert(branch.into(), commit.clone());
        let name = repository.name.clone();
        Ok(ResolvedValue::object(Payload(CommitValue {
            world: &self.world,
            name,
            oid: commit,
        })))
    }
}

fn edits(repository: &mut Repository, changes: &Value) -> Result<Edits, String> {
    let list = |name: &str| changes[name].as_array().cloned().unwrap_or_default();
    let mut edits = Edits::new();
    for deletion in list("deletions") {
        edits.push((deletion["path"].as_str().unwrap_or_default().into(), None));
    }
    for addition in list("additions") {
        let contents = addition["contents"].as_str().unwrap_or_default();
        let bytes = data_encoding::BASE64.decode(contents.as_bytes());
        let bytes = bytes.map_err(|_| "contents are no base64".to_owned())?;
        let blob = repository.keep(Object::Blob(bytes.into()));
        let path = addition["path"].as_str().unwrap_or_default();
        edits.push((path.into(), Some(("100644".into(), blob))));
    }
    Ok(edits)
}

fn text_of<'a>(info: &'a ResolveInfo<'a>, name: &str) -> &'a str {
    info.arguments()
        .get(name)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
}

impl ObjectValue for Root {
    fn type_name(&self) -> &str {
        if self.is_mutation {
            "Mutation"
        } else {
            "Query"
        }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "repository" => self.repository(&format!(
                "{}/{}",
                text_of(info, "owner"),
                text_of(info, "name")
            )),
            "createCommitOnBranch" => {
                let input = serde_json::to_value(info.arguments().get("input")).unwrap_or_default();
                self.commit(&input)
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct Payload<'w>(CommitValue<'w>);

impl ObjectValue for Payload<'_> {
    fn type_name(&self) -> &'static str {
        "CreateCommitOnBranchPayload"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "commit" => Ok(ResolvedValue::object(self.0.clone())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct Repo<'w> {
    world: &'w Mutex<World>,
    name: String,
}

impl ObjectValue for Repo<'_> {
    fn type_name(&self) -> &'static str {
        "Repository"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(repository) = world.named(&self.name) else {
            return Ok(ResolvedValue::null());
        };
        match info.field_name() {
            "isEmpty" => Ok(ResolvedValue::leaf(repository.branches.is_empty())),
            "isArchived" => Ok(ResolvedValue::leaf(repository.archived)),
            "ref" => {
                let branch = text_of(info, "qualifiedName").strip_prefix("refs/heads/");
                let oid = branch.and_then(|branch| repository.branches.get(branch));
                Ok(oid.map_or_else(ResolvedValue::null, |oid| {
                    ResolvedValue::object(Ref(CommitValue {
                        world: self.world,
                        name: self.name.clone(),
                        oid: oid.clone(),
                    }))
                }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct Ref<'w>(CommitValue<'w>);

impl ObjectValue for Ref<'_> {
    fn type_name(&self) -> &'static str {
        "Ref"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "target" => Ok(ResolvedValue::object(self.0.clone())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

#[derive(Clone)]
struct CommitValue<'w> {
    world: &'w Mutex<World>,
    name: String,
    oid: String,
}

impl ObjectValue for CommitValue<'_> {
    fn type_name(&self) -> &'static str {
        "Commit"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = world.named(&self.name);
        let commit = repository.and_then(|repository| repository.commit(&self.oid));
        let (Some(repository), Some(commit)) = (repository, commit) else {
            return Ok(ResolvedValue::null());
        };
        match info.field_name() {
            "oid" => Ok(ResolvedValue::leaf(self.oid.clone())),
            "url" => Ok(ResolvedValue::leaf(format!(
                "https://github.com/{}/commit/{}",
                self.name, self.oid
            ))),
            "tree" => Ok(ResolvedValue::object(TreeValue(commit.tree.clone()))),
            "file" => {
                let entry = repository.entry(&commit.tree, text_of(info, "path"));
                Ok(entry.map_or_else(ResolvedValue::null, |entry| {
                    let blob = repository.blob(&entry.sha).cloned();
                    ResolvedValue::object(EntryValue { entry, blob })
                }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct TreeValue(String);

impl ObjectValue for TreeValue {
    fn type_name(&self) -> &'static str {
        "Tree"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "oid" => Ok(ResolvedValue::leaf(self.0.clone())),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct EntryValue {
    entry: Entry,
    blob: Option<bytes::Bytes>,
}

impl ObjectValue for EntryValue {
    fn type_name(&self) -> &'static str {
        "TreeEntry"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "oid" => Ok(ResolvedValue::leaf(self.entry.sha.clone())),
            "type" => Ok(ResolvedValue::leaf(self.entry.kind())),
            "object" => Ok(match &self.blob {
                Some(bytes) => ResolvedValue::object(BlobValue(bytes.clone())),
                None => ResolvedValue::object(TreeValue(self.entry.sha.clone())),
            }),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct BlobValue(bytes::Bytes);

/// From how many bytes on GitHub cuts the text of a blob.
const TRUNCATED: usize = 512 * 1024;

impl ObjectValue for BlobValue {
    fn type_name(&self) -> &'static str {
        "Blob"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "isTruncated" => Ok(ResolvedValue::leaf(self.0.len() > TRUNCATED)),
            "text" => {
                let start = self.0.slice(..self.0.len().min(TRUNCATED));
                Ok(String::from_utf8(start.to_vec())
                    .map_or_else(|_| ResolvedValue::null(), ResolvedValue::leaf))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
