#!/usr/bin/env python3
"""Installs llama.cpp's server into the user's cache, unless it is there, and prints the Python that has it.

xllamacpp is llama.cpp with its HTTP server, built for Python: a wheel of 34 MB, so nothing is compiled here.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

REQUIREMENT = "xllamacpp==2026.10.11549"


def main():
    if sys.version_info < (3, 10):
        sys.exit(f"Python 3.10 or newer is needed to install llama.cpp's server; this is {sys.version.split()[0]}.")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "unsorry"
    name = hashlib.sha256(f"{REQUIREMENT} {sys.version}".encode()).hexdigest()[:12]
    home = cache / f"engine-{name}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"Installing {REQUIREMENT} …", file=sys.stderr)
        install(home)
    print(home / "bin" / "python")


def install(home):
    """What is there under this name is complete: the name is given last. A venv's programs know their folder, so
    they are only used through its Python, which does not."""
    made = pathlib.Path(tempfile.mkdtemp(prefix=home.name, dir=home.parent))
    try:
        venv.create(made, with_pip=True)
        command = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--only-binary", ":all:", REQUIREMENT]
        subprocess.run(command, check=True, stdout=sys.stderr)
        try:
            made.rename(home)
        except OSError:
            # Somebody else was quicker.
            if not home.exists():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


main()
