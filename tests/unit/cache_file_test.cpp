// Files of compiled pipelines: whatever is on the disk, only what was written for this identity is believed.
#include "contract/cache_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "cache_test.h"

namespace ist {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class CacheFiles : public CacheTest {
 protected:
  // A blob is believed when it begins with this.
  static constexpr std::byte kMark{0x5a};

  static std::vector<std::byte> blob(size_t entry_bytes = 133) {
    std::vector<std::byte> bytes(1 + entry_bytes, kMark);
    for (size_t i = 1; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
    return bytes;
  }
  static CacheFile file_in(const std::string& folder, uint64_t identity = 77) {
    return CacheFile(folder, "pipelines-7.bin", identity, [](std::span<const std::byte> blob) {
      return blob.empty() || blob[0] != kMark ? "it has no mark" : "";
    });
  }
  CacheFile file() const { return file_in(folder()); }
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
};

TEST_F(CacheFiles, TheFolderIsWhatOptionAndXdgSay) {
  const auto folder = [](std::string_view option, const char* xdg, const char* home) {
    auto found = cache_folder(option, xdg, home);
    return found.ok() ? *found : "refused";
  };
  EXPECT_EQ(folder("on", "/x", "/home/me"), "/x/isthmus");
  EXPECT_EQ(folder("1", nullptr, "/home/me"), "/home/me/.cache/isthmus");
  EXPECT_EQ(folder("on", "", "/home/me"), "/home/me/.cache/isthmus");
  EXPECT_EQ(folder("on", "relative", "/home/me"), "/home/me/.cache/isthmus");
  EXPECT_EQ(folder("on", nullptr, nullptr), "");
  EXPECT_EQ(folder("on", "relative", "also/relative"), "");
  EXPECT_EQ(folder("/elsewhere", "/x", "/home/me"), "/elsewhere");
  for (const char* off : {"0", "off", ""}) EXPECT_EQ(folder(off, "/x", "/home/me"), "");
  EXPECT_EQ(folder("some/folder", "/x", "/home/me"), "refused");
}

TEST_F(CacheFiles, GivesBackWhatItTook) {
  EXPECT_TRUE(file().read().blob.empty());
  EXPECT_EQ(file().read().problem, "");
  EXPECT_FALSE(fs::exists(folder()));
  for (const size_t entries : {0, 1, 7, 8, 9, 100000}) {
    ASSERT_TRUE(file().replace(blob(entries)).ok());
    const auto content = file().read();
    EXPECT_EQ(content.problem, "");
    EXPECT_EQ(content.blob, blob(entries));
    EXPECT_EQ(content.checksum, checksum_of(content.blob));
  }
  EXPECT_EQ(names(), std::vector<std::string>{fs::path(file().path()).filename()});
}

TEST_F(CacheFiles, IsForTheUserAlone) {
  ASSERT_TRUE(file().replace(blob()).ok());
  EXPECT_EQ(fs::status(file().path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder()).permissions(), fs::perms::owner_all);
}

TEST_F(CacheFiles, AnyChangedByteIsNoticed) {
  const auto good = good_bytes();
  EXPECT_EQ(problem_with(good), "");
  for (size_t at = 0; at < good.size(); ++at) {
    for (const auto change : {std::byte{1}, std::byte{0x80}, std::byte{0xff}}) {
      auto bad = good;
      bad[at] ^= change;
      EXPECT_NE(problem_with(bad), "") << "byte " << at;
    }
  }
}

TEST_F(CacheFiles, AnyOtherLengthIsNoticed) {
  const auto good = good_bytes();
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(problem_with(std::span(good).first(length)), "") << length << " bytes";
  auto longer = good;
  longer.push_back(std::byte{0});
  EXPECT_NE(problem_with(longer), "");
}

TEST_F(CacheFiles, SizesThatCannotBeAreNoticed) {
  const auto good = good_bytes();
  for (const uint64_t size : {uint64_t{0}, uint64_t{1} << 31, uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{0} - 31}) {
    auto bad = good;
    std::memcpy(bad.data() + 16, &size, sizeof size);
    EXPECT_NE(problem_with(bad), "") << size;
  }
  fs::resize_file(file().path(), uint64_t{1} << 40);  // sparse
  EXPECT_NE(file().read().problem.find("too large"), std::string::npos);
  ASSERT_TRUE(file().replace(blob()).ok());
  EXPECT_EQ(file().read().problem, "");
}

TEST_F(CacheFiles, WhatIsNoFileIsRefusedAndReplaced) {
  fs::create_directories(folder());
  const std::string path = file().path();
  const auto refused_then_replaced = [&](const char* what) {
    EXPECT_NE(file().read().problem, "") << what;
    const Status status = file().replace(blob());
    EXPECT_TRUE(status.ok()) << what << ": " << status.message();
    EXPECT_EQ(file().read().blob, blob()) << what;
    fs::remove(path);
  };
  fs::create_directory(path);
  refused_then_replaced("a folder");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  refused_then_replaced("a pipe");
  fs::create_symlink("/dev/zero", path);
  refused_then_replaced("a link to a device");
  fs::create_symlink(path, path);
  refused_then_replaced("a link to itself");
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(CacheFiles, AFolderWithSomethingInItStays) {
  fs::create_directories(file().path() + "/mine");
  EXPECT_NE(file().read().problem, "");
  const Status status = file().replace(blob());
  EXPECT_EQ(status.code(), Code::invalid_state);
  EXPECT_NE(status.message().find(file().path()), std::string_view::npos);
  EXPECT_TRUE(fs::exists(file().path() + "/mine"));
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(CacheFiles, AFolderThatCannotBeMadeIsAStatus) {
  write_file(folder(), {});
  EXPECT_NE(file().read().problem, "");
  EXPECT_EQ(file().replace(blob()).code(), Code::invalid_state);
  EXPECT_EQ(file_in("/proc/isthmus/cache").replace(blob()).code(), Code::invalid_state);
}

TEST_F(CacheFiles, WhatKilledProcessesLeftIsCleared) {
  fs::create_directories(folder());
  const auto make = [&](const std::string& name, std::chrono::minutes age) {
    write_file(folder() + "/" + name, {});
    fs::last_write_time(folder() + "/" + name, fs::file_time_type::clock::now() - age);
    return name;
  };
  make("pipelines-0.bin.123-0.tmp", 61min);
  const std::vector<std::string> kept = {make("other.tmp", 600min), make("pipelines-0.bin", 600min),
                                         make("pipelines-0.bin.124-0.tmp", 5min)};
  fs::create_directory(folder() + "/pipelines-folder.tmp");
  fs::last_write_time(folder() + "/pipelines-folder.tmp", fs::file_time_type::clock::now() - 600min);
  ASSERT_TRUE(file().replace(blob()).ok());
  EXPECT_FALSE(fs::exists(folder() + "/pipelines-0.bin.123-0.tmp"));
  for (const std::string& name : kept) EXPECT_TRUE(fs::exists(folder() + "/" + name)) << name;
  EXPECT_TRUE(fs::exists(folder() + "/pipelines-folder.tmp"));
}

TEST_F(CacheFiles, OfAnotherIdentityAreNotBelieved) {
  ASSERT_TRUE(file().replace(blob()).ok());
  EXPECT_NE(file_in(folder(), 78).read().problem, "");
  EXPECT_EQ(file().read().problem, "");
}

TEST_F(CacheFiles, TheOwnersCheckIsHeard) {
  EXPECT_EQ(file().replace({}).code(), Code::corrupted_data);
  EXPECT_EQ(file().replace(std::vector<std::byte>(9)).code(), Code::corrupted_data);
  EXPECT_FALSE(fs::exists(file().path()));
  auto bad = good_bytes();
  bad[32] ^= std::byte{1};
  const uint64_t checksum = checksum_of(std::span(bad).subspan(32));
  std::memcpy(bad.data() + 24, &checksum, sizeof checksum);
  EXPECT_EQ(problem_with(bad), "it has no mark");
}

TEST_F(CacheFiles, WhatIsOldGoesFirst) {
  const auto make = [&](const std::string& name, std::chrono::minutes age) {
    write_file(folder() + "/" + name, blob(99));
    fs::last_write_time(folder() + "/" + name, fs::file_time_type::clock::now() - age);
  };
  make("programs-a.bin", 30min);
  make("programs-b.bin", 50min);
  make("programs-c.bin", 10min);
  make("programs-d.bin", 40min);
  make("pipelines-7.bin", 600min);
  fs::create_directory(folder() + "/programs-folder");
  trim_folder(folder(), "programs-", 400, 0);
  EXPECT_EQ(names().size(), 6u);
  trim_folder(folder(), "programs-", 399, 200);
  const std::vector<std::string> left = {"pipelines-7.bin", "programs-a.bin", "programs-c.bin", "programs-folder"};
  EXPECT_EQ(names(), left);
  trim_folder(folder(), "programs-", 0, 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"pipelines-7.bin", "programs-folder"}));
  trim_folder(folder() + "/none", "programs-", 0, 0);
}

TEST_F(CacheFiles, UseMakesYounger) {
  ASSERT_TRUE(file().replace(blob()).ok());
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(file().path(), now - 30min);
  const auto before = fs::last_write_time(file().path());
  file().touch();
  EXPECT_EQ(fs::last_write_time(file().path()), before);
  fs::last_write_time(file().path(), now - 120min);
  file().touch();
  EXPECT_GT(fs::last_write_time(file().path()), before);
  file().remove();
  file().touch();
  EXPECT_FALSE(fs::exists(file().path()));
}

}  // namespace
}  // namespace ist
