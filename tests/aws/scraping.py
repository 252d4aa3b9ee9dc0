"""What scraping is on AWS: a page that changes, from the schedule to what is kept, mailed, published and posted."""

import base64
import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mail
from stack import ROOT, Failure
from triggers import check, until

# Those that ask others than AWS, by their names in the template.
FETCHING = ("Scrapes", "ScrapeWorker", "WebhookWorker")
TENANT = "demo#site"
# Items of a list that are together more than a row holds, and not more than a field takes.
ITEMS, LENGTH = 900, 400


class Site:
    """A site on this machine whose pages change, and that takes webhooks: the first of them not."""

    def __init__(self):
        self.pages, self.asked, self.posted = {}, [], []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path)
                self.answer(404 if page is None else 200, page or "")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                site.posted.append((dict(self.headers.items()), body))
                self.answer(500 if len(site.posted) == 1 else 204, "")

            def answer(self, status, text):
                body = text.encode()
                self.send_response(status)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server.server_port}{path}"

    @contextmanager
    def served(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()


class Client:
    """Who makes scrapes: an admin, or a tenant's back end."""

    def __init__(self, base, headers):
        self.base, self.headers = base, headers

    def send(self, method, path, body=None):
        """The status, the headers and the body of an answer."""
        headers = {"content-type": "application/json", **self.headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def ask(self, method, path, body=None, expected=200):
        status, _, text = self.send(method, path, body)
        if status != expected:
            raise Failure(f"{method} {path} was answered with {status}, not {expected}: {text.decode()[:500]}")
        return json.loads(text) if text else None

    def ended(self, path):
        """The results of a scrape, newest first, once no run is under way."""
        items = self.ask("GET", f"{path}/results")["items"]
        return items if items and items[0]["status"] != "PENDING" else None


def run(session, operate, credentials, mail_url, resources):
    mark = uuid.uuid4().hex
    key = operate("key", "create", TENANT, "--secret", "--scope", "scrape:write").splitlines()[0]
    backend = Client(credentials["base_url"], {"x-api-key": key})
    # As on AWS, where these functions are in the open web, a site on their own machine is none that they may ask.
    refused = backend.ask("POST", "/scrapes", definition("http://127.0.0.1:1/", "Refused"), expected=400)
    check("a scrape of an address that is not public is refused", "127.0.0.1" in json.dumps(refused))
    with Site().served() as site, loopback(session, resources), heard(session, mark, resources) as messages:
        watch(session, admin(credentials), site, mark, mail_url, resources, messages)
        fails(operate, credentials, site, mark, mail_url)
        look(backend, site)
        much(session, backend, site, resources)
        poison(session, mark, resources)


def definition(url, name, fields=None, **more):
    fields = fields or {"price": {"css": ".price", "type": "number"}}
    return {"name": name, "url": url, "schedule": "rate(1 hour)", "fields": fields, **more}


def admin(credentials):
    """The first account, signed in."""
    client = Client(credentials["base_url"], {"x-api-key": credentials["publishable_key"]})
    token = client.ask("POST", "/auth/login", credentials["owner"])["token"]
    return Client(credentials["base_url"], {"authorization": f"Bearer {token}"})


@contextmanager
def loopback(session, resources):
    """Lets functions ask this machine within the block. AWS: pages and receivers have public addresses."""
    functions, before = session.client("lambda"), {}
    for name in (resources[logical] for logical in FETCHING):
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        before[name] = variables
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "FETCH_LOOPBACK": "true"}}
        )
    try:
        yield
    finally:
        for name, variables in before.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@contextmanager
def heard(session, mark, resources):
    """What the topic says within the block, as a function that waits for the next message."""
    sqs, sns, topic = session.client("sqs"), session.client("sns"), resources["ScrapeTopic"]
    url = sqs.create_queue(QueueName=f"heard-{mark}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    allow |= {"Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw, ReturnSubscriptionArn=True)

    def received():
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    try:
        yield received
    finally:
        sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=url)


