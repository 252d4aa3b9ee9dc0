//! Reads `template.yaml`: the routes, schedules, tables, queues, buckets and variables that it declares.
//!
//! `template.yaml` is the one place where the platform is wired. Whatever needs to know that wiring outside AWS (the
//! local platform, the tests, the `Allow` header) reads it here instead of repeating it. Only what those readers need
//! is understood: functions with what calls them, tables, queues, buckets, CORS, and the environment of a function,
//! with the short forms `!Ref`, `!Sub` and `!GetAtt`.

mod queues;
mod resolve;
mod resources;
mod triggers;

use std::collections::{BTreeMap, HashMap};

use serde_norway::{Mapping, Value};

pub use queues::{Queue, Redrive};
pub use resolve::Context;
pub use resources::{
    AttributeDefinition, Bucket, Cors, Function, Index, KeyElement, Projection, Route, Table,
};
pub use triggers::{Notification, QueueSource, Schedule};

/// What is wrong with a template, in one line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not YAML; the message says the line.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// A part of the template is missing or not understood.
    #[error("{place}: {message}")]
    Invalid {
        /// The resource or section, for example `Resources.Login`.
        place: String,
        /// What is wrong there.
        message: String,
    },
}

impl Error {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// A parsed template.
#[derive(Debug)]
pub struct Template {
    parameters: BTreeMap<String, Option<String>>,
    resources: Vec<Resource>,
    global_variables: Mapping,
    functions: Vec<Function>,
}

/// One entry of `Resources`, not interpreted yet.
#[derive(Debug)]
struct Resource {
    logical_id: String,
    kind: String,
    properties: Value,
}

impl Resource {
    fn place(&self) -> String {
        format!("Resources.{}", self.logical_id)
    }
}

impl Template {
    /// Parses a template and checks everything that this crate would ever be asked about.
    ///
    /// # Errors
    /// Text that is not YAML, a resource that lacks what it must have, a route that two functions claim, a variable
    /// that refers to nothing.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document: Value =
            serde_norway::from_str(text).map_err(|error| Error::Syntax(one_line(&error)))?;
        let mut template = Self {
            parameters: parameters(&document)?,
            resources: resources(&document)?,
            global_variables: variables(&document["Globals"]["Function"], "Globals.Function")?,
            functions: Vec::new(),
        };
        template.functions = template
            .of_kind("AWS::Serverless::Function")
            .map(resources::function)
            .collect::<Result<_, _>>()?;
        template.refuse_shared_routes()?;
        template.check_references()?;
        Ok(template)
    }

    /// The functions, in the order of the template.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The `DynamoDB` tables.
    ///
    /// # Errors
    /// A table that is not complete, or whose name refers to nothing.
    pub fn tables(&self, context: &Context) -> Result<Vec<Table>, Error> {
        self.of_kind("AWS::DynamoDB::Table")
            .map(|resource| resources::table(self, resource, context))
            .collect()
    }

    /// The SQS queues, dead-letter queues among them.
    ///
    /// # Errors
    /// A queue whose name or dead-letter queue refers to nothing, a number that is none, a FIFO queue that is not one in all
    /// of its parts.
    pub fn queues(&self, context: &Context) -> Result<Vec<Queue>, Error> {
        self.of_kind("AWS::SQS::Queue")
            .map(|resource| queues::queue(self, resource, context))
            .collect()
    }

    /// The S3 buckets.
    ///
    /// # Errors
    /// A bucket whose name refers to nothing.
    pub fn buckets(&self, context: &Context) -> Result<Vec<Bucket>, Error> {
        self.of_kind("AWS::S3::Bucket")
            .map(|resource| {
                Ok(Bucket {
                    logical_id: resource.logical_id.clone(),
                    name: self.physical_name(resource, context)?,
                })
            })
            .collect()
    }

    /// What the HTTP API answers to browsers of other origins; nothing is allowed when the template does not say.
    ///
    /// # Errors
    /// A list that refers to nothing.
    pub fn cors(&self, context: &Context) -> Result<Cors, Error> {
        self.of_kind("AWS::Serverless::HttpApi").next().map_or_else(
            || Ok(Cors::default()),
            |api| resources::cors(self, api, context),
        )
    }

