#!/usr/bin/env python3
"""Checks that #includes point only down the list of layers, that each layer stays clear of the APIs it must not know, and
that the library asks the operating system for something only in the files listed here.

Prints each violation as file:line and exits 1 if there is one. `--self-test` checks the checker.
"""

import argparse
import pathlib
import re
import sys
import tempfile

# Layer of a file: longest matching prefix. What a layer may see, besides itself, the standard library and `public`.
LAYERS = {
    "sdk/include": "public",
    "interop/include": "public",
    "sdk/base": "base",
    "sdk/aot": "aot",
    "backends/contract": "contract",
    "backends/gl_api": "gl_api",
    "backends/llvm": "llvm",
    "backends": "registry",  # files directly in backends/: the one place that names all backends
    "sdk/core": "core",
    "sdk/capi": "capi",
    "interop": "interop",
    "demos": "demos",
    "bench": "bench",
    "python": "python",
    "tools": "tools",
    "tests": "tests",
}
MAY_SEE = {
    "public": set(),
    "base": set(),
    "aot": {"base"},
    "contract": {"base", "aot"},
    "gl_api": {"base", "aot", "contract"},
    "llvm": {"base", "aot", "contract"},
    "backend": {"base", "aot", "contract", "gl_api", "llvm"},
    "registry": {"base", "aot", "contract", "backend"},
    "core": {"base", "aot", "contract"},
    "capi": {"base", "aot", "contract", "backend", "core"},
    "interop": {"base", "aot", "contract", "gl_api", "backend", "core", "capi"},
    "demos": set(),
    "bench": set(),
    "python": set(),
    "tools": {"base", "aot", "bench"},
    "tests": {"base", "aot", "contract", "gl_api", "llvm", "backend", "registry", "core", "capi", "interop", "demos", "bench", "python",
              "tools"},
}
# The ABI headers say what the native APIs' types are called, so these layers may not reach them by that way either.
NATIVE = re.compile(r"^(vulkan/|volk|vk_|GL/|GLES|EGL/|KHR/|epoxy/|glad/|cuda|nvrtc|X11/|wayland|xcb/|llvm/|GLFW/)")
NATIVE_FREE = {"base", "aot", "contract", "core", "registry"}
NATIVE_PUBLIC = re.compile(r"^(taichi/taichi_(vulkan|opengl|cuda)\.h|taichi/cpp/|ist/(vulkan|gl)\.h)")
PUBLIC_FREE = {"base", "aot", "contract"}
PUBLIC = re.compile(r"^(taichi|ist)/")
# What no other system than POSIX has. In the library's folders it may be included in platform files only: a port to
# another system gives each of them a twin, and touches nothing else (docs/install.md).
POSIX = re.compile(r"^(aio|arpa/.*|dirent|dlfcn|elf|execinfo|fcntl|ftw|glob|grp|ifaddrs|langinfo|libgen|link|linux/.*|mqueue|"
                   r"net/.*|netdb|netinet/.*|poll|pthread|pwd|sched|semaphore|signal|spawn|strings|sys/.*|syslog|termios|"
                   r"ucontext|unistd|utime|wordexp|xlocale)\.h$")
LIBRARY = ("sdk", "backends", "interop")
PLATFORM = {
    "sdk/base/library.cpp": "the loader of dynamic libraries",
    "backends/contract/cache_file.cpp": "files that are replaced at once, in a folder that is the user's alone",
    "backends/contract/owned_fd.cpp": "file descriptors",
    "backends/cpu/cpu_buffer.cpp": "pages of memory",
    "backends/cpu/cpu_count.cpp": "processors of this process",
    "backends/cpu/cpu_heap.cpp": "pages of memory",
    "backends/cpu/cpu_pool.cpp": "threads with an affinity and a signal mask",
    "backends/cpu/cpu_pool.h": "likewise",
    "backends/llvm/plugin.cpp": "the loader, and pages of LLVM that are given back",
    "backends/llvm/plugin/code_memory.cpp": "pages of code",
    "interop/feed": "sockets, shared memory and file descriptors between processes",
    "interop/include/ist/cpp/share.hpp": "closing a handle; has its twin for Windows inside",
    "interop/share/sync_file.cpp": "sync files of the kernel",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".cc", ".def", ".inc"}


def layer_of(path):
    """(layer, name) of a file; name tells backends apart. None for files under no rule."""
    parts = path.parts
    if parts[0] == "backends" and len(parts) > 2 and "/".join(parts[:2]) not in LAYERS:
        return ("backend", parts[1])
    for length in range(len(parts) - 1, 0, -1):
        layer = LAYERS.get("/".join(parts[:length]))
        if layer:
            return (layer, layer)
    return None


def resolve(root, path, name, quoted):
    """The file of this project that an include names, relative to root, or None."""
    places = [root / "sdk", root / "backends", root / "sdk/include", root / "interop/include", root]
    if quoted:
        places.insert(0, root / path.parent)
    for place in places:
        target = (place / name).resolve()
        if target.is_file() and target.is_relative_to(root):
            return target.relative_to(root)
    return None


