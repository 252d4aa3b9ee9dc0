"""Shows that secret messages and their keys go to and from other tools that speak age: `age` on the command line, as
Debian has it, and the npm package age-encryption. What is missing is installed if that is possible, and else skipped,
aloud.
"""

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PASSPHRASE = "correct horse battery staple"
PATIENCE = 120
CONTENTS = {
    "a text": "At noon, under the clock ⏰\n".encode(),
    "nothing": b"",
    "two chunks of bytes": bytes(range(256)) * 400,
}


class Failure(Exception):
    """What did not go as it must."""


def run(*command, stdin=b""):
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        env={**os.environ, "PASSPHRASE": PASSPHRASE},
    )
    if done.returncode != 0:
        raise Failure(f"{command[0]} {command[1]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def on_a_terminal(*command):
    """Runs a command that asks its terminal for the passphrase."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execvp(command[0], [str(word) for word in command])
        finally:
            os._exit(127)
    seen, asked, deadline = b"", False, time.monotonic() + PATIENCE
    while True:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            # Linux says so when the other end is closed.
            break
        if not piece:
            break
        seen += piece
        if not asked and b"passphrase" in seen.lower():
            os.write(terminal, PASSPHRASE.encode() + b"\n")
            asked = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    if os.waitstatus_to_exitcode(status) != 0 or not asked:
        raise Failure(f"{' '.join(map(str, command))}: {seen.decode(errors='replace').strip()}")


def same(what, found, expected):
    if found != expected:
        raise Failure(f"{what}: {len(found)} bytes came out, and not the {len(expected)} that went in")
    print(f"ok: {what}")


class Here:
    """This repository's side: a key, and what it opens."""

    def __init__(self, folder):
        subprocess.run(
            ["cargo", "build", "--quiet", "--locked", "--package", "message", "--example", "interop"],
            cwd=ROOT,
            check=True,
        )
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        self.binary = target / "debug" / "examples" / "interop"
        self.folder = folder
        run(self.binary, "generate", folder)
        self.key = folder / "identity.age"
        self.recipient = (folder / "recipient.txt").read_text()

    def opens(self, message):
        path = self.folder / "message"
        path.write_bytes(message)
        return run(self.binary, "open", self.key, path)


def command_line(here):
    """Debian's age, both ways. Gives a function that decrypts with the identity file."""
    for what, content in CONTENTS.items():
        same(f"age encrypts {what}", here.opens(run("age", "-r", here.recipient, stdin=content)), content)
        armored = run("age", "-a", "-r", here.recipient, stdin=content)
        same(f"age -a encrypts {what}", here.opens(armored), content)
    identity = here.folder / "identity.txt"
    on_a_terminal("age", "-d", "-o", identity, here.key)
    message = here.folder / "for-age"
    content = CONTENTS["a text"]
    message.write_bytes(run("age", "-r", here.recipient, stdin=content))
    same("age -d opens the key, and -d -i takes what it says", run("age", "-d", "-i", identity, message), content)
    plaintext = here.folder / "plaintext"
    on_a_terminal("age", "-d", "-i", here.key, "-o", plaintext, message)
    same("age -d -i takes the sealed key itself", plaintext.read_bytes(), content)


def package(here, folder):
    """The npm package age-encryption, both ways."""

    def step(*words, stdin):
        return run("node", folder / "encryption.mjs", *words, stdin=stdin)

    for what, content in CONTENTS.items():
        binary = step("encrypt", here.recipient, stdin=content)
        same(f"age-encryption encrypts {what}", here.opens(binary), content)
        armored = step("armor", here.recipient, stdin=content)
        same(f"age-encryption armors {what}", here.opens(armored), content)
    identity = step("unseal", stdin=here.key.read_bytes()).decode()
    if not identity.startswith("AGE-SECRET-KEY-1") or not identity.endswith("\n"):
        raise Failure("age-encryption unsealed something else than a line with an identity")
    content = CONTENTS["two chunks of bytes"]
    message = step("encrypt", here.recipient, stdin=content)
    same("age-encryption opens the key, and decrypts with it", step("decrypt", identity.strip(), stdin=message), content)


def installed(*command, cwd=None):
    """Whether a command that installs something went well."""
    if not shutil.which(command[0]):
        return False
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        print(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.returncode == 0


def have_age():
    if not shutil.which("age") and os.geteuid() == 0:
        # Without an up-to-date list of packages the first can fail on a fresh machine.
        if not installed("apt-get", "install", "--yes", "age"):
            installed("apt-get", "update") and installed("apt-get", "install", "--yes", "age")
    return bool(shutil.which("age"))


def have_package(folder):
    for name in ["package.json", "package-lock.json", "encryption.mjs"]:
        shutil.copy(HERE / name, folder)
    return bool(shutil.which("node")) and installed("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        here = Here(folder)
        if have_age():
            command_line(here)
        else:
            print("SKIPPED: `age` isn't here and can't be installed, so nothing was shown of the command line.")
        if have_package(folder):
            package(here, folder)
        else:
            print("SKIPPED: node or npm's age-encryption isn't here, so nothing was shown of it.")


if __name__ == "__main__":
    try:
        main()
    except (Failure, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"FAILED: {error}")
