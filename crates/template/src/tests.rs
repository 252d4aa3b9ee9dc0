use super::*;

const GOOD: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  AllowedOrigins:
    Type: CommaDelimitedList
    Default: http://localhost:5173, https://site.example
  NoDefault:
    Type: String
Globals:
  Function:
    Environment:
      Variables:
        USERS_TABLE: !Ref Users
        EMAIL_QUEUE_URL: !Ref EmailQueue
        JWT_SECRET_NAME: !Ref SigningKey
        TTL_DAYS: 30
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: !Ref AllowedOrigins
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization, content-type]
        ExposeHeaders: [x-request-id]
        AllowCredentials: true
        MaxAge: 600
  Health:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Root: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /, Method: get}}
        Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
  ResetConfirm:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          TABLE_ARN: !GetAtt Users.Arn
          BUCKET: !Sub "${AWS::Region}/${Markdown}/${!Kept}"
          LOG: !Sub ["${Level}!", {Level: info}]
          TTL_DAYS: !Ref AWS::NoValue
      Events:
        Confirm: {Type: HttpApi, Properties: {Path: /auth/password-reset/confirm, Method: POST}}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt EmailQueue.Arn}}
  Users:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: !Sub ${AWS::StackName}-Users
      AttributeDefinitions:
        - {AttributeName: user_id, AttributeType: S}
        - {AttributeName: email, AttributeType: S}
      KeySchema: [{AttributeName: user_id, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: email-index
          KeySchema: [{AttributeName: email, KeyType: HASH}]
          Projection: {ProjectionType: KEYS_ONLY}
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
  EmailQueue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-email"
      VisibilityTimeout: 180
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 5}
  Failed: {Type: AWS::SQS::Queue}
  Markdown: {Type: AWS::S3::Bucket}
  SigningKey: {Type: AWS::SecretsManager::Secret}
"#;

fn good() -> Template {
    Template::parse(GOOD).unwrap()
}

fn refused(template: &str) -> String {
    Template::parse(template).unwrap_err().to_string()
}

/// The good template with one piece of text replaced.
fn refused_with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the good template has {from}");
    refused(&GOOD.replacen(from, to, 1))
}

#[test]
fn functions_have_names_and_routes() {
    let template = good();
    let names: Vec<_> = template
        .functions()
        .iter()
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(names, ["health", "reset-confirm"]);

    let [health, confirm] = template.functions() else {
        panic!("two functions")
    };
    assert!(health.default_route && !confirm.default_route);
    assert_eq!(health.routes[0].key(), "GET /");
    assert_eq!(confirm.routes[0].key(), "POST /auth/password-reset/confirm");
    assert_eq!(confirm.routes.len(), 1, "an SQS event is no route");
}

#[test]
fn a_table_has_its_name_keys_and_indexes() {
    let [users] = &good().tables(&Context::default()).unwrap()[..] else {
        panic!("one table")
    };
    assert_eq!(
        (users.logical_id.as_str(), users.name.as_str()),
        ("Users", "local-Users")
    );
    assert_eq!(users.key_schema[0].attribute_name, "user_id");
    assert_eq!(users.attribute_definitions[1].attribute_type, "S");
    assert_eq!(users.indexes[0].projection.projection_type, "KEYS_ONLY");
    assert_eq!(users.ttl_attribute.as_deref(), Some("ttl"));
}

#[test]
fn queues_and_buckets_have_names() {
    let context = Context {
        stack_name: "dev".to_owned(),
        ..Context::default()
    };
    assert_eq!(good().queues(&context).unwrap()[0].name, "dev-email");
    assert_eq!(good().buckets(&context).unwrap()[0].name, "dev-markdown");
}