def complaint(here, name, target):
    """Why a file of layer `here` may not include `name`, or None."""
    layer = here[0]
    there = layer_of(target) if target else None
    if there and there[0] == "public":
        if layer in PUBLIC_FREE and PUBLIC.match(name):
            return f"{layer} knows no public header"
        if layer in NATIVE_FREE and NATIVE_PUBLIC.match(name):
            return f"{layer} knows no native API"
        return None
    if there:
        if there == here or there[0] in MAY_SEE[layer]:
            return None
        if layer == there[0] == "backend":
            return f"backend {here[1]} may not see backend {there[1]}"
        if layer in ("demos", "bench", "python", "tools", "public"):
            return f"{layer} may see public headers only, not {there[1]}"
        return f"{layer} may not see {there[1]}: includes point down only"
    if layer in NATIVE_FREE and NATIVE.match(name):
        return f"{layer} knows no native API"
    return None


def is_platform(path):
    return any(str(place) in PLATFORM for place in (path, *path.parents))


def complaint_of_system(path, name):
    """Why a file may not include this header of the operating system, or None."""
    if path.parts[0] in LIBRARY and POSIX.match(name) and not is_platform(path):
        return "only platform files ask the operating system (PLATFORM in tools/check_layers.py)"
    return None


def check(root):
    """All violations, as lines of text, and the number of files looked at."""
    found, files = [], 0
    for top in sorted({prefix.split("/")[0] for prefix in LAYERS}):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SUFFIXES or not file.is_file():
                continue
            path = file.relative_to(root)
            here = layer_of(path)
            if not here:
                found.append(f"{path}: lies in no known layer")
                continue
            files += 1
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                name = match[1] or match[2]
                why = complaint(here, name, resolve(root, path, name, match[1] is not None))
                why = why or complaint_of_system(path, name)
                if why:
                    found.append(f"{path}:{number}: includes {name}, but {why}.")
    return found, files


def self_test():
    """A small tree with one violation of each kind, and one file of each layer without."""
    good = {
        "sdk/include/taichi/taichi_core.h": "",
        "sdk/include/taichi/taichi_vulkan.h": "#include <vulkan/vulkan.h>",
        "sdk/base/status.h": "#include <string>",
        "sdk/aot/desc.h": '#include "base/status.h"',
        "backends/contract/device.h": '#include "aot/desc.h"',
        "backends/vulkan/vk_device.h": '#include "contract/device.h"\n#include <vulkan/vulkan_core.h>',
        "backends/gl_api/gl_functions.h": '#include "base/status.h"',
        "backends/gl/gl_device.h": '#include "contract/device.h"\n#include "gl_api/gl_functions.h"',
        "backends/registry.cpp": '#include "vulkan/vk_device.h"\n#include "gl/gl_device.h"',
        "sdk/core/runtime.h": '#include "contract/device.h"\n#include <taichi/taichi_core.h>',
        "sdk/capi/api.cpp": '#include "core/runtime.h"\n#include <taichi/taichi_vulkan.h>',
        "demos/a/main.cpp": '#include <taichi/taichi_core.h>\n#include "part.h"',
        "demos/a/part.h": "",
        "sdk/base/library.cpp": "#include <dlfcn.h>",
        "interop/feed/deep/files.cpp": "#include <sys/socket.h>\n#include <csignal>",
        "demos/a/process.cpp": "#include <unistd.h>",
        "tests/unit/a_test.cpp": '#include "core/runtime.h"',
    }
    bad = {
        "sdk/base/up.h": '#include "aot/desc.h"',
        "sdk/base/abi.h": "#include <taichi/taichi_core.h>",
        "sdk/aot/up.cpp": '#include "../core/runtime.h"',
        "backends/contract/up.h": '#include "core/runtime.h"',
        "backends/gl_api/gl_up.h": '#include "gl/gl_device.h"',
        "backends/gl/gl_bad.h": '#include "vulkan/vk_device.h"',
        "backends/vulkan/vk_bad.h": '#include "core/runtime.h"',
        "sdk/core/sees_backend.cpp": '#include "vulkan/vk_device.h"',
        "sdk/core/native.h": "#include <vulkan/vulkan.h>",
        "sdk/core/native_abi.h": "#include <taichi/taichi_vulkan.h>",
        "sdk/include/taichi/leak.h": '#include "base/status.h"',
        "demos/a/inside.cpp": '  #  include "base/status.h"',
        "bench/inside.cpp": '#include "core/runtime.h"',
        "sdk/core/system.cpp": "#include <unistd.h>",
        "backends/vulkan/vk_system.cpp": "#include <sys/mman.h>",
        "interop/include/ist/system.h": "#include <sys/types.h>",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name, text in {**good, **bad}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n", encoding="utf-8")
        found, _ = check(root)
    named = [line.split(":")[0] for line in found]
    missed = sorted(set(bad) - set(named))
    false = sorted(set(named) - set(bad))
    for name in missed:
        print(f"self-test: the violation in {name} is not found.")
    for name in false:
        print(f"self-test: {name} is refused although it is right.")
    return not missed and not false and len(named) == len(bad)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--self-test", action="store_true", help="check the checker on a made-up tree first")
    options = parser.parse_args()
    if options.self_test and not self_test():
        return 1
    root = pathlib.Path(__file__).resolve().parent.parent
    found, files = check(root)
    found += [f"{name}: is listed as a platform file, but is not there." for name in PLATFORM if not (root / name).exists()]
    print("\n".join(found) if found else f"{files} files, all includes point down.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
