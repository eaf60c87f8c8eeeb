// Folder and zip (minizip over memory) behind one interface.
#include "aot/archive.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <unordered_map>

#include "base/file.h"

namespace ist::aot {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxTotalBytes = uint64_t{512} << 20;
constexpr uint64_t kMaxArchiveBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxEntries = 65536;
constexpr size_t kMaxNameBytes = 1024;
constexpr uint64_t kReadStepBytes = uint64_t{1} << 20;

unsigned long long ull(uint64_t value) { return value; }

// Reads in steps, so that what is allocated follows what is really there, not what a header claims.
// Stops one byte past the limit, by which the caller sees that there was more.
template <class ReadStep>
Status read_in_steps(std::vector<std::byte>& out, uint64_t expected_bytes, uint64_t limit_bytes, ReadStep read_step) {
  while (true) {
    const size_t before = out.size();
    const uint64_t likely = expected_bytes < before ? kReadStepBytes : expected_bytes + 1 - before;
    const uint64_t step = std::min({kReadStepBytes, likely, limit_bytes + 1 - before});
    if (step == 0) break;
    out.resize(before + step);
    const int64_t got = read_step(out.data() + before, step);
    out.resize(before + static_cast<size_t>(std::max<int64_t>(got, 0)));
    if (got < 0) return fail(Code::corrupted_data, "(%lld)", static_cast<long long>(got));
    if (got == 0) break;
  }
  return {};
}

struct Cursor {
  std::span<const std::byte> bytes;
  uint64_t position = 0;
};

voidpf open_cursor(voidpf opaque, const void*, int) {
  static_cast<Cursor*>(opaque)->position = 0;
  return opaque;
}

uLong read_cursor(voidpf, voidpf stream, void* out, uLong size) {
  auto& cursor = *static_cast<Cursor*>(stream);
  const uint64_t left = cursor.bytes.size() - cursor.position;
  const uint64_t count = std::min<uint64_t>(size, left);
  if (count > 0) std::memcpy(out, cursor.bytes.data() + cursor.position, count);
  cursor.position += count;
  return static_cast<uLong>(count);
}

uLong write_cursor(voidpf, voidpf, const void*, uLong) { return 0; }
ZPOS64_T tell_cursor(voidpf, voidpf stream) { return static_cast<Cursor*>(stream)->position; }

long seek_cursor(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  auto& cursor = *static_cast<Cursor*>(stream);
  uint64_t base = 0;
  if (origin == ZLIB_FILEFUNC_SEEK_CUR) base = cursor.position;
  if (origin == ZLIB_FILEFUNC_SEEK_END) base = cursor.bytes.size();
  const uint64_t target = base + offset;
  if (target < base || target > cursor.bytes.size()) return -1;
  cursor.position = target;
  return 0;
}

int close_cursor(voidpf, voidpf) { return 0; }
int cursor_error(voidpf, voidpf) { return 0; }

struct CloseUnzip {
  void operator()(void* file) const { unzClose(file); }
};

// "run/" when every entry lies under it, else "".
std::string common_prefix(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  const size_t slash = names.front().find('/');
  if (slash == std::string::npos || slash == 0) return {};
  std::string prefix = names.front().substr(0, slash + 1);
  for (const std::string& name : names) {
    if (name.compare(0, prefix.size(), prefix) != 0) return {};
  }
  return prefix;
}

}  // namespace

bool is_plain_file_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == ".") return false;
  if (name.find("..") != std::string_view::npos) return false;
  return name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

struct Archive::Source {
  virtual ~Source() = default;
  virtual bool contains(const std::string& name) const = 0;
  virtual bool contains_suffix(std::string_view suffix) const = 0;
  virtual Result<std::vector<std::byte>> read(const std::string& name, uint64_t limit_bytes) = 0;
};

struct Archive::Folder final : Archive::Source {
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  bool contains(const std::string& name) const override {
    std::error_code ignored;
    return fs::is_regular_file(path_ / name, ignored);
  }

  bool contains_suffix(std::string_view suffix) const override {
    std::error_code error;
    uint64_t seen = 0;
    for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename().native().ends_with(suffix)) return true;
      if (++seen > kMaxEntries) break;
    }
    return false;
  }

  Result<std::vector<std::byte>> read(const std::string& name, uint64_t limit_bytes) override {
    const File file = open_for_reading((path_ / name).string());
    if (!file) return fail(Code::corrupted_data, "File '%s' cannot be opened.", name.c_str());
    std::vector<std::byte> bytes;
    std::error_code error;
    const uintmax_t size_bytes = fs::file_size(path_ / name, error);
    const auto expected_bytes = error ? uint64_t{0} : uint64_t{size_bytes};
    const Status read = read_in_steps(bytes, expected_bytes, limit_bytes, [&](std::byte* out, uint64_t step) {
      const size_t got = std::fread(out, 1, step, file.get());
      return std::ferror(file.get()) ? int64_t{-1} : static_cast<int64_t>(got);
    });
    if (!read.ok()) return fail(Code::corrupted_data, "File '%s' cannot be read.", name.c_str());
    return bytes;
  }

 private:
  fs::path path_;
};

