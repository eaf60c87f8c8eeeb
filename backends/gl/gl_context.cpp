// Contexts of our own: what is asked of EGL, and the binding for the length of a scope.
#include "gl/gl_context.h"

#include <span>
#include <vector>

#include "base/options.h"
#include "gl/gl_caps.h"
#include "gl/gl_messages.h"
#include "gl/gl_thread_binding.h"

namespace ist::gl {
namespace {

constexpr egl::Int kMajor = 0x3098, kMinor = 0x30FB, kProfile = 0x30FD, kCoreProfile = 1;
constexpr egl::Int kDebug = 0x31B0, kFlags = 0x30FC, kDebugFlag = 1;
constexpr egl::Int kRobust = 0x31B2, kResetStrategy = 0x31BD, kRobustExt = 0x30BF, kResetStrategyExt = 0x3138,
                   kLoseOnReset = 0x31BF;
constexpr egl::Int kReleaseBehavior = 0x2097, kReleaseNothing = 0;
constexpr egl::Int kSurfaceType = 0x3033, kRenderableType = 0x3040, kEs3Bit = 0x40, kGlBit = 0x8;

struct Version {
  egl::Int major, minor;
};
constexpr Version kGl[] = {{4, 6}, {4, 5}, {4, 3}};
constexpr Version kEs[] = {{3, 2}, {3, 1}};

class OwnContext final : public Context {
 public:
  OwnContext(const Egl& egl, egl::Display display, egl::Context context)
      : egl_(egl), display_(display), context_(context) {}
  ~OwnContext() override { egl_.DestroyContext(display_, context_); }
  OwnContext(const OwnContext&) = delete;
  OwnContext& operator=(const OwnContext&) = delete;

  Status enter() override {
    ThreadBinding binding;
    IST_CHECK(binding.bind(egl_, display_, context_));
    binding_ = binding;
    return {};
  }
  void leave() override { binding_.put_back(egl_, display_); }

 private:
  const Egl& egl_;
  egl::Display display_;
  egl::Context context_;
  ThreadBinding binding_;
};

// The API that contexts are made of, which is the thread's again afterwards.
class ApiScope {
 public:
  ApiScope(const Egl& egl, egl::Enum api) : egl_(egl), before_(egl.QueryAPI()) { bound_ = egl.BindAPI(api); }
  ~ApiScope() { egl_.BindAPI(before_); }
  ApiScope(const ApiScope&) = delete;
  ApiScope& operator=(const ApiScope&) = delete;
  bool bound() const { return bound_; }

 private:
  const Egl& egl_;
  egl::Enum before_;
  bool bound_ = false;
};

class Maker {
 public:
  Maker(const Egl& egl, const EglDisplay& display, bool es) : egl_(egl), display_(display), es_(es) {}

  // Both of one version and alike: contexts that share must be. not_supported when EGL refuses.
  Result<OwnContexts> make() {
    const ApiScope scope(egl_, es_ ? egl::kOpenGlEs : egl::kOpenGl);
    if (!scope.bound()) return refused("EGL binds no API of that kind");
    if (!choose_config()) return refused("EGL has no configuration for it");
    for (const Version& version : es_ ? std::span<const Version>(kEs) : kGl) {
      for (const bool robust : {true, false}) {
        if (robust && !can_be_robust()) continue;
        const std::vector<egl::Int> attributes = attributes_of(version, robust);
        OwnContexts contexts;
        egl::Context shared = nullptr;
        contexts.work = make_one(attributes, nullptr, shared);
        if (!contexts.work) continue;
        egl::Context unused = nullptr;
        contexts.waiter = make_one(attributes, shared, unused);
        contexts.get_proc_addr = egl_.GetProcAddress;
        if (contexts.waiter) return contexts;
      }
    }
    return refused("EGL makes no context of it: " + error_);
  }

 private:
  Status refused(const std::string& reason) const {
    return fail(Code::not_supported, "OpenGL%s is not there: %s.", es_ ? " ES 3.1" : " 4.3", reason.c_str());
  }
  bool can_be_robust() const { return display_.version_1_5 || display_.has("EGL_EXT_create_context_robustness"); }

  bool choose_config() {
    if (display_.has("EGL_KHR_no_config_context") || display_.has("EGL_MESA_configless_context")) return true;
    const egl::Int wanted[] = {kSurfaceType, 0, kRenderableType, es_ ? kEs3Bit : kGlBit, egl::kNone};
    egl::Int count = 0;
    return egl_.ChooseConfig(display_.handle, wanted, &config_, 1, &count) && count > 0;
  }

  std::vector<egl::Int> attributes_of(const Version& version, bool robust) const {
    std::vector<egl::Int> list = {kMajor, version.major, kMinor, version.minor};
    const auto add = [&](egl::Int name, egl::Int value) { list.insert(list.end(), {name, value}); };
    if (!es_) add(kProfile, kCoreProfile);
    if (!options().validation.empty()) {
      if (display_.version_1_5) {
        add(kDebug, 1);
      } else {
        add(kFlags, kDebugFlag);
      }
    }
    // Otherwise unbinding flushes, and submit() has flushed already.
    if (display_.has("EGL_KHR_context_flush_control")) add(kReleaseBehavior, kReleaseNothing);
    if (robust) {
      add(display_.version_1_5 ? kRobust : kRobustExt, 1);
      add(display_.version_1_5 ? kResetStrategy : kResetStrategyExt, kLoseOnReset);
    }
    list.push_back(egl::kNone);
    return list;
  }

  std::unique_ptr<Context> make_one(const std::vector<egl::Int>& attributes, egl::Context shared, egl::Context& made) {
    made = egl_.CreateContext(display_.handle, config_, shared, attributes.data());
    if (made) return std::make_unique<OwnContext>(egl_, display_.handle, made);
    error_ = egl_error_text(egl_);
    return nullptr;
  }

  const Egl& egl_;
  const EglDisplay& display_;
  bool es_;
  egl::Config config_ = nullptr;
  std::string error_;
};

Status log_messages_of(OwnContexts& contexts, bool es) {
  for (Context* context : {contexts.work.get(), contexts.waiter.get()}) {
    IST_TRY(const Current current, Current::enter(*context));
    IST_TRY(const ContextFacts facts, read_context(contexts.get_proc_addr, es ? Arch::gles : Arch::opengl, false));
    if (facts.compute.debug) log_messages(facts.gl);
  }
  return {};
}

}  // namespace

Result<OwnContexts> create_own_contexts(bool es, uint32_t device_index) {
  IST_TRY(const EglDisplay display, open_display(device_index));
  IST_TRY(OwnContexts contexts, Maker(*load_egl(), display, es).make());
  if (!options().validation.empty()) IST_CHECK(log_messages_of(contexts, es));
  return contexts;
}

}  // namespace ist::gl
