/* The host's side, as small as it can be: one queue, one command buffer, no window. */
#include "host.h"

#include <EGL/eglext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void host_fail(const char* what, const char* file, int line) {
  char text[1024] = "";
  uint64_t size = sizeof text;
  const TiError error = ti_get_last_error(&size, text);
  fprintf(stderr, "%s:%d: %s fails: %d %s\n", file, line, what, (int)error, text);
  _Exit(1);
}

void host_check_number(const char* what, uint64_t is, uint64_t wanted, const char* file, int line) {
  if (is == wanted) return;
  fprintf(stderr, "%s:%d: %s is %llu, not %llu\n", file, line, what, (unsigned long long)is,
          (unsigned long long)wanted);
  _Exit(1);
}

static void TI_API_CALL on_log(void* user, IstLogLevel level, const char* line) {
  (void)user;
  (void)level;
  fprintf(stderr, "%s\n", line);
  if (strncmp(line, "validation:", 11) == 0) _Exit(1);
}

void host_begin(void) {
  CHECK(setenv("IST_VALIDATION", "sync", 1) == 0);
  TRY(ist_set_log(on_log, NULL, IST_LOG_ERROR));
}

IstCounters host_counters(TiRuntime runtime) {
  IstCounters counters = {.size = sizeof counters};
  TRY(ist_counters(runtime, &counters));
  return counters;
}

TiImage host_image(TiRuntime runtime, TiBool shared) {
  const TiImageAllocateInfo info = {.dimension = TI_IMAGE_DIMENSION_2D,
                                    .extent = {HOST_WIDTH, HOST_HEIGHT, 1, 1},
                                    .mip_level_count = 1,
                                    .format = TI_FORMAT_RGBA8,
                                    .export_sharing = shared,
                                    .usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT};
  const TiImage image = ti_allocate_image(runtime, &info);
  CHECK(image != TI_NULL_HANDLE);
  return image;
}

HostPainter host_painter(TiRuntime runtime) {
  HostPainter painter;
  painter.module = ti_load_aot_module(runtime, HOST_MODULE_FOLDER "/textures.tcm");
  CHECK(painter.module != TI_NULL_HANDLE);
  painter.kernel = ti_get_aot_module_kernel(painter.module, "store_2d_rgba8");
  CHECK(painter.kernel != TI_NULL_HANDLE);
  return painter;
}

void host_paint(TiRuntime runtime, const HostPainter* painter, TiImage image, uint32_t frame) {
  TiArgument args[4];
  memset(args, 0, sizeof args);
  args[0].type = TI_ARGUMENT_TYPE_TEXTURE;
  args[0].value.texture.image = image;
  args[0].value.texture.dimension = TI_IMAGE_DIMENSION_2D;
  args[0].value.texture.extent.width = HOST_WIDTH;
  args[0].value.texture.extent.height = HOST_HEIGHT;
  args[0].value.texture.extent.depth = 1;
  args[0].value.texture.extent.array_layer_count = 1;
  args[0].value.texture.format = TI_FORMAT_RGBA8;
  args[1].type = args[2].type = args[3].type = TI_ARGUMENT_TYPE_I32;
  args[1].value.i32 = HOST_WIDTH;
  args[2].value.i32 = HOST_HEIGHT;
  args[3].value.i32 = (int32_t)frame;
  ti_launch_kernel(runtime, painter->kernel, 4, args);
  TRY(ti_get_last_error(NULL, NULL));
}

void host_check_texels(const uint8_t* texels, uint32_t frame) {
  for (uint32_t y = 0; y < HOST_HEIGHT; ++y) {
    for (uint32_t x = 0; x < HOST_WIDTH; ++x) {
      for (uint32_t c = 0; c < 4; ++c, ++texels) CHECK_NUMBER(*texels, (37 * x + 59 * y + 101 * c + 7 * frame) % 256);
    }
  }
}

/* --- Vulkan --- */

#define VK(call) CHECK((call) == VK_SUCCESS)

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT type,
                                                 const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
  (void)severity;
  (void)type;
  (void)user;
  fprintf(stderr, "validation: %s\n", data->pMessage);
  _Exit(1);
}

static int has_layer(const char* name) {
  VkLayerProperties layers[32];
  uint32_t count = 32;
  CHECK(vkEnumerateInstanceLayerProperties(&count, layers) >= 0);
  for (uint32_t i = 0; i < count; ++i) {
    if (strcmp(layers[i].layerName, name) == 0) return 1;
  }
  return 0;
}

