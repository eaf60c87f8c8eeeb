#!/usr/bin/env python3
"""Assembles the PTX of every kernel of genuine CUDA modules with NVIDIA's ptxas, for sm_70, 75, 80 and 86.

ptxas_test.py TOOL MODULES: TOOL is cuda_ptx_tool, MODULES a folder of modules. ptxas is that of IST_PTXAS, of the
Python package nvidia-cuda-nvcc-cu12, or of PATH; exit code 77 (skip) without modules or without one. A ptxas that has
forgotten a capability (CUDA 13: sm_70) leaves it out and says so, but IST_PTXAS_ALL makes that a failure.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TARGETS = (70, 75, 80, 86)
SKIP = 77


def find_ptxas():
    named = os.environ.get("IST_PTXAS")
    if named:
        return named
    for folder in sys.path:
        found = pathlib.Path(folder) / "nvidia" / "cuda_nvcc" / "bin" / "ptxas"
        if found.is_file():
            return str(found)
    return shutil.which("ptxas")


def known_targets(ptxas):
    text = subprocess.run([ptxas, "--help"], capture_output=True, text=True, check=True).stdout
    return [sm for sm in TARGETS if f"'sm_{sm}'" in text]


def modules_in(folder):
    return sorted({path.parent for path in pathlib.Path(folder).glob("*/metadata.tcb")} |
                  set(pathlib.Path(folder).glob("*.tcm")))


def assemble(ptxas, ptx, sm, tasks):
    """What is wrong with a file, and the registers of each task in it."""
    run = subprocess.run([ptxas, "-v", f"-arch=sm_{sm}", str(ptx), "-o", os.devnull], capture_output=True, text=True)
    if run.returncode != 0:
        return run.stderr.strip() or f"ptxas ends with {run.returncode}", {}
    registers = {}
    entry = None
    for line in run.stderr.splitlines():
        compiled = re.search(r"Compiling entry function '([^']+)' for 'sm_(\d+)'", line)
        if compiled:
            entry = compiled[1]
        used = re.search(r"Used (\d+) registers", line)
        if used and entry:
            registers[entry] = int(used[1])
    missing = [task for task in tasks if task not in registers]
    return (f"tasks {missing} are not in it" if missing else ""), registers


def main():
    tool, folder = sys.argv[1:3]
    ptxas = find_ptxas()
    modules = modules_in(folder)
    if not ptxas or not modules:
        print(f"skipped: {'no ptxas is here' if modules else f'no modules are in {folder}'}.")
        return SKIP
    targets = known_targets(ptxas)
    forgotten = [f"sm_{sm}" for sm in TARGETS if sm not in targets]
    if forgotten:
        print(f"{ptxas} does not know {', '.join(forgotten)}.")
    failures = len(forgotten) if os.environ.get("IST_PTXAS_ALL") else 0
    kernels = 0
    print(f"{'module':28} {'kernel':36} {'tasks':>5}  most registers for " + " ".join(f"sm_{sm}" for sm in targets))
    for module in modules:
        with tempfile.TemporaryDirectory() as out:
            run = subprocess.run([tool, str(module), out, *map(str, targets)], capture_output=True, text=True)
            if run.returncode != 0:
                print(f"{module.name}: {run.stderr.strip()}")
                failures += 1
                continue
            files = {}
            for line in run.stdout.splitlines():
                path, task, _ = line.rsplit(" ", 2)
                files.setdefault(path, []).append(task)
            rows = {}
            for path, tasks in files.items():
                name, sm = re.fullmatch(r"(.+)\.sm_(\d+)\.ptx", pathlib.Path(path).name).groups()
                problem, registers = assemble(ptxas, path, int(sm), tasks)
                if problem:
                    print(f"{module.name}/{name} for sm_{sm}: {problem}")
                    failures += 1
                rows.setdefault(name, (len(tasks), {}))[1][int(sm)] = max(registers.values(), default=0)
            for name, (tasks, most) in sorted(rows.items()):
                kernels += 1
                print(f"{module.name:28} {name:36} {tasks:>5}  " + " ".join(f"{most.get(sm, 0):>5}" for sm in targets))
    print(f"{kernels} kernels of {len(modules)} modules, {failures} failures.")
    return 1 if failures or kernels == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
