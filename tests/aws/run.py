"""Runs the black-box suite against the real binaries, the real template and the real roles, on an emulated AWS.

Everything that is started is stopped, whatever happens. What was seen stays in target/aws: the emulator's log, the calls
of each role, the report.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import emulator
import mail
import messages
import outage
import publishing
import roles
import scraping
import stack
import triggers
from botocore.exceptions import BotoCoreError, ClientError
from stack import ROOT, Failure

OUT = ROOT / "target" / "aws"
STACK = "cloud-voyages-test"
ORIGIN = "http://localhost:5173"
TENANT = "demo#site"
# Where cargo puts what it builds by a profile, when not in a folder of that name.
FOLDERS = {"dev": "debug"}
SENDER = "no-reply@example.com"


def arguments():
    parser = argparse.ArgumentParser(prog="just aws-test", description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="shipping", help="cargo profile of the binaries [shipping]")
    parser.add_argument("--no-build", action="store_true", help="take the binaries that are in target/lambda")
    parser.add_argument("--port", type=int, default=0, help="port of the emulator [any that is free]")
    parser.add_argument("--serve", action="store_true", help="instead of the suite, wait for Ctrl-C")
    parser.add_argument(
        "--deny", nargs=2, metavar=("ROLE", "ACTION"), help="remove an action from a role first, to see the run fail"
    )
    parser.add_argument(
        "--grant", nargs=2, metavar=("ROLE", "ACTION"), help="give a role an action too many first, to see the run fail"
    )
    parser.add_argument("filter", nargs="*", help="names of tests; the roles are judged only after all of them")
    return parser.parse_args()


def functions():
    """The packages under functions/."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


def build(profile):
    """Builds each function and puts it where `cargo lambda build` does."""
    # The same selection as for the benchmark, so that whoever does both builds once; by `dev`, as `cargo test` builds.
    others = ("local", "fixtures", "git-target", "github-stand-in", "site-target-contract", "tests")
    selection = ["--bins"] if profile == "dev" else [f"--exclude={name}" for name in others]
    line = ["cargo", "build", "--locked", "--workspace", *selection, f"--profile={profile}"]
    done = subprocess.run(line, cwd=ROOT, check=False)
    if done.returncode != 0:
        raise Failure("the functions can't be built: see the compiler's words above")
    for name in functions():
        place = ROOT / "target" / "lambda" / name / "bootstrap"
        place.parent.mkdir(parents=True, exist_ok=True)
        # A binary that an emulated function runs can't be written over, but replaced.
        place.unlink(missing_ok=True)
        # Each is uploaded and unpacked: what only a debugger reads would be half of it.
        binary = ROOT / "target" / FOLDERS.get(profile, profile) / name
        subprocess.run(["strip", "-o", place, binary], check=True)


