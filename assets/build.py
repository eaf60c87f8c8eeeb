#!/usr/bin/env python3
"""Compiles the Taichi kernels of assets/kernels into AOT modules: those of assets/modules, or others for CPU and CUDA.

Needs taichi 1.7.4. Each module is compiled in a process of its own, so that the counters in its task names do not depend on
which other modules were built before it. A committed module whose meaning did not change keeps its bytes: the compiler
writes members and entries in no fixed order, and some members hold uninitialised memory. LLVM modules (x64, cuda) are
never committed, since they hold functions of Taichi's runtime and of libdevice; one whose sources did not change stays.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
TAICHI = "1.7.4"
SKIP = 77
STUB = HERE.parent / "tools" / "stub_libcuda.c"

SMALL_TYPES = ("spirv_has_int8", "spirv_has_int16", "spirv_has_float16")
WIDE_TYPES = ("spirv_has_int64", "spirv_has_float64")

GFX = ("vulkan",)
LLVM = ("x64", "cuda")
ALL = GFX + LLVM
# What an arch's modules say of themselves; the compiler falls back to the CPU without a word that a script sees.
TRIPLES = {"x64": b'target triple = "x86_64', "cuda": b'target triple = "nvptx64'}

# Into how many parts the code for x64 divides every loop. It is compiled in, so it must not depend on the machine that
# compiles; a host with fewer cores runs several parts per thread, one with more leaves cores idle. Eight is more than
# most test machines have, so parts queue up and interleave, and little enough that empty parts cost nothing.
PARTS = 8


@dataclass(frozen=True)
class Module:
    name: str
    source: str
    caps: tuple = ()
    packing: str = "stored"  # "stored" or "deflated" .tcm, or "folder"
    archs: tuple = GFX
    debug: bool = False  # compiled with checks of bounds and overflow

    @property
    def file_name(self):
        return self.name if self.packing == "folder" else f"{self.name}.tcm"


# Only "vulkan" where a module has textures, SPIR-V capabilities or subgroups; no x64 where it has workgroup memory.
MODULES = (
    Module("mpm88", "mpm88", archs=ALL),
    Module("fractal", "fractal", packing="folder"),
    Module("fluid", "fluid"),
    Module("textures", "textures"),
    Module("formats", "formats", packing="deflated"),
    Module("formats_integer", "formats_integer", packing="deflated"),
    Module("scalars", "scalars", SMALL_TYPES + WIDE_TYPES, archs=ALL),
    Module("tensors", "tensors", SMALL_TYPES + WIDE_TYPES, archs=ALL),
    Module("ndarrays", "ndarrays", SMALL_TYPES + WIDE_TYPES, archs=ALL),
    Module("ndarrays_address", "ndarrays", SMALL_TYPES + WIDE_TYPES + ("spirv_has_physical_storage_buffer",)),
    Module("fields", "fields", archs=ALL),
    Module("fields_other", "fields_other", archs=ALL),
    Module("returns", "returns", ("spirv_has_int8",) + WIDE_TYPES, packing="folder", archs=ALL),
    Module("random", "random_numbers", archs=ALL),
    Module("shared", "shared", archs=("vulkan", "cuda")),
    Module("bounds", "bounds", ("spirv_has_int8",), packing="deflated", archs=ALL),
    Module("types_f16", "types_f16", ("spirv_has_float16", "spirv_has_int16"), archs=ALL),
    Module("types_f64", "types_f64", WIDE_TYPES, archs=ALL),
    Module("types_i64", "types_i64", ("spirv_has_int64",), archs=ALL),
    Module("types_u8", "types_u8", ("spirv_has_int8",), archs=ALL),
    Module("atomics", "atomics", archs=ALL),
    Module("atomics_native", "atomics", ("spirv_has_atomic_float_add",)),
    Module("graphs", "graphs", SMALL_TYPES + WIDE_TYPES, archs=ALL),
    Module("subgroup", "subgroup", ("spirv_has_subgroup_basic", "spirv_has_subgroup_arithmetic")),
    Module("edge", "edge", packing="folder", archs=ALL),
    Module("sparse_pointer", "sparse_pointer", packing="folder", archs=LLVM),
    Module("sparse_bitmasked", "sparse_bitmasked", packing="folder", archs=LLVM),
    Module("sparse_dynamic", "sparse_dynamic", archs=LLVM),
    Module("trees", "trees", packing="deflated", archs=LLVM),
    Module("quantized", "quantized", archs=LLVM),
    Module("mathematics", "mathematics", archs=LLVM),
    Module("matrices", "matrices", archs=LLVM),
    Module("integers", "integers", archs=LLVM),
    Module("halves", "halves", archs=LLVM),
    Module("reductions", "reductions", archs=LLVM),
    Module("loops", "loops", archs=LLVM),
    Module("random_types", "random_types", archs=LLVM),
    Module("assertions", "assertions", packing="folder", archs=LLVM),
    Module("assertions_debug", "assertions", packing="folder", archs=LLVM, debug=True),
    Module("prints", "prints", packing="folder", archs=LLVM),
)


def have_taichi():
    """True if this interpreter has the taichi that made the committed modules; asks without importing it."""
    try:
        return importlib.metadata.version("taichi") == TAICHI
    except importlib.metadata.PackageNotFoundError:
        return False


def compile_module(module, arch_name, target):
    """Runs in the child process: compiles one module into the file or folder `target`."""
    import taichi as ti

    arch = getattr(ti, arch_name)
    ti.init(arch=arch, offline_cache=False, log_level=ti.ERROR, debug=module.debug, cpu_max_num_threads=PARTS)
    sys.path.insert(0, str(HERE / "kernels"))
    source = load_source(module.source)
    aot = ti.aot.Module(arch, caps=list(module.caps) if arch_name in GFX else [])
    source.add(aot)
    if arch_name in GFX and hasattr(source, "add_gfx"):
        source.add_gfx(aot)
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


def build_one(module, arch, folder, environment=None):
    """Compiles `module` in a child process; returns the path of the result, or None after printing why not."""
    target = folder / module.file_name
    command = [sys.executable, str(HERE / "build.py"), "--compile", module.name, "--arch", arch, "--out", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if run.returncode == 0:
        return target
    print(f"{module.name} does not compile for {arch}:\n{run.stdout}{run.stderr}", file=sys.stderr)
    return None


def build_committed(chosen, out, check):
    """Writes what has changed its meaning, or with `check` just compares; the number of failures."""
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        for module in chosen:
            rebuilt = build_one(module, "vulkan", pathlib.Path(scratch))
            if rebuilt is None:
                failures += 1
                continue
            committed = out / module.file_name
            lines = differences(module, committed, rebuilt)
            if check:
                print("\n".join(lines) if lines else f"{module.file_name}: same.")
                failures += bool(lines)
            elif lines:
                remove(committed)
                shutil.move(str(rebuilt), str(committed))
                print(f"{module.file_name}: written.")
            else:
                print(f"{module.file_name}: unchanged.")
    return failures


def sources_of(name):
    """The kernel file and those that it imports."""
    found, waiting = [], [HERE / "kernels" / f"{name}.py"]
    while waiting:
        path = waiting.pop()
        if path.exists() and path not in found:
            found.append(path)
            imported = re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
            waiting += [path.with_name(f"{module}.py") for module in imported]
    return found


def stamp_of(module, arch):
    """Changes with everything that the compiled module depends on."""
    digest = hashlib.sha256(repr((module, arch, TAICHI, PARTS)).encode())
    for path in sources_of(module.source) + [HERE / "build.py"] + ([STUB] if arch == "cuda" else []):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stub_environment(folder):
    """The environment in which the compiler finds a driver for CUDA that runs nothing, whatever GPU there is."""
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", str(STUB), "-o", str(folder / "libcuda.so")]
    subprocess.run(command, check=True)
    paths = [str(folder)] + os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return dict(os.environ, LD_LIBRARY_PATH=":".join(filter(None, paths)))


def check_arch(path, arch):
    """Throws if the module is for another arch than was asked for."""
    for name, data in read_files(path).items():
        if name.endswith(".ll") and TRIPLES[arch] not in data:
            raise RuntimeError(f"{path.name}: {name} is not for {arch}; the compiler has fallen back to another arch.")


def unpack(module_path, folder):
    """Writes the module as a folder, which is all that the released library can load on x64 and cuda."""
    remove(folder)
    folder.mkdir()
    for name, data in read_files(module_path).items():
        (folder / name).write_bytes(data)


def build_llvm(chosen, arch, out):
    """Compiles those whose stamps are not the present ones; the number of failures."""
    stamps, folders = out / "stamps", out / "folders"
    stamps.mkdir(exist_ok=True)
    folders.mkdir(exist_ok=True)
    stale = []
    for module in chosen:
        stamp = stamps / module.name
        up_to_date = stamp.exists() and stamp.read_text() == stamp_of(module, arch) and (out / module.file_name).exists()
        if not up_to_date:
            stamp.unlink(missing_ok=True)
            stale.append(module)
    if not stale:
        print(f"{len(chosen)} modules for {arch}: unchanged.")
        return 0
    # On the same file system as `out`, so that a module is there as a whole or not at all.
    with tempfile.TemporaryDirectory(dir=out, prefix="building_") as scratch:
        environment = stub_environment(pathlib.Path(scratch)) if arch == "cuda" else None
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            built = list(pool.map(lambda module: build_one(module, arch, pathlib.Path(scratch), environment), stale))
        for module, path in zip(stale, built):
            if path is None:
                continue
            check_arch(path, arch)
            unpack(path, folders / module.name)
            remove(out / module.file_name)
            shutil.move(str(path), str(out / module.file_name))
            (stamps / module.name).write_text(stamp_of(module, arch))
            print(f"{module.file_name}: written.")
    return built.count(None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", choices=ALL, default="vulkan", help="of the modules (default: vulkan, the committed ones)")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the modules (default: modules; x64 and cuda need one)")
    parser.add_argument("--check", action="store_true", help="rebuild elsewhere and compare; exit 1 on a difference")
    parser.add_argument("--only", metavar="NAME", action="append", help="just this module; may be repeated")
    parser.add_argument("--compile", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()

    by_name = {module.name: module for module in MODULES if options.arch in module.archs}
    if options.compile:
        compile_module(by_name[options.compile], options.arch, options.out / by_name[options.compile].file_name)
        return 0
    unknown = [name for name in options.only or [] if name not in by_name]
    if unknown:
        parser.error(f"unknown module '{unknown[0]}'; known for {options.arch} are {', '.join(by_name)}")
    if options.arch in LLVM and (options.check or not options.out):
        parser.error(f"modules for {options.arch} are not committed: they need --out, and there is nothing to --check")
    if not have_taichi():
        print(f"skipped: taichi {TAICHI} is not installed for {sys.executable}.")
        return SKIP

    chosen = [by_name[name] for name in options.only] if options.only else list(by_name.values())
    out = options.out or HERE / "modules"
    out.mkdir(parents=True, exist_ok=True)
    failures = build_llvm(chosen, options.arch, out) if options.arch in LLVM else build_committed(chosen, out, options.check)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
