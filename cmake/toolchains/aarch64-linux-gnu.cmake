# For arm64 on a Debian of another architecture: the cross-compiler of g++-aarch64-linux-gnu, the libraries of Debian's
# arm64 packages unpacked in IST_ARM64_ROOT (`./dev arm64` does it), and QEMU to run tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(IST_ARM64_ROOT ${CMAKE_CURRENT_LIST_DIR}/../../build/arm64_root CACHE PATH "Folder of unpacked arm64 packages")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IST_ARM64_ROOT)
set(CMAKE_FIND_ROOT_PATH ${IST_ARM64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# The C and C++ libraries to link with are the compiler's own; those that others need are only in the unpacked packages.
set(libraries ${IST_ARM64_ROOT}/usr/lib/aarch64-linux-gnu:${IST_ARM64_ROOT}/lib/aarch64-linux-gnu)
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT -Wl,-rpath-link,${libraries})
endforeach()
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;${IST_ARM64_ROOT})
