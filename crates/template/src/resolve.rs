//! Evaluates `!Ref`, `!Sub` and `!GetAtt`.

use std::collections::BTreeMap;

use serde_norway::{Value, value::TaggedValue};

use crate::{Error, Resource, Template, queues};

/// Where a template is looked at as if it were deployed: what parameters and pseudo parameters give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::AccountId`.
    pub account_id: String,
    /// `AWS::Region`.
    pub region: String,
    /// Parameters that are not at their default.
    pub parameters: BTreeMap<String, String>,
    /// The endpoint that queue URLs start with, for example `http://127.0.0.1:9324`.
    pub queue_endpoint: String,
    /// What `!Ref` gives for a resource, by logical id, where the rule for its type is not what is wanted.
    pub references: BTreeMap<String, String>,
    /// What `!GetAtt` gives, by `LogicalId.Attribute`, where the rule for its type is not what is wanted.
    pub attributes: BTreeMap<String, String>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            stack_name: "local".to_owned(),
            account_id: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            parameters: BTreeMap::new(),
            queue_endpoint: "https://sqs.us-east-1.amazonaws.com".to_owned(),
            references: BTreeMap::new(),
            attributes: BTreeMap::new(),
        }
    }
}

impl Context {
    /// The URL of a queue.
    #[must_use]
    pub fn queue_url(&self, queue_name: &str) -> String {
        format!("{}/{}/{queue_name}", self.queue_endpoint, self.account_id)
    }
}

impl Template {
    /// The text that a value stands for; `None` for `!Ref AWS::NoValue`.
    pub(crate) fn evaluate(
        &self,
        value: &Value,
        context: &Context,
        place: &str,
    ) -> Result<Option<String>, Error> {
        if let Some(text) = scalar(value) {
            return Ok(Some(text));
        }
        let Value::Tagged(tagged) = value else {
            return Err(Error::new(place, "it must be text, !Ref, !Sub or !GetAtt"));
        };
        self.evaluate_tagged(tagged, context, place)
    }

    fn evaluate_tagged(
        &self,
        tagged: &TaggedValue,
        context: &Context,
        place: &str,
    ) -> Result<Option<String>, Error> {
        if tagged.tag == "Ref" {
            let name = text(&tagged.value, place)?;
            if name == "AWS::NoValue" {
                return Ok(None);
            }
            self.reference(name, context, place).map(Some)
        } else if tagged.tag == "GetAtt" {
            self.attribute(&dotted(&tagged.value, place)?, context, place)
                .map(Some)
        } else if tagged.tag == "Sub" {
            self.substitute(&tagged.value, context, place).map(Some)
        } else {
            Err(Error::new(
                place,
                format!("{} is not understood here", tagged.tag),
            ))
        }
    }

