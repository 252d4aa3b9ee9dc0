//! What calls a function besides HTTP: a schedule, a queue, and a bucket that tells a queue.

use serde_norway::Value;

use crate::{Context, Error, Resource, Template, queues, resources};

/// What Lambda takes of a queue at once where nothing is said, and at most of a FIFO queue.
const DEFAULT_BATCH_SIZE: u32 = 10;

/// A function that runs again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The function's name, for example `signing-key-rotation`.
    pub function: String,
    /// From one run to the next.
    pub period_seconds: u64,
}

/// A function that takes the messages of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// The function's name.
    pub function: String,
    /// The queue's name in SQS.
    pub queue: String,
    /// How many messages it gets at once.
    pub batch_size: u32,
    /// How long it is waited for more of them.
    pub window_seconds: u32,
}

/// A bucket that puts a message into a queue when an object of it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The bucket's name in S3.
    pub bucket: String,
    /// The queue's name in SQS.
    pub queue: String,
    /// What the keys that matter end with; empty where all matter.
    pub suffix: String,
}

impl Template {
    /// The schedules.
    ///
    /// # Errors
    /// A schedule that is not written as `rate(…)`.
    pub fn schedules(&self) -> Result<Vec<Schedule>, Error> {
        let events = self.events("Schedule");
        events
            .map(|(function, properties, place)| {
                let expression = properties["Schedule"].as_str().unwrap_or_default();
                let period_seconds = rate(expression).ok_or_else(|| {
                    let message = format!(
                        "the schedule {expression:?} is not understood here: write rate(5 minutes), rate(1 hour), …"
                    );
                    Error::new(place, message)
                })?;
                Ok(Schedule {
                    function,
                    period_seconds,
                })
            })
            .collect()
    }

    /// The queues whose messages go to functions.
    ///
    /// # Errors
    /// A queue that refers to nothing, a size that is no number or more than a FIFO queue gives.
    pub fn queue_sources(&self, context: &Context) -> Result<Vec<QueueSource>, Error> {
        let events = self.events("SQS");
        events
            .map(|(function, properties, place)| {
                let queue = self.name_of_arn(&properties["Queue"], context, &place)?;
                let batch_size = resources::number(&properties["BatchSize"], &place)?;
                let batch_size = batch_size.unwrap_or(DEFAULT_BATCH_SIZE);
                if queue.ends_with(queues::FIFO_SUFFIX) && batch_size > DEFAULT_BATCH_SIZE {
                    let message =
                        format!("a FIFO queue gives at most {DEFAULT_BATCH_SIZE} messages at once");
                    return Err(Error::new(place, message));
                }
                let window = &properties["MaximumBatchingWindowInSeconds"];
                let window_seconds = resources::number(window, &place)?.unwrap_or_default();
                Ok(QueueSource {
                    function,
                    queue,
                    batch_size,
                    window_seconds,
                })
            })
            .collect()
    }

    /// What buckets tell queues.
    ///
    /// # Errors
    /// A queue or a bucket that refers to nothing, a FIFO queue.
    pub fn notifications(&self, context: &Context) -> Result<Vec<Notification>, Error> {
        let mut found: Vec<Notification> = Vec::new();
        for resource in self.of_kind("AWS::S3::Bucket") {
            let place = format!("{}.NotificationConfiguration", resource.place());
            let queues = &resource.properties["NotificationConfiguration"]["QueueConfigurations"];
            for entry in queues.as_sequence().into_iter().flatten() {
                let rules = entry["Filter"]["S3Key"]["Rules"].as_sequence();
                let mut rules = rules.into_iter().flatten();
                let suffix = rules.find(|rule| rule["Name"].as_str() == Some("suffix"));
                let queue = self.name_of_arn(&entry["Queue"], context, &place)?;
                if queue.ends_with(queues::FIFO_SUFFIX) {
                    return Err(Error::new(place, "S3 puts nothing into a FIFO queue"));
                }
                let notification = Notification {
                    bucket: self.physical_name(resource, context)?,
                    queue,
                    suffix: suffix
                        .and_then(|rule| rule["Value"].as_str())
                        .unwrap_or_default()
                        .to_owned(),
                };
                // One entry for each kind of event is as good as one here.
                if !found.contains(&notification) {
                    found.push(notification);
                }
            }
        }
        Ok(found)
    }

