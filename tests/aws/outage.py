"""A queue that takes no mail: what a function had begun is undone, and the same request works afterwards."""

import json
import uuid
from contextlib import contextmanager

from triggers import check, until


@contextmanager
def refused(session, resources):
    """Nobody may send to the mail queue within the block."""
    sqs, url = session.client("sqs"), resources["EmailQueue"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])["Attributes"]
    policy = json.loads(attributes["Policy"])
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": attributes["QueueArn"]}
    denied = {**policy, "Statement": [*policy["Statement"], deny]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(denied)})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": attributes["Policy"]})


def run(session, resources, post):
    """`post` sends a body to a path with the site's key, and returns the status."""
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "S3cur3Pass!"}
    known = {"email": f"{uuid.uuid4().hex}@example.com", "password": "S3cur3Pass!"}
    check("an account is registered", post("/auth/register", known) == 201)
    with refused(session, resources):
        check("without the queue nobody is registered", post("/auth/register", account) == 503)
        check("without the queue there is no reset", post("/auth/password-reset", {"email": known["email"]}) == 503)
        check("without the queue there is no resent link", post("/auth/verify-email/resend", {"email": known["email"]}) == 503)
    until("the queue takes mail again", lambda: post("/auth/register", account) == 201)
    check("what was refused was undone: the same registration works afterwards", post("/auth/login", account) == 200)
