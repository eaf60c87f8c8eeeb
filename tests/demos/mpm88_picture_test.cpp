// Runs the mpm88 demo under the validation layer and checks its picture: size, colours, silence.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

namespace {

struct Outcome {
  int status = -1;
  std::string messages;  // everything on stderr
};

class Mpm88Demo : public ::testing::Test {
 protected:
  Mpm88Demo() {
    std::string name = std::filesystem::temp_directory_path() / "isthmus_demo_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Mpm88Demo() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  Outcome run(const std::string& arguments) const {
    const std::string log = path("stderr.txt");
    const std::string command = std::string("IST_VALIDATION=sync IST_LOG=warn '") + MPM88_PROGRAM + "' " + arguments +
                                " >'" + path("stdout.txt") + "' 2>'" + log + "'";
    Outcome result;
    result.status = std::system(command.c_str());
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    result.messages = text.str();
    return result;
  }

  std::filesystem::path folder_;
};

enum Colour { red, green, blue, orange, kColours };

// Counts the pixels of each body's hue; the tank and its shadows are none of them.
std::array<int, kColours> hues(const stbi_uc* texels, int count) {
  std::array<int, kColours> found{};
  for (int i = 0; i < count; ++i) {
    const int r = texels[3 * i], g = texels[3 * i + 1], b = texels[3 * i + 2];
    found[red] += r > 180 && g < 120 && b < 140;
    found[green] += g > 160 && r < 190 && b < 150 && g > r + 20;
    found[blue] += b > 150 && r < 120 && b > r + 60;
    found[orange] += r > 200 && g > 120 && g < 200 && b < 110;
  }
  return found;
}

TEST_F(Mpm88Demo, DrawsFourBodiesAndValidationIsSilent) {
  const Outcome result = run("--frames 2 --size 267x233 --seed 1 --out '" + path("picture.png") + "'");
  EXPECT_EQ(result.status, 0) << result.messages;
  EXPECT_EQ(result.messages.find("validation:"), std::string::npos) << result.messages;
  int width = 0, height = 0, channels = 0;
  std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> texels(
      stbi_load(path("picture.png").c_str(), &width, &height, &channels, 3), stbi_image_free);
  ASSERT_NE(texels, nullptr) << stbi_failure_reason();
  ASSERT_EQ(width, 267);
  ASSERT_EQ(height, 233);
  // Each body covers some percent of the tank.
  const auto found = hues(texels.get(), width * height);
  for (int colour = 0; colour < kColours; ++colour) {
    EXPECT_GT(found[colour], width * height / 100) << "colour " << colour;
    EXPECT_LT(found[colour], width * height / 5) << "colour " << colour;
  }
}

TEST_F(Mpm88Demo, SaysWhatIsWrongAndLeavesNoPicture) {
  const Outcome module = run("--frames 1 --module no/such/module --out '" + path("none.png") + "'");
  EXPECT_NE(module.status, 0);
  EXPECT_NE(module.messages.find("no/such/module"), std::string::npos) << module.messages;
  const Outcome frames = run("--frames many");
  EXPECT_NE(frames.status, 0);
  EXPECT_NE(frames.messages.find("many"), std::string::npos) << frames.messages;
  EXPECT_FALSE(std::filesystem::exists(path("none.png")));
}

}  // namespace