struct Archive::Zip final : Archive::Source {
  // `owned` is empty when the caller keeps the bytes.
  static Result<std::unique_ptr<Zip>> open(std::vector<std::byte> owned, std::span<const std::byte> bytes) {
    auto zip = std::make_unique<Zip>();
    zip->owned_ = std::move(owned);
    zip->cursor_.bytes = zip->owned_.empty() ? bytes : std::span<const std::byte>(zip->owned_);
    zlib_filefunc64_def io = {open_cursor, read_cursor,  write_cursor, tell_cursor,
                              seek_cursor, close_cursor, cursor_error, &zip->cursor_};
    zip->file_.reset(unzOpen2_64("", &io));
    if (!zip->file_) {
      return fail(Code::corrupted_data, "The archive (%llu bytes) is not a zip or is cut off: no central directory.",
                  ull(zip->cursor_.bytes.size()));
    }
    IST_CHECK(check_end(zip->cursor_.bytes));
    IST_CHECK(zip->list_entries());
    return zip;
  }

  bool contains(const std::string& name) const override { return entries_.count(name) != 0; }

  bool contains_suffix(std::string_view suffix) const override {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const auto& entry) { return entry.first.ends_with(suffix); });
  }

  Result<std::vector<std::byte>> read(const std::string& name, uint64_t limit_bytes) override {
    const Entry& entry = entries_.at(name);
    IST_CHECK(check_entry(name, entry, limit_bytes));
    unz64_file_pos position = entry.position;
    if (unzGoToFilePos64(file_.get(), &position) != UNZ_OK || unzOpenCurrentFile(file_.get()) != UNZ_OK) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive has a damaged header.", name.c_str());
    }
    std::vector<std::byte> bytes;
    const auto read_step = [&](std::byte* out, uint64_t step) -> int64_t {
      return unzReadCurrentFile(file_.get(), out, static_cast<unsigned>(step));
    };
    const Status read = read_in_steps(bytes, entry.size_bytes, entry.size_bytes, read_step);
    const int closed = unzCloseCurrentFile(file_.get());
    if (!read.ok()) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive cannot be decompressed %s.", name.c_str(),
                  std::string(read.message()).c_str());
    }
    if (bytes.size() != entry.size_bytes) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive holds %llu bytes but says %llu.", name.c_str(),
                  ull(bytes.size()), ull(entry.size_bytes));
    }
    if (closed != UNZ_OK) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive does not match its checksum.", name.c_str());
    }
    return bytes;
  }

 private:
  struct Entry {
    unz64_file_pos position = {};
    uint64_t size_bytes = 0;
    uint32_t method = 0;
    bool encrypted = false;
  };

  // The end record with its comment closes the file; minizip would overlook bytes that are cut off.
  static Status check_end(std::span<const std::byte> bytes) {
    constexpr size_t kEndBytes = 22;
    constexpr size_t kLongestComment = 0xffff;
    constexpr std::byte kSignature[] = {std::byte{'P'}, std::byte{'K'}, std::byte{5}, std::byte{6}};
    const size_t furthest = std::min(bytes.size(), kEndBytes + kLongestComment);
    for (size_t back = kEndBytes; back <= furthest; ++back) {
      const auto record = bytes.subspan(bytes.size() - back);
      if (std::memcmp(record.data(), kSignature, sizeof kSignature) != 0) continue;
      const size_t comment = std::to_integer<size_t>(record[20]) | std::to_integer<size_t>(record[21]) << 8;
      if (kEndBytes + comment == back) return {};
    }
    return fail(Code::corrupted_data, "The archive (%llu bytes) is cut off: no end record closes it.",
                ull(bytes.size()));
  }

  Status list_entries() {
    unz_global_info64 global = {};
    if (unzGetGlobalInfo64(file_.get(), &global) != UNZ_OK || global.number_entry > kMaxEntries) {
      return fail(Code::corrupted_data, "The archive says it has %llu entries; at most %llu are read.",
                  ull(global.number_entry), ull(kMaxEntries));
    }
    std::vector<std::string> names;
    std::vector<Entry> entries;
    int next = global.number_entry == 0 ? UNZ_END_OF_LIST_OF_FILE : unzGoToFirstFile(file_.get());
    for (; next == UNZ_OK; next = unzGoToNextFile(file_.get())) {
      IST_CHECK(add_current(names, entries));
    }
    if (next != UNZ_END_OF_LIST_OF_FILE || names.size() != global.number_entry) {
      return fail(Code::corrupted_data, "The archive's directory is damaged after %llu of %llu entries.",
                  ull(names.size()), ull(global.number_entry));
    }
    const bool in_root = std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return name == "metadata.json" || name == "metadata.tcb";
    });
    const std::string prefix = in_root ? std::string() : common_prefix(names);
    for (size_t i = 0; i < names.size(); ++i) {
      entries_.emplace(names[i].substr(prefix.size()), entries[i]);
    }
    return {};
  }

  Status add_current(std::vector<std::string>& names, std::vector<Entry>& entries) {
    unz_file_info64 info = {};
    char name[kMaxNameBytes + 1] = {};
    Entry entry;
    if (unzGetCurrentFileInfo64(file_.get(), &info, name, sizeof name, nullptr, 0, nullptr, 0) != UNZ_OK ||
        unzGetFilePos64(file_.get(), &entry.position) != UNZ_OK) {
      return fail(Code::corrupted_data, "Entry %llu of the archive's directory is damaged.", ull(names.size()));
    }
    if (info.size_filename > kMaxNameBytes) {
      return fail(Code::corrupted_data, "Entry %llu of the archive has a name of %llu bytes.", ull(names.size()),
                  ull(info.size_filename));
    }
    entry.size_bytes = info.uncompressed_size;
    entry.method = static_cast<uint32_t>(info.compression_method);
    entry.encrypted = (info.flag & 1) != 0;
    names.emplace_back(name, info.size_filename);
    entries.push_back(entry);
    return {};
  }

  static Status check_entry(const std::string& name, const Entry& entry, uint64_t limit_bytes) {
    if (entry.encrypted) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive is encrypted.", name.c_str());
    }
    if (entry.method != 0 && entry.method != Z_DEFLATED) {
      return fail(Code::corrupted_data,
                  "Entry '%s' of the archive is compressed by method %u; stored (0) and deflate "
                  "(8) are read.",
                  name.c_str(), entry.method);
    }
    if (entry.size_bytes > limit_bytes) {
      return fail(Code::corrupted_data, "Entry '%s' of the archive has %llu bytes; at most %llu are read.",
                  name.c_str(), ull(entry.size_bytes), ull(limit_bytes));
    }
    return {};
  }

  std::vector<std::byte> owned_;
  Cursor cursor_;
  std::unordered_map<std::string, Entry> entries_;
  std::unique_ptr<void, CloseUnzip> file_;
};

