"""What publishing is on AWS: uploads become a site in a bucket and at GitHub, for which a stand-in checks each request."""

import json
import subprocess
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mail
from botocore.exceptions import ClientError
from scraping import Client, admin
from stack import ROOT, Failure
from triggers import check, logged, until

TENANT = "demo#site"
FOLDER = "demo/site/"
# No repository that the black-box suite names: its sites are not this one's.
REPOSITORY, BRANCH = "acme/pages", "main"
BASE_URL = "https://acme.github.io/pages"
SECRET = "cloud-voyages/github"
TOKEN = "github_pat_test"


class GitHub:
    """The stand-in: GitHub's API, and beside it what tests see and do."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_control/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Failure(f"the stand-in of GitHub refuses {method} {path}: {error.read().decode()}") from error

    def parameters(self):
        """What the stack is told of it."""
        return {"GithubApiUrl": f"{self.url}/", "GithubSecretName": SECRET}

    def branch(self):
        """The last commit, its message and the branch's files."""
        return self.ask("GET", f"files/{REPOSITORY}/{BRANCH}")

    def commits(self, since):
        """How many commits there are after a commit."""
        return self.ask("GET", f"log/{REPOSITORY}/{BRANCH}").index(since)


@contextmanager
def github(program):
    """The stand-in, until the block ends."""
    process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise Failure("the stand-in of GitHub does not start")
        yield GitHub(url)
    finally:
        process.kill()
        process.wait()


def prepare(session):
    """What an operator does before a stack is told of GitHub's secret: a role names a secret that exists."""
    entry = {"token": TOKEN, "repositories": [REPOSITORY], "tenants": [TENANT]}
    session.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps([entry]))


def run(session, operate, credentials, hub, mail_url, resources):
    place = Folder(session, resources)
    owner = admin(credentials)
    key = operate("key", "create", TENANT, "--secret", "--scope", "content:write").splitlines()[0]
    backend = Client(credentials["base_url"], {"x-api-key": key})
    nobody_has_set_up(session, place, backend, resources)
    in_the_bucket(session, place, owner, backend, mail_url, resources)
    kept_back(session, place, backend, resources)
    by_command(session, operate, backend, resources)
    at_github(place, owner, hub)
    unwell(session, place, owner, hub, resources)
    later(session, place, owner, hub, resources)
    removed(place, owner, hub)
    violations = hub.ask("GET", "violations")
    check(f"GitHub's schemas allow every request: {violations}", not violations)


class Folder:
    """The tenant's folder in the bucket of Markdown."""

    def __init__(self, session, resources):
        self.s3, self.bucket = session.client("s3"), resources["MarkdownBucket"]

    def write(self, path, text):
        body = text if isinstance(text, bytes) else text.encode()
        self.s3.put_object(Bucket=self.bucket, Key=FOLDER + path, Body=body)

    @contextmanager
    def denied(self, path):
        """Nobody is given what is at a path, until the block ends."""
        policy = json.loads(self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        arn = f"arn:aws:s3:::{self.bucket}/{FOLDER}{path}"
        denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": arn}
        denying = {**policy, "Statement": [*policy["Statement"], denial]}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(denying))
        try:
            yield
        finally:
            self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))

    def remove(self, path):
        self.s3.delete_object(Bucket=self.bucket, Key=FOLDER + path)


def published(session, resources, path):
    """What a file of the site in the bucket says; nothing where there is none."""
    try:
        found = session.client("s3").get_object(Bucket=resources["SiteBucket"], Key=FOLDER + path)
        return found["Body"].read().decode()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise


def nobody_has_set_up(session, place, backend, resources):
    """What nobody has set up goes nowhere, and hurts nobody."""
    backend.ask("GET", "/sites/site", expected=404)
    place.write("early.md", "# Early\n")
    group, words = resources["MdPublisherLogGroup"], "the tenant has set up no site"
    until("the publisher passed the folder over", lambda: any(words in line for line in logged(session, group)))
    check("a folder without a setup is published nowhere", published(session, resources, "early/index.html") is None)


