/* A host with a window of GLFW that lends its OpenGL context: kernels paint a texture of the host and place points in
   a buffer of the host, the host draws both. Its own bindings are made once, before the first frame, and never again.
   Every pixel of every frame is checked; the exit code tells.
   Usage: glfw_host gl|gl-egl|gles [frames] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <GL/glcorearb.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <taichi/taichi_opengl.h>

#define WIDTH 160
#define HEIGHT 96
#define POINTS HEIGHT
#define POINT_BYTES (POINTS * 4 * sizeof(float))

#define FAIL(...)                 \
  do {                            \
    fprintf(stderr, __VA_ARGS__); \
    fputc('\n', stderr);          \
    exit(EXIT_FAILURE);           \
  } while (0)

#define GL_FUNCTIONS(FUNCTION)                               \
  FUNCTION(AttachShader, ATTACHSHADER)                       \
  FUNCTION(BindBuffer, BINDBUFFER)                           \
  FUNCTION(BindTexture, BINDTEXTURE)                         \
  FUNCTION(BindVertexArray, BINDVERTEXARRAY)                 \
  FUNCTION(BufferData, BUFFERDATA)                           \
  FUNCTION(CompileShader, COMPILESHADER)                     \
  FUNCTION(CreateProgram, CREATEPROGRAM)                     \
  FUNCTION(CreateShader, CREATESHADER)                       \
  FUNCTION(DebugMessageCallback, DEBUGMESSAGECALLBACK)       \
  FUNCTION(DrawArrays, DRAWARRAYS)                           \
  FUNCTION(Enable, ENABLE)                                   \
  FUNCTION(EnableVertexAttribArray, ENABLEVERTEXATTRIBARRAY) \
  FUNCTION(GenBuffers, GENBUFFERS)                           \
  FUNCTION(GenTextures, GENTEXTURES)                         \
  FUNCTION(GenVertexArrays, GENVERTEXARRAYS)                 \
  FUNCTION(GetError, GETERROR)                               \
  FUNCTION(GetProgramiv, GETPROGRAMIV)                       \
  FUNCTION(GetString, GETSTRING)                             \
  FUNCTION(GetUniformLocation, GETUNIFORMLOCATION)           \
  FUNCTION(LinkProgram, LINKPROGRAM)                         \
  FUNCTION(ReadPixels, READPIXELS)                           \
  FUNCTION(ShaderSource, SHADERSOURCE)                       \
  FUNCTION(TexParameteri, TEXPARAMETERI)                     \
  FUNCTION(TexStorage2D, TEXSTORAGE2D)                       \
  FUNCTION(Uniform1i, UNIFORM1I)                             \
  FUNCTION(UseProgram, USEPROGRAM)                           \
  FUNCTION(VertexAttribPointer, VERTEXATTRIBPOINTER)         \
  FUNCTION(Viewport, VIEWPORT)

static struct {
#define MEMBER(name, type) PFNGL##type##PROC name;
  GL_FUNCTIONS(MEMBER)
#undef MEMBER
} gl;

/* One triangle over all; or points, one in each row, in the column that the kernel has put into the buffer. */
static const char* const kVertex =
    "layout(location = 0) in vec4 texel;\n"
    "uniform int points;\n"
    "void main() {\n"
    "  vec2 corner = vec2(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1);\n"
    "  int column = int(texel.r * 255.0 + 0.5) % 160;\n"
    "  vec2 place = (vec2(column, gl_VertexID) + 0.5) / vec2(80, 48) - 1.0;\n"
    "  gl_Position = vec4(points == 1 ? place : corner, 0, 1);\n"
    "  gl_PointSize = 1.0;\n"
    "}\n";
static const char* const kFragment =
    "uniform highp sampler2D picture;\n"
    "uniform int points;\n"
    "out vec4 color;\n"
    "void main() {\n"
    "  color = points == 1 ? vec4(1, 0, 1, 1) : texelFetch(picture, ivec2(gl_FragCoord.xy), 0);\n"
    "}\n";

static int gl_errors = 0;