    /// The environment of a function: the variables of `Globals` and its own, evaluated.
    ///
    /// # Errors
    /// An unknown function, or a variable that refers to nothing.
    pub fn environment(
        &self,
        function_name: &str,
        context: &Context,
    ) -> Result<BTreeMap<String, String>, Error> {
        let resource = self
            .functions
            .iter()
            .find(|function| function.name == function_name)
            .and_then(|function| self.resource(&function.logical_id))
            .ok_or_else(|| {
                Error::new("Resources", format!("there is no function {function_name}"))
            })?;
        let own = variables(&resource.properties, &resource.place())?;

        let mut environment = BTreeMap::new();
        let global = self
            .global_variables
            .iter()
            .map(|entry| (entry, "Globals.Function".to_owned()));
        for ((name, value), section) in
            global.chain(own.iter().map(|entry| (entry, resource.place())))
        {
            let name = name
                .as_str()
                .ok_or_else(|| Error::new(&section, "the name of a variable is not text"))?;
            let place = format!("{section}.Environment.Variables.{name}");
            match self.evaluate(value, context, &place)? {
                Some(value) => environment.insert(name.to_owned(), value),
                None => environment.remove(name),
            };
        }
        Ok(environment)
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.kind == kind)
    }

    fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.logical_id == logical_id)
    }

    fn refuse_shared_routes(&self) -> Result<(), Error> {
        let mut owners = HashMap::new();
        for function in &self.functions {
            let default = function.default_route.then(|| "$default".to_owned());
            for route in function.routes.iter().map(Route::key).chain(default) {
                if let Some(owner) = owners.insert(route.clone(), &function.logical_id) {
                    let place = format!("Resources.{}", function.logical_id);
                    return Err(Error::new(
                        place,
                        format!("the route {route} is already that of {owner}"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Evaluates everything once, so that a template which parses can be used.
    fn check_references(&self) -> Result<(), Error> {
        let context = Context::default();
        self.tables(&context)?;
        self.queues(&context)?;
        self.buckets(&context)?;
        self.cors(&context)?;
        self.schedules()?;
        self.queue_sources(&context)?;
        self.notifications(&context)?;
        for function in &self.functions {
            self.environment(&function.name, &context)?;
        }
        Ok(())
    }
}

fn parameters(document: &Value) -> Result<BTreeMap<String, Option<String>>, Error> {
    let mut parameters = BTreeMap::new();
    for (name, value) in mapping(&document["Parameters"], "Parameters")?
        .into_iter()
        .flatten()
    {
        let name = name
            .as_str()
            .ok_or_else(|| Error::new("Parameters", "the name of a parameter is not text"))?;
        parameters.insert(name.to_owned(), resolve::scalar(&value["Default"]));
    }
    Ok(parameters)
}

fn resources(document: &Value) -> Result<Vec<Resource>, Error> {
    let Some(resources) = mapping(&document["Resources"], "Resources")? else {
        return Err(Error::new("Resources", "the template has no resources"));
    };
    resources
        .iter()
        .map(|(name, value)| {
            let name = name
                .as_str()
                .ok_or_else(|| Error::new("Resources", "the name of a resource is not text"))?;
            let place = format!("Resources.{name}");
            let kind = value["Type"]
                .as_str()
                .ok_or_else(|| Error::new(&place, "it has no Type"))?;
            mapping(&value["Properties"], &format!("{place}.Properties"))?;
            Ok(Resource {
                logical_id: name.to_owned(),
                kind: kind.to_owned(),
                properties: value["Properties"].clone(),
            })
        })
        .collect()
}

/// `Environment.Variables` of a function's properties.
fn variables(properties: &Value, place: &str) -> Result<Mapping, Error> {
    let variables = &properties["Environment"]["Variables"];
    Ok(
        mapping(variables, &format!("{place}.Environment.Variables"))?
            .cloned()
            .unwrap_or_default(),
    )
}

/// A mapping, or nothing where nothing is written.
fn mapping<'a>(value: &'a Value, place: &str) -> Result<Option<&'a Mapping>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::Mapping(mapping) => Ok(Some(mapping)),
        _ => Err(Error::new(place, "it must be a mapping")),
    }
}

fn one_line(error: &serde_norway::Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
