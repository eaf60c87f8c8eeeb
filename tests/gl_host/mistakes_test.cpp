// What hosts do wrong, what drivers lack, and what is said to that.
#include <thread>

#include "gl_hooks.h"
#include "gl_test.h"

namespace gl_host {
namespace {

class GlMistakes : public GlTest {
 protected:
  const Shape shape_{"2d", TI_FORMAT_RGBA8, TI_IMAGE_DIMENSION_2D, 33, 17};

  void SetUp() override {
    hooks() = {};
    GlTest::SetUp();
  }
  void TearDown() override {
    hooks() = {};
    GlTest::TearDown();
  }

  // Joins again, through the hooks as they are.
  void join_hooked() {
    ASSERT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << error();
    IstGlInfo info{};
    info.size = sizeof info;
    info.get_proc_addr = hooked_get_proc_addr;
    ASSERT_EQ(ist_gl_attach(runtime(), &info, &joined_), TI_ERROR_SUCCESS) << error();
  }
  void require_zero_copy(bool on) {
    ASSERT_EQ(ist_set_option(runtime(), IST_OPTION_REQUIRE_ZERO_COPY, on), TI_ERROR_SUCCESS) << error();
  }
  TiError try_share(TiImage image) {
    IstGlObject object{};
    object.size = sizeof object;
    return ist_gl_share_image(joined(), image, &object);
  }
  // Refused with `words` when zero copy is a must, else a copy that works.
  void expect_copied(TiError code, std::initializer_list<const char*> words) {
    const TiImage image = make_image(shape_);
    require_zero_copy(true);
    expect_failed(try_share(image), code, words);
    expect_failed(try_share(image), code, words);
    require_zero_copy(false);
    const IstGlObject texture = share(image);
    EXPECT_EQ(texture.copied, 1u);
    write_image(image, shape_, 8);
    lend(handover(image));
    expect_gl(texture, shape_, 8);
    take_back(handover(image));
  }
};

TEST_P(GlMistakes, TakeBackIsForgotten) {
  const TiImage image = make_image(shape_);
  ASSERT_EQ(ist_set_name(runtime(), image, "dye"), TI_ERROR_SUCCESS);
  share(image);
  const IstHandover object = handover(image);
  lend(object);
  EXPECT_EQ(holder(object), IST_HOLDER_LENT);
  const auto texels = pattern(shape_, 0, 0);
  const TiImageSlice whole{image, {}, shape_.extent(0), 0};
  expect_failed(ist_write_image(runtime(), &whole, texels.data(), texels.size(), 0), TI_ERROR_INVALID_STATE,
                {"Image 'dye'", "lent"});
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"Image 'dye'", "lent"});
  expect_failed(ist_gl_unshare(joined(), image), TI_ERROR_INVALID_STATE, {"Image 'dye'", "ist_gl_take_back"});
  ti_free_image(runtime(), image);
  conformance::expect_error({TI_ERROR_INVALID_STATE}, {"Image 'dye'", "lent"});
  IstHandover elsewhere = object;
  elsewhere.peer = IST_PEER_EXTERNAL;
  expect_failed(ist_take_back(runtime(), 1, &elsewhere, nullptr), TI_ERROR_INVALID_STATE, {"Image 'dye'", "lent"});
  take_back(object);
  expect_failed(ist_gl_take_back(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"Image 'dye'"});
}

TEST_P(GlMistakes, LentByHandAndTakenBackFromGl) {
  const TiMemory memory = make_memory(100);
  share(memory);
  IstHandover object = handover(memory);
  object.peer = IST_PEER_EXTERNAL;
  ASSERT_EQ(ist_lend(runtime(), 1, &object, nullptr), TI_ERROR_SUCCESS) << error();
  expect_failed(ist_gl_take_back(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"lent"});
  ASSERT_EQ(ist_take_back(runtime(), 1, &object, nullptr), TI_ERROR_SUCCESS) << error();
}

