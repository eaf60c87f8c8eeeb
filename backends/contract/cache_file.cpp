// File layout: FileHeader, then the blob.
#include "contract/cache_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/options.h"

namespace ist {

// Bytes of a machine of the same kind: a foreign byte order shows in the magic.
struct CacheFile::FileHeader {
  uint32_t magic;
  uint32_t version;
  uint64_t identity;
  uint64_t size_bytes;  // of the blob
  uint64_t checksum;    // of the blob
};

namespace {

constexpr std::string_view kTemporary = ".tmp";
// Longer than any writer takes: an older temporary file belongs to a process that was killed.
constexpr time_t kStaleSeconds = 3600;

constexpr uint32_t kMagic = 0x43505349;  // "ISPC"
constexpr uint32_t kVersion = 1;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // The errors of a late write are told here.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

std::string last_error(const char* doing) { return std::string(doing) + " fails: " + std::strerror(errno); }

// False on an error or when the file ends early.
bool read_all(int fd, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(got));
  }
  return true;
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

// As the XDG specification asks: missing folders are made for the user alone.
bool make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return true;
  const size_t slash = path.rfind('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) return false;
  if (!make_folder(path.substr(0, slash))) return false;
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

// Calls visit(folder's fd, name, facts) for the regular files whose names begin and end so.
template <class Visit>
void for_each_file(const std::string& folder, std::string_view prefix, std::string_view suffix, Visit visit) {
  DIR* listing = ::opendir(folder.c_str());
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    struct stat facts;
    if (::fstatat(::dirfd(listing), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(facts.st_mode)) visit(::dirfd(listing), entry->d_name, facts);
  }
  ::closedir(listing);
}

void remove_stale_temporaries(const std::string& folder, std::string_view prefix) {
  const time_t now = ::time(nullptr);
  for_each_file(folder, prefix, kTemporary, [&](int fd, const char* name, const struct stat& facts) {
    if (facts.st_mtime < now - kStaleSeconds) ::unlinkat(fd, name, 0);
  });
}

// A name nobody else uses: processes of two containers may share folder and process id, hence more than one try.
int open_temporary(const std::string& path, std::string& temporary) {
  static std::atomic<uint32_t> counter{0};
  for (int tries = 0; tries < 16; ++tries) {
    temporary = path + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + std::string(kTemporary);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

bool rename_over(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  // A folder of this name is in nobody's interest, but only an empty one is ours to remove.
  return errno == EISDIR && ::rmdir(to.c_str()) == 0 && ::rename(from.c_str(), to.c_str()) == 0;
}

bool is_absolute(const char* path) { return path && path[0] == '/'; }

}  // namespace

Result<std::string> cache_folder(std::string_view option, const char* xdg_cache_home, const char* home) {
  if (option.empty() || option == "0" || option == "off") return std::string();
  if (option[0] == '/') return std::string(option);
  if (option != "1" && option != "on") {
    return fail(Code::not_supported,
                "IST_PIPELINE_CACHE ('%.*s') is none of on, off and an absolute path; no pipeline cache is kept.",
                static_cast<int>(option.size()), option.data());
  }
  if (is_absolute(xdg_cache_home)) return std::string(xdg_cache_home) + "/isthmus";
  if (is_absolute(home)) return std::string(home) + "/.cache/isthmus";
  return std::string();
}

const std::string& standard_cache_folder() {
  static const std::string folder = [] {
    auto found = cache_folder(options().pipeline_cache, std::getenv("XDG_CACHE_HOME"), std::getenv("HOME"));
    if (found.ok()) return *std::move(found);
    log(LogLevel::warn, "%s", std::string(found.status().message()).c_str());
    return std::string();
  }();
  return folder;
}

// Each step can be undone, hence what the declaration promises.
uint64_t checksum_of(std::span<const std::byte> bytes) {
  uint64_t sum = 0xcbf29ce484222325u ^ bytes.size();
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t taken = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), taken);
    sum = (sum ^ word) * 0x100000001b3u;
    sum ^= sum >> 32;
    bytes = bytes.subspan(taken);
  }
  return sum;
}

void trim_folder(const std::string& folder, std::string_view prefix, uint64_t most_bytes, uint64_t keep_bytes) {
  struct Entry {
    timespec used;
    uint64_t size_bytes;
    std::string name;
  };
  std::vector<Entry> entries;
  uint64_t all_bytes = 0;
  for_each_file(folder, prefix, "", [&](int, const char* name, const struct stat& facts) {
    entries.push_back({facts.st_mtim, static_cast<uint64_t>(facts.st_size), name});
    all_bytes += entries.back().size_bytes;
  });
  if (all_bytes <= most_bytes) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.used.tv_sec, a.used.tv_nsec, a.name) < std::tie(b.used.tv_sec, b.used.tv_nsec, b.name);
  });
  for (const Entry& entry : entries) {
    if (all_bytes <= keep_bytes) return;
    ::unlink((folder + "/" + entry.name).c_str());
    all_bytes -= entry.size_bytes;
  }
}

