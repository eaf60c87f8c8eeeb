// Semaphores of another API through the public calls: a CUDA runtime waits for them and signals them on its stream.
#include <gtest/gtest.h>
#include <ist/share.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cuda/fake_cuda.h"

namespace {

class Points : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void TearDown() override {
    if (runtime_) ti_destroy_runtime(runtime_);
    if (file_ >= 0) close(file_);
    EXPECT_EQ(fake_cuda::misuse(), "");
    EXPECT_EQ(fake_cuda::live().semaphores, 0);
  }

  void start(const fake_cuda::Settings& settings) {
    if (runtime_) ti_destroy_runtime(runtime_);
    fake_cuda::reset(settings);
    runtime_ = ti_create_runtime(TI_ARCH_CUDA, 0);
    ASSERT_NE(runtime_, nullptr) << message();
    if (file_ < 0) file_ = memfd_create("semaphore", MFD_CLOEXEC);
  }
  IstSyncPoint imported(IstRung rung) {
    IstSyncPoint point{};
    EXPECT_EQ(ist_import_semaphore(runtime_, rung, IST_HANDLE_OPAQUE_FD, file_, &point), TI_ERROR_SUCCESS) << message();
    return point;
  }
  TiMemory memory() {
    TiMemoryAllocateInfo info{};
    info.size = 64;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    return ti_allocate_memory(runtime_, &info);
  }
  static std::string message() {
    char text[1024] = "";
    uint64_t size = sizeof text;
    ti_get_last_error(&size, text);
    return text;
  }
  static void expect_message(TiError got, TiError code, const std::string& words) {
    EXPECT_EQ(got, code);
    const std::string text = message();
    EXPECT_NE(text.find(words), std::string::npos) << text;
  }

  TiRuntime runtime_ = nullptr;
  int file_ = -1;
};

TEST_F(Points, OrderTheStream) {
  IstSyncPoint timeline = imported(IST_RUNG_TIMELINE);
  IstSyncPoint binary = imported(IST_RUNG_BINARY);
  timeline.value = 3;
  ASSERT_EQ(ist_wait_point(runtime_, &timeline), TI_ERROR_SUCCESS) << message();
  ASSERT_EQ(ist_wait_point(runtime_, &binary), TI_ERROR_SUCCESS) << message();
  timeline.value = 4;
  ASSERT_EQ(ist_signal_point(runtime_, &timeline), TI_ERROR_SUCCESS) << message();
  ASSERT_EQ(ist_signal_point(runtime_, &binary), TI_ERROR_SUCCESS) << message();
  ti_wait(runtime_);
  const std::vector<std::string> points = fake_cuda::points();
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[0].substr(0, 6), "wait 3");
  EXPECT_EQ(points[1].substr(0, 11), "wait binary");
  EXPECT_EQ(points[2].substr(0, 8), "signal 4");
  EXPECT_EQ(points[3].substr(0, 13), "signal binary");
  expect_message(ist_signal_point(runtime_, &timeline), TI_ERROR_INVALID_ARGUMENT, "is not above the value last");
}

TEST_F(Points, CarryALoan) {
  for (const IstRung rung : {IST_RUNG_TIMELINE, IST_RUNG_BINARY}) {
    SCOPED_TRACE(rung);
    IstSyncPoint ready = imported(rung), done = imported(rung);
    ready.value = done.value = 1;
    IstHandover given{};
    given.memory = memory();
    given.peer = IST_PEER_EXTERNAL;
    ASSERT_EQ(ist_lend(runtime_, 1, &given, &ready), TI_ERROR_SUCCESS) << message();
    EXPECT_EQ(ready.rung, rung);
    ASSERT_EQ(ist_take_back(runtime_, 1, &given, &done), TI_ERROR_SUCCESS) << message();
    ti_free_memory(runtime_, given.memory);
    ti_wait(runtime_);
  }
  const std::vector<std::string> points = fake_cuda::points();
  EXPECT_EQ(std::count_if(points.begin(), points.end(), [](const auto& line) { return line.starts_with("signal"); }),
            2);
}

TEST_F(Points, WhatIsNoSemaphoreIsRefused) {
  for (const IstRung rung : {IST_RUNG_TIMELINE, IST_RUNG_BINARY}) {
    IstSyncPoint bogus{};
    bogus.rung = rung;
    bogus.semaphore = 0xdead;
    bogus.value = 1;
    expect_message(ist_wait_point(runtime_, &bogus), TI_ERROR_INVALID_ARGUMENT, "(0xdead) was not imported");
    expect_message(ist_signal_point(runtime_, &bogus), TI_ERROR_INVALID_ARGUMENT, "(0xdead) was not imported");
  }
  IstSyncPoint mistaken = imported(IST_RUNG_BINARY);
  mistaken.rung = IST_RUNG_TIMELINE;
  mistaken.value = 1;
  expect_message(ist_wait_point(runtime_, &mistaken), TI_ERROR_INVALID_ARGUMENT, "is a binary semaphore");
  mistaken.rung = IST_RUNG_BINARY;
  ASSERT_EQ(ist_destroy_semaphore(runtime_, &mistaken), TI_ERROR_SUCCESS) << message();
  expect_message(ist_wait_point(runtime_, &mistaken), TI_ERROR_INVALID_ARGUMENT, "was not imported");
  IstSyncPoint own{};
  own.rung = IST_RUNG_TIMELINE;
  expect_message(ist_signal_point(runtime_, &own), TI_ERROR_NOT_SUPPORTED, "give a semaphore");
  own.rung = IST_RUNG_SYNC_FD;
  expect_message(ist_signal_point(runtime_, &own), TI_ERROR_NOT_SUPPORTED,
                 "has no rung SYNC_FD; it has TIMELINE, BINARY, GL_FENCE, HOST.");
}

TEST_F(Points, TheDeviceSaysWhichThereAre) {
  const auto rungs = [&] {
    IstDeviceInfo info{};
    info.size = sizeof info;
    EXPECT_EQ(ist_runtime_info(runtime_, &info), TI_ERROR_SUCCESS) << message();
    return info.rungs;
  };
  constexpr uint32_t kHosts = 1u << IST_RUNG_HOST | 1u << IST_RUNG_GL_FENCE;
  EXPECT_EQ(rungs(), kHosts | 1u << IST_RUNG_TIMELINE | 1u << IST_RUNG_BINARY);
  IstSyncPoint chosen{};
  ASSERT_EQ(ist_signal_point(runtime_, &chosen), TI_ERROR_SUCCESS) << message();
  EXPECT_EQ(chosen.rung, IST_RUNG_HOST) << "there is no timeline of the runtime's own";
  fake_cuda::Settings old;
  old.timeline_interop = false;
  start(old);
  EXPECT_EQ(rungs(), kHosts | 1u << IST_RUNG_BINARY);
}

}  // namespace
