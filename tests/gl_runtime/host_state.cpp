// Lists of what there is to bind and to switch.
#include "host_state.h"

#include <algorithm>

namespace gl_runtime {
namespace {

constexpr GLsizeiptr kBufferBytes = 4096;
constexpr GLint kMostUnits = 32;

struct IndexedTarget {
  const char* name;
  GLenum target, count, binding, start, size;
};
constexpr IndexedTarget kIndexed[] = {
    {"uniform buffer", GL_UNIFORM_BUFFER, GL_MAX_UNIFORM_BUFFER_BINDINGS, GL_UNIFORM_BUFFER_BINDING,
     GL_UNIFORM_BUFFER_START, GL_UNIFORM_BUFFER_SIZE},
    {"storage buffer", GL_SHADER_STORAGE_BUFFER, GL_MAX_SHADER_STORAGE_BUFFER_BINDINGS,
     GL_SHADER_STORAGE_BUFFER_BINDING, GL_SHADER_STORAGE_BUFFER_START, GL_SHADER_STORAGE_BUFFER_SIZE},
    {"atomic counters", GL_ATOMIC_COUNTER_BUFFER, GL_MAX_ATOMIC_COUNTER_BUFFER_BINDINGS,
     GL_ATOMIC_COUNTER_BUFFER_BINDING, GL_ATOMIC_COUNTER_BUFFER_START, GL_ATOMIC_COUNTER_BUFFER_SIZE},
    {"transform feedback", GL_TRANSFORM_FEEDBACK_BUFFER, GL_MAX_TRANSFORM_FEEDBACK_SEPARATE_ATTRIBS,
     GL_TRANSFORM_FEEDBACK_BUFFER_BINDING, GL_TRANSFORM_FEEDBACK_BUFFER_START, GL_TRANSFORM_FEEDBACK_BUFFER_SIZE},
};

struct PixelValue {
  GLenum name;
  GLint value;
  bool desktop_only = false;
};
constexpr PixelValue kPixels[] = {
    {GL_UNPACK_ALIGNMENT, 2},       {GL_UNPACK_ROW_LENGTH, 300},     {GL_UNPACK_SKIP_ROWS, 3},
    {GL_UNPACK_SKIP_PIXELS, 5},     {GL_UNPACK_IMAGE_HEIGHT, 99},    {GL_UNPACK_SKIP_IMAGES, 1},
    {GL_PACK_ALIGNMENT, 8},         {GL_PACK_ROW_LENGTH, 400},       {GL_PACK_SKIP_ROWS, 2},
    {GL_PACK_SKIP_PIXELS, 7},       {GL_UNPACK_SWAP_BYTES, 1, true}, {GL_UNPACK_LSB_FIRST, 1, true},
    {GL_PACK_SWAP_BYTES, 1, true},  {GL_PACK_LSB_FIRST, 1, true},    {GL_PACK_IMAGE_HEIGHT, 50, true},
    {GL_PACK_SKIP_IMAGES, 1, true},
};

std::string numbered(const std::string& name, GLint index) { return name + " " + std::to_string(index); }

std::string hexadecimal(GLenum value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%04x", value);
  return text;
}

}  // namespace

HostState::HostState(gl_host::GlHost& host)
    : g_(host),
      es_(host.api() == gl_host::Api::gles),
      textures_(those_here(
          {
              {"2D", GL_TEXTURE_2D, GL_TEXTURE_BINDING_2D},
              {"3D", GL_TEXTURE_3D, GL_TEXTURE_BINDING_3D},
              {"2D array", GL_TEXTURE_2D_ARRAY, GL_TEXTURE_BINDING_2D_ARRAY},
              {"cube", GL_TEXTURE_CUBE_MAP, GL_TEXTURE_BINDING_CUBE_MAP},
              {"cube array", GL_TEXTURE_CUBE_MAP_ARRAY, GL_TEXTURE_BINDING_CUBE_MAP_ARRAY},
              {"buffer", GL_TEXTURE_BUFFER, GL_TEXTURE_BINDING_BUFFER},
              {"2D multisample", GL_TEXTURE_2D_MULTISAMPLE, GL_TEXTURE_BINDING_2D_MULTISAMPLE},
              {"1D", GL_TEXTURE_1D, GL_TEXTURE_BINDING_1D},
              {"1D array", GL_TEXTURE_1D_ARRAY, GL_TEXTURE_BINDING_1D_ARRAY},
              {"rectangle", GL_TEXTURE_RECTANGLE, GL_TEXTURE_BINDING_RECTANGLE},
          },
          host.BindTexture)),
      buffers_(those_here(
          {
              {"array buffer", GL_ARRAY_BUFFER, GL_ARRAY_BUFFER_BINDING},
              {"element buffer", GL_ELEMENT_ARRAY_BUFFER, GL_ELEMENT_ARRAY_BUFFER_BINDING},
              {"copy read", GL_COPY_READ_BUFFER, GL_COPY_READ_BUFFER_BINDING},
              {"copy write", GL_COPY_WRITE_BUFFER, GL_COPY_WRITE_BUFFER_BINDING},
              {"pixel pack", GL_PIXEL_PACK_BUFFER, GL_PIXEL_PACK_BUFFER_BINDING},
              {"pixel unpack", GL_PIXEL_UNPACK_BUFFER, GL_PIXEL_UNPACK_BUFFER_BINDING},
              {"uniform buffer", GL_UNIFORM_BUFFER, GL_UNIFORM_BUFFER_BINDING},
              {"storage buffer", GL_SHADER_STORAGE_BUFFER, GL_SHADER_STORAGE_BUFFER_BINDING},
              {"atomic counters", GL_ATOMIC_COUNTER_BUFFER, GL_ATOMIC_COUNTER_BUFFER_BINDING},
              {"transform feedback", GL_TRANSFORM_FEEDBACK_BUFFER, GL_TRANSFORM_FEEDBACK_BUFFER_BINDING},
              {"draw indirect", GL_DRAW_INDIRECT_BUFFER, GL_DRAW_INDIRECT_BUFFER_BINDING},
              {"dispatch indirect", GL_DISPATCH_INDIRECT_BUFFER, GL_DISPATCH_INDIRECT_BUFFER_BINDING},
              {"texture buffer", GL_TEXTURE_BUFFER, GL_TEXTURE_BUFFER_BINDING},
              {"query buffer", GL_QUERY_BUFFER, GL_QUERY_BUFFER_BINDING},
          },
          host.BindBuffer)),
      feedback_(knows(GL_TRANSFORM_FEEDBACK_BUFFER_BINDING)) {
  (void)g_.take_messages();
}

bool HostState::knows(GLenum what) const {
  GLint value = 0;
  g_.GetIntegerv(what, &value);
  return g_.GetError() == GL_NO_ERROR;
}

std::vector<HostState::Target> HostState::those_here(const std::vector<Target>& all, Bind bind) const {
  std::vector<Target> here;
  for (const Target& target : all) {
    bind(target.target, 0);
    if (g_.GetError() == GL_NO_ERROR && knows(target.binding)) here.push_back(target);
  }
  return here;
}

GLint HostState::integer(GLenum what) const {
  GLint value = 0;
  g_.GetIntegerv(what, &value);
  return value;
}

std::vector<int64_t> HostState::integers(GLenum what, size_t count) const {
  GLint values[16] = {};
  g_.GetIntegerv(what, values);
  return {values, values + count};
}

GLuint HostState::make_buffer() {
  GLuint buffer = 0;
  g_.GenBuffers(1, &buffer);
  g_.BindBuffer(GL_ARRAY_BUFFER, buffer);
  g_.BufferData(GL_ARRAY_BUFFER, kBufferBytes, nullptr, GL_DYNAMIC_DRAW);
  return buffer;
}

GLuint HostState::make_texture(GLenum target) {
  GLuint texture = 0;
  g_.GenTextures(1, &texture);
  g_.BindTexture(target, texture);
  return texture;
}

void HostState::disturb() {
  disturb_programs();
  disturb_textures();
  disturb_images();
  disturb_framebuffers();
  disturb_indexed_buffers();
  disturb_buffers();
  disturb_pixels();
  disturb_switches();
}

void HostState::disturb_programs() {
  const GLuint program =
      g_.program("void main() { gl_Position = vec4(0); }", "out vec4 c; void main() { c = vec4(1); }");
  GLuint pipeline = 0, feedback = 0, query = 0;
  g_.UseProgram(program);
  g_.GenProgramPipelines(1, &pipeline);
  g_.BindProgramPipeline(pipeline);
  if (feedback_) {
    g_.GenTransformFeedbacks(1, &feedback);
    g_.BindTransformFeedback(GL_TRANSFORM_FEEDBACK, feedback);
  }
  g_.GenQueries(1, &query);
  g_.BeginQuery(GL_ANY_SAMPLES_PASSED, query);
}

void HostState::disturb_buffers() {
  GLuint vertices = 0;
  g_.GenVertexArrays(1, &vertices);
  g_.BindVertexArray(vertices);
  for (const Target& target : buffers_) {
    const GLuint buffer = make_buffer();
    g_.BindBuffer(target.target, buffer);
  }
  const GLuint array = make_buffer();
  g_.EnableVertexAttribArray(3);
  g_.VertexAttribPointer(3, 2, GL_FLOAT, GL_FALSE, 24, reinterpret_cast<const void*>(8));
  g_.BindBuffer(GL_ARRAY_BUFFER, array);
}

// Every third point is bound whole.
void HostState::disturb_indexed_buffers() {
  for (const IndexedTarget& target : kIndexed) {
    if (target.target == GL_TRANSFORM_FEEDBACK_BUFFER && !feedback_) continue;
    const GLuint buffer = make_buffer(), whole = make_buffer();
    for (GLint i = 0; i < integer(target.count); ++i) {
      if (i % 3 == 2) {
        g_.BindBufferBase(target.target, static_cast<GLuint>(i), whole);
      } else {
        g_.BindBufferRange(target.target, static_cast<GLuint>(i), buffer, 256 * (i % 8), 64 + 4 * i);
      }
    }
  }
}

void HostState::disturb_textures() {
  const GLint units = std::min(integer(GL_MAX_COMBINED_TEXTURE_IMAGE_UNITS), kMostUnits);
  std::vector<GLuint> samplers(static_cast<size_t>(units));
  g_.GenSamplers(units, samplers.data());
  for (GLint unit = 0; unit < units; ++unit) {
    g_.ActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
    g_.BindSampler(static_cast<GLuint>(unit), samplers[static_cast<size_t>(unit)]);
    for (const Target& target : textures_) make_texture(target.target);
  }
  g_.ActiveTexture(GL_TEXTURE5);
}

void HostState::disturb_images() {
  const GLuint texture = make_texture(GL_TEXTURE_2D_ARRAY);
  g_.TexStorage3D(GL_TEXTURE_2D_ARRAY, 3, GL_RGBA8, 16, 16, 8);
  for (GLint unit = 0; unit < integer(GL_MAX_IMAGE_UNITS); ++unit)
    g_.BindImageTexture(static_cast<GLuint>(unit), texture, unit % 3, unit % 2 ? GL_TRUE : GL_FALSE,
                        unit % 2 ? 0 : unit % 8, unit % 4 == 3 ? GL_READ_WRITE : GL_WRITE_ONLY,
                        unit % 4 == 1 ? GL_RGBA8UI : GL_RGBA8);
}

void HostState::disturb_framebuffers() {
  GLuint framebuffers[2], renderbuffer = 0;
  g_.GenFramebuffers(2, framebuffers);
  g_.BindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffers[0]);
  g_.BindFramebuffer(GL_READ_FRAMEBUFFER, framebuffers[1]);
  const GLenum drawn[] = {GL_NONE, GL_COLOR_ATTACHMENT1};
  g_.DrawBuffers(2, drawn);
  g_.ReadBuffer(GL_COLOR_ATTACHMENT2);
  g_.GenRenderbuffers(1, &renderbuffer);
  g_.BindRenderbuffer(GL_RENDERBUFFER, renderbuffer);
}

