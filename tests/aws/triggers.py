"""Each trigger that is no HTTP route, fired for real: a schedule, a queue, an upload. What a function then did is looked
for where its user would find it."""

import json
import time
import urllib.request
import uuid

from botocore.exceptions import ClientError
from stack import ROOT, Failure

# Whose each sample is, by its name in the template.
FUNCTIONS = {
    "http-login.json": "Login",
    "s3-markdown.json": "MdPublisher",
    "schedule-email-due.json": "EmailDue",
    "schedule-scraper.json": "Scraper",
    "schedule-site-due.json": "SiteDue",
    "schedule-signing-key-rotation.json": "SigningKeyRotation",
    "schedule-site-due.json": "SiteDue",
    "sqs-email.json": "EmailWorker",
    "sqs-scrape.json": "ScrapeWorker",
    "sqs-webhook.json": "WebhookWorker",
}


def until(said, ask, seconds=60):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.1)
    raise Failure(f"within {seconds} s it did not happen that {said}")


def check(said, holds):
    if not holds:
        raise Failure(f"it should be that {said}")
    print(f"ok: {said}", flush=True)


def schedule(session, resources):
    """The daily schedule, brought forward to the next minute, makes the first signing key of the stack."""
    events, secrets = session.client("events"), session.client("secretsmanager")
    rule = events.describe_rule(Name=resources["SigningKeyRotationDaily"])
    events.put_rule(Name=rule["Name"], ScheduleExpression="cron(* * * * ? *)", State="ENABLED")

    def first_key():
        try:
            return secrets.get_secret_value(SecretId=resources["SigningKeySecret"])["SecretString"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise

    keys = json.loads(until("the schedule made a signing key", first_key, seconds=150))["keys"]
    check("a schedule's event made the stack's first signing key", len(keys) == 1)
    events.put_rule(Name=rule["Name"], ScheduleExpression=rule["ScheduleExpression"], State="ENABLED")


def queue(session, mail_url, resources):
    """A batch with a poison message: the others are mailed once, and it ends in the dead-letter queue."""
    sqs = session.client("sqs")
    url, dead = resources["EmailQueue"], resources["EmailDeadLetterQueue"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    tries = json.loads(attributes["RedrivePolicy"])["maxReceiveCount"]
    # Tries follow each other in seconds instead of minutes. The queue has nothing else to do meanwhile.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    run = uuid.uuid4().hex
    good = [f"{name}-{run}@example.com" for name in ("first", "second")]
    poison = json.dumps({"poison": run})
    bodies = [job(good[0]), poison, job(good[1])]
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    )

    def buried():
        found = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"], WaitTimeSeconds=1).get("Messages", [])
        return [message for message in found if message["Body"] == poison]

    message = until("the poison message came to the dead-letter queue", buried)[0]
    failures = [line for line in logged(session, resources["EmailWorkerLogGroup"]) if message["MessageId"] in line]
    check(f"the poison message was tried {tries} times before it was put aside", len(failures) == int(tries))
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    with urllib.request.urlopen(mail_url, timeout=60) as answer:
        recipients = [mail["to"] for mail in json.load(answer)]
    check("each other message of its batch was mailed once", [recipients.count(to) for to in good] == [1, 1])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": attributes["VisibilityTimeout"]})


def logged(session, group):
    """What a function has logged."""
    pages = session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def samples(session, resources):
    """Each recorded event is taken by its function, as by `cargo lambda invoke --data-file`."""
    for path in sorted((ROOT / "events").glob("*.json")):
        function = resources[FUNCTIONS[path.name]]
        answer = session.client("lambda").invoke(FunctionName=function, Payload=path.read_bytes())
        said = f"{function} takes events/{path.name}"
        check(said, answer["StatusCode"] == 200 and "FunctionError" not in answer)


def job(to):
    """A mail as the platform queues it."""
    return json.dumps(
        {
            "to": to,
            "template": "password-changed",
            "params": {"name": "Ada"},
            "tenant": "demo#site",
            "email_id": str(uuid.uuid5(uuid.NAMESPACE_URL, to)),
        }
    )
