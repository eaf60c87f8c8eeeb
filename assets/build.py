#!/usr/bin/env python3
"""Compiles the Taichi kernels of assets/kernels into the AOT modules of assets/modules, or checks that they still match.

Needs taichi 1.7.4. Each module is compiled in a process of its own, so that the counters in its task names do not depend on
which other modules were built before it. A module whose meaning did not change keeps its committed bytes: the compiler
writes members and entries in no fixed order, and some members hold uninitialised memory.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
TAICHI = "1.7.4"
SKIP = 77

SMALL_TYPES = ("spirv_has_int8", "spirv_has_int16", "spirv_has_float16")
WIDE_TYPES = ("spirv_has_int64", "spirv_has_float64")


@dataclass(frozen=True)
class Module:
    name: str
    source: str
    caps: tuple = ()
    packing: str = "stored"  # "stored" or "deflated" .tcm, or "folder"

    @property
    def file_name(self):
        return self.name if self.packing == "folder" else f"{self.name}.tcm"


MODULES = (
    Module("mpm88", "mpm88"),
    Module("fractal", "fractal", packing="folder"),
    Module("fluid", "fluid"),
    Module("textures", "textures"),
    Module("formats", "formats", packing="deflated"),
    Module("formats_integer", "formats_integer", packing="deflated"),
    Module("scalars", "scalars", SMALL_TYPES + WIDE_TYPES),
    Module("tensors", "tensors", SMALL_TYPES + WIDE_TYPES),
    Module("ndarrays", "ndarrays", SMALL_TYPES + WIDE_TYPES),
    Module("ndarrays_address", "ndarrays", SMALL_TYPES + WIDE_TYPES + ("spirv_has_physical_storage_buffer",)),
    Module("fields", "fields"),
    Module("fields_other", "fields_other"),
    Module("returns", "returns", ("spirv_has_int8",) + WIDE_TYPES, packing="folder"),
    Module("random", "random_numbers"),
    Module("shared", "shared"),
    Module("bounds", "bounds", ("spirv_has_int8",), packing="deflated"),
    Module("types_f16", "types_f16", ("spirv_has_float16", "spirv_has_int16")),
    Module("types_f64", "types_f64", WIDE_TYPES),
    Module("types_i64", "types_i64", ("spirv_has_int64",)),
    Module("types_u8", "types_u8", ("spirv_has_int8",)),
    Module("atomics", "atomics"),
    Module("atomics_native", "atomics", ("spirv_has_atomic_float_add",)),
    Module("graphs", "graphs", SMALL_TYPES + WIDE_TYPES),
    Module("subgroup", "subgroup", ("spirv_has_subgroup_basic", "spirv_has_subgroup_arithmetic")),
    Module("edge", "edge", packing="folder"),
)


def have_taichi():
    """True if this interpreter can import the taichi that made the committed modules."""
    probe = "import taichi, sys; sys.stdout.write('@%d.%d.%d' % taichi.__version__)"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    return run.returncode == 0 and run.stdout.endswith("@" + TAICHI)


def compile_module(module, target):
    """Runs in the child process: compiles one module into the file or folder `target`."""
    import taichi as ti

    ti.init(arch=ti.vulkan, offline_cache=False, log_level=ti.ERROR)
    sys.path.insert(0, str(HERE / "kernels"))
    source = load_source(module.source)
    aot = ti.aot.Module(ti.vulkan, caps=list(module.caps))
    source.add(aot)
    if module.packing == "folder":
        target.mkdir()
        aot.save(str(target))
        return
    aot.archive(str(target))
    if module.packing == "deflated":
        rezip(target)


def load_source(name):
    """Imports kernels/<name>.py, without making it importable under a name that others may use."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"kernels_{name}", HERE / "kernels" / f"{name}.py")
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    return source


def rezip(path):
    files = read_files(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (2000, 12, 1, 0, 0, 0)), files[name], zipfile.ZIP_DEFLATED)