    /// The events of one type: the function's name, their properties, and where they stand.
    fn events<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (String, &'a Value, String)> {
        let functions = self.of_kind("AWS::Serverless::Function");
        functions.flat_map(move |function: &Resource| {
            let events = function.properties["Events"].as_mapping();
            let events = events.into_iter().flatten();
            let events = events.filter(move |(_, event)| event["Type"].as_str() == Some(kind));
            events.map(|(name, event)| {
                let name = name.as_str().unwrap_or("?");
                (
                    resources::kebab_case(&function.logical_id),
                    &event["Properties"],
                    format!("{}.Events.{name}", function.place()),
                )
            })
        })
    }

    pub(crate) fn name_of_arn(
        &self,
        value: &Value,
        context: &Context,
        place: &str,
    ) -> Result<String, Error> {
        let arn = self.evaluate(value, context, place)?.unwrap_or_default();
        Ok(arn.rsplit(':').next().unwrap_or_default().to_owned())
    }
}

/// The seconds of `rate(value unit)`
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>).
fn rate(expression: &str) -> Option<u64> {
    let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (value, unit) = inner.trim().split_once(' ')?;
    let seconds = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    let value: u64 = value.parse().ok().filter(|value| *value > 0)?;
    value.checked_mul(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Resources:
  MdPublisher:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Changed: {Type: SQS, Properties: {Queue: !GetAtt MarkdownQueue.Arn, BatchSize: 5, MaximumBatchingWindowInSeconds: 3}}
        Daily: {Type: Schedule, Properties: {Schedule: rate(2 hours)}}
        Page: {Type: HttpApi, Properties: {Path: /, Method: GET}}
  MarkdownQueue: {Type: AWS::SQS::Queue}
  Markdown:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - {Event: "s3:ObjectCreated:*", Queue: !GetAtt MarkdownQueue.Arn, Filter: {S3Key: {Rules: [{Name: suffix, Value: .md}]}}}
          - {Event: "s3:ObjectRemoved:*", Queue: !GetAtt MarkdownQueue.Arn, Filter: {S3Key: {Rules: [{Name: suffix, Value: .md}]}}}
"#;

    #[test]
    fn what_calls_a_function_is_found() {
        let template = Template::parse(TEMPLATE).unwrap();
        let context = Context::default();
        let function = "md-publisher".to_owned();
        let (queue, bucket) = (
            "local-MarkdownQueue".to_owned(),
            "local-markdown".to_owned(),
        );
        let schedule = Schedule {
            function: function.clone(),
            period_seconds: 7200,
        };
        assert_eq!(template.schedules().unwrap(), [schedule]);
        let source = QueueSource {
            function,
            queue: queue.clone(),
            batch_size: 5,
            window_seconds: 3,
        };
        assert_eq!(template.queue_sources(&context).unwrap(), [source]);
        let notification = Notification {
            bucket,
            queue,
            suffix: ".md".to_owned(),
        };
        assert_eq!(template.notifications(&context).unwrap(), [notification]);
    }

    #[test]
    fn rates_have_a_number_and_a_unit() {
        assert_eq!(rate("rate(1 minute)"), Some(60));
        assert_eq!(rate("rate(3 days)"), Some(259_200));
        for wrong in [
            "",
            "rate()",
            "rate(0 days)",
            "rate(-1 days)",
            "rate(1 year)",
            "cron(0 3 * * ? *)",
        ] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_understood_says_where() {
        let refused = |from: &str, to: &str| {
            let error = Template::parse(&TEMPLATE.replacen(from, to, 1)).unwrap_err();
            error.to_string()
        };
        assert_eq!(
            refused("rate(2 hours)", "cron(0 3 * * ? *)"),
            "Resources.MdPublisher.Events.Daily: the schedule \"cron(0 3 * * ? *)\" is not understood here: \
             write rate(5 minutes), rate(1 hour), …"
        );
        assert_eq!(
            refused("MarkdownQueue.Arn", "Nothing.Arn"),
            "Resources.MdPublisher.Events.Changed: there is no resource Nothing"
        );
        assert_eq!(
            refused(
                "MarkdownQueue: {Type: AWS::SQS::Queue}",
                "MarkdownQueue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}"
            ),
            "Resources.Markdown.NotificationConfiguration: S3 puts nothing into a FIFO queue"
        );
    }
}