TEST_P(GlMistakes, LayoutsAndArguments) {
  const TiImage image = make_image(shape_);
  const TiMemory memory = make_memory(100);
  IstHandover object = handover(image);
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"not shared", "ist_gl_share_image"});
  expect_failed(ist_gl_lend(joined(), 1, std::array{handover(memory)}.data()), TI_ERROR_INVALID_STATE,
                {"not shared", "ist_gl_share_memory"});
  share(image);
  share(memory);
  object.layout = TI_IMAGE_LAYOUT_UNDEFINED;
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_ARGUMENT, {"UNDEFINED"});
  object.layout = TI_IMAGE_LAYOUT_COLOR_ATTACHMENT;
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_ARGUMENT, {"COLOR_ATTACHMENT"});
  object = handover(image);
  object.flags = 64;
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"flags (0x40)"});
  object = handover(image);
  object.base_mip = 3;
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"mips"});
  object = handover(image);
  object.memory = memory;
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_ARGUMENT, {"exactly one"});
  expect_failed(ist_gl_lend(joined(), 1, nullptr), TI_ERROR_ARGUMENT_NULL, {"objects"});
  EXPECT_EQ(ist_gl_lend(joined(), 0, nullptr), TI_ERROR_SUCCESS);
  const IstHandover twice[] = {handover(memory), handover(image), handover(image)};
  expect_failed(ist_gl_lend(joined(), 3, twice), TI_ERROR_INVALID_ARGUMENT, {"objects[1]", "objects[2]", "overlap"});
  EXPECT_EQ(holder(twice[0]), IST_HOLDER_OURS);
  lend(handover(image));
  expect_failed(ist_gl_take_back(joined(), 1, std::array{handover(image, true, TI_IMAGE_LAYOUT_TRANSFER_SRC)}.data()),
                TI_ERROR_INVALID_ARGUMENT, {"SHADER_READ", "TRANSFER_SRC"});
  take_back(handover(image));
  expect_failed(ist_gl_share_image(joined(), image, nullptr), TI_ERROR_ARGUMENT_NULL, {"object"});
  IstGlObject odd{};
  odd.size = 7;
  expect_failed(ist_gl_share_image(joined(), image, &odd), TI_ERROR_INVALID_ARGUMENT, {"object->size (7)"});
  expect_failed(ist_gl_unshare(joined(), nullptr), TI_ERROR_ARGUMENT_NULL, {"object"});
  expect_failed(ist_gl_unshare(joined(), &odd), TI_ERROR_INVALID_STATE, {"not shared"});
}

TEST_P(GlMistakes, MappedMemoryIsNotLent) {
  TiMemoryAllocateInfo info{};
  info.size = 256;
  info.host_write = info.export_sharing = TI_TRUE;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  const TiMemory memory = ti_allocate_memory(runtime(), &info);
  share(memory);
  ASSERT_NE(ti_map_memory(runtime(), memory), nullptr);
  expect_failed(ist_gl_lend(joined(), 1, std::array{handover(memory)}.data()), TI_ERROR_INVALID_STATE, {"mapped"});
  ti_unmap_memory(runtime(), memory);
  lend(handover(memory));
  take_back(handover(memory));
}

TEST_P(GlMistakes, TheContextIsNotCurrent) {
  const TiImage image = make_image(shape_);
  share(image);
  IstGlObject told{};
  told.size = sizeof told;
  const IstHandover object = handover(image);
  const auto expect_refusals = [&] {
    expect_failed(ist_gl_share_image(joined(), image, &told), TI_ERROR_INVALID_STATE, {"not current"});
    expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"not current"});
    expect_failed(ist_gl_take_back(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"not current"});
    expect_failed(ist_gl_unshare(joined(), image), TI_ERROR_INVALID_STATE, {"not current"});
    expect_failed(ist_gl_detach(joined(), TI_FALSE), TI_ERROR_INVALID_STATE, {"not current"});
  };
  std::thread(expect_refusals).join();
  gl().make_none_current();
  expect_refusals();
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = get_proc_addr;
  IstGl other = joined();
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_INVALID_STATE, {"No OpenGL context"});
  EXPECT_EQ(other, nullptr);
  {
    GlHost stranger(GetParam());
    ASSERT_TRUE(stranger.problem().empty()) << stranger.problem();
    expect_refusals();
  }
  gl().make_current();
  {
    GlHost friendly(GetParam(), &gl());
    ASSERT_TRUE(friendly.problem().empty()) << friendly.problem();
    lend(object);
    take_back(object);
  }
  gl().make_current();
  lend(object);
  take_back(object);
}

