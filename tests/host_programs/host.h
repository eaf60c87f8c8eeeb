/* What the host programs have beside their own lines: the end of a program that fails, a runtime's counters, an image
 * with a kernel that fills it, a VkDevice and a GL context of the host. Plain C, public headers only. */
#ifndef HOST_PROGRAMS_HOST_H
#define HOST_PROGRAMS_HOST_H

#include <EGL/egl.h>
#include <GL/glcorearb.h>
#include <ist/feed.h>
#include <ist/gl.h>
#include <ist/vulkan.h>
#include <stdint.h>

/* End the program with what is wrong. */
void host_fail(const char* what, const char* file, int line);
#define TRY(call) ((call) == TI_ERROR_SUCCESS ? (void)0 : host_fail(#call, __FILE__, __LINE__))
#define CHECK(condition) ((condition) ? (void)0 : host_fail(#condition, __FILE__, __LINE__))
#define CHECK_NUMBER(is, wanted) host_check_number(#is, (uint64_t)(is), (uint64_t)(wanted), __FILE__, __LINE__)
void host_check_number(const char* what, uint64_t is, uint64_t wanted, const char* file, int line);

/* Turns validation on for devices that the library makes; each message ends the program. First call of main. */
void host_begin(void);
IstCounters host_counters(TiRuntime runtime);

/* --- An image of RGBA8, and the kernel that fills it for a frame. --- */
enum { HOST_WIDTH = 61, HOST_HEIGHT = 37, HOST_FRAMES = 12 };
TiImage host_image(TiRuntime runtime, TiBool shared);
typedef struct HostPainter {
  TiAotModule module;
  TiKernel kernel;
} HostPainter;
HostPainter host_painter(TiRuntime runtime);
void host_paint(TiRuntime runtime, const HostPainter* painter, TiImage image, uint32_t frame);
/* Every texel of HOST_WIDTH x HOST_HEIGHT is what the kernel computes for this frame. */
void host_check_texels(const uint8_t* texels, uint32_t frame);

/* --- Vulkan: an instance, a device and one command buffer that draws (copies the picture out). --- */
typedef struct HostVulkan {
  VkInstance instance;
  VkDebugUtilsMessengerEXT messenger; /* null where there is no validation layer */
  VkPhysicalDevice physical;
  VkDevice device;
  VkQueue queue;
  uint32_t family;
  VkCommandPool pool;
  VkCommandBuffer commands;
  VkBuffer picture;
  VkDeviceMemory picture_memory;
  const uint8_t* texels;
  VkSemaphore timeline; /* null without the needs of the library */
  const char* extensions[32];
  uint32_t extension_count;
  const char* const* instance_extensions;
  uint32_t instance_extension_count;
  const VkPhysicalDeviceFeatures2* features;
} HostVulkan;

/* needs: with what ist_vulkan_needs tells and a timeline. Else with `extensions` only. */
HostVulkan host_vulkan(int needs, const char* const* extensions, uint32_t extension_count);
void host_vulkan_end(HostVulkan* host);
TiRuntime host_adopt(const HostVulkan* host);
VkCommandBuffer host_frame_begin(HostVulkan* host);
/* The image is in `layout` before and after. from_external: taken over from, and given back to, another device. */
void host_draw(HostVulkan* host, VkImage image, VkImageLayout layout, int from_external);
/* Signals the timeline with `frame`, where there is one. Either semaphore may be null. */
void host_submit(HostVulkan* host, VkSemaphore wait, uint64_t wait_value, VkSemaphore signal, uint64_t frame);
void host_wait(HostVulkan* host, uint64_t frame);

/* --- OpenGL: a context of 4.5 core without a window, and what the programs call. --- */
#define HOST_GL_FUNCTIONS(X)                                   \
  X(AttachShader, PFNGLATTACHSHADERPROC)                       \
  X(BindBuffer, PFNGLBINDBUFFERPROC)                           \
  X(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)                 \
  X(BindTexture, PFNGLBINDTEXTUREPROC)                         \
  X(BindVertexArray, PFNGLBINDVERTEXARRAYPROC)                 \
  X(Clear, PFNGLCLEARPROC)                                     \
  X(ClearColor, PFNGLCLEARCOLORPROC)                           \
  X(CompileShader, PFNGLCOMPILESHADERPROC)                     \
  X(CreateProgram, PFNGLCREATEPROGRAMPROC)                     \
  X(CreateShader, PFNGLCREATESHADERPROC)                       \
  X(DrawArrays, PFNGLDRAWARRAYSPROC)                           \
  X(EnableVertexAttribArray, PFNGLENABLEVERTEXATTRIBARRAYPROC) \
  X(Finish, PFNGLFINISHPROC)                                   \
  X(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC)       \
  X(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)                 \
  X(GenTextures, PFNGLGENTEXTURESPROC)                         \
  X(GenVertexArrays, PFNGLGENVERTEXARRAYSPROC)                 \
  X(GetError, PFNGLGETERRORPROC)                               \
  X(GetProgramiv, PFNGLGETPROGRAMIVPROC)                       \
  X(LinkProgram, PFNGLLINKPROGRAMPROC)                         \
  X(ReadPixels, PFNGLREADPIXELSPROC)                           \
  X(ShaderSource, PFNGLSHADERSOURCEPROC)                       \
  X(TexStorage2D, PFNGLTEXSTORAGE2DPROC)                       \
  X(UseProgram, PFNGLUSEPROGRAMPROC)                           \
  X(VertexAttribPointer, PFNGLVERTEXATTRIBPOINTERPROC)         \
  X(Viewport, PFNGLVIEWPORTPROC)
typedef struct HostGl {
#define HOST_GL_MEMBER(name, type) type name;
  HOST_GL_FUNCTIONS(HOST_GL_MEMBER)
#undef HOST_GL_MEMBER
  EGLDisplay display;
  EGLContext context;
  GLuint framebuffer, program, vertices, target;
} HostGl;

HostGl host_gl(void);
void host_gl_end(HostGl* gl);
IstGlInfo host_gl_info(void);
/* vertex and fragment shader, behind #version 330 core. */
GLuint host_gl_program(const HostGl* gl, const char* vertex, const char* fragment);
/* Draws the texture over a target of its size by a quad that samples it, and reads that. */
void host_gl_draw(HostGl* gl, GLuint texture, uint8_t* texels);

#endif