CacheFile::CacheFile(const std::string& folder, const std::string& name, uint64_t identity, Check check)
    : folder_(folder),
      path_(folder + "/" + name),
      kind_(name.substr(0, name.find('-') + 1)),
      identity_(identity),
      check_(std::move(check)) {}

std::string CacheFile::problem_of_header(const FileHeader& header, uint64_t size_bytes) const {
  if (header.magic != kMagic || header.version != kVersion) return "it is no pipeline cache of this version";
  if (header.identity != identity_) return "it was made by another driver or for another device";
  if (size_bytes > kMaxCacheBytes) return "it is too large";
  if (header.size_bytes != size_bytes) return "its size is not the one it tells";
  return "";
}

// Nothing is allocated for a file whose header is not in order.
std::string CacheFile::read_into(int fd, Content& content) const {
  struct stat facts;
  if (::fstat(fd, &facts) != 0) return last_error("fstat");
  if (!S_ISREG(facts.st_mode)) return "it is not a regular file";
  // A privileged process must not feed its driver what others may have prepared.
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) return "it belongs to another user";
  FileHeader header;
  if (!read_all(fd, std::as_writable_bytes(std::span(&header, 1)))) return "it is cut off";
  const uint64_t size_bytes = static_cast<uint64_t>(facts.st_size) - sizeof header;
  if (std::string problem = problem_of_header(header, size_bytes); !problem.empty()) return problem;
  content.blob.resize(size_bytes);
  if (!read_all(fd, content.blob)) return "it cannot be read";
  content.checksum = checksum_of(content.blob);
  if (header.checksum != content.checksum) return "its checksum is wrong";
  return check_(content.blob);
}

CacheFile::Content CacheFile::read() const {
  Content content;
  // Not blocking: somebody may have put a pipe there.
  const Fd fd(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (fd.ok()) {
    content.problem = read_into(fd.get(), content);
  } else if (errno != ENOENT) {
    content.problem = last_error("open");
  }
  if (!content.problem.empty()) content.blob.clear();
  return content;
}

Status CacheFile::replace(std::span<const std::byte> blob) const {
  if (std::string problem = check_(blob); !problem.empty()) {
    return fail(Code::corrupted_data, "Pipeline cache '%s' is not saved: it could not be told from others, for %s.",
                path_.c_str(), problem.c_str());
  }
  const auto refuse = [&](const char* doing) {
    return fail(Code::invalid_state, "Pipeline cache '%s' is not saved: %s.", path_.c_str(), last_error(doing).c_str());
  };
  if (!make_folder(folder_)) return refuse("mkdir");
  remove_stale_temporaries(folder_, kind_);
  std::string temporary;
  Fd fd(open_temporary(path_, temporary));
  if (!fd.ok()) return refuse("open");
  static_assert(sizeof(FileHeader) == 32);
  const FileHeader header{kMagic, kVersion, identity_, blob.size(), checksum_of(blob)};
  // Not synced: what a power failure leaves is found out by the checksum.
  const bool written = write_all(fd.get(), std::as_bytes(std::span(&header, 1))) && write_all(fd.get(), blob);
  if (written && fd.close() && rename_over(temporary, path_)) return {};
  Status status = refuse(written ? "rename" : "write");
  ::unlink(temporary.c_str());
  return status;
}

void CacheFile::keep(std::span<const std::byte> blob, CacheAllowance& allowance) const {
  const Status kept = replace(blob);
  if (!kept.ok()) {
    if (!allowance.failed.exchange(true)) log(LogLevel::warn, "%s", std::string(kept.message()).c_str());
    return;
  }
  if ((allowance.unseen_bytes += blob.size()) < allowance.most_bytes / 8) return;
  allowance.unseen_bytes = 0;
  trim_folder(folder_, kind_, allowance.most_bytes, allowance.trimmed_bytes);
}

void CacheFile::remove() const { ::unlink(path_.c_str()); }

void CacheFile::touch() const {
  struct stat facts;
  if (::stat(path_.c_str(), &facts) != 0 || facts.st_mtime >= ::time(nullptr) - kStaleSeconds) return;
  ::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);
}

}  // namespace ist