/* Under the validation layer where it is installed; the library is not told of it. */
static void make_instance(HostVulkan* host, int needs) {
  IstVulkanNeeds known = {.size = sizeof known};
  const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_2};
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
  if (needs) {
    TRY(ist_vulkan_needs(vkGetInstanceProcAddr, VK_NULL_HANDLE, VK_NULL_HANDLE, &known));
    host->instance_extensions = known.instance_extensions;
    host->instance_extension_count = known.instance_extension_count;
    info.ppEnabledExtensionNames = known.instance_extensions;
    info.enabledExtensionCount = known.instance_extension_count;
  }
  const char* const layer = "VK_LAYER_KHRONOS_validation";
  const char* extensions[16];
  const int validated = has_layer(layer);
  for (uint32_t i = 0; i < info.enabledExtensionCount; ++i) extensions[i] = info.ppEnabledExtensionNames[i];
  const VkValidationFeatureEnableEXT synchronization = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  const VkDebugUtilsMessengerCreateInfoEXT messages = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
                                                       .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                                                       .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
                                                       .pfnUserCallback = on_message};
  const VkValidationFeaturesEXT checks = {.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                          .pNext = &messages,
                                          .enabledValidationFeatureCount = 1,
                                          .pEnabledValidationFeatures = &synchronization};
  if (validated) {
    extensions[info.enabledExtensionCount++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    extensions[info.enabledExtensionCount++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;
    info.ppEnabledExtensionNames = extensions;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &layer;
    info.pNext = &checks;
  }
  VK(vkCreateInstance(&info, NULL, &host->instance));
  if (validated) {
    const PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(host->instance, "vkCreateDebugUtilsMessengerEXT");
    VK(create(host->instance, &messages, NULL, &host->messenger));
  }
  uint32_t count = 1;
  CHECK(vkEnumeratePhysicalDevices(host->instance, &count, &host->physical) >= 0 && count == 1);
}

static void make_device(HostVulkan* host, int needs, const char* const* extensions, uint32_t extension_count) {
  VkQueueFamilyProperties families[8];
  uint32_t count = 8;
  vkGetPhysicalDeviceQueueFamilyProperties(host->physical, &count, families);
  while (host->family < count && !(families[host->family].queueFlags & VK_QUEUE_COMPUTE_BIT)) ++host->family;
  CHECK(host->family < count);
  for (uint32_t i = 0; i < extension_count; ++i) host->extensions[host->extension_count++] = extensions[i];
  if (needs) { /* an engine merges these names and features with its own */
    IstVulkanNeeds known = {.size = sizeof known};
    TRY(ist_vulkan_needs(vkGetInstanceProcAddr, host->instance, host->physical, &known));
    CHECK(host->extension_count + known.device_extension_count <= 32);
    for (uint32_t i = 0; i < known.device_extension_count; ++i)
      host->extensions[host->extension_count++] = known.device_extensions[i];
    host->features = known.features;
  }
  const float priority = 1.0f;
  const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                         .queueFamilyIndex = host->family,
                                         .queueCount = 1,
                                         .pQueuePriorities = &priority};
  const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                   .pNext = host->features,
                                   .queueCreateInfoCount = 1,
                                   .pQueueCreateInfos = &queue,
                                   .enabledExtensionCount = host->extension_count,
                                   .ppEnabledExtensionNames = host->extensions};
  VK(vkCreateDevice(host->physical, &info, NULL, &host->device));
  vkGetDeviceQueue(host->device, host->family, 0, &host->queue);
}

static void make_picture(HostVulkan* host) {
  const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                   .size = HOST_WIDTH * HOST_HEIGHT * 4,
                                   .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
  VK(vkCreateBuffer(host->device, &info, NULL, &host->picture));
  VkMemoryRequirements needed;
  vkGetBufferMemoryRequirements(host->device, host->picture, &needed);
  VkPhysicalDeviceMemoryProperties types;
  vkGetPhysicalDeviceMemoryProperties(host->physical, &types);
  const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  VkMemoryAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = needed.size};
  while (!(needed.memoryTypeBits >> allocate.memoryTypeIndex & 1) ||
         (types.memoryTypes[allocate.memoryTypeIndex].propertyFlags & wanted) != wanted)
    ++allocate.memoryTypeIndex;
  VK(vkAllocateMemory(host->device, &allocate, NULL, &host->picture_memory));
  VK(vkBindBufferMemory(host->device, host->picture, host->picture_memory, 0));
  void* mapped = NULL;
  VK(vkMapMemory(host->device, host->picture_memory, 0, VK_WHOLE_SIZE, 0, &mapped));
  host->texels = mapped;
}