#[test]
fn a_queue_says_how_often_and_where_to_at_last() {
    let queues = good().queues(&Context::default()).unwrap();
    assert_eq!(queues[0].visibility_timeout_seconds, 180);
    let redrive = Redrive {
        dead_letter_queue: "local-Failed".to_owned(),
        max_receive_count: 5,
    };
    assert_eq!(queues[0].redrive, Some(redrive));
    assert_eq!(queues[1].visibility_timeout_seconds, 30);
    assert_eq!(queues[1].redrive, None);

    let refused = |from: &str, to: &str| {
        let error = Template::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused(", maxReceiveCount: 5", ""),
        "Resources.EmailQueue.RedrivePolicy: it has no maxReceiveCount"
    );
    assert_eq!(
        refused("VisibilityTimeout: 180", "VisibilityTimeout: -1"),
        "Resources.EmailQueue.VisibilityTimeout: it must be a whole number that is not negative"
    );
}

const FIFO: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Queued: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 10}}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-jobs.fifo
      FifoQueue: true
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
";

#[test]
fn a_fifo_queue_is_one_by_its_name_and_its_flag() {
    let queues = Template::parse(FIFO).unwrap();
    let queues = queues.queues(&Context::default()).unwrap();
    let found: Vec<_> = queues.iter().map(|q| (q.name.as_str(), q.fifo)).collect();
    assert_eq!(
        found,
        [("local-jobs.fifo", true), ("local-Dead.fifo", true)]
    );
    let plain = good().queues(&Context::default()).unwrap();
    assert!(plain.iter().all(|queue| !queue.fifo));
}

#[test]
fn messages_are_known_again_in_the_queue_or_in_their_group() {
    let by_group = |scope: &str| {
        let text = FIFO.replacen("FifoQueue: true", &format!("FifoQueue: true{scope}"), 1);
        let queues = Template::parse(&text).unwrap();
        queues.queues(&Context::default()).unwrap()[0].deduplicates_by_group
    };
    assert!(!by_group(""));
    assert!(!by_group("\n      DeduplicationScope: queue"));
    assert!(by_group("\n      DeduplicationScope: messageGroup"));
}

#[test]
fn what_is_wrong_with_a_fifo_queue_is_said() {
    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        assert!(FIFO.contains(from), "the template has {from}");
        assert_eq!(refused(&FIFO.replacen(from, to, 1)), expected);
    }
    let name =
        "Resources.Jobs: the name local-jobs must end in .fifo exactly where FifoQueue is true";
    check("-jobs.fifo", "-jobs", name);
    let flag = "Resources.Jobs: the name local-jobs.fifo must end in .fifo exactly where FifoQueue is true";
    check("FifoQueue: true", "FifoQueue: false", flag);
    let no_flag = "Resources.Jobs.FifoQueue: it must be true or false";
    check("FifoQueue: true", "FifoQueue: yes please", no_flag);
    let dead = "Resources.Jobs.RedrivePolicy: the dead-letter queue of a FIFO queue must be a FIFO queue, \
                that of any other must not";
    check(", Properties: {FifoQueue: true}}", "}", dead);
    let by_content = "Resources.Jobs: ContentBasedDeduplication is not understood here: send a MessageDeduplicationId";
    let both = "FifoQueue: true\n      ContentBasedDeduplication: true";
    check("FifoQueue: true", both, by_content);
    let scope =
        "Resources.Jobs: there is no DeduplicationScope message, only queue and messageGroup";
    let both = "FifoQueue: true\n      DeduplicationScope: message";
    check("FifoQueue: true", both, scope);
    let size = "Resources.Worker.Events.Queued: a FIFO queue gives at most 10 messages at once";
    check("BatchSize: 10", "BatchSize: 11", size);
}

#[test]
fn cors_takes_its_origins_from_the_parameter() {
    let cors = good().cors(&Context::default()).unwrap();
    assert_eq!(
        cors.allow_origins,
        ["http://localhost:5173", "https://site.example"]
    );
    assert_eq!(cors.allow_methods, ["GET", "POST"]);
    assert_eq!(
        (cors.max_age_seconds, cors.allow_credentials),
        (Some(600), true)
    );
}

