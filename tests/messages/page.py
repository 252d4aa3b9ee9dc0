"""The drop page in a browser, and what becomes of the messages that the browser made."""

import json
import os
import subprocess

from over_http import said
from tools import PATIENCE, ROOT, Failure, holds, run, same, unseal

FOLDER = ROOT / "tests" / "page"


def in_browser(owner, chromium, folder):
    """Runs the page's own tests on the owner's page. Gives what was left there, and what was skipped."""
    identity, sent = folder / "page.txt", folder / "sent.jsonl"
    unseal(owner.sealed(folder), identity)
    done = subprocess.run(
        ["node", FOLDER / "run.mjs"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=4 * PATIENCE,
        env={
            **os.environ,
            "BASE_URL": owner.url,
            "ADDRESS": owner.address,
            "IDENTITY": identity.read_text().strip(),
            "SENT": str(sent),
            "CHROMIUM": chromium,
        },
    )
    if done.returncode != 0:
        raise Failure(f"the page's tests:\n{done.stdout}")
    skipped = []
    for line in done.stdout.splitlines():
        if line.startswith("ok ") and " # SKIP" in line:
            skipped.append("the page: " + line.split(" - ", 1)[1].replace(" # SKIP", ":"))
        elif line.startswith("ok "):
            print("ok: the page: " + line.split(" - ", 1)[1])
    return [json.loads(line) for line in sent.read_text().splitlines()], skipped


def opened(owner, sent, folder):
    """Fetches what the browser left, and opens it with `age` and on the platform."""
    identity = folder / "page.txt"
    burning, staying = ([message for message in sent if message["burn"] is burn] for burn in [True, False])
    holds("the browser left a message that burns and one that stays", burning and staying, sent)
    for message in sent:
        what = "that burns" if message["burn"] else "that stays"
        answer = owner.ciphertext(message["id"])
        same(f"of the page's message {what} comes what left the browser", answer.body.hex(), message["body"])
        holds(f"of the page's message {what} it is said that it is padded", answer.headers["x-message-padding"] == "zeros")
        padded = run("age", "-d", "-i", identity, stdin=answer.body)
        holds(f"age opens the page's message {what}, padded to 256 bytes", len(padded) == 256, len(padded))
        same(f"the page's message {what} is what was typed", padded.rstrip(b"\0"), message["text"].encode())
    for message in staying:
        same("POST …/read gives the page's message without padding", said(owner.read(message["id"])), message["text"].encode())
    for message in burning:
        owner.read(message["id"], status=410)
