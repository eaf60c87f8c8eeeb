// The part of OpenGL and OpenGL ES that this library calls, declared here so that no GL header or library is
// needed: constants, and one table of functions for each context, loaded through a get_proc_addr.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ist::gl {

using Enum = uint32_t;
using Name = uint32_t;
using Size = int32_t;
using IntPtr = ptrdiff_t;
using Sync = struct SyncObject*;

namespace k {
inline constexpr Enum kTexture1D = 0x0DE0, kTexture2D = 0x0DE1, kTexture3D = 0x806F, kTexture1DArray = 0x8C18,
                      kTexture2DArray = 0x8C1A, kTextureCube = 0x8513, kCubeFace0 = 0x8515;
inline constexpr Enum kTextureBinding1D = 0x8068, kTextureBinding2D = 0x8069, kTextureBinding3D = 0x806A,
                      kTextureBinding1DArray = 0x8C1C, kTextureBinding2DArray = 0x8C1D, kTextureBindingCube = 0x8514;
inline constexpr Enum kMagFilter = 0x2800, kMinFilter = 0x2801, kNearest = 0x2600, kNearestMipmapNearest = 0x2700;
inline constexpr Enum kSwizzleR = 0x8E42, kSwizzleB = 0x8E44, kRed = 0x1903, kBlue = 0x1905;
inline constexpr Enum kRg = 0x8227, kRgb = 0x1907, kRgba = 0x1908, kRedInteger = 0x8D94, kRgInteger = 0x8228,
                      kRgbInteger = 0x8D98, kRgbaInteger = 0x8D99, kDepthComponent = 0x1902;
inline constexpr Enum kByte = 0x1400, kUnsignedByte = 0x1401, kShort = 0x1402, kUnsignedShort = 0x1403, kInt = 0x1404,
                      kUnsignedInt = 0x1405, kFloat = 0x1406, kHalfFloat = 0x140B;
inline constexpr Enum kArrayBuffer = 0x8892, kCopyReadBuffer = 0x8F36, kCopyWriteBuffer = 0x8F37;
inline constexpr Enum kPixelPackBuffer = 0x88EB, kPixelUnpackBuffer = 0x88EC, kPixelPackBinding = 0x88ED,
                      kPixelUnpackBinding = 0x88EF;
inline constexpr Enum kDynamicCopy = 0x88EA, kMapRead = 0x0001;
inline constexpr Enum kReadFramebuffer = 0x8CA8, kReadFramebufferBinding = 0x8CAA, kDrawFramebuffer = 0x8CA9,
                      kDrawFramebufferBinding = 0x8CA6, kColorAttachment0 = 0x8CE0, kDepthAttachment = 0x8D00,
                      kFramebufferComplete = 0x8CD5;
inline constexpr Enum kVersion = 0x1F02, kRenderer = 0x1F01, kExtensions = 0x1F03, kExtensionCount = 0x821D;
inline constexpr Enum kNoError = 0, kOutOfMemory = 0x0505;
inline constexpr Enum kSyncGpuCommandsComplete = 0x9117, kSyncFlushCommands = 0x0001, kAlreadySignaled = 0x911A,
                      kTimeoutExpired = 0x911B, kConditionSatisfied = 0x911C, kWaitFailed = 0x911D;
inline constexpr Enum kDedicatedMemoryObject = 0x9581, kHandleTypeOpaqueFd = 0x9586, kDeviceUuidCount = 0x9596,
                      kDeviceUuid = 0x9597, kDriverUuid = 0x9598;
inline constexpr Enum kLayoutNone = 0, kLayoutGeneral = 0x958D, kLayoutColorAttachment = 0x958E,
                      kLayoutDepthAttachment = 0x958F, kLayoutDepthReadOnly = 0x9590, kLayoutShaderRead = 0x9591,
                      kLayoutTransferSrc = 0x9592, kLayoutTransferDst = 0x9593;
}  // namespace k

