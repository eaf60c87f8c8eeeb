// A machine without NVIDIA's driver, or with one that has none of the functions: what is told, and that nothing breaks.
#include <gtest/gtest.h>

#include <string>

#include "cuda/cuda_device.h"
#include "cuda/cuda_interop.h"

namespace ist::cuda {
namespace {

TEST(Absent, TheReasonNamesTheDriverOrTheGpu) {
  const auto gpus = describe_gpus();
  if (gpus.ok()) GTEST_SKIP() << "A CUDA driver is here.";
  EXPECT_EQ(gpus.status().code(), Code::invalid_state);
  EXPECT_NE(gpus.status().message().find("libcuda.so.1"), std::string_view::npos) << gpus.status().message();
}

TEST(Absent, StreamsCanBeSetAllTheSame) {
  int stream = 0;
  EXPECT_TRUE(set_stream(&stream).ok());
  EXPECT_EQ(get_stream(), &stream);
  EXPECT_TRUE(set_stream(nullptr).ok());
  EXPECT_EQ(get_stream(), nullptr);
}

}  // namespace
}  // namespace ist::cuda