def watch(session, client, site, mark, mail_url, resources, messages):
    """A scrape from its first look to what is told of a change."""
    site.pages["/lamp"] = price("14.90")
    reader = f"reader-{mark}@example.com"
    notify = {"on": ["change"], "email": reader, "webhook": site.url("/hook")}
    made = client.ask("POST", "/scrapes", definition(site.url("/lamp"), "Lamp", notify=notify), expected=201)
    path = f"/scrapes/{made['scrape_id']}"
    ticks(session, resources)
    first = until("the first run ended", lambda: client.ended(path))
    check("a scheduled run keeps what the page says", found(first[0]) == ("COMPLETE", {"price": {"value": 14.9}}))
    check("two ticks at once make one run", len(first) == 1 and site.asked.count("/lamp") == 1)

    site.pages["/lamp"] = price("12.90")
    client.ask("POST", f"{path}/run", expected=202)
    second = until("the second run ended", lambda: client.ended(path))
    change = [{"field": "price", "before": 14.9, "after": 12.9}]
    newest = (found(second[0]), second[0]["changed"], second[0]["changes"])
    check("a run that was asked for tells what changed", newest == (("COMPLETE", {"price": {"value": 12.9}}), True, change))

    until("the report was mailed", lambda: mail.count(mail_url, reader))
    check("a change is mailed once", mail.count(mail_url, reader) == 1)
    published = until("the topic heard of the change", messages)
    check("a change is published once", [told["data"]["changes"] for told in published] == [change] and not messages())
    until("the webhook was posted again", lambda: len(site.posted) > 1)
    posted(site, made["webhook_secret"], published[0])

    renamed = client.ask("PATCH", path, {"name": "Reading lamp"})
    check("a scrape is changed in a part", (renamed["name"], renamed["url"]) == ("Reading lamp", site.url("/lamp")))
    client.ask("DELETE", path, expected=204)
    client.ask("GET", path, expected=404)
    check("a deleted scrape is gone", True)


def fails(operate, credentials, site, mark, mail_url):
    """A page that is gone: whoever made the scrape is mailed after the third failure in a row."""
    email, password = f"maker-{mark}@example.com", "S3cur3Pass!"
    account = {"email": email, "password": password}
    client = Client(credentials["base_url"], {"x-api-key": credentials["publishable_key"]})
    client.ask("POST", "/auth/register", account, expected=201)
    until("the maker was welcomed", lambda: mail.count(mail_url, email))
    operate("user", "role", f"{TENANT}#{email}", "admin")
    token = client.ask("POST", "/auth/login", account)["token"]
    client = Client(credentials["base_url"], {"authorization": f"Bearer {token}"})
    path = f"/scrapes/{client.ask('POST', '/scrapes', definition(site.url('/gone'), 'Gone'), expected=201)['scrape_id']}"
    for failures in (1, 2, 3):
        client.ask("POST", f"{path}/run", expected=202)
        until(f"run {failures} failed", lambda: has_failed(client, path, failures))
    until("the maker was told", lambda: mail.count(mail_url, email) > 1)
    check("who made a scrape is mailed when it fails again and again", mail.count(mail_url, email) == 2)
    client.ask("DELETE", path, expected=204)


def has_failed(client, path, failures):
    last = client.ask("GET", path)["last"]
    return last is not None and (last["status"], last["failures"]) == ("FAILED", failures)


def price(text):
    return f"<h1>Lamp</h1><p class=price>{text}</p>"


def found(result):
    return result["status"], result["data"]


def ticks(session, resources):
    """The schedule's event, twice at once."""
    event = (ROOT / "events" / "schedule-scraper.json").read_bytes()

    def tick(_):
        answer = session.client("lambda").invoke(FunctionName=resources["Scraper"], Payload=event)
        return answer["StatusCode"] == 200 and "FunctionError" not in answer

    with ThreadPoolExecutor() as both:
        check("two ticks at once both end well", all(both.map(tick, range(2))))