// FUNCTION(what GetString is to glGetString, result, parameters).
// Of OpenGL 3.2 and OpenGL ES 3.0: all must be there.
#define IST_GL_CORE_FUNCTIONS(FUNCTION)                                                                                \
  FUNCTION(GetString, const uint8_t*, (Enum))                                                                          \
  FUNCTION(GetStringi, const uint8_t*, (Enum, uint32_t))                                                               \
  FUNCTION(GetIntegerv, void, (Enum, int32_t*))                                                                        \
  FUNCTION(GetError, Enum, ())                                                                                         \
  FUNCTION(Finish, void, ())                                                                                           \
  FUNCTION(Flush, void, ())                                                                                            \
  FUNCTION(GenTextures, void, (Size, Name*))                                                                           \
  FUNCTION(DeleteTextures, void, (Size, const Name*))                                                                  \
  FUNCTION(BindTexture, void, (Enum, Name))                                                                            \
  FUNCTION(TexParameteri, void, (Enum, Enum, int32_t))                                                                 \
  FUNCTION(TexImage2D, void, (Enum, int32_t, int32_t, Size, Size, int32_t, Enum, Enum, const void*))                   \
  FUNCTION(TexImage3D, void, (Enum, int32_t, int32_t, Size, Size, Size, int32_t, Enum, Enum, const void*))             \
  FUNCTION(TexSubImage2D, void, (Enum, int32_t, int32_t, int32_t, Size, Size, Enum, Enum, const void*))                \
  FUNCTION(TexSubImage3D, void, (Enum, int32_t, int32_t, int32_t, int32_t, Size, Size, Size, Enum, Enum, const void*)) \
  FUNCTION(PixelStorei, void, (Enum, int32_t))                                                                         \
  FUNCTION(GenBuffers, void, (Size, Name*))                                                                            \
  FUNCTION(DeleteBuffers, void, (Size, const Name*))                                                                   \
  FUNCTION(BindBuffer, void, (Enum, Name))                                                                             \
  FUNCTION(BufferData, void, (Enum, IntPtr, const void*, Enum))                                                        \
  FUNCTION(BufferSubData, void, (Enum, IntPtr, IntPtr, const void*))                                                   \
  FUNCTION(MapBufferRange, void*, (Enum, IntPtr, IntPtr, Enum))                                                        \
  FUNCTION(UnmapBuffer, uint8_t, (Enum))                                                                               \
  FUNCTION(GenFramebuffers, void, (Size, Name*))                                                                       \
  FUNCTION(DeleteFramebuffers, void, (Size, const Name*))                                                              \
  FUNCTION(BindFramebuffer, void, (Enum, Name))                                                                        \
  FUNCTION(FramebufferTexture2D, void, (Enum, Enum, Enum, Name, int32_t))                                              \
  FUNCTION(FramebufferTextureLayer, void, (Enum, Enum, Name, int32_t, int32_t))                                        \
  FUNCTION(CheckFramebufferStatus, Enum, (Enum))                                                                       \
  FUNCTION(ReadPixels, void, (int32_t, int32_t, Size, Size, Enum, Enum, void*))                                        \
  FUNCTION(FenceSync, Sync, (Enum, Enum))                                                                              \
  FUNCTION(IsSync, uint8_t, (Sync))                                                                                    \
  FUNCTION(DeleteSync, void, (Sync))                                                                                   \
  FUNCTION(ClientWaitSync, Enum, (Sync, Enum, uint64_t))

// Of OpenGL without ES: all must be there in such a context.
#define IST_GL_DESKTOP_FUNCTIONS(FUNCTION)                                                     \
  FUNCTION(TexImage1D, void, (Enum, int32_t, int32_t, Size, int32_t, Enum, Enum, const void*)) \
  FUNCTION(TexSubImage1D, void, (Enum, int32_t, int32_t, Size, Enum, Enum, const void*))       \
  FUNCTION(GetTexImage, void, (Enum, int32_t, Enum, Enum, void*))

