// The other side is a context of OpenGL or OpenGL ES.
#include <ist/gl.h>

#include "gl_context.h"
#include "peer.h"

namespace doctor {
namespace {

class GlPeer : public ImagePeer {
 public:
  ~GlPeer() override {
    if (framebuffer_) context_->DeleteFramebuffers(1, &framebuffer_);
    if (own_texture_) context_->DeleteTextures(1, &own_texture_);
    if (gl_) (void)ist_gl_detach(gl_, TI_FALSE);
  }

  Problem open(TiRuntime runtime, const PairOptions& options, Row& row) override {
    const bool es = options.peer.starts_with("gles:");
    context_ =
        std::make_unique<GlContext>(es ? GlApi::gles : GlApi::gl, options.peer.substr(options.peer.find(':') + 1));
    if (!context_->problem().empty()) return context_->problem();
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = gl_function;
    DOCTOR_TRY(of_call(ist_gl_attach(runtime, &info, &gl_)));
    DOCTOR_TRY(open_here(runtime, options));
    object_.size = sizeof object_;
    DOCTOR_TRY(of_call(ist_gl_share_image(gl_, image_, &object_)));
    context_->GenFramebuffers(1, &framebuffer_);
    DOCTOR_TRY(make_own_texture());
    return describe(row);
  }

  Problem give() override {
    const IstHandover handover = handover_of_give();
    DOCTOR_TRY(of_call(ist_gl_lend(gl_, 1, &handover)));
    context_->Finish();
    return {};
  }
  Problem take() override {
    IstHandover handover = handover_of_give();
    handover.flags &= ~TiFlags{IST_HANDOVER_DISCARD_BIT};
    DOCTOR_TRY(of_call(ist_gl_take_back(gl_, 1, &handover)));
    return finish(runtime_);
  }
  Problem write_there(const Pixels& pixels) override { return write_texture(object_.name, pixels); }
  Problem read_there(Pixels& pixels) override { return read_texture(object_.name, pixels); }

  Problem upload() override {
    DOCTOR_TRY(read_image(runtime_, own_image_, size_, host_));
    return write_texture(own_texture_, host_);
  }
  Problem download() override {
    DOCTOR_TRY(read_texture(own_texture_, host_));
    return write_image(runtime_, own_image_, size_, host_);
  }

 protected:
  Problem write_own_there(const Pixels& pixels) override { return write_texture(own_texture_, pixels); }
  Problem read_own_there(Pixels& pixels) override { return read_texture(own_texture_, pixels); }

 private:
  // GL reads what it is given to read, and overwrites what it is given to write.
  IstHandover handover_of_give() const {
    IstHandover handover{};
    handover.image = image_;
    const bool reads = direction_ == Direction::to_peer;
    handover.layout = reads ? TI_IMAGE_LAYOUT_SHADER_READ : TI_IMAGE_LAYOUT_SHADER_READ_WRITE;
    handover.flags = reads ? IST_HANDOVER_READ_ONLY_BIT : IST_HANDOVER_DISCARD_BIT;
    return handover;
  }

  Problem describe(Row& row) {
    row.handle = object_.copied ? IST_HANDLE_NONE : IST_HANDLE_OPAQUE_FD;
    row.layout = handover_of_give().layout;
    row.rung = direction_ == Direction::to_peer ? object_.to_gl : object_.from_gl;
    row.reason = object_.reason;
    const IstSide here{runtime_, nullptr, nullptr}, there{nullptr, gl_, nullptr};
    row.prediction.size = sizeof row.prediction;
    row.predicted = true;
    const bool forth = direction_ == Direction::to_peer;
    return of_call(ist_describe_pair(forth ? &here : &there, forth ? &there : &here, &row.prediction));
  }

  Problem gl_errors(const char* what) {
    const GLenum error = context_->GetError();
    if (error == GL_NO_ERROR) return {};
    char text[96];
    std::snprintf(text, sizeof text, "OpenGL tells error 0x%x after %s.", error, what);
    return text;
  }

  Problem make_own_texture() {
    context_->GenTextures(1, &own_texture_);
    context_->BindTexture(GL_TEXTURE_2D, own_texture_);
    context_->TexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, static_cast<GLsizei>(size_.width),
                           static_cast<GLsizei>(size_.height));
    return gl_errors("glTexStorage2D");
  }

  Problem write_texture(GLuint texture, const Pixels& pixels) {
    context_->BindTexture(GL_TEXTURE_2D, texture);
    context_->TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, static_cast<GLsizei>(size_.width),
                            static_cast<GLsizei>(size_.height), GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
    context_->Finish();
    return gl_errors("glTexSubImage2D");
  }

  Problem read_texture(GLuint texture, Pixels& pixels) {
    pixels.resize(size_t{size_.width} * size_.height);
    context_->BindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
    context_->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    const GLenum status = context_->CheckFramebufferStatus(GL_FRAMEBUFFER);
    if (status != GL_FRAMEBUFFER_COMPLETE) {
      char text[96];
      std::snprintf(text, sizeof text, "A framebuffer with the texture is not complete (0x%x).", status);
      return text;
    }
    context_->ReadPixels(0, 0, static_cast<GLsizei>(size_.width), static_cast<GLsizei>(size_.height), GL_RGBA,
                         GL_UNSIGNED_BYTE, pixels.data());
    return gl_errors("glReadPixels");
  }

  std::unique_ptr<GlContext> context_;
  IstGl gl_ = TI_NULL_HANDLE;
  IstGlObject object_{};
  GLuint framebuffer_ = 0;
  GLuint own_texture_ = 0;
};

}  // namespace

std::unique_ptr<Peer> make_gl_peer() { return std::make_unique<GlPeer>(); }

}  // namespace doctor
