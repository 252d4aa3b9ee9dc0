"""What becomes of mail on AWS: bounces, complaints, a forged event, a throttled mail, a killed worker, a mail for later."""

import json
import time
import urllib.error
import urllib.request
import uuid

from triggers import check, job, until


class Sender:
    """A tenant's back end, which queues mails and asks what became of them."""

    def __init__(self, credentials):
        self.base, self.key = credentials["base_url"], credentials["secret_key"]

    def ask(self, path, body=None):
        headers = {"content-type": "application/json", "x-api-key": self.key}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def send(self, to, **more):
        params = {"title": "News", "body": "It rains."}
        return self.ask("/emails", {"to": to, "template": "notification", "params": params, **more})["email_id"]

    def becomes(self, email_id, status):
        until(f"mail {email_id} was {status}", lambda: self.ask(f"/emails/{email_id}")["status"] == status)


def run(session, operate, credentials, mail_url, resources):
    sender, mark = Sender(credentials), uuid.uuid4().hex
    events(sender, mark)
    forged(session, sender, mark, resources)
    throttled(session, mail_url, mark, resources)
    later(session, sender, mark, resources)
    redriven(session, operate, mail_url, mark, resources)
    killed(session, mail_url, mark, resources)


def count(mail_url, to):
    """How often an address was mailed, once the queue is empty; 0 where that takes too long."""
    try:
        with urllib.request.urlopen(mail_url, timeout=60) as answer:
            return [mail["to"] for mail in json.load(answer)].count(to)
    except urllib.error.HTTPError as error:
        if error.code == 504:
            return 0
        raise


def events(sender, mark):
    """What SES says of the addresses of its mailbox simulator."""
    for name, status in (("success", "delivered"), ("bounce", "bounced"), ("complaint", "complained")):
        to = f"{name}+{mark}@simulator.amazonses.com"
        sender.becomes(sender.send(to), status)
        check(f"a mail to {name}@simulator.amazonses.com is {status}", True)
        if name != "success":
            sender.becomes(sender.send(to), "suppressed")
            check("and suppresses the next one to that address", True)


def forged(session, sender, mark, resources):
    """A bounce that SNS has not signed is put aside, and suppresses nothing."""
    sqs, url, dead = session.client("sqs"), resources["EmailEventsQueue"], resources["EmailEventsDeadLetterQueue"]
    to = f"forged-{mark}@example.com"
    email_id = sender.send(to)
    sender.becomes(email_id, "delivered")
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": to}]}
    mail = {"messageId": "m", "timestamp": "2026-01-02T03:04:05.678Z", "tags": {"email_id": [email_id]}}
    envelope = {
        "Type": "Notification",
        "MessageId": mark,
        "TopicArn": resources["EmailEventsTopic"],
        "Message": json.dumps({"eventType": "Bounce", "mail": mail, "bounce": bounce}),
        "Timestamp": "2026-01-02T03:04:05.678Z",
        "SignatureVersion": "2",
        "Signature": "Zm9yZ2Vk",
        "SigningCertURL": f"https://sns.us-east-1.amazonaws.com.{mark}.example/SimpleNotificationService-0.pem",
    }
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelope))

    def buried():
        found = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", [])
        return [message for message in found if mark in message["Body"]]

    message = until("the forged bounce came to the dead-letter queue", buried)[0]
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    sender.becomes(sender.send(to), "delivered")
    check("a forged bounce is put aside and suppresses nothing", sender.ask(f"/emails/{email_id}")["status"] == "delivered")


def throttled(session, mail_url, mark, resources):
    """A mail that SES has no room for goes back into the queue, and out a few seconds later."""
    to = f"throttled-{mark}@example.com"
    session.client("sqs").send_message(QueueUrl=resources["EmailQueue"], MessageBody=job(to))
    until("the throttled mail went out", lambda: count(mail_url, to))
    check("a throttled mail goes out once", count(mail_url, to) == 1)


def later(session, sender, mark, resources):
    """The schedule, brought forward to the next minute, queues a mail whose time comes in less than a quarter of an hour."""
    sqs, rules, url = session.client("sqs"), session.client("events"), resources["EmailQueue"]
    # A quarter of an hour is the longest that the queue itself keeps a mail back.
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 15 * 60 + 5))
    email_id = sender.send(f"later-{mark}@example.com", send_at=at)
    check("a mail for later is queued", sender.ask(f"/emails/{email_id}")["status"] == "queued")
    rule = rules.describe_rule(Name=resources["EmailDueRegularly"])
    rules.put_rule(Name=rule["Name"], ScheduleExpression="cron(* * * * ? *)", State="ENABLED")

    def delayed():
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
        return int(counts["Attributes"]["ApproximateNumberOfMessagesDelayed"])

    until("the schedule put the mail for later into the queue", delayed, seconds=150)
    check("a schedule's event queued a mail for later", True)
    sqs.purge_queue(QueueUrl=url)
    rules.put_rule(Name=rule["Name"], ScheduleExpression=rule["ScheduleExpression"], State="ENABLED")


def redriven(session, operate, mail_url, mark, resources):
    """An operator brings back what was put aside."""
    to = f"redriven-{mark}@example.com"
    session.client("sqs").send_message(QueueUrl=resources["EmailDeadLetterQueue"], MessageBody=job(to))
    operate("emails", "redrive")
    until("the dead letter went out", lambda: count(mail_url, to))
    check("an operator's redrive brings a dead letter to its reader", count(mail_url, to) == 1)
    listed = ("emails", "list", "demo#site", "--status", "delivered")
    until("the list of delivered mails has it", lambda: to in operate(*listed))


def killed(session, mail_url, mark, resources):
    """A worker that is killed while it sends: its mail goes out when the queue brings it again."""
    sqs, url, to = session.client("sqs"), resources["EmailQueue"], f"killed-{mark}@example.com"
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    # Longer than the dead worker's claim on the mail, which the next one waits for.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "65"})
    sqs.send_message(QueueUrl=url, MessageBody=job(to))
    until("the mail of the killed worker went out", lambda: count(mail_url, to), seconds=120)
    check("a killed worker's mail goes out once", count(mail_url, to) == 1)
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