void HostState::disturb_pixels() {
  for (const PixelValue& pixel : kPixels)
    if (!pixel.desktop_only || !es_) g_.PixelStorei(pixel.name, pixel.value);
}

std::vector<GLenum> HostState::switches() const {
  std::vector<GLenum> list = {GL_BLEND,
                              GL_CULL_FACE,
                              GL_DEPTH_TEST,
                              GL_SCISSOR_TEST,
                              GL_STENCIL_TEST,
                              GL_POLYGON_OFFSET_FILL,
                              GL_DITHER,
                              GL_PRIMITIVE_RESTART_FIXED_INDEX,
                              GL_SAMPLE_MASK,
                              GL_SAMPLE_COVERAGE,
                              GL_SAMPLE_ALPHA_TO_COVERAGE};
  if (!es_)
    list.insert(list.end(), {GL_FRAMEBUFFER_SRGB, GL_COLOR_LOGIC_OP, GL_DEPTH_CLAMP, GL_PRIMITIVE_RESTART,
                             GL_PROGRAM_POINT_SIZE, GL_MULTISAMPLE, GL_TEXTURE_CUBE_MAP_SEAMLESS});
  if (feedback_) list.push_back(GL_RASTERIZER_DISCARD);
  return list;
}

void HostState::disturb_switches() {
  for (const GLenum what : switches()) g_.IsEnabled(what) ? g_.Disable(what) : g_.Enable(what);
  g_.Scissor(1, 2, 3, 4);
  g_.Viewport(5, 6, 7, 8);
  g_.ColorMask(GL_FALSE, GL_TRUE, GL_FALSE, GL_FALSE);
  g_.DepthMask(GL_FALSE);
  g_.StencilMask(5);
  g_.CullFace(GL_FRONT_AND_BACK);
  g_.BlendFunc(GL_ZERO, GL_ONE);
  g_.ClearColor(0.25f, 0.5f, 0.75f, 1.0f);
}

