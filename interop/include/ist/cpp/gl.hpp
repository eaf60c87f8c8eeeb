// C++ owners over ist/gl.h; the rules are those of share.hpp. All of them are used, and destroyed, while the context is
// current, and in the order loans, objects, Gl.
#ifndef IST_CPP_GL_HPP
#define IST_CPP_GL_HPP

#include <ist/gl.h>
#include <ist/cpp/share.hpp>

namespace isthmus {

// A texture or buffer of the context that is an image or memory of the runtime. Make one owner for each object: the
// C-API gives the same name each time.
class GlObject {
  IstGl gl_ = TI_NULL_HANDLE;
  const void* object_ = nullptr;
  IstGlObject info_ = {};

  friend class Gl;
  GlObject(IstGl gl, const void* object, const IstGlObject& info) : gl_(gl), object_(object), info_(info) {}

  void take(GlObject& b) {
    gl_ = std::exchange(b.gl_, nullptr);
    object_ = std::exchange(b.object_, nullptr);
    info_ = std::exchange(b.info_, IstGlObject());
  }

 public:
  GlObject() = default;
  GlObject(const GlObject&) = delete;
  GlObject& operator=(const GlObject&) = delete;
  GlObject(GlObject&& b) noexcept { take(b); }
  GlObject& operator=(GlObject&& b) noexcept {
    if (this != &b) {
      unshare();
      take(b);
    }
    return *this;
  }
  ~GlObject() { unshare(); }

  bool is_valid() const { return gl_ != TI_NULL_HANDLE; }
  // Name, target, rungs, and why it is no better.
  const IstGlObject& info() const { return info_; }
  uint32_t name() const { return info_.name; }
  uint32_t target() const { return info_.target; }
  bool copied() const { return info_.copied != 0; }
  // Does now what the destructor would; where that fails (the object is lent) the owner stays.
  TiError unshare() {
    if (!is_valid()) return TI_ERROR_SUCCESS;
    const TiError error = ist_gl_unshare(gl_, object_);
    if (error == TI_ERROR_SUCCESS) {
      GlObject none;
      take(none);
    }
    return error;
  }
};

// Objects that GL has; taken back when it is destroyed, behind the GL commands so far.
class GlLoan {
  IstGl gl_ = TI_NULL_HANDLE;
  std::vector<IstHandover> objects_;

  friend class Gl;
  GlLoan(IstGl gl, std::vector<IstHandover> objects) : gl_(gl), objects_(std::move(objects)) {}

  void take(GlLoan& b) {
    gl_ = std::exchange(b.gl_, nullptr);
    objects_ = std::move(b.objects_);
    b.objects_.clear();
  }

 public:
  GlLoan() = default;
  GlLoan(const GlLoan&) = delete;
  GlLoan& operator=(const GlLoan&) = delete;
  GlLoan(GlLoan&& b) noexcept { take(b); }
  GlLoan& operator=(GlLoan&& b) noexcept {
    if (this != &b) {
      take_back();
      take(b);
    }
    return *this;
  }
  ~GlLoan() { take_back(); }

  bool is_valid() const { return gl_ != TI_NULL_HANDLE; }
  const std::vector<IstHandover>& objects() const { return objects_; }
  // As ist_gl_take_back. Where it fails the loan stays.
  TiError take_back() {
    if (!is_valid()) return TI_ERROR_SUCCESS;
    std::vector<IstHandover> objects = objects_;
    for (IstHandover& object : objects) object.flags &= ~static_cast<TiFlags>(IST_HANDOVER_DISCARD_BIT);
    const TiError error = ist_gl_take_back(gl_, static_cast<uint32_t>(objects.size()), objects.data());
    if (error == TI_ERROR_SUCCESS) gl_ = TI_NULL_HANDLE;
    return error;
  }
};

// A runtime joined with a context.
class Gl {
  IstGl gl_ = TI_NULL_HANDLE;

 public:
  Gl() = default;
  // As ist_gl_attach.
  static Gl attach(TiRuntime runtime, const IstGlInfo& info) {
    Gl made;
    (void)ist_gl_attach(runtime, &info, &made.gl_);
    return made;
  }
  Gl(const Gl&) = delete;
  Gl& operator=(const Gl&) = delete;
  Gl(Gl&& b) noexcept : gl_(std::exchange(b.gl_, nullptr)) {}
  Gl& operator=(Gl&& b) noexcept {
    if (this != &b) {
      detach();
      gl_ = std::exchange(b.gl_, nullptr);
    }
    return *this;
  }
  ~Gl() { detach(); }

  bool is_valid() const { return gl_ != TI_NULL_HANDLE; }
  IstGl gl() const { return gl_; }
  operator IstGl_t*() const { return gl_; }
  // As ist_gl_detach: finishes GL, and deletes its names. Where that fails the owner stays.
  TiError detach() { return detach(TI_FALSE); }
  // For a context that does not exist any more.
  TiError forget() { return detach(TI_TRUE); }

  // As ist_gl_share_image and ist_gl_share_memory.
  GlObject share(TiImage image) const {
    IstGlObject info = {};
    info.size = sizeof info;
    const bool shared = ist_gl_share_image(gl_, image, &info) == TI_ERROR_SUCCESS;
    return shared ? GlObject(gl_, image, info) : GlObject();
  }
  GlObject share(TiMemory memory) const {
    IstGlObject info = {};
    info.size = sizeof info;
    const bool shared = ist_gl_share_memory(gl_, memory, &info) == TI_ERROR_SUCCESS;
    return shared ? GlObject(gl_, memory, info) : GlObject();
  }
  // As ist_gl_lend. What is lent with DISCARD comes back with what GL has made of it.
  GlLoan lend(std::vector<IstHandover> objects) const {
    const auto count = static_cast<uint32_t>(objects.size());
    const bool lent = ist_gl_lend(gl_, count, objects.data()) == TI_ERROR_SUCCESS;
    return lent ? GlLoan(gl_, std::move(objects)) : GlLoan();
  }

 private:
  TiError detach(TiBool context_gone) {
    if (!is_valid()) return TI_ERROR_SUCCESS;
    const TiError error = ist_gl_detach(gl_, context_gone);
    if (error == TI_ERROR_SUCCESS) gl_ = TI_NULL_HANDLE;
    return error;
  }
};

}  // namespace isthmus

#endif  // IST_CPP_GL_HPP