HostVulkan host_vulkan(int needs, const char* const* extensions, uint32_t extension_count) {
  HostVulkan host;
  memset(&host, 0, sizeof host);
  make_instance(&host, needs);
  make_device(&host, needs, extensions, extension_count);
  const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                        .queueFamilyIndex = host.family};
  VK(vkCreateCommandPool(host.device, &pool, NULL, &host.pool));
  const VkCommandBufferAllocateInfo commands = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                                .commandPool = host.pool,
                                                .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                                .commandBufferCount = 1};
  VK(vkAllocateCommandBuffers(host.device, &commands, &host.commands));
  make_picture(&host);
  if (needs) {
    const VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                            .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
    VK(vkCreateSemaphore(host.device, &info, NULL, &host.timeline));
  }
  return host;
}

void host_vulkan_end(HostVulkan* host) {
  VK(vkDeviceWaitIdle(host->device));
  vkDestroySemaphore(host->device, host->timeline, NULL);
  vkDestroyBuffer(host->device, host->picture, NULL);
  vkFreeMemory(host->device, host->picture_memory, NULL);
  vkDestroyCommandPool(host->device, host->pool, NULL);
  vkDestroyDevice(host->device, NULL);
  if (host->messenger) {
    const PFN_vkDestroyDebugUtilsMessengerEXT destroy =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(host->instance, "vkDestroyDebugUtilsMessengerEXT");
    destroy(host->instance, host->messenger, NULL);
  }
  vkDestroyInstance(host->instance, NULL);
}

TiRuntime host_adopt(const HostVulkan* host) {
  const IstVulkanDevice device = {.size = sizeof device,
                                  .api_version = VK_API_VERSION_1_2,
                                  .get_instance_proc_addr = vkGetInstanceProcAddr,
                                  .instance = host->instance,
                                  .physical_device = host->physical,
                                  .device = host->device,
                                  .queue = host->queue,
                                  .queue_family = host->family,
                                  .device_extension_count = host->extension_count,
                                  .device_extensions = host->extensions,
                                  .instance_extension_count = host->instance_extension_count,
                                  .instance_extensions = host->instance_extensions,
                                  .features = host->features};
  TiRuntime runtime = TI_NULL_HANDLE;
  TRY(ist_vulkan_adopt_device(&device, &runtime));
  return runtime;
}

VkCommandBuffer host_frame_begin(HostVulkan* host) {
  const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                         .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  VK(vkBeginCommandBuffer(host->commands, &info));
  return host->commands;
}

static void image_barrier(HostVulkan* host, VkImage image, VkImageLayout from, VkImageLayout to, uint32_t from_family,
                          uint32_t to_family) {
  const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask =
          from_family == VK_QUEUE_FAMILY_EXTERNAL ? 0 : VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask =
          to_family == VK_QUEUE_FAMILY_EXTERNAL ? 0 : VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = from_family,
      .dstQueueFamilyIndex = to_family,
      .image = image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  vkCmdPipelineBarrier(host->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                       NULL, 0, NULL, 1, &barrier);
}

void host_draw(HostVulkan* host, VkImage image, VkImageLayout layout, int from_external) {
  const uint32_t none = VK_QUEUE_FAMILY_IGNORED;
  const VkImageLayout source = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
  const VkBufferImageCopy copy = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                  .imageExtent = {HOST_WIDTH, HOST_HEIGHT, 1}};
  if (from_external) image_barrier(host, image, layout, layout, VK_QUEUE_FAMILY_EXTERNAL, host->family);
  image_barrier(host, image, layout, source, none, none);
  vkCmdCopyImageToBuffer(host->commands, image, source, host->picture, 1, &copy);
  image_barrier(host, image, source, layout, none, none);
  if (from_external) image_barrier(host, image, layout, layout, host->family, VK_QUEUE_FAMILY_EXTERNAL);
  const VkMemoryBarrier drawn = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                 .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                 .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(host->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &drawn, 0,
                       NULL, 0, NULL);
}

