"""Runs other people's tools, and gets them where that is possible."""

import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PASSPHRASE = "correct horse battery staple"
PATIENCE = 120
CONTENTS = {
    "a text": "At noon, under the clock ⏰\n".encode(),
    "nothing": b"",
    "two chunks of bytes": bytes(range(256)) * 400,
}


class Failure(Exception):
    """What did not go as it must."""


def run(*command, stdin=b"", **env):
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        env={**os.environ, "PASSPHRASE": PASSPHRASE, **{name: str(value) for name, value in env.items()}},
    )
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command[:3]))}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def shell(script, stdin=b"", **env):
    """Runs lines as somebody would paste them, with these variables."""
    return run("bash", "-c", f"set -euo pipefail\n{script}", stdin=stdin, **env)


def on_a_terminal(*command, passphrase=PASSPHRASE):
    """Runs a command that asks its terminal for the passphrase. Gives whether it succeeded, and what the terminal showed."""
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
            os.write(terminal, passphrase.encode() + b"\n")
            asked = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    shown = seen.decode(errors="replace").strip()
    if not asked:
        raise Failure(f"{' '.join(map(str, command))} asked for no passphrase: {shown}")
    return os.waitstatus_to_exitcode(status) == 0, shown


def unseal(key, output, *options, passphrase=PASSPHRASE):
    """`age -d` of what is sealed under a passphrase, or with what is."""
    opened, shown = on_a_terminal("age", "-d", *options, "-o", output, key, passphrase=passphrase)
    if not opened:
        raise Failure(f"age -d {key}: {shown}")


def same(what, found, expected):
    if found != expected:
        raise Failure(f"{what}: {len(found)} bytes came out, and not the {len(expected)} that went in")
    print(f"ok: {what}")


def holds(what, condition, found=""):
    if not condition:
        raise Failure(f"{what}: not so. {found}")
    print(f"ok: {what}")


def installed(*command, cwd=None):
    """Whether a command that installs something went well."""
    if not shutil.which(command[0]):
        return False
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        print(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.returncode == 0


def found(package, *names):
    """The first of these commands that is here, else what Debian's package of that name brings where it can be installed."""
    for name in names:
        if path := shutil.which(name):
            return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        # Without an up-to-date list of packages the first can fail on a fresh machine.
        if not installed("apt-get", "install", "--yes", package):
            installed("apt-get", "update") and installed("apt-get", "install", "--yes", package)
    return next(filter(None, map(shutil.which, names)), None)


def packages(folder):
    """Whether node is here, and the npm packages that a folder names."""
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    return bool(shutil.which("node")) and installed(*npm, cwd=folder)