#[test]
fn the_environment_is_global_and_own() {
    let context = Context {
        queue_endpoint: "http://127.0.0.1:1".to_owned(),
        references: BTreeMap::from([("SigningKey".to_owned(), "the-key".to_owned())]),
        ..Context::default()
    };
    let health = good().environment("health", &context).unwrap();
    assert_eq!(health["USERS_TABLE"], "local-Users");
    assert_eq!(
        health["EMAIL_QUEUE_URL"],
        "http://127.0.0.1:1/000000000000/local-email"
    );
    assert_eq!(health["JWT_SECRET_NAME"], "the-key");
    assert_eq!(health["TTL_DAYS"], "30");

    let confirm = good().environment("reset-confirm", &context).unwrap();
    assert_eq!(
        confirm["TABLE_ARN"],
        "arn:aws:dynamodb:us-east-1:000000000000:table/local-Users"
    );
    assert_eq!(confirm["BUCKET"], "us-east-1/local-markdown/${Kept}");
    assert_eq!(confirm["LOG"], "info!");
    assert!(
        !confirm.contains_key("TTL_DAYS"),
        "AWS::NoValue takes a variable away"
    );
    assert!(good().environment("nobody", &context).is_err());
}

#[test]
fn broken_templates_say_where() {
    let unclosed = refused("Resources:\n  A: {Type: x\n  B: [");
    assert!(
        unclosed.starts_with("not valid YAML: ") && unclosed.contains("line"),
        "{unclosed}"
    );
    assert!(!unclosed.contains('\n'));

    assert_eq!(refused(""), "Resources: the template has no resources");
    assert_eq!(refused("Resources: 3"), "Resources: it must be a mapping");
    assert_eq!(refused("Resources: {A: {}}"), "Resources.A: it has no Type");
    assert_eq!(
        refused_with("Users.Arn", "Nothing.Arn"),
        "Resources.ResetConfirm.Environment.Variables.TABLE_ARN: there is no resource Nothing"
    );
    assert_eq!(
        refused_with("!Ref Users", "!Ref Userz"),
        "Globals.Function.Environment.Variables.USERS_TABLE: there is no parameter or resource Userz"
    );
    assert_eq!(
        refused_with("!Ref Users", "!Ref NoDefault"),
        "Globals.Function.Environment.Variables.USERS_TABLE: the parameter NoDefault has no Default"
    );
    assert_eq!(
        refused_with("!Ref Users", "!ImportValue x"),
        "Globals.Function.Environment.Variables.USERS_TABLE: !ImportValue is not understood here"
    );
    assert_eq!(
        refused_with("${!Kept}", "${Open"),
        "Resources.ResetConfirm.Environment.Variables.BUCKET: a ${ of !Sub is never closed"
    );
    assert_eq!(
        refused_with(
            "KeySchema: [{AttributeName: user_id, KeyType: HASH}]",
            "X: 1"
        ),
        "Resources.Users: missing field `KeySchema`"
    );
}

#[test]
fn broken_routes_say_where() {
    assert_eq!(
        refused_with(
            "Path: /auth/password-reset/confirm, Method: POST",
            "Path: /, Method: GET"
        ),
        "Resources.ResetConfirm: the route GET / is already that of Health"
    );
    assert_eq!(
        refused_with(
            "Path: /auth/password-reset/confirm, Method: POST",
            "ApiId: !Ref Api"
        ),
        "Resources.ResetConfirm: the route $default is already that of Health"
    );
    assert_eq!(
        refused_with("Path: /auth/password-reset/confirm", "Path: auth"),
        "Resources.ResetConfirm.Events.Confirm: the path auth does not start with /"
    );
    assert_eq!(
        refused_with("Method: POST", "Method: FETCH"),
        "Resources.ResetConfirm.Events.Confirm: there is no method FETCH"
    );
}