static void APIENTRY on_message(GLenum source, GLenum type, GLuint id, GLenum severity, GLsizei length,
                                const GLchar* text, const void* user) {
  (void)source, (void)id, (void)severity, (void)length, (void)user;
  if (type != GL_DEBUG_TYPE_ERROR) return;
  fprintf(stderr, "OpenGL: %s\n", text);
  ++gl_errors;
}

static GLFWwindow* open_window(const char* api) {
  const int es = strcmp(api, "gles") == 0, egl = es || strcmp(api, "gl-egl") == 0;
  if (!glfwInit()) FAIL("GLFW finds no display.");
  glfwWindowHint(GLFW_CLIENT_API, es ? GLFW_OPENGL_ES_API : GLFW_OPENGL_API);
  glfwWindowHint(GLFW_CONTEXT_CREATION_API, egl ? GLFW_EGL_CONTEXT_API : GLFW_NATIVE_CONTEXT_API);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, es ? 3 : 4);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, es ? 2 : 5);
  if (!es) glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_DEBUG_CONTEXT, GLFW_TRUE);
  glfwWindowHint(GLFW_RESIZABLE, GLFW_FALSE);
  GLFWwindow* window = glfwCreateWindow(WIDTH, HEIGHT, "A host", NULL, NULL);
  if (!window) FAIL("GLFW makes no window with %s.", api);
  glfwMakeContextCurrent(window);
  glfwSwapInterval(0);
#define LOAD(name, type) \
  if (!(gl.name = (PFNGL##type##PROC)glfwGetProcAddress("gl" #name))) FAIL("gl" #name " is not found.");
  GL_FUNCTIONS(LOAD)
#undef LOAD
  gl.Enable(GL_DEBUG_OUTPUT);
  gl.Enable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
  gl.DebugMessageCallback(on_message, NULL);
  return window;
}

static void add_shader(GLuint program, GLenum stage, int es, const char* text) {
  const char* lines[] = {es ? "#version 320 es\nprecision highp float;\nprecision highp int;\n" : "#version 450\n",
                         text};
  const GLuint shader = gl.CreateShader(stage);
  gl.ShaderSource(shader, 2, lines, NULL);
  gl.CompileShader(shader);
  gl.AttachShader(program, shader);
}

static GLuint make_program(int es) {
  const GLuint program = gl.CreateProgram();
  add_shader(program, GL_VERTEX_SHADER, es, kVertex);
  add_shader(program, GL_FRAGMENT_SHADER, es, kFragment);
  gl.LinkProgram(program);
  GLint linked = 0;
  gl.GetProgramiv(program, GL_LINK_STATUS, &linked);
  if (!linked) FAIL("The program does not link.");
  return program;
}

static GLuint make_texture(void) {
  GLuint texture = 0;
  gl.GenTextures(1, &texture);
  gl.BindTexture(GL_TEXTURE_2D, texture);
  gl.TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, WIDTH, HEIGHT);
  return texture;
}

static GLuint make_points(void) {
  GLuint vertices = 0, buffer = 0;
  gl.GenVertexArrays(1, &vertices);
  gl.BindVertexArray(vertices);
  gl.GenBuffers(1, &buffer);
  gl.BindBuffer(GL_ARRAY_BUFFER, buffer);
  gl.BufferData(GL_ARRAY_BUFFER, POINT_BYTES, NULL, GL_DYNAMIC_DRAW);
  gl.EnableVertexAttribArray(0);
  gl.VertexAttribPointer(0, 4, GL_FLOAT, GL_FALSE, 0, NULL);
  return buffer;
}

static void check_taichi(const char* what) {
  char message[512] = "";
  uint64_t size = sizeof message;
  if (ti_get_last_error(&size, message) < TI_ERROR_SUCCESS) FAIL("%s: %s", what, message);
}

static TiArgument number(int value) {
  TiArgument argument = {.type = TI_ARGUMENT_TYPE_I32};
  argument.value.i32 = value;
  return argument;
}

static TiArgument picture(TiImage image) {
  TiArgument argument = {.type = TI_ARGUMENT_TYPE_TEXTURE};
  argument.value.texture.image = image;
  argument.value.texture.dimension = TI_IMAGE_DIMENSION_2D;
  argument.value.texture.extent = (TiImageExtent){WIDTH, HEIGHT, 1, 1};
  argument.value.texture.format = TI_FORMAT_RGBA8;
  return argument;
}

/* 1 x POINTS of four numbers each. */
static TiArgument points_of(TiMemory memory) {
  TiArgument argument = {.type = TI_ARGUMENT_TYPE_NDARRAY};
  argument.value.ndarray.memory = memory;
  argument.value.ndarray.shape = (TiNdShape){2, {1, POINTS}};
  argument.value.ndarray.elem_shape = (TiNdShape){1, {4}};
  argument.value.ndarray.elem_type = TI_DATA_TYPE_F32;
  return argument;
}

static void check_pixels(int frame) {
  static uint8_t seen[HEIGHT][WIDTH][4];
  gl.ReadPixels(0, 0, WIDTH, HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, seen);
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) {
      const int point = (59 * y + 7 * frame) % 256 % WIDTH == x;
      for (int c = 0; c < 3; ++c) {
        const uint8_t expected = (uint8_t)(point ? (c == 1 ? 0 : 255) : 37 * x + 59 * y + 101 * c + 7 * frame);
        if (seen[y][x][c] == expected) continue;
        FAIL("Frame %d: channel %d of pixel (%d, %d) is %d instead of %d.", frame, c, x, y, seen[y][x][c], expected);
      }
    }
  }
}

