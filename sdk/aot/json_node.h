// Reading a JSON document that was written by somebody else: every access checks the type and the
// range, an absent member is its default, and a failure names file, member and value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "base/status.h"

namespace ist::aot {

class JsonDocument;

// A place in a document, perhaps absent. Cheap to copy; valid while its document stays where it is.
class JsonNode {
 public:
  JsonNode() = default;

  // False for a member that is missing or null.
  bool present() const { return value_ != nullptr; }
  // The member of an object; absent when this node is not an object or lacks it.
  JsonNode member(const char* key) const;
  // Requires index < size of a list() that succeeded.
  JsonNode item(size_t index) const;

  // Absent: 0, "" or false. Anything of another type is corrupted_data.
  Result<int64_t> integer(int64_t low, int64_t high) const;
  Result<std::string> text() const;
  Result<bool> boolean() const;
  Result<size_t> list_size() const;
  Status require_object() const;
  Status require_list() const;

  // "<file>: <member> <complaint>."
  Status complain(const std::string& complaint) const;

 private:
  friend class JsonDocument;
  JsonNode(const JsonDocument* document, const nlohmann::json* value) : document_(document), value_(value) {}

  const JsonDocument* document_ = nullptr;
  const nlohmann::json* value_ = nullptr;
};

class JsonDocument {
 public:
  // Fails with corrupted_data for bytes that are not JSON or are nested too deeply.
  static Result<JsonDocument> parse(const char* file, std::span<const std::byte> bytes);
  JsonDocument(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonNode root() const;

 private:
  friend class JsonNode;
  explicit JsonDocument(const char* file);
  std::string path_of(const nlohmann::json* value) const;

  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace ist::aot
