"""Messages and keys over a running platform, with nothing of ours at the client: curl, `age`, npm's age-encryption."""

import base64
import json
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from tools import CONTENTS, PASSPHRASE, holds, on_a_terminal, run, same, shell, unseal

READERS = 100
# The platform takes it in NFKC, so at a terminal it is typed as that.
NEXT_PASSPHRASE = "staple battery ﬁve horses ½"

# What the documentation shows, to the letter.
LEAVE = 'age -r $(curl -sS -H "Accept: text/plain" $URL/drop/$ADDRESS) | curl -sS --data-binary @- "$URL/drop/$ADDRESS$QUERY"'
LEAVE_ARMORED = LEAVE.replace("age -r", "age -a -r")
OPEN = 'curl -sS -X POST -H "authorization: Bearer $TOKEN" $URL/messages/$ID/ciphertext | age -d -i $IDENTITY'


def leave(user, content, line=LEAVE, query=""):
    """Leaves a message as a stranger does, and gives its id."""
    answer = shell(line, stdin=content, URL=user.url, ADDRESS=user.address, QUERY=query)
    return json.loads(answer)["message_id"]


def opened(user, message, identity):
    return shell(OPEN, TOKEN=user.token, URL=user.url, ID=message, IDENTITY=identity)


def said(answer):
    """What a message says that was read on the platform."""
    return base64.b64decode(answer["plaintext_base64"]) if "plaintext_base64" in answer else answer["plaintext"].encode()


def command_line(ada, bob, folder):
    """Debian's age and curl, both ways."""
    identity = folder / "ada.txt"
    unseal(ada.sealed(folder), identity)
    for what, content in CONTENTS.items():
        for line, name in [(LEAVE, "age | curl"), (LEAVE_ARMORED, "age -a | curl")]:
            message = leave(ada, content, line)
            same(f"{name} leaves {what}, and curl | age -d opens it", opened(ada, message, identity), content)
            same(f"{name} leaves {what}, and POST …/read gives it", said(ada.read(message)), content)
    to_bob = leave(bob, CONTENTS["a text"])
    ada.ciphertext(to_bob, status=404)
    ada.read(to_bob, status=404)
    same("a message is its owner's alone", said(bob.read(to_bob)), CONTENTS["a text"])
    another_passphrase(ada, folder, identity)


def another_passphrase(ada, folder, identity):
    """After the passphrase was changed, it is the same identity."""
    content = CONTENTS["a text"]
    before = leave(ada, content)
    change = {"password": PASSPHRASE, "new_password": NEXT_PASSPHRASE}
    version = ada.ask("PUT", "/messages/key/password", change, status=200).json()["version"]
    holds("a changed passphrase makes the key's second version", version == 2, version)
    same("the identity from before opens a message from before", opened(ada, before, identity), content)
    same("the identity from before opens a message from after", opened(ada, leave(ada, content), identity), content)
    resealed, again = ada.sealed(folder), folder / "ada-again.txt"
    took_old, _ = on_a_terminal("age", "-d", "-o", again, resealed)
    holds("age does not open the new file with the old passphrase", not took_old)
    unseal(resealed, again, passphrase=unicodedata.normalize("NFKC", NEXT_PASSPHRASE))
    same("age opens it with the new one in NFKC, and the identity is the same", again.read_bytes(), identity.read_bytes())
    ada.read(before, status=403)
    same("POST …/read takes the new passphrase alone", said(ada.read(before, NEXT_PASSPHRASE)), content)


def package(bob, npm, folder):
    """The npm package age-encryption, both ways."""
    identity = npm("unseal", stdin=bob.sealed(folder).read_bytes()).decode().strip()
    recipient = bob.ask("GET", f"/drop/{bob.address}", headers={"accept": "application/json"}, status=200).json()["recipient"]
    for what, content in CONTENTS.items():
        for step, kind in [("encrypt", "application/age"), ("armor", "text/plain")]:
            file = npm(step, recipient, stdin=content)
            dropped = bob.ask("POST", f"/drop/{bob.address}", file, {"content-type": kind}, status=202).json()["message_id"]
            found = npm("decrypt", identity, stdin=bob.ciphertext(dropped).body)
            same(f"age-encryption leaves {what} ({step}), and opens it", found, content)
            same(f"age-encryption leaves {what} ({step}), and POST …/read gives it", said(bob.read(dropped)), content)


def burning(bob, folder):
    """Of many readers at the same moment one gets a burning message."""
    content = CONTENTS["a text"]
    message = leave(bob, content, query="?burn=true")
    refused = bob.ciphertext(message, query="?keep=true", status=400).json()
    holds("?keep=true refuses what burns", refused["errors"][0]["field"] == "keep", refused)
    # All are connected before the first asks.
    together = threading.Barrier(READERS)

    def reader(_):
        connection = bob.connect()
        together.wait(60)
        return bob.ciphertext(message, status=None, connection=connection)

    with ThreadPoolExecutor(READERS) as readers:
        answers = list(readers.map(reader, range(READERS)))
    statuses = sorted(answer.status for answer in answers)
    holds(f"of {READERS} readers at once one gets 200, and all others 410", statuses == [200] + [410] * (READERS - 1), statuses)
    winner = next(answer for answer in answers if answer.status == 200)
    identity = folder / "bob.txt"
    unseal(bob.sealed(folder), identity)
    same("the one has the whole message", run("age", "-d", "-i", identity, stdin=winner.body), content)
    bob.read(message, status=410)
    waiting = bob.ask("GET", "/messages?limit=100", status=200).json()["items"]
    holds("a burnt message is gone for good", message not in [item["id"] for item in waiting])