TEST_P(GlMistakes, TwoContextsHaveTheirOwn) {
  const TiImage image = make_image(shape_);
  write_image(image, shape_, 3);
  share(image);
  GlHost second(GetParam());
  ASSERT_TRUE(second.problem().empty()) << second.problem();
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = get_proc_addr;
  IstGl other = nullptr;
  ASSERT_EQ(ist_gl_attach(runtime(), &info, &other), TI_ERROR_SUCCESS) << error();
  IstGlObject texture{};
  texture.size = sizeof texture;
  ASSERT_EQ(ist_gl_share_image(other, image, &texture), TI_ERROR_SUCCESS) << error();
  const IstHandover object = handover(image);
  ASSERT_EQ(ist_gl_lend(other, 1, &object), TI_ERROR_SUCCESS) << error();
  gl().make_current();
  expect_failed(ist_gl_lend(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"lent"});
  expect_failed(ist_gl_take_back(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"not to this OpenGL context"});
  second.make_current();
  ASSERT_EQ(ist_gl_take_back(other, 1, &object), TI_ERROR_SUCCESS) << error();
  ASSERT_EQ(ist_gl_detach(other, TI_FALSE), TI_ERROR_SUCCESS) << error();
  second.destroy();
  gl().make_current();
  lend(object);
  take_back(object);
}

// The object is on its way back until its fence is seen.
TEST_P(GlMistakes, ReturningIsWaitedForWhereTheContextIsCurrent) {
  hooks().hidden_extension = "GL_EXT_semaphore_fd";
  join_hooked();
  const TiMemory memory = make_memory(64);
  const IstGlObject buffer = share(memory);
  if (buffer.copied) GTEST_SKIP() << buffer.reason;
  EXPECT_EQ(buffer.from_gl, IST_RUNG_GL_FENCE);
  EXPECT_STREQ(buffer.reason, semaphores() ? "GL_EXT_semaphore_fd is absent" : "GL_EXT_semaphore is absent");
  const IstHandover object = handover(memory);
  hooks().fences_pending = true;
  lend(object);
  take_back(object);
  EXPECT_EQ(holder(object), IST_HOLDER_RETURNING);
  expect_failed(ist_gl_take_back(joined(), 1, &object), TI_ERROR_INVALID_STATE, {"on its way back"});
  uint32_t words[16] = {};
  const TiMemorySlice all{memory, 0, sizeof words};
  std::thread([&] {
    expect_failed(ist_write_memory(runtime(), &all, words), TI_ERROR_INVALID_STATE,
                  {"not current on this thread", "on its way back"});
  }).join();
  EXPECT_EQ(holder(object), IST_HOLDER_RETURNING);
  const IstCounters before = counters();
  EXPECT_EQ(ist_write_memory(runtime(), &all, words), TI_ERROR_SUCCESS) << error();
  EXPECT_EQ(counters().blocking_waits - before.blocking_waits, 1u);
  EXPECT_EQ(holder(object), IST_HOLDER_OURS);
  // A look by any ist_gl_* call is enough for other threads.
  lend(object);
  take_back(object);
  gl().Finish();
  hooks().fences_pending = false;
  share(memory);
  std::thread([&] { EXPECT_EQ(ist_write_memory(runtime(), &all, words), TI_ERROR_SUCCESS) << error(); }).join();
  // So is the end of the loan of a context that goes.
  hooks().fences_pending = true;
  lend(object);
  take_back(object);
  ASSERT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << error();
  joined_ = nullptr;
  std::thread([&] { EXPECT_EQ(ist_write_memory(runtime(), &all, words), TI_ERROR_SUCCESS) << error(); }).join();
}

