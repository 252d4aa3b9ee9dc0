"""A local platform of its own, and its users: plain HTTP, as any client speaks it."""

import http.client
import json
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tools import PASSPHRASE, PATIENCE, ROOT, TARGET, Failure

ACCOUNT_PASSWORD = "S3cur3Pass!"


def binary():
    """`target/debug/local`, built if it isn't there or older than what it is made from."""
    path = TARGET / "debug" / "local"
    try:
        fresh = path.stat().st_mtime >= max(source.stat().st_mtime for source in sources(path))
    except FileNotFoundError:
        fresh = False
    if not fresh:
        # As `cargo test --workspace` builds, so that nothing is built twice.
        subprocess.run(["cargo", "build", "--workspace", "--locked", "--tests", "--bin=local"], cwd=ROOT, check=True)
    return path


def sources(path):
    """What cargo wrote down beside a binary of all that it is made from. Cargo itself, asked for one package, would
    rebuild its dependencies where the whole workspace was built before.
    """
    _, _, written = path.with_suffix(".d").read_text().partition(": ")
    files = [Path(file.replace("\\ ", " ")) for file in re.findall(r"(?:\\ |\S)+", written)]
    # A build script that embeds a folder names the folder.
    return [ROOT / "Cargo.lock", *files, *(inner for file in files if file.is_dir() for inner in file.iterdir())]


@contextmanager
def platform(folder):
    """Runs a platform on a free port of this machine, with its data in the folder, and stops it in any case."""
    log, data = folder / "platform.log", folder / "data"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binary(), "--port", "0", "--data", data], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield Client(base_url(process, data, log), json.loads((data / "credentials.json").read_text())["publishable_key"])
    except Exception:
        print(f"The last lines of the platform's log:\n{log.read_text(errors='replace')[-2000:]}")
        raise
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def base_url(process, data, log):
    """The address, which `run.json` tells once the platform answers."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return json.loads((data / "run.json").read_text())["base_url"]
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise Failure(f"the platform did not start, see {log}")


class Answer:
    """A response that was read whole."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body or b"null")


class Client:
    """Whoever speaks to the platform, without an account or, with a token, as a user."""

    def __init__(self, url, key, token=None):
        self.url, self.key, self.token = url, key, token

    def connect(self):
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        connection.connect()
        return connection

    def ask(self, method, path, body=None, headers=None, connection=None, status=None):
        """Sends a request: bytes as they are, all else as JSON. Fails on another status than the one expected."""
        headers = {"x-api-key": self.key, **(headers or {})}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body, headers["content-type"] = json.dumps(body), "application/json"
        connection = connection or self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if status and answer.status != status:
            raise Failure(f"{method} {path}: {answer.status} {answer.body[:500]!r}, and not {status}")
        return answer

    def user(self, name):
        """Somebody who registers, logs in and makes a message key."""
        account = {"email": f"{name}@example.com", "password": ACCOUNT_PASSWORD}
        self.ask("POST", "/auth/register", {**account, "name": name}, status=201)
        token = self.ask("POST", "/auth/login", account, status=200).json()["token"]
        return User(self.url, self.key, token)


class User(Client):
    """Somebody with a message key."""

    def __init__(self, url, key, token):
        super().__init__(url, key, token)
        made = self.ask("POST", "/messages/key", {"password": PASSPHRASE}, status=201).json()
        self.address, self.recipient = made["address"], made["recipient"]

    @property
    def drop(self):
        return f"{self.url}/drop/{self.address}"

    def sealed(self, folder):
        """The identity as any device gets it: an age file, and its version."""
        key = self.ask("GET", "/messages/key", status=200).json()
        path = folder / f"identity-{key['version']}.age"
        path.write_text(key["encrypted_identity"])
        return path

    def read(self, message, passphrase=PASSPHRASE, status=200):
        return self.ask("POST", f"/messages/{message}/read", {"password": passphrase}, status=status).json()

    def ciphertext(self, message, status=200, query="", connection=None):
        return self.ask("POST", f"/messages/{message}/ciphertext{query}", connection=connection, status=status)
