#!/usr/bin/env python3
"""Compares what a built library exports and needs with what it may.

Reads the library with nm and readelf only; loads nothing. Golden file: one "node symbol" a line, sorted.
"""

import argparse
import re
import subprocess
import sys

ALLOWED_NEEDED = re.compile(
    r"(libc|libm|libdl|libpthread|libgcc_s)\.so(\.\d+)*|ld-linux[-\w]*\.so(\.\d+)*"
)


def exported_symbols(library):
    """The library's versioned dynamic symbols as "node symbol" lines."""
    text = run("nm", "-D", "--with-symbol-versions", "--defined-only", library)
    found = []
    for line in text.splitlines():
        kind, name = line.split()[-2:]
        if kind == "A":
            continue  # a version node itself
        symbol, _, node = name.partition("@")
        found.append(f"{node.lstrip('@') or '(no node)'} {symbol}")
    return sorted(found)


def script_symbols(path):
    """The global symbols of a linker version script as "node symbol" lines."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    found = []
    for node, body in re.findall(r"([\w.]+)\s*\{(.*?)\}", text, re.S):
        body = re.sub(r"local:.*", "", body, flags=re.S).replace("global:", "")
        found += [f"{node} {name}" for name in re.findall(r"(\S+)\s*;", body)]
    return sorted(found)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def differences(what, found, golden):
    lines = [f"{what} lacks: {line}" for line in sorted(set(golden) - set(found))]
    lines += [f"{what} has beyond the golden file: {line}" for line in sorted(set(found) - set(golden))]
    lines += [f"{what} has twice: {line}" for line in sorted({x for x in found if found.count(x) > 1})]
    return lines


def dynamic_faults(library):
    text = run("readelf", "-dW", library)
    faults = []
    soname = re.findall(r"\(SONAME\).*\[(.*)\]", text)
    if soname != ["libtaichi_c_api.so"]:
        faults.append(f"SONAME is {soname}, not ['libtaichi_c_api.so']")
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", text):
        if not ALLOWED_NEEDED.fullmatch(name):
            faults.append(f"NEEDED names {name}, which is to be opened at run time or linked statically")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", required=True)
    parser.add_argument("--library", help="the built shared library")
    parser.add_argument("--version-script", help="the linker script it was built with")
    options = parser.parse_args()

    with open(options.golden, encoding="utf-8") as file:
        golden = file.read().splitlines()
    faults = []
    if golden != sorted(golden):
        faults.append("the golden file is not sorted")
    if options.version_script:
        faults += differences("the version script", script_symbols(options.version_script), golden)
    if options.library:
        faults += differences("the library", exported_symbols(options.library), golden)
        faults += dynamic_faults(options.library)
    for fault in faults:
        print(fault)
    print(f"{len(golden)} symbols expected, {len(faults)} differences")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