def in_the_bucket(session, place, owner, backend, mail_url, resources):
    """The stack's own bucket as target."""
    reader = f"author-{uuid.uuid4().hex}@example.com"
    setup = {"target": {"s3": {}}, "base_url": "https://www.example.com", "notify": reader}
    owner.ask("PUT", "/sites/site", {**setup, "trusted_authors": 1}, expected=400)
    made = owner.ask("PUT", "/sites/site", setup)
    check("a setup is taken", made["target"] == {"s3": {}} and owner.ask("GET", "/sites/site") == made)
    until("what was uploaded before is published", lambda: published(session, resources, "early/index.html"))
    place.write("äpfel und birnen.md", "# Fruit\n\n*ripe* <script>alert(1)</script> ![Pear](pear.png)\n")
    place.write("pear.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    page = until("the upload became a page", lambda: published(session, resources, "äpfel-und-birnen/index.html"))
    check("an upload became a page, without its script", "<em>ripe</em>" in page and "alert(1)</script>" not in page)
    until("the picture is there", lambda: session.client("s3").head_object(Bucket=resources["SiteBucket"], Key=FOLDER + "pear.png"))
    until("the author was mailed", lambda: mail.count(mail_url, reader))
    place.remove("äpfel und birnen.md")
    until("the page went with its source", lambda: published(session, resources, "äpfel-und-birnen/index.html") is None)
    check("the page went with its source", True)
    place.remove("pear.png")
    place.remove("early.md")
    until("the other page went too", lambda: published(session, resources, "early/index.html") is None)
    check("a key reads the status", backend.ask("GET", "/sites/site/status")["trouble"] is None)


def kept_back(session, place, backend, resources):
    """An object that the bucket doesn't give holds nothing else up; when it gives none, nothing goes."""
    place.write("given.md", "# Given\n")
    place.write("kept.md", "# First\n")
    until("both pages are there", lambda: published(session, resources, "kept/index.html") and published(session, resources, "given/index.html"))
    with place.denied("kept.md"):
        place.write("kept.md", "# Second\n")
        place.write("other.md", "# Other\n")
        until("the other page is there", lambda: published(session, resources, "other/index.html"))
        reports = until("the file is reported", lambda: backend.ask("GET", "/sites/site/status")["reports"])
        check("the file is reported", [(one["file"], one["code"]) for one in reports] == [("kept.md", "unreadable")])
        check("what was published of it stays", "First" in published(session, resources, "kept/index.html"))
    place.write("touched.md", "# Touched\n")
    until("it is read once it can be", lambda: "Second" in published(session, resources, "kept/index.html"))
    with place.denied("*"):
        # As after an update that makes nothing of what an older version has kept.
        session.client("s3").delete_object(Bucket=resources["BuildBucket"], Key=FOLDER + "record")
        place.write("given.md", "# Changed\n")
        until("the trouble is told", lambda: (backend.ask("GET", "/sites/site/status")["trouble"] or {}).get("code") == "folder_unreadable")
        check("no page goes when nothing can be read", "Given" in published(session, resources, "given/index.html"))
    for name in ("given", "kept", "other", "touched"):
        place.remove(f"{name}.md")
    until("the trouble is over", lambda: published(session, resources, "given/index.html") is None)


def by_command(session, operate, backend, resources):
    """An operator's folder, published to the stack by one command."""
    with TemporaryDirectory() as folder:
        for name in ("one", "two"):
            Path(folder, f"{name}.md").write_text(f"# {name}\n", encoding="utf-8")
        said = operate("publish", folder, "--tenant", TENANT)
        check("a command publishes a folder", said.startswith("2 uploaded, 0 removed") and "2 pages" in said)
        check("its pages are there", "one" in published(session, resources, "one/index.html"))
        Path(folder, "two.md").unlink()
        said = operate("publish", folder, "--tenant", TENANT)
        check("what is gone from it is removed", said.startswith("0 uploaded, 1 removed, 1 as before"))
        check("its page is gone when the command ends", published(session, resources, "two/index.html") is None)
        Path(folder, "one.md").unlink()
        operate("publish", folder, "--tenant", TENANT, "--delete-all")
        check("an emptied folder is no trouble", backend.ask("GET", "/sites/site/status")["trouble"] is None)


def at_github(place, owner, hub):
    """A repository as target: one commit for many uploads, for an edit, for a removal, and none for nothing."""
    hub.ask("POST", "repositories", {"repository": REPOSITORY})
    hub.ask("POST", "pushes", {"repository": REPOSITORY, "branch": BRANCH, "files": {"README.md": "mine", "docs/CNAME": "www.example.com"}})
    hub.ask("POST", "tokens", {"token": TOKEN, "repositories": [REPOSITORY]})
    target = {"github": {"repository": REPOSITORY, "branch": BRANCH, "folder": "docs"}}
    for number in range(100):
        place.write(f"posts/{number}.md", f"---\ndate: 2026-01-01\n---\n# Post {number}\n")
    before = hub.branch()["commit"]
    owner.ask("PUT", "/sites/site", {"target": target, "base_url": BASE_URL})
    files = until("the site is at GitHub", lambda: "docs/posts/99/index.html" in hub.branch()["files"] and hub.branch()["files"])
    check("others' files are as they were", (files["README.md"], files["docs/CNAME"]) == ("mine", "www.example.com"))
    check("nothing is written elsewhere", all(path.startswith("docs/") for path in files if path != "README.md"))
    quiet(owner)
    check("a hundred uploads are one commit", hub.commits(before) == 1)

    before = hub.branch()["commit"]
    place.write("posts/7.md", "---\ndate: 2026-01-01\n---\n# Post 7, edited\n")
    until("the edit is at GitHub", lambda: "Post 7, edited" in hub.branch()["files"]["docs/posts/7/index.html"])
    quiet(owner)
    check("an edit is one commit", hub.commits(before) == 1)
    check("its message says what changed", "7.md" in hub.branch()["message"])

    before = hub.branch()["commit"]
    place.write("posts/7.md", "---\ndate: 2026-01-01\n---\n# Post 7, edited\n")
    quiet(owner)
    check("what changes nothing is no commit", hub.branch()["commit"] == before)
    place.remove("posts/8.md")
    until("the page is gone", lambda: "docs/posts/8/index.html" not in hub.branch()["files"])
    check("a removal is one commit", hub.commits(before) == 1)
    status = owner.ask("GET", "/sites/site/status")
    check("the status has the commit", status["published"]["commit"] == hub.branch()["commit"] and status["pages"] == 99)


def quiet(owner):
    """Waits until the site was looked at after all that was uploaded before."""
    before = owner.ask("GET", "/sites/site/status")["checked_at"]
    setup = owner.ask("GET", "/sites/site")
    del setup["updated_at"]
    owner.ask("PUT", "/sites/site", setup)
    until("the site was looked at", lambda: owner.ask("GET", "/sites/site/status")["checked_at"] not in (None, before))


def unwell(session, place, owner, hub, resources):
    """GitHub fails, the branch is protected, the token is revoked: the work is kept, told, tried again, and done."""
    before = hub.branch()["commit"]
    troubles = [
        ("GitHub fails", {"on": "", "times": 1000, "what": {"answer": {"status": 502, "message": "Bad gateway"}}}, "unavailable"),
        ("the token is refused", {"on": "", "times": 1000, "what": {"answer": {"status": 401, "message": "Bad credentials"}}}, "token_refused"),
    ]
    for number, (words, fault, code) in enumerate(troubles):
        hub.ask("POST", "faults", fault)
        place.write(f"unwell-{number}.md", f"# Unwell {number}\n")
        said = until(f"the status tells that {words}", lambda: trouble(owner, code))
        check(f"the status tells that {words}", said["attempts"] >= 1 and said["retry_at"] > said["since"])
        check("nothing is committed meanwhile", hub.branch()["commit"] == before)
        hub.ask("DELETE", "faults")
        due_now(session, resources)
        schedule(session, resources)
        page = f"docs/unwell-{number}/index.html"
        until("what was kept is published", lambda: page in hub.branch()["files"])
        check(f"after {words} the work is done", until("the trouble is over", lambda: trouble(owner, None) is None))
        before = hub.branch()["commit"]


def trouble(owner, code):
    found = owner.ask("GET", "/sites/site/status")["trouble"]
    return found if code is None or (found and found["code"] == code) else None


def due_now(session, resources):
    """As if the time of the next attempt had come."""
    session.client("dynamodb").update_item(
        TableName=resources["SitesTable"],
        Key={"tenant_id": {"S": TENANT}},
        UpdateExpression="SET due_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )


def schedule(session, resources):
    event = (ROOT / "events" / "schedule-site-due.json").read_bytes()
    answer = session.client("lambda").invoke(FunctionName=resources["SiteDue"], Payload=event)
    check("the schedule's event is taken", answer["StatusCode"] == 200 and "FunctionError" not in answer)


def later(session, place, owner, hub, resources):
    """What is dated later waits, and is told."""
    place.write("later.md", "---\ndate: 2199-01-01\n---\n# Later\n")
    waits = until("the status tells what waits", lambda: owner.ask("GET", "/sites/site/status")["waiting"])
    check("what is dated later waits", waits[0]["file"] == "later.md" and "docs/later/index.html" not in hub.branch()["files"])
    place.remove("later.md")


def removed(place, owner, hub):
    """A setup that is taken back leaves what was published."""
    owner.ask("DELETE", "/sites/site", expected=204)
    owner.ask("GET", "/sites/site", expected=404)
    check("what was published stays", "docs/index.html" in hub.branch()["files"])