    /// `!Sub text` or `!Sub [text, {name: value}]`.
    fn substitute(&self, value: &Value, context: &Context, place: &str) -> Result<String, Error> {
        let (pattern, extra) = match value {
            Value::Sequence(parts) if parts.len() == 2 => (text(&parts[0], place)?, &parts[1]),
            other => (text(other, place)?, &Value::Null),
        };

        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| Error::new(place, "a ${ of !Sub is never closed"))?;
            result.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                result.extend(["${", literal, "}"]);
            } else if let Some(value) = extra.get(name) {
                result.push_str(&self.evaluate(value, context, place)?.unwrap_or_default());
            } else if name.contains('.') {
                result.push_str(&self.attribute(name, context, place)?);
            } else {
                result.push_str(&self.reference(name, context, place)?);
            }
        }
        Ok(result + rest)
    }

    fn reference(&self, name: &str, context: &Context, place: &str) -> Result<String, Error> {
        let pseudo = match name {
            "AWS::StackName" => Some(context.stack_name.clone()),
            "AWS::StackId" => Some(format!(
                "arn:aws:cloudformation:stack/{}",
                context.stack_name
            )),
            "AWS::AccountId" => Some(context.account_id.clone()),
            "AWS::Region" => Some(context.region.clone()),
            "AWS::Partition" => Some("aws".to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            _ => None,
        };
        if let Some(value) = pseudo.or_else(|| context.parameters.get(name).cloned()) {
            return Ok(value);
        }
        if let Some(default) = self.parameters.get(name) {
            return default
                .clone()
                .ok_or_else(|| Error::new(place, format!("the parameter {name} has no Default")));
        }
        if let Some(value) = context.references.get(name) {
            return Ok(value.clone());
        }
        let resource = self.resource(name).ok_or_else(|| {
            Error::new(place, format!("there is no parameter or resource {name}"))
        })?;
        let physical_name = self.physical_name(resource, context)?;
        if resource.kind == "AWS::SQS::Queue" {
            return Ok(context.queue_url(&physical_name));
        }
        Ok(physical_name)
    }

    fn attribute(&self, path: &str, context: &Context, place: &str) -> Result<String, Error> {
        if let Some(value) = context.attributes.get(path) {
            return Ok(value.clone());
        }
        let (logical_id, attribute) = path
            .split_once('.')
            .ok_or_else(|| Error::new(place, format!("!GetAtt {path} names no attribute")))?;
        let resource = self
            .resource(logical_id)
            .ok_or_else(|| Error::new(place, format!("there is no resource {logical_id}")))?;
        let name = self.physical_name(resource, context)?;
        let Context {
            account_id, region, ..
        } = context;
        let arn = match (resource.kind.as_str(), attribute) {
            (_, "Name" | "QueueName") => return Ok(name),
            ("AWS::SQS::Queue", "QueueUrl") => return Ok(context.queue_url(&name)),
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{region}:{account_id}:{name}"),
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{region}:{account_id}:table/{name}")
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
            ("AWS::Serverless::Function", "Arn") => {
                format!("arn:aws:lambda:{region}:{account_id}:function:{name}")
            }
            _ => {
                return Err(Error::new(
                    place,
                    format!("!GetAtt {path} is not understood here"),
                ));
            }
        };
        Ok(arn)
    }

    /// The name that a resource has once it exists: the one that it asks for, or one made of stack and logical id.
    pub(crate) fn physical_name(
        &self,
        resource: &Resource,
        context: &Context,
    ) -> Result<String, Error> {
        let property = match resource.kind.as_str() {
            "AWS::DynamoDB::Table" => "TableName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::S3::Bucket" => "BucketName",
            "AWS::Serverless::Function" => "FunctionName",
            "AWS::SecretsManager::Secret" => "Name",
            _ => return Ok(resource.logical_id.clone()),
        };
        let asked_for = match &resource.properties[property] {
            Value::Null => None,
            value => self.evaluate(value, context, &format!("{}.{property}", resource.place()))?,
        };
        let name = if let Some(name) = asked_for {
            name
        } else {
            let queue = resource.kind == "AWS::SQS::Queue";
            let fifo = queue && queues::is_fifo(resource)?;
            let suffix = if fifo { queues::FIFO_SUFFIX } else { "" };
            format!("{}-{}{suffix}", context.stack_name, resource.logical_id)
        };
        // Bucket names are the only ones in which S3 allows no capitals.
        Ok(if resource.kind == "AWS::S3::Bucket" {
            name.to_lowercase()
        } else {
            name
        })
    }
}

/// Text, or a number or flag written without quotes.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn text<'a>(value: &'a Value, place: &str) -> Result<&'a str, Error> {
    value
        .as_str()
        .ok_or_else(|| Error::new(place, "!Ref, !Sub and !GetAtt take text"))
}

/// The argument of `!GetAtt`: `A.B` or `[A, B]`.
fn dotted(value: &Value, place: &str) -> Result<String, Error> {
    match value {
        Value::Sequence(parts) => {
            let parts = parts
                .iter()
                .map(|part| text(part, place))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(parts.join("."))
        }
        other => text(other, place).map(str::to_owned),
    }
}
