"""The package's types and values against the headers: parsed, and compiled where there is a C compiler."""

import ctypes
import re
import shutil
import subprocess

import pytest
from taichi_aot_support import ROOT

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library, _signatures, c_api

HEADERS = ROOT / "sdk" / "include"
CORE = (HEADERS / "taichi" / "taichi_core.h").read_text()
SIZES = {
    "TiCapabilityLevelInfo": 8,
    "TiMemoryAllocateInfo": 24,
    "TiMemorySlice": 24,
    "TiNdShape": 68,
    "TiNdArray": 152,
    "TiImageOffset": 16,
    "TiImageExtent": 16,
    "TiImageAllocateInfo": 36,
    "TiImageSlice": 48,
    "TiSamplerCreateInfo": 16,
    "TiTexture": 40,
    "TiScalarValue": 8,
    "TiScalar": 16,
    "TiTensorValue": 128,
    "TiTensorValueWithLength": 136,
    "TiTensor": 144,
    "TiArgumentValue": 152,
    "TiArgument": 160,
    "TiNamedArgument": 168,
}
INTEROP_SIZES = {
    "TiVulkanRuntimeInteropInfo": 72,
    "TiVulkanMemoryInteropInfo": 40,
    "TiVulkanImageInteropInfo": 48,
    "TiOpenglRuntimeInteropInfo": 8,
    "TiOpenglMemoryInteropInfo": 16,
    "TiOpenglImageInteropInfo": 28,
    "TiCpuMemoryInteropInfo": 16,
    "TiCudaMemoryInteropInfo": 16,
}
# What a Python enumeration is called where C has another name.
FLAG_BITS = {"TiMemoryUsageFlagBits": "TiMemoryUsageFlags", "TiImageUsageFlagBits": "TiImageUsageFlags"}


def header_enums():
    found = {}
    for name, body in re.findall(r"typedef enum (\w+) \{(.*?)\}", CORE, re.DOTALL):
        members = re.findall(r"^\s*(TI_\w+) = ([^,/\n]+)", body, re.MULTILINE)
        found[FLAG_BITS.get(name, name)] = {member: eval(value) for member, value in members}
    return found


def test_the_header_has_the_twelve_enumerations():
    assert len(header_enums()) == 12


@pytest.mark.parametrize("name", sorted(header_enums()))
def test_enumerations_are_those_of_the_header(name):
    assert {member.name: member.value for member in getattr(ta, name)} == header_enums()[name]


@pytest.mark.parametrize("name", sorted({**SIZES, **INTEROP_SIZES}))
def test_sizes_are_those_of_the_c_abi(name):
    assert ctypes.sizeof(getattr(c_api, name)) == {**SIZES, **INTEROP_SIZES}[name]


def test_sizes_and_offsets_are_those_of_a_c_compiler(tmp_path):
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    has_vulkan = subprocess.run(
        [compiler, "-E", "-xc", "-"], input="#include <vulkan/vulkan.h>\n", capture_output=True, text=True
    )
    names = [name for name in {**SIZES, **INTEROP_SIZES} if has_vulkan.returncode == 0 or "Vulkan" not in name]
    lines, expected = [], []
    for name in names:
        kind = getattr(c_api, name)
        lines.append(f'  printf("{name} %zu\\n", sizeof({name}));')
        expected.append(f"{name} {ctypes.sizeof(kind)}")
        for field, *_ in kind._fields_:
            lines.append(
                f'  printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name}*)0)->{field}));'
            )
            expected.append(f"{name}.{field} {getattr(kind, field).offset} {getattr(kind, field).size}")
    for enum in header_enums():
        lines.append(f'  printf("{enum} %zu\\n", sizeof({enum}));')
        expected.append(f"{enum} {ctypes.sizeof(_signatures.c_error if enum == 'TiError' else _signatures.c_enum)}")
    vulkan = "#include <taichi/taichi_vulkan.h>\n" if has_vulkan.returncode == 0 else ""
    source = tmp_path / "sizes.c"
    source.write_text(
        "#include <stdio.h>\n#include <taichi/taichi_core.h>\n#include <taichi/taichi_cpu.h>\n"
        "#include <taichi/taichi_cuda.h>\n#include <taichi/taichi_opengl.h>\n"
        + vulkan
        + "int main(void) {\n"
        + "\n".join(lines)
        + "\n  return 0;\n}\n"
    )
    program = tmp_path / "sizes"
    subprocess.run([compiler, "-I", str(HEADERS), str(source), "-o", str(program)], check=True)
    told = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    assert told == expected


