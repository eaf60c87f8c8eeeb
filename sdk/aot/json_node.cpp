// nlohmann/json behind JsonNode; its exceptions end here.
#include "aot/json_node.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ist::aot {

using nlohmann::json;

namespace {

// The format itself needs about 16 levels.
constexpr int kMaxDepth = 64;

// Counted before parsing, so that no hostile nesting reaches a parser or a destructor.
int nesting_depth(std::span<const std::byte> bytes) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = static_cast<char>(bytes[i]);
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

bool append_path(const json& at, const json* wanted, std::string& path) {
  if (&at == wanted) return true;
  const size_t length = path.size();
  if (at.is_object()) {
    for (auto it = at.begin(); it != at.end(); ++it) {
      path.append(length == 0 ? "" : ".").append(it.key());
      if (append_path(it.value(), wanted, path)) return true;
      path.resize(length);
    }
  } else if (at.is_array()) {
    for (size_t i = 0; i < at.size(); ++i) {
      path.append("[").append(std::to_string(i)).append("]");
      if (append_path(at[i], wanted, path)) return true;
      path.resize(length);
    }
  }
  return false;
}

std::string shortened(const json& value) {
  if (value.is_structured()) return value.is_array() ? "a list" : "an object";
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > 60) text.replace(57, std::string::npos, "...");
  return text;
}

}  // namespace

struct JsonDocument::Content {
  const char* file;
  json root;
};

JsonDocument::JsonDocument(const char* file) : content_(new Content{file, {}}) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(const char* file, std::span<const std::byte> bytes) {
  const int depth = nesting_depth(bytes);
  if (depth > kMaxDepth) {
    return fail(Code::corrupted_data, "File '%s' is nested %d levels deep; at most %d are read.", file, depth,
                kMaxDepth);
  }
  JsonDocument document(file);
  const char* begin = reinterpret_cast<const char*>(bytes.data());
  try {
    document.content_->root = json::parse(begin, begin + bytes.size());
  } catch (const json::parse_error& error) {
    return fail(Code::corrupted_data, "File '%s' (%zu bytes) is not valid JSON at byte %zu.", file, bytes.size(),
                error.byte);
  } catch (const json::exception& error) {
    return fail(Code::corrupted_data, "File '%s' (%zu bytes) is not valid JSON (error %d).", file, bytes.size(),
                error.id);
  }
  return document;
}

JsonNode JsonDocument::root() const { return JsonNode(this, &content_->root); }

std::string JsonDocument::path_of(const json* value) const {
  std::string path;
  return append_path(content_->root, value, path) && !path.empty() ? path : "the document";
}

JsonNode JsonNode::member(const char* key) const {
  if (!value_ || !value_->is_object()) return {};
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return {};
  return JsonNode(document_, &*found);
}

JsonNode JsonNode::item(size_t index) const { return JsonNode(document_, &(*value_)[index]); }

Status JsonNode::complain(const std::string& complaint) const {
  if (!value_) return fail(Code::corrupted_data, "An absent member %s.", complaint.c_str());
  return fail(Code::corrupted_data, "File '%s': %s (%s) %s.", document_->content_->file,
              document_->path_of(value_).c_str(), shortened(*value_).c_str(), complaint.c_str());
}

Result<int64_t> JsonNode::integer(int64_t low, int64_t high) const {
  if (!value_) return int64_t{0};
  if (!value_->is_number_integer()) return complain("is not an integer");
  const bool huge = value_->is_number_unsigned() && value_->get<uint64_t>() > uint64_t{INT64_MAX};
  const int64_t value = huge ? INT64_MAX : value_->get<int64_t>();
  if (huge || value < low || value > high) {
    return complain("is outside " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

Result<std::string> JsonNode::text() const {
  if (!value_) return std::string();
  if (!value_->is_string()) return complain("is not a string");
  const std::string& text = value_->get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) return complain("has a zero in it, where names in C end");
  return text;
}

Result<bool> JsonNode::boolean() const {
  if (!value_) return false;
  if (!value_->is_boolean()) return complain("is not true or false");
  return value_->get<bool>();
}

Result<size_t> JsonNode::list_size() const {
  if (!value_) return size_t{0};
  IST_CHECK(require_list());
  return value_->size();
}

Status JsonNode::require_object() const {
  return value_ && value_->is_object() ? Status() : complain("is not an object");
}

Status JsonNode::require_list() const { return value_ && value_->is_array() ? Status() : complain("is not a list"); }

}  // namespace ist::aot