int main(int argc, char** argv) {
  const char* api = argc > 1 ? argv[1] : "gl";
  const int frames = argc > 2 ? atoi(argv[2]) : 300, es = strcmp(api, "gles") == 0;
  GLFWwindow* window = open_window(api);
  const GLuint texture = make_texture(), buffer = make_points(), program = make_program(es);
  gl.UseProgram(program);
  const GLint points = gl.GetUniformLocation(program, "points");
  gl.Viewport(0, 0, WIDTH, HEIGHT);
  if (!es) gl.Enable(GL_PROGRAM_POINT_SIZE);

  TiOpenglRuntimeInteropInfo context = {.get_proc_addr = (void*)glfwGetProcAddress};
  const TiRuntime runtime = ti_import_opengl_runtime(&context, es);
  check_taichi("runtime");
  const TiOpenglImageInteropInfo texture_info = {texture, GL_TEXTURE_2D, 1, GL_RGBA8, WIDTH, HEIGHT, 1};
  const TiOpenglMemoryInteropInfo buffer_info = {buffer, POINT_BYTES};
  const TiImage image = ti_import_opengl_image(runtime, &texture_info);
  const TiMemory memory = ti_import_opengl_memory(runtime, &buffer_info);
  check_taichi("objects");
  const TiAotModule module = ti_load_aot_module(runtime, MODULE_FOLDER "/textures.tcm");
  const TiKernel paint = ti_get_aot_module_kernel(module, "store_2d_rgba8");
  const TiKernel place = ti_get_aot_module_kernel(module, "load_2d_rgba8");
  check_taichi("kernels");

  for (int frame = 0; frame < frames && !glfwWindowShouldClose(window); ++frame) {
    const TiArgument painted[] = {picture(image), number(WIDTH), number(HEIGHT), number(frame)};
    const TiArgument placed[] = {picture(image), points_of(memory)};
    ti_launch_kernel(runtime, paint, 4, painted);
    ti_launch_kernel(runtime, place, 2, placed);
    ti_flush(runtime); /* now the driver has it; what the host draws comes behind */
    check_taichi("frame");
    gl.Uniform1i(points, 0);
    gl.DrawArrays(GL_TRIANGLES, 0, 3);
    gl.Uniform1i(points, 1);
    gl.DrawArrays(GL_POINTS, 0, POINTS);
    check_pixels(frame);
    if (gl_errors || gl.GetError() != GL_NO_ERROR) FAIL("Frame %d: OpenGL tells of an error.", frame);
    glfwSwapBuffers(window);
    glfwPollEvents();
  }
  ti_destroy_runtime(runtime);
  if (gl_errors) FAIL("OpenGL tells of an error at the end.");
  printf("%d frames on %s\n", frames, (const char*)gl.GetString(GL_VERSION));
  glfwDestroyWindow(window);
  glfwTerminate();
  return EXIT_SUCCESS;
}