TEST_P(GlMistakes, ReturningIsNotLaunchedOnByOtherThreads) {
  hooks().hidden_extension = "GL_EXT_semaphore_fd";
  join_hooked();
  const TiImage image = make_image(shape_);
  ASSERT_EQ(ist_set_name(runtime(), image, "dye"), TI_ERROR_SUCCESS);
  if (share(image).copied) GTEST_SKIP() << "no shared memory between " << gl().renderer() << " and the runtime";
  const conformance::Module textures(runtime(), "textures");
  const TiKernel kernel = textures.kernel("store_2d_rgba8");
  TiArgument args[4] = {{}, conformance::i32(33), conformance::i32(17), conformance::i32(5)};
  args[0].type = TI_ARGUMENT_TYPE_TEXTURE;
  args[0].value.texture = {image, nullptr, shape_.dimension, shape_.extent(0), shape_.format};
  const IstHandover object = handover(image);
  hooks().fences_pending = true;
  lend(object);
  take_back(object);
  std::thread([&] {
    ti_launch_kernel(runtime(), kernel, 4, args);
    conformance::expect_error({TI_ERROR_INVALID_STATE},
                              {"Image 'dye'", "on its way back", "not current on this thread", "'store_2d_rgba8'"});
  }).join();
  EXPECT_EQ(holder(object), IST_HOLDER_RETURNING);
  ti_launch_kernel(runtime(), kernel, 4, args);
  conformance::expect_no_error("where the context is current");
  EXPECT_EQ(holder(object), IST_HOLDER_OURS);
}

TEST_P(GlMistakes, AllocatedWithoutExportSharing) {
  const TiImage image = make_image(shape_, false);
  const TiMemory memory = make_memory(64, false);
  require_zero_copy(true);
  expect_failed(try_share(image), TI_ERROR_NOT_SUPPORTED, {"without a copy", "allocated without export_sharing"});
  IstGlObject object{};
  object.size = sizeof object;
  expect_failed(ist_gl_share_memory(joined(), memory, &object), TI_ERROR_NOT_SUPPORTED,
                {"allocated without export_sharing"});
  require_zero_copy(false);
  EXPECT_EQ(share(image).copied, 1u);
}

TEST_P(GlMistakes, AnotherDevice) {
  hooks().other_device = true;
  join_hooked();
  if (!gl().has_extension("GL_EXT_memory_object_fd")) GTEST_SKIP() << "no memory objects here";
  const size_t files = open_files();
  expect_copied(TI_ERROR_INVALID_INTEROP, {"device", "is not the OpenGL context's device"});
  EXPECT_EQ(open_files(), files + 1);  // of the image
}

TEST_P(GlMistakes, DriversWithoutMemoryObjects) {
  hooks().hidden_extension = "GL_EXT_memory_object";
  join_hooked();
  expect_copied(TI_ERROR_NOT_SUPPORTED, {"GL_EXT_memory_object is absent"});
  hooks() = {};
  hooks().hidden_function = "glImportMemoryFdEXT";
  join_hooked();
  expect_copied(TI_ERROR_NOT_SUPPORTED, {"glImportMemoryFdEXT is absent"});
}

TEST_P(GlMistakes, DriversThatRefuse) {
  if (!zero_copy()) GTEST_SKIP() << "no shared memory between " << gl().renderer() << " and the runtime";
  const TiImage image = make_image(shape_);
  const TiMemory memory = make_memory(64);
  IstGlObject object{};
  object.size = sizeof object;
  join_hooked();
  require_zero_copy(true);
  const size_t files = open_files();
  hooks().imports_fail = true;
  expect_failed(try_share(image), TI_ERROR_NOT_SUPPORTED, {"refuses the memory", "GL_OUT_OF_MEMORY"});
  expect_failed(ist_gl_share_memory(joined(), memory, &object), TI_ERROR_NOT_SUPPORTED, {"refuses the memory"});
  hooks() = {};
  hooks().storage_fails = true;
  expect_failed(try_share(image), TI_ERROR_NOT_SUPPORTED, {"refuses the texture", "GL_OUT_OF_MEMORY"});
  expect_failed(ist_gl_share_memory(joined(), memory, &object), TI_ERROR_NOT_SUPPORTED, {"refuses the buffer"});
  hooks() = {};
  hooks().never_complete = true;
  expect_failed(try_share(image), TI_ERROR_NOT_SUPPORTED, {"incomplete", "0x8cdd"});
  hooks() = {};
  EXPECT_EQ(open_files(), files);
  EXPECT_EQ(try_share(image), TI_ERROR_SUCCESS) << error();
}

