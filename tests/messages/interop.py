"""Shows that secret messages and their keys go to and from other tools that speak age: `age` on the command line, as
Debian has it, the npm package age-encryption, and the drop page in Chromium; as files, and over a local platform of its
own. What is missing is installed if that is possible, and else skipped, aloud.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import by_file
import over_http
import page
from platform_here import platform
from tools import HERE, Failure, found, packages, run


def have_package(folder):
    """A function that runs a step with age-encryption, if that can be installed."""
    for name in ["package.json", "package-lock.json", "encryption.mjs"]:
        shutil.copy(HERE / name, folder)
    return partial(run, "node", folder / "encryption.mjs") if packages(folder) else None


def main():
    """Does all that can be done here, and gives what was skipped."""
    skipped = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        age, npm = found("age", "age"), have_package(folder)
        if not age:
            skipped.append("`age` isn't here and can't be installed: nothing was shown of the command line")
        if not npm:
            skipped.append("node or npm's age-encryption isn't here: nothing was shown of it")
        here = by_file.Here(folder)
        if age:
            by_file.command_line(here)
        if npm:
            by_file.package(here, npm)
        if not age or not shutil.which("curl"):
            skipped.append("without `age` and curl nothing was shown of a running platform and of the page")
            return skipped
        with platform(folder) as client:
            skipped += over_platform(client, npm, folder)
    return skipped


def over_platform(client, npm, folder):
    ada, bob = client.user("ada"), client.user("bob")
    over_http.command_line(ada, bob, folder)
    if npm:
        over_http.package(bob, npm, folder)
    over_http.burning(bob, folder)
    chromium = found("chromium", "chromium", "chromium-browser", "google-chrome-stable")
    if not chromium or not packages(page.FOLDER):
        return ["Chromium, node or npm's packages aren't here: nothing was shown of the drop page"]
    sent, skipped = page.in_browser(bob, chromium, folder)
    page.opened(bob, sent, folder)
    return skipped


if __name__ == "__main__":
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        left_out = main()
    except (Failure, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"FAILED: {error}")
    for what in left_out:
        print(f"SKIPPED: {what}.")
    print(f"{'NOT all was tested' if left_out else 'All was tested'}, in {time.monotonic() - began:.0f} s.")
