// The file of a pipeline cache of Vulkan: of sound files, only those of this very driver are believed.
#include "vulkan/vk_cache_file.h"

#include "unit/cache_test.h"

namespace ist::vk {
namespace {

class PipelineCacheFiles : public CacheTest {
 protected:
  PipelineCacheFiles() {
    identity_.vendor_id = 0x10005;
    identity_.device_id = 7;
    identity_.driver_version = 22;
    for (uint8_t i = 0; i < 16; ++i) identity_.uuid[i] = static_cast<uint8_t>(0xa0 + i);
    identity_.driver = "pretend 1.0";
  }

  std::vector<std::byte> blob(size_t entry_bytes = 101) const {
    std::vector<std::byte> bytes(32 + entry_bytes);
    const uint32_t head[] = {32, 1, identity_.vendor_id, identity_.device_id};
    std::memcpy(bytes.data(), head, sizeof head);
    std::memcpy(bytes.data() + 16, identity_.uuid, 16);
    for (size_t i = 32; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
    return bytes;
  }
  CacheFile file() const { return pipeline_cache_file(folder(), identity_); }
  // A file that is right in every way, as bytes to spoil.
  std::vector<std::byte> good_bytes() const {
    EXPECT_TRUE(file().replace(blob()).ok());
    return read_file(file().path());
  }
  std::string problem_with(std::span<const std::byte> bytes) const {
    write_file(file().path(), bytes);
    const auto content = file().read();
    EXPECT_EQ(content.blob.empty(), !content.problem.empty());
    return content.problem;
  }

  CacheIdentity identity_;
};

TEST_F(PipelineCacheFiles, ABlobOfAnotherDriverIsNoticedThoughTheFileIsSound) {
  const auto good = good_bytes();
  // headerSize, headerVersion, vendorID, deviceID, first and last byte of the UUID.
  for (const size_t at : {0, 4, 8, 12, 16, 31}) {
    auto bad = good;
    bad[32 + at] ^= std::byte{2};
    const uint64_t checksum = checksum_of(std::span(bad).subspan(32));
    std::memcpy(bad.data() + 24, &checksum, sizeof checksum);
    EXPECT_NE(problem_with(bad), "") << "byte " << at;
    EXPECT_FALSE(file().replace(std::span(bad).subspan(32)).ok()) << "byte " << at;
  }
  EXPECT_FALSE(file().replace({}).ok());
}

TEST_F(PipelineCacheFiles, EachDriverHasItsOwnFileAndBelievesNoOther) {
  const auto good = good_bytes();
  const CacheIdentity own = identity_;
  const auto foreign = [&](auto change) {
    identity_ = own;
    change(identity_);
    EXPECT_NE(file().path(), pipeline_cache_file(folder(), own).path());
    EXPECT_NE(problem_with(good), "");
    identity_ = own;
  };
  foreign([](CacheIdentity& other) { other.vendor_id++; });
  foreign([](CacheIdentity& other) { other.device_id++; });
  foreign([](CacheIdentity& other) { other.driver_version++; });
  foreign([](CacheIdentity& other) { other.uuid[15]++; });
  foreign([](CacheIdentity& other) { other.driver += " rebuilt"; });
  EXPECT_EQ(file().read().problem, "");
}

}  // namespace
}  // namespace ist::vk
