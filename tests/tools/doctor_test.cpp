// `isthmus doctor` as a user runs it, on the driver that the environment chooses: its JSON, its table, its exit codes.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "isthmus/doctor/child.h"

namespace {

using doctor::ChildEnd;
using nlohmann::json;
using namespace std::chrono_literals;

ChildEnd isthmus(const std::string& arguments, const std::string& environment = "") {
  return doctor::run_child({"/bin/sh", "-c", environment + " exec '" ISTHMUS_PROGRAM "' " + arguments}, 100s);
}

// Small, so that the whole table takes a second or two.
const char* const kSmall = "doctor --frames 3 --size 321x123 ";

json report_of(const ChildEnd& end) {
  json report = json::parse(end.out, nullptr, false);
  EXPECT_TRUE(report.is_object()) << end.out << end.err;
  return report;
}

// A build without LLVM lacks its own plugin, and says so.
json missing_but_plugin(const json& report) {
  json found = json::array();
  for (const json& thing : report["missing"])
    if (thing["package"] != "isthmus-llvm, libllvm15") found.push_back(thing);
  return found;
}

class Doctor : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    end_ = new ChildEnd(isthmus(std::string(kSmall) + "--json", "IST_LOG=warn IST_NO_SUCH=1"));
    report_ = new json(report_of(*end_));
  }
  static void TearDownTestSuite() {
    delete end_;
    delete report_;
  }
  // The one row; null when there is none.
  static json row(const std::string& from, const std::string& to) {
    for (const json& pair : (*report_)["pairs"])
      if (pair["from"] == from && pair["to"] == to) return pair;
    ADD_FAILURE() << "no row " << from << " -> " << to;
    return {};
  }
  static bool semaphores() { return !(*report_)["vulkan"][0]["binary_export"].empty(); }

  static inline ChildEnd* end_ = nullptr;
  static inline json* report_ = nullptr;
};

TEST_F(Doctor, TellsWhatIsHere) {
  EXPECT_EQ(end_->exit_code, 0) << end_->err;
  const json& report = *report_;
  ASSERT_GE(report["vulkan"].size(), 1u);
  EXPECT_FALSE(report["vulkan"][0]["name"].get<std::string>().empty());
  EXPECT_EQ(report["vulkan"][0]["device_uuid"].get<std::string>().size(), 32u);
  ASSERT_GE(report["gl"].size(), 2u);
  EXPECT_EQ(report["gl"][0]["name"], "gl 0");
  EXPECT_EQ(report["width"], 321);
  EXPECT_EQ(report["frames"], 3);
  EXPECT_TRUE(missing_but_plugin(report).empty()) << report["missing"];
  ASSERT_EQ(report["archs"].size(), 5u);
  EXPECT_EQ(report["archs"][0]["name"], "vulkan");
  EXPECT_EQ(report["archs"][0]["devices"][0], report["vulkan"][0]["name"]);
  for (const json& arch : report["archs"])
    EXPECT_NE(arch["devices"].empty(), arch["problem"].get<std::string>().empty()) << arch;
  const auto variable = [&](const char* name) {
    for (const json& set : report["environment"])
      if (set["name"] == name) return set;
    return json();
  };
  EXPECT_EQ(variable("IST_LOG")["value"], "warn");
  EXPECT_FALSE(variable("IST_LOG")["what"].get<std::string>().empty());
  EXPECT_EQ(variable("IST_NO_SUCH")["what"], "") << "not one of the library's";
}

TEST_F(Doctor, EveryPairMovesItsPixels) {
  ASSERT_GE((*report_)["pairs"].size(), 10u);
  for (const json& pair : (*report_)["pairs"]) {
    SCOPED_TRACE(pair.dump());
    EXPECT_EQ(pair["state"], "ok");
    EXPECT_TRUE(pair["verified"].get<bool>());
    EXPECT_GT(pair["frame_us"].get<double>(), 0);
    EXPECT_GT(pair["upload_us"].get<double>(), 0);
    EXPECT_TRUE(pair["differs"].empty()) << "the library predicts what happens";
  }
}