def declared_functions():
    """Name to parameter count of every ti_* function that the headers declare."""
    found = {}
    for header in ("core", "vulkan", "opengl", "cpu", "cuda"):
        text = re.sub(r"//[^\n]*", "", (HEADERS / "taichi" / f"taichi_{header}.h").read_text())
        for name, parameters in re.findall(r"TI_API_CALL (ti_\w+)\(([^)]*)\)", text):
            found[name] = 0 if parameters.strip() == "void" else parameters.count(",") + 1
    return found


def test_every_declared_function_is_bound_with_all_its_parameters():
    bound = {name: len(types) for name, (_, types) in _signatures.SIGNATURES.items() if name.startswith("ti_")}
    assert bound == declared_functions()
    assert len(bound) == 48


@pytest.mark.parametrize("name", sorted(declared_functions()))
def test_every_declared_function_is_an_attribute_and_in_the_library(name):
    assert callable(getattr(ta, name)) and name in c_api.__all__
    assert _library.api.has(name)


def test_the_star_import_gives_the_51_names_of_the_old_package():
    names = {}
    exec("from isthmus.taichi_aot import *", names)
    names.pop("__builtins__")
    assert len(names) == 51 and set(names) == set(ta.__all__)
    assert set(SIZES) | set(header_enums()) < set(names)


def test_unknown_values_make_members():
    code = ta.TiError(-77)
    assert code == -77 and code is ta.TiError(-77) and code.name == "UNKNOWN_-77"
    assert "-77" in ta.TiError.get_error_details(-77)
    assert ta.TiArch(1) is ta.TiArch.TI_ARCH_VULKAN
    with pytest.raises(ValueError):
        ta.TiArch("vulkan")


def test_every_code_has_details():
    details = [ta.TiError.get_error_details(code) for code in ta.TiError if code.name.startswith("TI_")]
    assert len(set(details)) == len(details) == 13 and all(text.endswith(".") for text in details)


def test_flags_stay_flags():
    both = ta.TiImageUsageFlags.TI_IMAGE_USAGE_STORAGE_BIT | ta.TiImageUsageFlags.TI_IMAGE_USAGE_SAMPLED_BIT
    assert isinstance(both, ta.TiImageUsageFlags)
    info = ta.TiImageAllocateInfo(usage=both, export_sharing=ta.TiBool(ta.TI_TRUE))
    assert info.usage == both == 3 and info.export_sharing == 1 and bool(info.export_sharing)
    info.usage, info.export_sharing = 1, ta.TI_FALSE
    assert int(info.usage) == 1 and not info.export_sharing


def test_handles_are_typed_and_false_when_null():
    assert not ta.TiRuntime() and not ta.TiMemory()
    assert ctypes.cast(8, ta.TiMemory)
    with pytest.raises(ctypes.ArgumentError):
        ta.ti_wait(ta.TiMemory())
    with pytest.raises(TypeError):
        ta.TiMemorySlice(ta.TiImage(), 0, 0)


def test_a_tensor_is_a_union():
    value = ta.TiTensorValue()
    value.x64[0] = 0x0102030405060708
    assert (value.x8[0], value.x16[0], value.x32[0]) == (8, 0x0708, 0x05060708)
