//! The template, as the local platform reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use template::{
    Bucket, Context, Cors, Notification, Queue, QueueSource, Schedule, Table, Template,
};

use crate::Error;
use crate::data_dir::{self, RunInfo};
use crate::functions::Functions;
use crate::platform::{ACCESS_KEY_ID, ACCOUNT_ID, REGION, SECRET_ACCESS_KEY};

/// A template and where it was found.
#[derive(Debug)]
pub struct Wiring {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub template: Template,
}

impl Wiring {
    /// Reads the template at a path; where `None`, `template.yaml` of the current folder, else of the workspace.
    ///
    /// # Errors
    /// [`Error::File`] when there is none, [`Error::Template`] when it is broken.
    pub fn read(path: Option<&Path>) -> Result<Self, Error> {
        let here = Path::new("template.yaml");
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
        let path = path.unwrap_or(if here.exists() { here } else { &workspace });
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        let path = path.to_owned();
        match Template::parse(&text) {
            Ok(template) => Ok(Self { path, template }),
            Err(source) => Err(Error::Template { path, source }),
        }
    }

    /// The tables.
    ///
    /// # Errors
    /// [`Error::Template`], which [`read`](Self::read) would have found.
    pub fn tables(&self) -> Result<Vec<Table>, Error> {
        self.template
            .tables(&context())
            .map_err(|source| self.wrong(source))
    }

    /// The buckets.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn buckets(&self) -> Result<Vec<Bucket>, Error> {
        self.template
            .buckets(&context())
            .map_err(|source| self.wrong(source))
    }

    /// The queues.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn queues(&self) -> Result<Vec<Queue>, Error> {
        self.template
            .queues(&context())
            .map_err(|source| self.wrong(source))
    }

    /// The schedules.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn schedules(&self) -> Result<Vec<Schedule>, Error> {
        self.template
            .schedules()
            .map_err(|source| self.wrong(source))
    }

    /// What buckets tell queues.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn notifications(&self) -> Result<Vec<Notification>, Error> {
        self.template
            .notifications(&context())
            .map_err(|source| self.wrong(source))
    }

    /// The queues whose messages functions take.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn queue_sources(&self) -> Result<Vec<QueueSource>, Error> {
        self.template
            .queue_sources(&context())
            .map_err(|source| self.wrong(source))
    }

    /// What other origins may do.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn cors(&self) -> Result<Cors, Error> {
        self.template
            .cors(&context())
            .map_err(|source| self.wrong(source))
    }

    /// The environment of every function: what the template says, where the servers of this machine are, and where mail
    /// goes, and whether what a function fetches may be on this machine.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn environment(
        &self,
        data: &Path,
        servers: &RunInfo,
        mail_transport: &str,
        allow_loopback: bool,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
        let context = Context {
            queue_endpoint: servers.sqs_url.clone(),
            ..context()
        };
        let mut environment = BTreeMap::new();
        for function in self.template.functions() {
            let declared = self.template.environment(&function.name, &context);
            let mut variables = declared.map_err(|source| self.wrong(source))?;
            // There are no secrets here: the keys are in a file.
            variables.remove("JWT_SECRET_NAME");
            variables.remove("GITHUB_SECRET_NAME");
            // There are no topics that functions publish to.
            variables.remove("SCRAPE_TOPIC_ARN");
            variables.extend(local_variables(data, servers, mail_transport));
            if allow_loopback {
                variables.insert("FETCH_LOOPBACK".to_owned(), "true".to_owned());
            }
            environment.insert(function.name.clone(), variables);
        }
        Ok(environment)
    }

    /// Refuses a template with a function that this program does not have.
    pub(crate) fn check_handlers(&self, functions: &Functions) -> Result<(), Error> {
        let mut declared = self.template.functions().iter();
        match declared.find(|function| !functions.has(&function.name)) {
            None => Ok(()),
            Some(missing) => Err(Error::FunctionMissing {
                path: self.path.clone(),
                function: missing.name.clone(),
            }),
        }
    }

    fn wrong(&self, source: template::Error) -> Error {
        Error::Template {
            path: self.path.clone(),
            source,
        }
    }
}

/// A template is looked at as if it were deployed as the stack `local`.
fn context() -> Context {
    Context {
        account_id: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        ..Context::default()
    }
}

/// What is different here from AWS, for every function.
fn local_variables(
    data: &Path,
    servers: &RunInfo,
    mail_transport: &str,
) -> impl Iterator<Item = (String, String)> {
    let within = |name: &str| data.join(name).to_string_lossy().into_owned();
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", servers.dynamodb_url.clone()),
        ("AWS_ENDPOINT_URL_S3", servers.s3_url.clone()),
        ("AWS_ENDPOINT_URL_SQS", servers.sqs_url.clone()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ("JWT_KEY_FILE", within(data_dir::SIGNING_KEYS)),
        ("GIT_SITES", within(data_dir::SITES)),
        ("GITHUB_FILE", within(data_dir::GITHUB)),
        ("MAIL_TRANSPORT", mail_transport.to_owned()),
        ("PUBLIC_URL", servers.base_url.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}