TEST_F(Doctor, ContextsGetImagesWithoutACopy) {
  for (const char* context : {"gl 0", "gles 0"}) {
    const json forth = row("vulkan 0", context), back = row(context, "vulkan 0");
    for (const json& pair : {forth, back}) {
      EXPECT_EQ(pair["object"], "image");
      EXPECT_EQ(pair["handle"], "opaque fd");
      EXPECT_EQ(pair["copies"], 0);
      EXPECT_EQ(pair["copied_bytes"], 0);
      EXPECT_EQ(pair["predicted"]["copies"], 0);
    }
    EXPECT_EQ(forth["layout"], "shader read");
    EXPECT_EQ(back["layout"], "shader read write");
    EXPECT_EQ(forth["rung"], semaphores() ? "binary" : "host");
    EXPECT_EQ(back["rung"], semaphores() ? "binary" : "gl fence");
  }
}

TEST_F(Doctor, DevicesAndProcessesShareImages) {
  for (const char* other : {"other device 0", "other process 0"}) {
    for (const json& pair : {row("vulkan 0", other), row(other, "vulkan 0")}) {
      EXPECT_EQ(pair["handle"], "opaque fd");
      EXPECT_EQ(pair["copies"], 0);
    }
    const bool process = std::string(other) == "other process 0";
    EXPECT_EQ(row("vulkan 0", other)["rung"], semaphores() && !process ? "binary" : "host");
  }
}

TEST_F(Doctor, HostMemoryIsOneObjectForBoth) {
  for (const json& pair : {row("vulkan 0", "host memory"), row("host memory", "vulkan 0")}) {
    EXPECT_EQ(pair["object"], "memory");
    EXPECT_EQ(pair["rung"], "host");
    EXPECT_EQ(pair["copies"], 0);
  }
}

TEST(DoctorTable, IsPlainText) {
  const ChildEnd end = isthmus(kSmall);
  EXPECT_EQ(end.exit_code, 0) << end.err;
  for (const char* words :
       {"Vulkan devices", "OpenGL and OpenGL ES contexts", "What runtimes can be made on", "Environment",
        "Pixels moved: 321x123", "gl 0", "other process 0", "host memory", "opaque fd"})
    EXPECT_NE(end.out.find(words), std::string::npos) << words;
  EXPECT_EQ(end.out.find('\033'), std::string::npos);
  EXPECT_TRUE(std::all_of(end.out.begin(), end.out.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST(DoctorTable, IsThereWithoutOpenGL) {
  const ChildEnd end = isthmus(std::string(kSmall) + "--json", "__EGL_VENDOR_LIBRARY_FILENAMES=/no/such/file.json");
  EXPECT_EQ(end.exit_code, 0) << end.err;
  const json report = report_of(end);
  EXPECT_TRUE(report["gl"].empty());
  EXPECT_GE(report["pairs"].size(), 6u);
  const json missing = missing_but_plugin(report);
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_NE(missing[0]["package"].get<std::string>().find("libegl-mesa0"), std::string::npos);
}

TEST(DoctorTable, IsThereWithoutADevice) {
  const ChildEnd end = isthmus("doctor", "VK_DRIVER_FILES=/no/such/file.json VK_ICD_FILENAMES=/no/such/file.json");
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_NE(end.out.find("mesa-vulkan-drivers"), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("there is no Vulkan device"), std::string::npos) << end.out;
}

TEST(Isthmus, TellsHowItIsUsed) {
  EXPECT_EQ(isthmus("--help").exit_code, 0);
  EXPECT_NE(isthmus("--help").out.find("doctor"), std::string::npos);
  const ChildEnd help = isthmus("doctor --help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.out.find("--pair"), std::string::npos) << "what its own children take is not for people";
  for (const char* wrong : {"", "operate", "doctor --frames 0", "doctor --size 12", "doctor --size 0x9",
                            "doctor --nothing", "doctor more"}) {
    SCOPED_TRACE(wrong);
    const ChildEnd end = isthmus(wrong);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_EQ(end.out, "");
    EXPECT_NE(end.err.find("Usage:"), std::string::npos) << end.err;
  }
  EXPECT_NE(isthmus("operate").err.find("There is no verb 'operate'."), std::string::npos);
}

}  // namespace