void host_submit(HostVulkan* host, VkSemaphore wait, uint64_t wait_value, VkSemaphore signal, uint64_t frame) {
  VK(vkEndCommandBuffer(host->commands));
  const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  if (!signal) signal = host->timeline;
  const VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                                .waitSemaphoreValueCount = wait ? 1 : 0,
                                                .pWaitSemaphoreValues = &wait_value,
                                                .signalSemaphoreValueCount = signal ? 1 : 0,
                                                .pSignalSemaphoreValues = &frame};
  const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                             .pNext = host->timeline ? &values : NULL,
                             .waitSemaphoreCount = wait ? 1 : 0,
                             .pWaitSemaphores = &wait,
                             .pWaitDstStageMask = &stages,
                             .commandBufferCount = 1,
                             .pCommandBuffers = &host->commands,
                             .signalSemaphoreCount = signal ? 1 : 0,
                             .pSignalSemaphores = &signal};
  VK(vkQueueSubmit(host->queue, 1, &info, VK_NULL_HANDLE));
}

void host_wait(HostVulkan* host, uint64_t frame) {
  const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                    .semaphoreCount = 1,
                                    .pSemaphores = &host->timeline,
                                    .pValues = &frame};
  if (host->timeline) {
    VK(vkWaitSemaphores(host->device, &info, UINT64_MAX));
  } else {
    VK(vkQueueWaitIdle(host->queue));
  }
}

/* --- OpenGL --- */

static IstGlProc get_proc(const char* name) { return (IstGlProc)eglGetProcAddress(name); }

IstGlInfo host_gl_info(void) {
  const IstGlInfo info = {.size = sizeof info, .get_proc_addr = get_proc};
  return info;
}

HostGl host_gl(void) {
  HostGl gl;
  memset(&gl, 0, sizeof gl);
  gl.display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
  CHECK(eglInitialize(gl.display, NULL, NULL));
  CHECK(eglBindAPI(EGL_OPENGL_API));
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
  EGLConfig config;
  EGLint count = 0;
  CHECK(eglChooseConfig(gl.display, wanted, &config, 1, &count) && count == 1);
  const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 4, EGL_CONTEXT_MINOR_VERSION, 5, EGL_NONE};
  gl.context = eglCreateContext(gl.display, config, EGL_NO_CONTEXT, version);
  CHECK(gl.context != EGL_NO_CONTEXT);
  CHECK(eglMakeCurrent(gl.display, EGL_NO_SURFACE, EGL_NO_SURFACE, gl.context));
#define HOST_GL_LOAD(name, type) gl.name = (type)eglGetProcAddress("gl" #name);
  HOST_GL_FUNCTIONS(HOST_GL_LOAD)
#undef HOST_GL_LOAD
  gl.GenVertexArrays(1, &gl.vertices);
  gl.GenFramebuffers(1, &gl.framebuffer);
  gl.GenTextures(1, &gl.target);
  gl.BindTexture(GL_TEXTURE_2D, gl.target);
  gl.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, HOST_WIDTH, HOST_HEIGHT);
  gl.BindFramebuffer(GL_FRAMEBUFFER, gl.framebuffer);
  gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, gl.target, 0);
  gl.Viewport(0, 0, HOST_WIDTH, HOST_HEIGHT);
  gl.program = host_gl_program(
      &gl, "void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }\n",
      "uniform sampler2D t; out vec4 color; void main() { color = texelFetch(t, ivec2(gl_FragCoord.xy), 0); }\n");
  return gl;
}

void host_gl_end(HostGl* gl) {
  CHECK_NUMBER(gl->GetError(), GL_NO_ERROR);
  CHECK(eglMakeCurrent(gl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT));
  CHECK(eglDestroyContext(gl->display, gl->context));
}

GLuint host_gl_program(const HostGl* gl, const char* vertex, const char* fragment) {
  const GLuint program = gl->CreateProgram();
  for (int i = 0; i < 2; ++i) {
    const char* source[] = {"#version 330 core\n", i ? fragment : vertex};
    const GLuint shader = gl->CreateShader(i ? GL_FRAGMENT_SHADER : GL_VERTEX_SHADER);
    gl->ShaderSource(shader, 2, source, NULL);
    gl->CompileShader(shader);
    gl->AttachShader(program, shader);
  }
  gl->LinkProgram(program);
  GLint linked = 0;
  gl->GetProgramiv(program, GL_LINK_STATUS, &linked);
  CHECK(linked);
  return program;
}

void host_gl_draw(HostGl* gl, GLuint texture, uint8_t* texels) {
  gl->BindVertexArray(gl->vertices);
  gl->BindTexture(GL_TEXTURE_2D, texture);
  gl->UseProgram(gl->program);
  gl->DrawArrays(GL_TRIANGLES, 0, 3);
  gl->ReadPixels(0, 0, HOST_WIDTH, HOST_HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, texels);
}
