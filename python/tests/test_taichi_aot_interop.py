"""The functions that share objects with other APIs, as far as that goes without those APIs."""

import ctypes
import mmap

import numpy as np
import pytest
from taichi_aot_support import MODULES, image_info, memory_info, ndarray, read, upload

import isthmus.taichi_aot as ta

I32 = ta.TiDataType.TI_DATA_TYPE_I32
Code = ta.TiError


@pytest.fixture(autouse=True)
def no_older_error():
    ta.ti_set_last_error(Code.TI_ERROR_SUCCESS)


@pytest.fixture
def vulkan():
    with ta.Runtime() as runtime:
        yield runtime.runtime_instance


def runtime_on(arch):
    if arch not in ta.get_available_archs()[1]:
        pytest.skip(f"{arch.name} is not available here")
    return ta.Runtime(arch)


def code():
    return ta.ti_get_last_error()[1]


def test_a_runtime_on_the_device_of_another_one(vulkan):
    info = ta.ti_export_vulkan_runtime(vulkan)
    assert info.get_instance_proc_addr and info.device and info.compute_queue and info.api_version
    imported = ta.ti_import_vulkan_runtime(info)
    assert imported and code() == Code.TI_ERROR_SUCCESS
    source = ta.ti_allocate_memory(vulkan, memory_info(40))
    exported = ta.ti_export_vulkan_memory(vulkan, source)
    assert exported.buffer and exported.memory and exported.size >= 40
    # The same buffer, seen by both runtimes.
    memory = ta.ti_import_vulkan_memory(imported, exported)
    module = ta.ti_load_aot_module(imported, MODULES / "ndarrays.tcm")
    rank1 = ta.ti_get_aot_module_kernel(module, "rank1")
    ta.ti_launch_kernel(imported, rank1, 1, [ndarray(memory, (10,), I32)])
    ta.ti_wait(imported)
    assert code() == Code.TI_ERROR_SUCCESS
    assert read(vulkan, source, 10, np.int32).tolist() == list(range(1000000, 1000010))
    ta.ti_destroy_runtime(imported)


def test_images_of_another_runtime(vulkan):
    info = image_info(8, 4, ta.TiFormat.TI_FORMAT_RGBA8)
    image = ta.ti_allocate_image(vulkan, info)
    exported = ta.ti_export_vulkan_image(vulkan, image)
    assert (exported.extent.width, exported.extent.height, exported.extent.depth) == (8, 4, 1)
    assert (exported.mip_level_count, exported.array_layer_count, exported.sample_count) == (1, 1, 1)
    imported = ta.ti_import_vulkan_runtime(ta.ti_export_vulkan_runtime(vulkan))
    assert ta.ti_import_vulkan_image(imported, exported, 1, 0) and code() == Code.TI_ERROR_SUCCESS
    ta.ti_destroy_runtime(imported)


def test_runtimes_with_extensions():
    runtime = ta.ti_create_vulkan_runtime_ext(1 << 22, [], [])
    assert runtime and code() == Code.TI_ERROR_SUCCESS
    ta.ti_destroy_runtime(runtime)
    assert not ta.ti_create_vulkan_runtime_ext(1 << 22, ["VK_NO_such_extension"], [b"VK_NO_other"])
    message, error = ta.ti_get_last_error()
    assert error == Code.TI_ERROR_NOT_SUPPORTED and "VK_NO_such_extension" in message


def test_host_memory():
    with runtime_on(ta.TiArch.TI_ARCH_X64) as runtime:
        handle = runtime.runtime_instance
        memory = upload(handle, np.arange(4, dtype=np.int32))
        info = ta.ti_export_cpu_memory(handle, memory)
        assert info.size == 16 and list((ctypes.c_int32 * 4).from_address(info.ptr)) == [0, 1, 2, 3]
        pages = mmap.mmap(-1, mmap.PAGESIZE)
        place = (ctypes.c_int32 * 4).from_buffer(pages)
        for pointer in (ctypes.addressof(place), ctypes.pointer(place), ctypes.c_void_p(ctypes.addressof(place))):
            imported = ta.ti_import_cpu_memory(handle, pointer, mmap.PAGESIZE)
            assert imported and code() == Code.TI_ERROR_SUCCESS
            ta.ti_copy_memory_device_to_device(
                handle, ta.TiMemorySlice(memory, 0, 16), ta.TiMemorySlice(imported, 0, 16)
            )
            ta.ti_wait(handle)
            assert list(place) == [0, 1, 2, 3]
            place[:] = [9] * 4
            ta.ti_free_memory(handle, imported)
        del place, pointer


def test_opengl_objects():
    with runtime_on(ta.TiArch.TI_ARCH_OPENGL) as runtime:
        handle = runtime.runtime_instance
        assert ta.ti_export_opengl_runtime(handle).get_proc_addr
        memory = ta.ti_allocate_memory(handle, memory_info(64))
        info = ta.ti_export_opengl_memory(handle, memory)
        assert info.buffer and info.size >= 64
        image = ta.ti_allocate_image(handle, image_info(8, 4, ta.TiFormat.TI_FORMAT_RGBA8))
        texture = ta.ti_export_opengl_image(handle, image)
        assert texture.texture and (texture.width, texture.height, texture.levels) == (8, 4, 1)
        assert code() == Code.TI_ERROR_SUCCESS
        # The runtime has a context of its own, which shares with no host.
        assert not ta.ti_import_opengl_memory(handle, info) and code() == Code.TI_ERROR_INVALID_INTEROP
        assert not ta.ti_import_opengl_image(handle, texture) and code() == Code.TI_ERROR_INVALID_INTEROP


def test_what_another_arch_refuses(vulkan):
    memory = ta.ti_allocate_memory(vulkan, memory_info(64))
    image = ta.ti_allocate_image(vulkan, image_info(4, 4, ta.TiFormat.TI_FORMAT_RGBA8))
    for call in (
        lambda: ta.ti_export_cpu_memory(vulkan, memory),
        lambda: ta.ti_import_cpu_memory(vulkan, 4096, 4096),
        lambda: ta.ti_export_cuda_memory(vulkan, memory),
        lambda: ta.ti_import_cuda_memory(vulkan, 4096, 4096),
        lambda: ta.ti_export_opengl_runtime(vulkan),
        lambda: ta.ti_export_opengl_memory(vulkan, memory),
        lambda: ta.ti_export_opengl_image(vulkan, image),
    ):
        ta.ti_set_last_error(Code.TI_ERROR_SUCCESS)
        result = call()
        assert code() == Code.TI_ERROR_INVALID_INTEROP
        assert not result or bytes(result) == bytes(ctypes.sizeof(result))


def test_opengl_needs_a_way_to_its_functions():
    assert not ta.ti_import_opengl_runtime(ta.TiOpenglRuntimeInteropInfo(), False)
    assert code() == Code.TI_ERROR_ARGUMENT_NULL


def test_cuda_streams():
    before = ta.ti_get_cuda_stream()
    ta.ti_set_cuda_stream(None)
    assert ta.ti_get_cuda_stream() is None
    ta.ti_set_cuda_stream(before)
