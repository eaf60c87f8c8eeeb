// The stream that the host chooses: launches go there, and the runtime's own order survives it.
#include "cuda/cuda_test.h"

namespace ist::cuda {
namespace {

class Streams : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    device();
    state = make_state();
    program = make_program({task("a", 1, 1)}, 4);
  }
  void TearDown() override {
    program.reset();
    state.reset();
    CudaTest::TearDown();
  }
  void launch() { run(*program, *state, bytes_from({1, 2, 3, 4})); }

  std::unique_ptr<ProgramState> state;
  std::unique_ptr<Program> program;
};

TEST_F(Streams, AreTheDefaultOneUntilOneIsSet) {
  EXPECT_EQ(get_stream(), nullptr);
  launch();
  finish();
  EXPECT_EQ(fake_cuda::launches()[0].stream, nullptr);
  EXPECT_EQ(fake_cuda::count("cuStreamWaitEvent"), 0u);
}

TEST_F(Streams, TakeLaunchesFromTheirSettingOn) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  launch();
  EXPECT_TRUE(set_stream(stream).ok());
  EXPECT_EQ(get_stream(), stream);
  launch();
  EXPECT_TRUE(set_stream(nullptr).ok());
  launch();
  finish();
  const auto launches = fake_cuda::launches();
  EXPECT_EQ(launches[0].stream, nullptr);
  EXPECT_EQ(launches[1].stream, stream);
  EXPECT_EQ(launches[2].stream, nullptr);
}

TEST_F(Streams, KeepTheRuntimesWorkInOrder) {
  void* first = fake_cuda::make_stream(fake_cuda::primary_context(0));
  void* second = fake_cuda::make_stream(fake_cuda::primary_context(0));
  fake_cuda::hold(true);
  std::vector<void*> wanted;
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(set_stream(i % 3 == 0 ? nullptr : i % 3 == 1 ? first : second).ok());
    wanted.push_back(get_stream());
    launch();
    if (i % 4 == 3) submit();
  }
  // Only the newest is waited for: all before it come with it.
  finish();
  std::vector<void*> ran;
  for (const auto& launch : fake_cuda::launches()) ran.push_back(launch.stream);
  EXPECT_EQ(ran, wanted);
}

TEST_F(Streams, FinishBatchesInOrderAcrossThem) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  fake_cuda::hold(true);
  launch();
  const uint64_t first = submit();
  EXPECT_TRUE(set_stream(stream).ok());
  launch();
  const uint64_t second = submit();
  EXPECT_TRUE(*device().wait(second, UINT64_MAX));
  EXPECT_EQ(device().completed_serial(), second);
  EXPECT_TRUE(*device().wait(first, 0));
}

TEST_F(Streams, OfAnotherContextAreRefusedBeforeAnythingIsRecorded) {
  void* foreign = fake_cuda::make_stream(fake_cuda::other_context());
  EXPECT_TRUE(set_stream(foreign).ok());
  const Status status = device().begin();
  EXPECT_EQ(status.code(), Code::invalid_state);
  EXPECT_NE(status.message().find("another context than the primary one of 'Fake GPU 0'"), std::string_view::npos);
  EXPECT_FALSE(device().recording());
  EXPECT_EQ(device().usable().code(), Code::invalid_state);
  EXPECT_TRUE(set_stream(nullptr).ok());
  launch();
  finish();
}

TEST_F(Streams, OfAnotherContextInABatchFailItButNotTheNext) {
  launch();
  EXPECT_TRUE(set_stream(fake_cuda::make_stream(fake_cuda::other_context())).ok());
  programs().run(*program, *state, bytes_from({1, 2, 3, 4}), nullptr);
  EXPECT_TRUE(set_stream(nullptr).ok());
  EXPECT_EQ(device().submit().take_status().code(), Code::invalid_state);
  EXPECT_EQ(fake_cuda::launches().size(), 1u);
  launch();
  finish();
  EXPECT_EQ(fake_cuda::launches().size(), 2u);
}

TEST_F(Streams, AreNotTouchedOnceTheirWorkIsHandedOverAndAnotherIsSet) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  EXPECT_TRUE(set_stream(stream).ok());
  launch();
  finish();
  EXPECT_TRUE(set_stream(nullptr).ok());
  fake_cuda::forget_calls();
  launch();
  EXPECT_EQ(fake_cuda::count("cuEventRecord"), 0u);
  EXPECT_EQ(fake_cuda::count("cuStreamWaitEvent"), 1u);
  finish();
}

TEST_F(Streams, AreNotTouchedOnceAnAssertionWasToldAndAnotherIsSet) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  EXPECT_TRUE(set_stream(stream).ok());
  fake_cuda::on_launch([](const fake_cuda::Launch& launch) {
    fake_cuda::bytes_at(launch.runtime)[offsetof(llvm_host::LlvmRuntime, error_code)] = std::byte{1};
  });
  launch();
  finish();
  EXPECT_FALSE(programs().take_failure().ok());
  fake_cuda::on_launch(nullptr);
  EXPECT_TRUE(set_stream(nullptr).ok());
  fake_cuda::forget_calls();
  launch();
  EXPECT_EQ(fake_cuda::count("cuEventRecord"), 0u);
  finish();
}

TEST_F(Streams, AreNotTouchedOnceABatchCouldNotBeHandedOverAndAnotherIsSet) {
  EXPECT_TRUE(set_stream(fake_cuda::make_stream(fake_cuda::primary_context(0))).ok());
  launch();
  fake_cuda::fail("cuEventRecord", 1, k::kInvalidValue);
  EXPECT_FALSE(device().submit().ok());
  EXPECT_TRUE(set_stream(nullptr).ok());
  fake_cuda::forget_calls();
  launch();
  EXPECT_EQ(fake_cuda::count("cuEventRecord"), 0u);
  finish();
}

TEST_F(Streams, OfTheSameHandleAreOthersWhenSetAgain) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  EXPECT_TRUE(set_stream(stream).ok());
  launch();
  (void)submit();
  EXPECT_TRUE(set_stream(stream).ok());
  fake_cuda::forget_calls();
  launch();
  launch();
  EXPECT_EQ(fake_cuda::count("cuStreamGetCtx"), 1u);
  EXPECT_EQ(fake_cuda::count("cuStreamWaitEvent"), 1u);
  finish();
}

TEST_F(Streams, OfAThreadAreRefusedAndTheOneBeforeStays) {
  void* stream = fake_cuda::make_stream(fake_cuda::primary_context(0));
  EXPECT_TRUE(set_stream(stream).ok());
  const Status refused = set_stream(reinterpret_cast<void*>(uintptr_t{2}));
  EXPECT_EQ(refused.code(), Code::invalid_argument);
  EXPECT_EQ(refused.message(), "Stream (0x2) is the per-thread default stream, which is another one in each thread.");
  EXPECT_EQ(get_stream(), stream);
}

TEST_F(Streams, ASettingThatNobodyLaunchesOnChangesNothing) {
  launch();
  EXPECT_TRUE(set_stream(fake_cuda::make_stream(fake_cuda::other_context())).ok());
  EXPECT_EQ(submit(), 1u);  // the batch's work is on the default stream, and so is its end
  EXPECT_TRUE(*device().wait(1, UINT64_MAX));
  EXPECT_TRUE(programs().take_failure().ok());
}

}  // namespace
}  // namespace ist::cuda