std::vector<GLenum> HostState::integers_asked() const {
  std::vector<GLenum> list = {
      GL_CURRENT_PROGRAM,          GL_PROGRAM_PIPELINE_BINDING, GL_VERTEX_ARRAY_BINDING, GL_ACTIVE_TEXTURE,
      GL_DRAW_FRAMEBUFFER_BINDING, GL_READ_FRAMEBUFFER_BINDING, GL_RENDERBUFFER_BINDING, GL_DEPTH_WRITEMASK,
      GL_STENCIL_WRITEMASK,        GL_CULL_FACE_MODE,           GL_BLEND_SRC_RGB,        GL_BLEND_DST_ALPHA};
  if (feedback_)
    list.insert(list.end(),
                {GL_TRANSFORM_FEEDBACK_BINDING, GL_TRANSFORM_FEEDBACK_ACTIVE, GL_TRANSFORM_FEEDBACK_PAUSED});
  for (const PixelValue& pixel : kPixels)
    if (!pixel.desktop_only || !es_) list.push_back(pixel.name);
  return list;
}

HostState::Values HostState::read() {
  Values values;
  for (const GLenum what : integers_asked()) values[hexadecimal(what)] = {integer(what)};
  for (const GLenum what : switches()) values["switch " + hexadecimal(what)] = {g_.IsEnabled(what)};
  for (const GLenum what : {GL_SCISSOR_BOX, GL_VIEWPORT, GL_COLOR_WRITEMASK, GL_COLOR_CLEAR_VALUE})
    values[hexadecimal(what)] = integers(what, 4);
  read_buffers(values);
  read_textures(values);
  read_images(values);
  read_framebuffers(values);
  return values;
}

