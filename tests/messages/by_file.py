"""Messages and keys as files, between `crates/message` and other tools: no platform in between."""

import subprocess

from tools import CONTENTS, ROOT, TARGET, Failure, run, same, unseal


class Here:
    """This repository's side: a key, and what it opens."""

    def __init__(self, folder):
        subprocess.run(
            ["cargo", "build", "--quiet", "--locked", "--package", "message", "--example", "interop"],
            cwd=ROOT,
            check=True,
        )
        self.binary = TARGET / "debug" / "examples" / "interop"
        self.folder = folder
        run(self.binary, "generate", folder)
        self.key = folder / "identity.age"
        self.recipient = (folder / "recipient.txt").read_text()

    def opens(self, message):
        path = self.folder / "message"
        path.write_bytes(message)
        return run(self.binary, "open", self.key, path)


def command_line(here):
    """Debian's age, both ways."""
    for what, content in CONTENTS.items():
        same(f"age encrypts {what}", here.opens(run("age", "-r", here.recipient, stdin=content)), content)
        armored = run("age", "-a", "-r", here.recipient, stdin=content)
        same(f"age -a encrypts {what}", here.opens(armored), content)
    identity = here.folder / "identity.txt"
    unseal(here.key, identity)
    message = here.folder / "for-age"
    content = CONTENTS["a text"]
    message.write_bytes(run("age", "-r", here.recipient, stdin=content))
    same("age -d opens the key, and -d -i takes what it says", run("age", "-d", "-i", identity, message), content)
    plaintext = here.folder / "plaintext"
    unseal(message, plaintext, "-i", here.key)
    same("age -d -i takes the sealed key itself", plaintext.read_bytes(), content)


def package(here, npm):
    """The npm package age-encryption, both ways."""
    for what, content in CONTENTS.items():
        same(f"age-encryption encrypts {what}", here.opens(npm("encrypt", here.recipient, stdin=content)), content)
        armored = npm("armor", here.recipient, stdin=content)
        same(f"age-encryption armors {what}", here.opens(armored), content)
    identity = npm("unseal", stdin=here.key.read_bytes()).decode()
    if not identity.startswith("AGE-SECRET-KEY-1") or not identity.endswith("\n"):
        raise Failure("age-encryption unsealed something else than a line with an identity")
    content = CONTENTS["two chunks of bytes"]
    message = npm("encrypt", here.recipient, stdin=content)
    same("age-encryption opens the key, and decrypts with it", npm("decrypt", identity.strip(), stdin=message), content)