TEST_P(GlMistakes, ContextsThatAreTooOld) {
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = hooked_get_proc_addr;
  IstGl other = nullptr;
  for (const char* version : {"2.1 Mesa", "OpenGL ES 2.0 Mesa", "3.1 Mesa"}) {
    hooks().version = version;
    expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_NOT_SUPPORTED, {"OpenGL 3.2 or OpenGL ES 3.0"});
  }
  hooks().version = "none";
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_NOT_SUPPORTED, {"'none'"});
  hooks() = {};
  hooks().hidden_function = "glFenceSync";
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_NOT_SUPPORTED, {"does not find glFenceSync"});
  hooks() = {};
  info.reserved = 1;
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_INVALID_ARGUMENT, {"reserved is 1"});
  info.reserved = 0;
  expect_failed(ist_gl_attach(runtime(), &info, nullptr), TI_ERROR_ARGUMENT_NULL, {"gl is null"});
  info.get_proc_addr = nullptr;
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_ARGUMENT_NULL, {"get_proc_addr"});
  expect_failed(ist_gl_attach(runtime(), nullptr, &other), TI_ERROR_ARGUMENT_NULL, {"info"});
  info.get_proc_addr = get_proc_addr;
  static void* current = nullptr;
  info.current_context = [] { return current; };
  expect_failed(ist_gl_attach(runtime(), &info, &other), TI_ERROR_INVALID_STATE, {"No OpenGL context"});
  current = &current;
  ASSERT_EQ(ist_gl_attach(runtime(), &info, &other), TI_ERROR_SUCCESS) << error();
  current = nullptr;
  expect_failed(ist_gl_detach(other, TI_FALSE), TI_ERROR_INVALID_STATE, {"not current"});
  EXPECT_EQ(ist_gl_detach(other, TI_TRUE), TI_ERROR_SUCCESS) << error();
}

TEST_P(GlMistakes, HandlesAreToldApart) {
  const TiImage image = make_image(shape_);
  const IstHandover object = handover(image);
  expect_failed(ist_gl_lend(nullptr, 1, &object), TI_ERROR_ARGUMENT_NULL, {"gl is null"});
  expect_failed(ist_gl_lend(reinterpret_cast<IstGl>(image), 1, &object), TI_ERROR_INVALID_ARGUMENT,
                {"gl is a TiImage, not a IstGl"});
  expect_failed(try_share(reinterpret_cast<TiImage>(joined())), TI_ERROR_INVALID_ARGUMENT,
                {"image is a IstGl, not a TiImage"});
  int nothing = 0;
  expect_failed(ist_gl_detach(reinterpret_cast<IstGl>(&nothing), TI_FALSE), TI_ERROR_INVALID_ARGUMENT,
                {"not made by this library"});
  const TiRuntime second = ti_create_runtime(TI_ARCH_VULKAN, 0);
  IstGlInfo info{};
  info.size = sizeof info;
  info.get_proc_addr = get_proc_addr;
  IstGl other = nullptr;
  ASSERT_EQ(ist_gl_attach(second, &info, &other), TI_ERROR_SUCCESS) << error();
  IstGlObject told{};
  told.size = sizeof told;
  expect_failed(ist_gl_share_image(other, image, &told), TI_ERROR_INVALID_ARGUMENT, {"another runtime"});
  ti_destroy_runtime(second);
  expect_failed(ist_gl_detach(other, TI_FALSE), TI_ERROR_INVALID_ARGUMENT, {"destroyed"});
  const IstGl gone = joined_;
  ASSERT_EQ(ist_gl_detach(joined_, TI_FALSE), TI_ERROR_SUCCESS) << error();
  joined_ = nullptr;
  expect_failed(ist_gl_detach(gone, TI_FALSE), TI_ERROR_INVALID_ARGUMENT, {"gl is a IstGl that was destroyed"});
}

GL_HOST_SUITE(GlMistakes);

}  // namespace
}  // namespace gl_host