void HostState::read_buffers(Values& values) {
  for (const Target& target : buffers_) values[target.name] = {integer(target.binding)};
  for (const IndexedTarget& target : kIndexed) {
    if (target.target == GL_TRANSFORM_FEEDBACK_BUFFER && !feedback_) continue;
    for (GLint i = 0; i < integer(target.count); ++i) {
      const auto index = static_cast<GLuint>(i);
      GLint buffer = 0;
      GLint64 start = 0, size = 0;
      g_.GetIntegeri_v(target.binding, index, &buffer);
      g_.GetInteger64i_v(target.start, index, &start);
      g_.GetInteger64i_v(target.size, index, &size);
      values[numbered(target.name, i)] = {buffer, start, size};
    }
  }
  GLint enabled = 0, attribute_buffer = 0;
  g_.GetVertexAttribiv(3, GL_VERTEX_ATTRIB_ARRAY_ENABLED, &enabled);
  g_.GetVertexAttribiv(3, GL_VERTEX_ATTRIB_ARRAY_BUFFER_BINDING, &attribute_buffer);
  values["attribute 3"] = {enabled, attribute_buffer};
}

void HostState::read_textures(Values& values) {
  const GLint active = integer(GL_ACTIVE_TEXTURE);
  const GLint units = std::min(integer(GL_MAX_COMBINED_TEXTURE_IMAGE_UNITS), kMostUnits);
  for (GLint unit = 0; unit < units; ++unit) {
    g_.ActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
    values[numbered("sampler", unit)] = {integer(GL_SAMPLER_BINDING)};
    for (const Target& target : textures_)
      values[numbered(std::string("texture ") + target.name, unit)] = {integer(target.binding)};
  }
  g_.ActiveTexture(static_cast<GLenum>(active));
}

void HostState::read_images(Values& values) {
  for (GLint unit = 0; unit < integer(GL_MAX_IMAGE_UNITS); ++unit) {
    std::vector<int64_t>& value = values[numbered("image", unit)];
    for (const GLenum what : {GL_IMAGE_BINDING_NAME, GL_IMAGE_BINDING_LEVEL, GL_IMAGE_BINDING_LAYERED,
                              GL_IMAGE_BINDING_LAYER, GL_IMAGE_BINDING_ACCESS, GL_IMAGE_BINDING_FORMAT}) {
      GLint part = 0;
      g_.GetIntegeri_v(what, static_cast<GLuint>(unit), &part);
      value.push_back(part);
    }
  }
}

// Those of the framebuffers that are bound.
void HostState::read_framebuffers(Values& values) {
  for (GLenum i = 0; i < 4; ++i)
    values[numbered("draw buffer", static_cast<GLint>(i))] = {integer(GL_DRAW_BUFFER0 + i)};
  values["read buffer"] = {integer(GL_READ_BUFFER)};
}

std::string HostState::difference(const Values& before, const Values& after) {
  std::string text;
  const auto list = [](const std::vector<int64_t>& values) {
    std::string words;
    for (const int64_t value : values) words.append(" ").append(std::to_string(value));
    return words;
  };
  for (const auto& [name, value] : before) {
    const auto now = after.find(name);
    if (now == after.end() || now->second != value)
      text += name + " was" + list(value) + ", is" + (now == after.end() ? " nothing" : list(now->second)) + "\n";
  }
  return text;
}

}  // namespace gl_runtime