// GL_EXT_memory_object and GL_EXT_memory_object_fd.
#define IST_GL_MEMORY_FUNCTIONS(FUNCTION)                                                  \
  FUNCTION(GetUnsignedBytevEXT, void, (Enum, uint8_t*))                                    \
  FUNCTION(GetUnsignedBytei_vEXT, void, (Enum, uint32_t, uint8_t*))                        \
  FUNCTION(CreateMemoryObjectsEXT, void, (Size, Name*))                                    \
  FUNCTION(DeleteMemoryObjectsEXT, void, (Size, const Name*))                              \
  FUNCTION(MemoryObjectParameterivEXT, void, (Name, Enum, const int32_t*))                 \
  FUNCTION(TexStorageMem2DEXT, void, (Enum, Size, Enum, Size, Size, Name, uint64_t))       \
  FUNCTION(TexStorageMem3DEXT, void, (Enum, Size, Enum, Size, Size, Size, Name, uint64_t)) \
  FUNCTION(BufferStorageMemEXT, void, (Enum, IntPtr, Name, uint64_t))                      \
  FUNCTION(ImportMemoryFdEXT, void, (Name, uint64_t, Enum, int32_t))

// GL_EXT_memory_object in OpenGL without ES.
#define IST_GL_MEMORY_1D_FUNCTIONS(FUNCTION) \
  FUNCTION(TexStorageMem1DEXT, void, (Enum, Size, Enum, Size, Name, uint64_t))

// GL_EXT_semaphore and GL_EXT_semaphore_fd.
#define IST_GL_SEMAPHORE_FUNCTIONS(FUNCTION)                                                            \
  FUNCTION(GenSemaphoresEXT, void, (Size, Name*))                                                       \
  FUNCTION(DeleteSemaphoresEXT, void, (Size, const Name*))                                              \
  FUNCTION(WaitSemaphoreEXT, void, (Name, uint32_t, const Name*, uint32_t, const Name*, const Enum*))   \
  FUNCTION(SignalSemaphoreEXT, void, (Name, uint32_t, const Name*, uint32_t, const Name*, const Enum*)) \
  FUNCTION(ImportSemaphoreFdEXT, void, (Name, Enum, int32_t))

