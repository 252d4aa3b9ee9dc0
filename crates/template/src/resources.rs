//! What the resources say, as types.

use serde::Deserialize;
use serde_norway::Value;

use crate::{Context, Error, Resource, Template};

/// An `AWS::Serverless::Function`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name in the template, for example `ResetConfirm`.
    pub logical_id: String,
    /// Its folder and package, for example `reset-confirm`.
    pub name: String,
    /// The HTTP routes that lead to it.
    pub routes: Vec<Route>,
    /// Whether what no route matches comes here.
    pub default_route: bool,
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, …, or `ANY`.
    pub method: String,
    /// A path with `{parameters}`.
    pub path: String,
}

impl Route {
    /// What API Gateway calls the route: method and path.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An `AWS::DynamoDB::Table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the database.
    pub name: String,
    /// Partition key and, where there is one, sort key.
    pub key_schema: Vec<KeyElement>,
    /// The types of all keys.
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// Global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute with the time after which an item may be removed.
    pub ttl_attribute: Option<String>,
}

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyElement {
    /// The attribute.
    pub attribute_name: String,
    /// `HASH` or `RANGE`.
    pub key_type: String,
}

/// The type of an attribute that is part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDefinition {
    /// The attribute.
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Index {
    /// Its name.
    pub index_name: String,
    /// Its key.
    pub key_schema: Vec<KeyElement>,
    /// What it carries of an item.
    pub projection: Projection,
}

/// What an index carries of an item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection_type: String,
    /// The attributes of an `INCLUDE`.
    #[serde(default)]
    pub non_key_attributes: Vec<String>,
}

/// An `AWS::S3::Bucket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in S3.
    pub name: String,
}

/// `CorsConfiguration` of the HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins, or `*`.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Request headers, or `*`.
    pub allow_headers: Vec<String>,
    /// Response headers that a script may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember a preflight.
    pub max_age_seconds: Option<u32>,
    /// Whether cookies may be sent.
    pub allow_credentials: bool,
}

pub(crate) fn function(resource: &Resource) -> Result<Function, Error> {
    let mut function = Function {
        logical_id: resource.logical_id.clone(),
        name: kebab_case(&resource.logical_id),
        routes: Vec::new(),
        default_route: false,
    };
    let place = resource.place();
    let events = crate::mapping(&resource.properties["Events"], &format!("{place}.Events"))?;
    for (name, event) in events.into_iter().flatten() {
        if event["Type"].as_str() != Some("HttpApi") {
            continue;
        }
        let place = format!("{place}.Events.{}", name.as_str().unwrap_or("?"));
        match route(&event["Properties"], &place)? {
            Some(route) => function.routes.push(route),
            None => function.default_route = true,
        }
    }
    Ok(function)
}

/// The route of an `HttpApi` event; `None` for `$default`, which SAM also means when nothing is written.
fn route(properties: &Value, place: &str) -> Result<Option<Route>, Error> {
    let (path, method) = (&properties["Path"], &properties["Method"]);
    if path.as_str() == Some("$default") || (path.is_null() && method.is_null()) {
        return Ok(None);
    }
    let path = path
        .as_str()
        .ok_or_else(|| Error::new(place, "the route has no Path"))?;
    if !path.starts_with('/') {
        return Err(Error::new(
            place,
            format!("the path {path} does not start with /"),
        ));
    }
    let method = method
        .as_str()
        .ok_or_else(|| Error::new(place, "the route has no Method"))?;
    let method = method.to_ascii_uppercase();
    match method.as_str() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "ANY" => {
            Ok(Some(Route {
                method,
                path: path.to_owned(),
            }))
        }
        "*" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => Ok(Some(Route {
            method: "ANY".to_owned(),
            path: path.to_owned(),
        })),
        _ => Err(Error::new(place, format!("there is no method {method}"))),
    }
}

pub(crate) fn table(
    template: &Template,
    resource: &Resource,
    context: &Context,
) -> Result<Table, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Properties {
        key_schema: Vec<KeyElement>,
        attribute_definitions: Vec<AttributeDefinition>,
        #[serde(default)]
        global_secondary_indexes: Vec<Index>,
        time_to_live_specification: Option<TimeToLive>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TimeToLive {
        attribute_name: String,
        enabled: bool,
    }

    let properties: Properties = serde_norway::from_value(resource.properties.clone())
        .map_err(|error| Error::new(resource.place(), crate::one_line(&error)))?;
    Ok(Table {
        logical_id: resource.logical_id.clone(),
        name: template.physical_name(resource, context)?,
        key_schema: properties.key_schema,
        attribute_definitions: properties.attribute_definitions,
        indexes: properties.global_secondary_indexes,
        ttl_attribute: properties
            .time_to_live_specification
            .and_then(|ttl| ttl.enabled.then_some(ttl.attribute_name)),
    })
}

/// A whole number, where one is written.
pub(crate) fn number(value: &Value, place: &str) -> Result<Option<u32>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    let wrong = || Error::new(place, "it must be a whole number that is not negative");
    number.map(Some).ok_or_else(wrong)
}

pub(crate) fn cors(template: &Template, api: &Resource, context: &Context) -> Result<Cors, Error> {
    let place = format!("{}.CorsConfiguration", api.place());
    let configuration = &api.properties["CorsConfiguration"];
    crate::mapping(configuration, &place)?;

    let list = |property: &str| {
        list(
            template,
            &configuration[property],
            context,
            &format!("{place}.{property}"),
        )
    };
    let scalar = |property: &str| match &configuration[property] {
        Value::Null => Ok(None),
        value => template.evaluate(value, context, &format!("{place}.{property}")),
    };
    let max_age_seconds = scalar("MaxAge")?
        .map(|text| {
            text.parse()
                .map_err(|_| Error::new(&place, format!("MaxAge {text} is not a number")))
        })
        .transpose()?;
    Ok(Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        max_age_seconds,
        allow_credentials: scalar("AllowCredentials")?.as_deref() == Some("true"),
    })
}

/// A list, written as one or as a parameter of type `CommaDelimitedList`.
fn list(
    template: &Template,
    value: &Value,
    context: &Context,
    place: &str,
) -> Result<Vec<String>, Error> {
    let values = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Sequence(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let mut items = Vec::new();
    for value in values {
        let text = template
            .evaluate(value, context, place)?
            .unwrap_or_default();
        items.extend(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned),
        );
    }
    Ok(items)
}

/// `ResetConfirm` as `reset-confirm`.
pub(crate) fn kebab_case(logical_id: &str) -> String {
    let mut name = String::new();
    for (index, letter) in logical_id.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
