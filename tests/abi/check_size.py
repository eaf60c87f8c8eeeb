#!/usr/bin/env python3
"""Checks that the library, without its symbols for debuggers, is smaller than a limit in bytes."""

import argparse
import pathlib
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--library", type=pathlib.Path, required=True)
parser.add_argument("--strip", required=True, help="the strip program")
parser.add_argument("--limit", type=int, required=True)
options = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    stripped = pathlib.Path(folder) / options.library.name
    subprocess.run([options.strip, "-o", stripped, options.library], check=True)
    size = stripped.stat().st_size
print(f"{options.library.name}: {size} bytes stripped, limit {options.limit}.")
raise SystemExit(size >= options.limit)