// Of OpenGL 4.3 and OpenGL ES 3.1: all must be there for compute.
#define IST_GL_COMPUTE_FUNCTIONS(FUNCTION)                                                           \
  FUNCTION(ActiveTexture, void, (Enum))                                                              \
  FUNCTION(AttachShader, void, (Name, Name))                                                         \
  FUNCTION(BindBufferBase, void, (Enum, uint32_t, Name))                                             \
  FUNCTION(BindBufferRange, void, (Enum, uint32_t, Name, IntPtr, IntPtr))                            \
  FUNCTION(BindImageTexture, void, (uint32_t, Name, int32_t, uint8_t, int32_t, Enum, Enum))          \
  FUNCTION(BindSampler, void, (uint32_t, Name))                                                      \
  FUNCTION(BlitFramebuffer, void,                                                                    \
           (int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, uint32_t, Enum)) \
  FUNCTION(CompileShader, void, (Name))                                                              \
  FUNCTION(CopyBufferSubData, void, (Enum, Enum, IntPtr, IntPtr, IntPtr))                            \
  FUNCTION(CreateProgram, Name, ())                                                                  \
  FUNCTION(CreateShader, Name, (Enum))                                                               \
  FUNCTION(DeleteProgram, void, (Name))                                                              \
  FUNCTION(DeleteSamplers, void, (Size, const Name*))                                                \
  FUNCTION(DeleteShader, void, (Name))                                                               \
  FUNCTION(DetachShader, void, (Name, Name))                                                         \
  FUNCTION(Disable, void, (Enum))                                                                    \
  FUNCTION(DispatchCompute, void, (uint32_t, uint32_t, uint32_t))                                    \
  FUNCTION(DrawBuffers, void, (Size, const Enum*))                                                   \
  FUNCTION(Enable, void, (Enum))                                                                     \
  FUNCTION(GenSamplers, void, (Size, Name*))                                                         \
  FUNCTION(GenerateMipmap, void, (Enum))                                                             \
  FUNCTION(GetBooleani_v, void, (Enum, uint32_t, uint8_t*))                                          \
  FUNCTION(GetBufferParameteri64v, void, (Enum, Enum, int64_t*))                                     \
  FUNCTION(GetFloatv, void, (Enum, float*))                                                          \
  FUNCTION(GetInteger64i_v, void, (Enum, uint32_t, int64_t*))                                        \
  FUNCTION(GetInteger64v, void, (Enum, int64_t*))                                                    \
  FUNCTION(GetIntegeri_v, void, (Enum, uint32_t, int32_t*))                                          \
  FUNCTION(GetInternalformativ, void, (Enum, Enum, Enum, Size, int32_t*))                            \
  FUNCTION(GetProgramBinary, void, (Name, Size, Size*, Enum*, void*))                                \
  FUNCTION(GetProgramInfoLog, void, (Name, Size, Size*, char*))                                      \
  FUNCTION(GetProgramiv, void, (Name, Enum, int32_t*))                                               \
  FUNCTION(GetShaderInfoLog, void, (Name, Size, Size*, char*))                                       \
  FUNCTION(GetShaderiv, void, (Name, Enum, int32_t*))                                                \
  FUNCTION(GetTexLevelParameteriv, void, (Enum, int32_t, Enum, int32_t*))                            \
  FUNCTION(GetTexParameteriv, void, (Enum, Enum, int32_t*))                                          \
  FUNCTION(IsBuffer, uint8_t, (Name))                                                                \
  FUNCTION(IsEnabled, uint8_t, (Enum))                                                               \
  FUNCTION(IsTexture, uint8_t, (Name))                                                               \
  FUNCTION(LinkProgram, void, (Name))                                                                \
  FUNCTION(MemoryBarrier, void, (uint32_t))                                                          \
  FUNCTION(PauseTransformFeedback, void, ())                                                         \
  FUNCTION(ProgramBinary, void, (Name, Enum, const void*, Size))                                     \
  FUNCTION(ProgramParameteri, void, (Name, Enum, int32_t))                                           \
  FUNCTION(ProgramUniform4i, void, (Name, int32_t, int32_t, int32_t, int32_t, int32_t))              \
  FUNCTION(ReadBuffer, void, (Enum))                                                                 \
  FUNCTION(ResumeTransformFeedback, void, ())                                                        \
  FUNCTION(SamplerParameterf, void, (Name, Enum, float))                                             \
  FUNCTION(SamplerParameteri, void, (Name, Enum, int32_t))                                           \
  FUNCTION(ShaderSource, void, (Name, Size, const char* const*, const int32_t*))                     \
  FUNCTION(TexStorage2D, void, (Enum, Size, Enum, Size, Size))                                       \
  FUNCTION(TexStorage3D, void, (Enum, Size, Enum, Size, Size, Size))                                 \
  FUNCTION(UseProgram, void, (Name))

// Of OpenGL 4.3 without ES.
#define IST_GL_DESKTOP_COMPUTE_FUNCTIONS(FUNCTION)                                          \
  FUNCTION(ClearBufferSubData, void, (Enum, Enum, IntPtr, IntPtr, Enum, Enum, const void*)) \
  FUNCTION(FramebufferTexture, void, (Enum, Enum, Name, int32_t))                           \
  FUNCTION(TexStorage1D, void, (Enum, Size, Enum, Size))

