// Platform detection and the linkage macros that every C API header uses.
// Knows no type of the API.
#ifndef TAICHI_PLATFORM_H
#define TAICHI_PLATFORM_H

// Exactly the macros that apply are defined, each as 1.
#if defined(_WIN32)
#ifndef TI_PLATFORM_WINDOWS
#define TI_PLATFORM_WINDOWS 1
#endif
#elif defined(__ANDROID__)
#ifndef TI_PLATFORM_ANDROID
#define TI_PLATFORM_ANDROID 1
#endif
#elif defined(__APPLE__)
#ifndef TI_PLATFORM_OSX
#define TI_PLATFORM_OSX 1
#endif
#elif defined(__linux__)
#ifndef TI_PLATFORM_LINUX
#define TI_PLATFORM_LINUX 1
#endif
#endif

#if !defined(_WIN32) && !defined(TI_PLATFORM_UNIX)
#define TI_PLATFORM_UNIX 1
#endif

// Linkage of every exported function.
#ifndef TI_DLL_EXPORT
#if defined(_WIN32)
#define TI_DLL_EXPORT __declspec(dllexport)
#else
#define TI_DLL_EXPORT __attribute__((visibility("default")))
#endif
#endif

// Calling convention of every exported function and of every callback.
#ifndef TI_API_CALL
#if defined(_MSC_VER)
#define TI_API_CALL __stdcall
#else
#define TI_API_CALL
#endif
#endif

// The sentinel 0xffffffff of the enums does not fit an int, which pedantic C99 remarks on. The ABI
// needs it: it makes TiError 8 bytes wide and keeps the other enums unsigned.
#ifndef TI_EXTENSION
#if defined(__GNUC__)
#define TI_EXTENSION __extension__
#else
#define TI_EXTENSION
#endif
#endif

#endif  // TAICHI_PLATFORM_H
