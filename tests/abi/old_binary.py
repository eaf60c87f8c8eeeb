#!/usr/bin/env python3
"""Links a C program with the released library, then runs that one binary with either library.

Both runs must print the same. Exit code 77 (skip) without a released library.
"""

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile

SONAME = "libtaichi_c_api.so"


def link(options, folder):
    program = os.path.join(folder, "program")
    command = [options.cc, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", options.program_source]
    command += ["-I", options.include, "-o", program, options.released, "-Wl,--allow-shlib-undefined"]
    subprocess.run(command, check=True)
    return program


def run(program, library, arguments, folder):
    """Standard output of the program with this library, which must be the one the loader picks."""
    os.makedirs(folder)
    path = os.path.join(folder, SONAME)
    os.symlink(os.path.abspath(library), path)
    env = dict(os.environ, LD_LIBRARY_PATH=os.pathsep.join(filter(None, [folder, os.getenv("LD_LIBRARY_PATH")])))
    traced = dict(env, LD_TRACE_LOADED_OBJECTS="1")
    loaded = subprocess.run([program], env=traced, check=True, capture_output=True, text=True).stdout
    if path not in loaded:
        sys.exit(f"the loader does not take {path}:\n{loaded}")
    result = subprocess.run([program, *arguments], env=env, capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        sys.exit(f"with {library} the program ends with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--released", default="", help="else from the environment: IST_RELEASED_LIBRARY")
    parser.add_argument("--ours", required=True)
    parser.add_argument("--module", required=True, help="folder or .tcm")
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--n", default="27", help="its integer argument")
    parser.add_argument("--program-source", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("--cc", default=shutil.which("cc") or "cc")
    options = parser.parse_args()
    options.released = options.released or os.getenv("IST_RELEASED_LIBRARY", "")

    if not os.path.isfile(options.released):
        print("SKIPPED: there is no released library to compare with "
              f"(IST_RELEASED_LIBRARY is '{options.released}').")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        program = link(options, folder)
        arguments = [options.module, options.kernel, options.n]
        released = run(program, options.released, arguments, os.path.join(folder, "released"))
        ours = run(program, options.ours, arguments, os.path.join(folder, "ours"))
    lines = list(difflib.unified_diff(released.splitlines(), ours.splitlines(), "released", "ours", lineterm=""))
    print("\n".join(lines) if lines else f"{released}The same binary prints the same with both libraries.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