def posted(site, secret, published):
    """A webhook that was not taken comes again, signed, with the same id and the words of the topic."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    ids = set()
    for headers, body in site.posted:
        headers = {name.lower(): value for name, value in headers.items()}
        ids.add(headers["webhook-id"])
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        check("a webhook has a signature that its secret gives", headers["webhook-signature"] == f"v1,{signature}")
    check("a webhook that was not taken comes again, and then no more", len(site.posted) == 2 and len(ids) == 1)
    check("a webhook says what the topic says", [json.loads(body) for _, body in site.posted] == [published, published])


def look(client, site):
    """What a definition would find, and what a tenant has."""
    # Another name of the same machine, so that its robots.txt is not known yet.
    site.pages["/preview"] = price("3")
    preview = client.ask("POST", "/scrapes/preview", definition(site.url("/preview", "localhost"), "Preview"))
    check("a preview shows what would be found", (preview["fields"], preview["error"]) == ({"price": {"value": 3}}, None))


def much(session, client, site, resources):
    """Results that are too large for a row: kept, compared, exported, forgotten and deleted."""
    s3, dynamodb, bucket = session.client("s3"), session.client("dynamodb"), resources["ScrapeBucket"]
    fields = {"items": {"css": "li", "all": True}, "price": {"css": ".price", "type": "number"}}

    def shows(number):
        items = "".join(f"<li>{count} {'x' * LENGTH}</li>" for count in range(ITEMS))
        site.pages["/much"] = f"<ul>{items}<li>{number}</li></ul>{price(number)}"

    shows(1)
    made = client.ask("POST", "/scrapes", definition(site.url("/much"), "Much", fields), expected=201)
    scrape = made["scrape_id"]
    path = f"/scrapes/{scrape}"

    def objects():
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{scrape}/").get("Contents", [])
        return {item["Key"] for item in listed}

    def runs(number):
        shows(number)
        before = client.ask("GET", path)["results"]
        client.ask("POST", f"{path}/run", expected=202)
        until(f"run {number} ended", lambda: client.ask("GET", path)["results"] > before)
        return client.ask("GET", f"{path}/results")["items"]

    ticks(session, resources)
    until("the first run ended", lambda: client.ask("GET", path)["results"])
    newest = runs(2)[0]
    check("a large result is in the bucket", len(objects()) == 2 and newest["data"] is None and newest["data_url"])
    whole = client.ask("GET", newest["data_url"])
    check("and read from there", whole["data"]["price"] == {"value": 2} and whole["changed"])
    exported = client.ask("GET", f"{path}/results.json")
    check("an export has it", [run["data"]["price"] for run in exported] == [{"value": 2}, {"value": 1}])
    series = client.ask("GET", f"{path}/series?field=price")["days"]
    check("a series counts by day", sum(day["count"] for day in series) == 2)

    old = objects()
    # As if there had been so many runs since that the first two are too old.
    dynamodb.update_item(
        TableName=resources["ScrapesTable"],
        Key={"scrape_id": {"S": scrape}},
        UpdateExpression="SET results = :count",
        ExpressionAttributeValues={":count": {"N": "5009"}},
    )
    runs(3)
    until("what is too old was forgotten", lambda: not old & objects())
    left = client.ask("GET", f"{path}/results")["items"]
    check("the newest results are kept and older ones forgotten", len(left) == 1 and len(objects()) == 1)
    check("a tenant's scrapes are listed", scrape in [item["scrape_id"] for item in client.ask("GET", "/scrapes?limit=100")["items"]])
    client.ask("DELETE", path, expected=204)
    check("a deleted scrape leaves nothing in the bucket", not objects())


def poison(session, mark, resources):
    """A message that is no run ends among the dead letters, and does not hold up its host for good."""
    sqs, url, dead = session.client("sqs"), resources["ScrapeQueue"], resources["ScrapeDeadLetterQueue"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    body = json.dumps({"poison": mark})
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="127.0.0.1", MessageDeduplicationId=mark)

    def buried():
        found = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", [])
        return [message for message in found if message["Body"] == body]

    message = until("the poison message came to the dead-letter queue", buried)[0]
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    check("a message that is no run is put aside", True)