def read_files(path):
    """Name -> bytes of a module, whether folder or archive."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packing_of(path):
    if path.is_dir():
        return "folder"
    with zipfile.ZipFile(path) as archive:
        deflated = any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist())
    return "deflated" if deflated else "stored"


def canonical(value):
    """Puts arrays that stand for unordered maps in one order, at every level."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        keyed = bool(items) and all(isinstance(item, dict) and "key" in item for item in items)
        return sorted(items, key=lambda item: json.dumps(item["key"])) if keyed else items
    return value


def metadata_meaning(data):
    """metadata.json without the order of kernels, fields and bindings."""
    meaning = canonical(json.loads(data))
    meaning["kernels"].sort(key=lambda kernel: json.dumps(kernel, sort_keys=True))
    meaning["fields"].sort(key=lambda field: field["field_name"])
    for kernel in meaning["kernels"]:
        for task in kernel["tasks_attribs"]:
            for member in ("buffer_binds", "texture_binds"):
                task[member].sort(key=lambda bind: bind["binding"])
    return meaning


def graphs_meaning(data):
    """graphs.json without order and without the members that the compiler leaves uninitialised."""
    meaning = canonical(json.loads(data))
    for graph in meaning:
        for dispatch in graph["value"]["dispatches"]:
            for argument in dispatch["symbolic_args"]:
                is_texture = argument["tag"] in (3, 4)
                argument["field_dim" if is_texture else "num_channels"] = None
    return meaning


def meaning_of(name, data):
    if name == "metadata.json":
        return metadata_meaning(data)
    if name == "graphs.json":
        return graphs_meaning(data)
    if name == "__content__":
        return sorted(data.decode().split("\n"))
    return data


def differences(module, committed, rebuilt):
    """Lines that say how the committed module differs from the rebuilt one; empty if they mean the same."""
    if not committed.exists():
        return [f"{module.file_name} is missing."]
    if packing_of(committed) != module.packing:
        return [f"{module.file_name} is packed as {packing_of(committed)}, but build.py says {module.packing}."]
    old, new = read_files(committed), read_files(rebuilt)
    lines = [f"{module.file_name}: {name} is in the committed module only." for name in sorted(old.keys() - new.keys())]
    lines += [f"{module.file_name}: {name} is in the rebuilt module only." for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        if meaning_of(name, old[name]) != meaning_of(name, new[name]):
            lines.append(f"{module.file_name}: {name} differs.")
    return lines


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def build_one(module, folder):
    """Compiles `module` in a child process; returns the path of the result, or None after printing why not."""
    target = folder / module.file_name
    command = [sys.executable, str(HERE / "build.py"), "--compile", module.name, "--out", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == 0:
        return target
    print(f"{module.name} does not compile:\n{run.stdout}{run.stderr}", file=sys.stderr)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "modules", help="folder of the modules (default: modules)")
    parser.add_argument("--check", action="store_true", help="rebuild elsewhere and compare; exit 1 on a difference")
    parser.add_argument("--only", metavar="NAME", action="append", help="just this module; may be repeated")
    parser.add_argument("--compile", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()

    by_name = {module.name: module for module in MODULES}
    if options.compile:
        compile_module(by_name[options.compile], options.out / by_name[options.compile].file_name)
        return 0
    unknown = [name for name in options.only or [] if name not in by_name]
    if unknown:
        parser.error(f"unknown module '{unknown[0]}'; known are {', '.join(by_name)}")
    if not have_taichi():
        print(f"skipped: taichi {TAICHI} is not installed for {sys.executable}.")
        return SKIP

    chosen = [by_name[name] for name in options.only] if options.only else MODULES
    failures = 0
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for module in chosen:
            rebuilt = build_one(module, pathlib.Path(scratch))
            if rebuilt is None:
                failures += 1
                continue
            committed = options.out / module.file_name
            lines = differences(module, committed, rebuilt)
            if options.check:
                print("\n".join(lines) if lines else f"{module.file_name}: same.")
                failures += bool(lines)
            elif lines:
                remove(committed)
                shutil.move(str(rebuilt), str(committed))
                print(f"{module.file_name}: written.")
            else:
                print(f"{module.file_name}: unchanged.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