Archive::Archive(std::unique_ptr<Source> source) : source_(std::move(source)), bytes_left_(kMaxTotalBytes) {}
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

Result<Archive> Archive::open_path(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return Archive(std::make_unique<Folder>(path));
  if (!fs::is_regular_file(status)) {
    return fail(Code::corrupted_data, "Path '%s' is neither a folder nor a file.", path.c_str());
  }
  const File file = open_for_reading(path);
  std::vector<std::byte> bytes;
  const uintmax_t size_bytes = fs::file_size(path, error);
  if (!file || error || size_bytes > kMaxArchiveBytes) {
    return fail(Code::corrupted_data, "File '%s' cannot be opened or is too large (%llu bytes).", path.c_str(),
                ull(error ? 0 : size_bytes));
  }
  bytes.resize(size_bytes);
  bytes.resize(std::fread(bytes.data(), 1, size_bytes, file.get()));
  if (bytes.size() < 2 || bytes[0] != std::byte{'P'} || bytes[1] != std::byte{'K'}) {
    return fail(Code::corrupted_data, "File '%s' (%llu bytes) is not a zip archive.", path.c_str(), ull(bytes.size()));
  }
  IST_TRY(auto zip, Zip::open(std::move(bytes), {}));
  return Archive(std::move(zip));
}

Result<Archive> Archive::open_memory(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxArchiveBytes) {
    return fail(Code::corrupted_data, "The archive has %llu bytes; at most %llu are read.", ull(bytes.size()),
                ull(kMaxArchiveBytes));
  }
  IST_TRY(auto zip, Zip::open({}, bytes));
  return Archive(std::move(zip));
}

bool Archive::contains(const std::string& name) const { return is_plain_file_name(name) && source_->contains(name); }

bool Archive::contains_suffix(std::string_view suffix) const { return source_->contains_suffix(suffix); }

Result<std::vector<std::byte>> Archive::read(const std::string& name, uint64_t limit_bytes) {
  if (!contains(name)) {
    return fail(Code::corrupted_data, "The module has no file '%s'.", name.c_str());
  }
  const uint64_t limit = std::min(limit_bytes, bytes_left_);
  IST_TRY(auto bytes, source_->read(name, limit));
  if (bytes.size() > limit) {
    return fail(Code::corrupted_data, "File '%s' has more than the %llu bytes that are read.", name.c_str(),
                ull(limit));
  }
  bytes_left_ -= bytes.size();
  return bytes;
}

}  // namespace ist::aot