// Of later versions and of extensions, under whichever name the context has them: null where it has none.
#define IST_GL_OPTIONAL_FUNCTIONS(FUNCTION)                                                                       \
  FUNCTION(BufferStorage, void, (Enum, IntPtr, const void*, uint32_t))                                            \
  FUNCTION(CopyImageSubData, void,                                                                                \
           (Name, Enum, int32_t, int32_t, int32_t, int32_t, Name, Enum, int32_t, int32_t, int32_t, int32_t, Size, \
            Size, Size))                                                                                          \
  FUNCTION(DebugMessageCallback, void,                                                                            \
           (void (*)(Enum, Enum, uint32_t, Enum, Size, const char*, const void*), const void*))                   \
  FUNCTION(DeleteQueries, void, (Size, const Name*))                                                              \
  FUNCTION(GenQueries, void, (Size, Name*))                                                                       \
  FUNCTION(GetGraphicsResetStatus, Enum, ())                                                                      \
  FUNCTION(GetQueryObjectui64v, void, (Name, Enum, uint64_t*))                                                    \
  FUNCTION(GetTextureSubImage, void,                                                                              \
           (Name, int32_t, int32_t, int32_t, int32_t, Size, Size, Size, Enum, Enum, Size, void*))                 \
  FUNCTION(ObjectLabel, void, (Enum, Name, Size, const char*))                                                    \
  FUNCTION(PopDebugGroup, void, ())                                                                               \
  FUNCTION(PushDebugGroup, void, (Enum, uint32_t, Size, const char*))                                             \
  FUNCTION(QueryCounter, void, (Name, Enum))                                                                      \
  FUNCTION(ShaderBinary, void, (Size, const Name*, Enum, const void*, Size))                                      \
  FUNCTION(SpecializeShader, void, (Name, const char*, uint32_t, const uint32_t*, const uint32_t*))               \
  FUNCTION(TextureView, void, (Name, Enum, Name, Enum, uint32_t, uint32_t, uint32_t, uint32_t))

// GL calls are never variadic and use the C convention; get_proc_addr hands out one type for all.
struct Functions {
#define IST_GL_MEMBER(name, result, parameters) result(*name) parameters = nullptr;
  IST_GL_CORE_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_DESKTOP_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_MEMORY_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_MEMORY_1D_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_SEMAPHORE_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_COMPUTE_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_DESKTOP_COMPUTE_FUNCTIONS(IST_GL_MEMBER)
  IST_GL_OPTIONAL_FUNCTIONS(IST_GL_MEMBER)
#undef IST_GL_MEMBER
};

// What OpenGL and OpenGL ES, and their versions and drivers, do differently.
struct Caps {
  bool es = false;
  uint32_t major = 0;
  uint32_t minor = 0;
  bool one_dimensional = false;    // 1D textures and arrays of them
  bool norm16 = false;             // 16-bit unorm textures
  bool float_attachments = false;  // framebuffers with float textures
  bool get_tex_image = false;
  bool memory_objects = false;  // with fds
  bool semaphores = false;      // likewise
  // A semaphore works for one wait of GL only: zink (measured: Mesa 22.3) destroys its own after it.
  bool waits_spend_semaphores = false;
  // Textures of sRGB formats do not stay on the memory they were made on: zink (likewise) moves them to its own
  // when a framebuffer or a view takes them as linear.
  bool moves_srgb = false;
  uint8_t device_uuid[16] = {};  // of memory_objects only
  uint8_t driver_uuid[16] = {};
  std::string renderer;
  std::string missing_memory;     // the sentence when memory_objects is false
  std::string missing_semaphore;  // likewise
};

struct Table {
  Functions gl;
  Caps caps;
};

// As eglGetProcAddress; only names that a context has are looked at.
using GetProc = void (*(*)(const char*))();

// Of the context that is current, without what computes. not_supported: it is too old, or a function is not found.
Result<Table> load_table(GetProc get_proc_addr);
// Adds what computes. not_supported, with what is absent, below OpenGL 4.3 and OpenGL ES 3.1.
Status load_compute(GetProc get_proc_addr, Table& table);

bool has_extension(const Functions& gl, std::string_view name);

// "GL_OUT_OF_MEMORY (0x505)".
std::string error_text(Enum error);
// Forgets the errors so far, with a line in the log; they were the host's.
void drain_errors(const Functions& gl);

}  // namespace ist::gl