def programs():
    """The operator's commands and the suite, built as `cargo test --workspace` builds, so that nothing is built twice."""
    line = ["cargo", "build", "--workspace", "--locked", "--tests", "--bin=local", "--bin=github-stand-in"]
    line.append("--message-format=json-render-diagnostics")
    done = subprocess.run(line, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure("the suite can't be built: see the compiler's words above")
    found = {}
    for message in map(json.loads, done.stdout.splitlines()):
        if message.get("executable"):
            kind = "test" if message["profile"]["test"] else "program"
            found[message["target"]["name"], *message["target"]["kind"], kind] = message["executable"]
    return found["local", "bin", "program"], found["github-stand-in", "bin", "program"], found["blackbox", "test", "test"]


def free(port):
    """A port that nobody listens on: `port`, or any for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failure(f"port {port} is busy: choose another by --port, or none for any that is free") from error
        return probe.getsockname()[1]


@contextmanager
def emulated(port, scratch):
    """The emulator, from its first answer on, until the block ends."""
    log = OUT / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, ROOT / "tests/aws/emulator.py", OUT / "calls.jsonl"],
            env=emulator.environment(port, scratch),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/_ministack/health", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def wait_for(url, process, log):
    """Waits until the emulator answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise Failure(f"the emulator does not start: {' '.join(last)} (more in {log.relative_to(ROOT)})")


def check_starts(session, resources, template):
    """Starts each function once, by an event that none of them can read, so that none does anything."""
    for name in roles.functions_roles(template):
        answer = session.client("lambda").invoke(FunctionName=resources[name], Payload=b"[]")
        error = json.load(answer["Payload"])
        if error.get("errorType", "").startswith("Runtime."):
            raise Failure(f"{resources[name]} does not start: {' '.join(error['errorMessage'].split())}")


def operator(program, environment):
    """What does an operator's command on the stack, and returns what it prints."""

    def operate(*command):
        line = [program, *command, "--stack", STACK]
        done = subprocess.run(line, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"the operator's command `{' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout

    return operate


def first_tenant(session, operate, api):
    """Makes what the local platform's first run makes."""
    # What mails come from has to be verified first, as on AWS.
    session.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    operate("tenant", "create", TENANT, "--name", "Demo", "--origin", ORIGIN)
    scopes = ("users:read", "users:write", "email:send")
    secret = operate("key", "create", TENANT, "--secret", *(x for s in scopes for x in ("--scope", s)))
    credentials = {
        "base_url": api,
        "publishable_key": operate("key", "create", TENANT).splitlines()[0],
        "secret_key": secret.splitlines()[0],
        "owner": {"email": "owner@example.com", "password": secrets.token_urlsafe(16)},
        "origins": [ORIGIN],
    }
    if poster(credentials)("/auth/register", credentials["owner"]) != 201:
        raise Failure(f"the first account can't be registered: see {OUT.relative_to(ROOT)}/functions.log")
    operate("user", "role", f"{TENANT}#owner@example.com", "admin", "owner")
    # Where mail is not shown the suite would skip what needs it.
    if mail.count(api + emulator.MAIL, credentials["owner"]["email"]) != 1:
        raise Failure(f"the first account's mail did not come: see {OUT.relative_to(ROOT)}/functions.log")
    return credentials


def poster(credentials):
    """What posts a body to a path with the site's key, and returns the status."""

    def post(path, body):
        headers = {"content-type": "application/json", "x-api-key": credentials["publishable_key"]}
        request = urllib.request.Request(credentials["base_url"] + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    return post


def keep_logs(session):
    """Writes down what the functions logged."""
    logs = session.client("logs")
    with (OUT / "functions.log").open("w", encoding="utf-8") as output:
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                for events in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                    for event in events["events"]:
                        print(group["logGroupName"], event["message"].rstrip(), file=output)


def judge(session, resources, template):
    """Holds the roles against what was recorded; says whether all is well."""
    calls, refused = roles.recorded(OUT / "calls.jsonl")
    grants = roles.granted(session.client("iam"), resources, template)
    lines, well = roles.report(grants, calls, roles.by_rule(session, resources, template, calls), refused)
    (OUT / "roles.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n=== Roles ===", *lines, sep="\n", flush=True)
    return well


def run(options):
    """Builds, deploys, runs the suite, fires the triggers and judges the roles; says whether all is well."""
    template = stack.read()
    roles.tamper(template, options.deny, options.grant)
    port = free(options.port)
    if not options.no_build:
        build(options.profile)
    local, github, suite = programs()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory(prefix="cloud-voyages-") as scratch,
        publishing.github(github) as hub,
        emulated(port, scratch) as endpoint,
    ):
        session = stack.session(endpoint, emulator.REGION)
        try:
            publishing.prepare(session)
            parameters = {**emulator.PARAMETERS, **hub.parameters()}
            template, resources = stack.deploy(session, STACK, template, parameters, emulator.adapt)
            check_starts(session, resources, template)
            triggers.schedule(session, resources)
            environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint}
            operate = operator(local, environment)
            credentials = first_tenant(session, operate, emulator.api_url(port))
            if options.serve:
                print(f"{STACK} is deployed at {credentials['base_url']}, AWS at {endpoint}: Ctrl-C ends it", flush=True)
                signal.pause()
            passed = run_suite(suite, environment, credentials, options.filter)
            if options.filter or not passed:
                return passed
            triggers.queue(session, credentials["base_url"] + emulator.MAIL, resources)
            mail.run(session, operate, credentials, credentials["base_url"] + emulator.MAIL, resources)
            messages.run(session, credentials["base_url"], resources)
            scraping.run(session, operate, credentials, credentials["base_url"] + emulator.MAIL, resources)
            publishing.run(session, operate, credentials, hub, credentials["base_url"] + emulator.MAIL, resources)
            triggers.samples(session, resources)
            outage.run(session, resources, poster(credentials))
            return judge(session, resources, template)
        finally:
            keep_logs(session)


def run_suite(suite, environment, credentials, names):
    """Runs the black-box suite, and says of a role that lacked a permission."""
    path = OUT / "credentials.json"
    path.write_text(json.dumps(credentials), encoding="utf-8")
    given = {"CV_BASE_URL": credentials["base_url"], "CV_CREDENTIALS": str(path), "CV_STACK": STACK}
    done = subprocess.run([suite, *names], cwd=ROOT / "tests", env={**environment, **given}, check=False)
    if done.returncode != 0:
        for role, action, resource in sorted(roles.recorded(OUT / "calls.jsonl")[1]):
            print(f"MISSING {role}: {action} on {resource}", flush=True)
    return done.returncode == 0


def main():
    # The translator asks the SDK for a region. A proxy has no part in what stays on this machine.
    os.environ.update(emulator.ROOT, NO_PROXY="127.0.0.1,localhost")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        well = run(arguments())
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"error: the emulated AWS failed: {error} (more in {OUT.relative_to(ROOT)}/emulator.log)")
    except FileNotFoundError as error:
        sys.exit(f"error: {error.filename} is missing: install it and put it on the PATH")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(not well)


if __name__ == "__main__":
    main()
