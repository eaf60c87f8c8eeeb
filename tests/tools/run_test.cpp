// `isthmus run` on the driver that the environment chooses: arrays and pictures that come out are the right ones.
#include <cmath>
#include <cstring>

#include "isthmus/run/npy.h"
#include "isthmus/run/png.h"
#include "program.h"

namespace {

using namespace tests;
using ist::aot::DataType;

class Run : public InFolder {
 protected:
  tool::NumpyArray npy(const std::string& name) const {
    auto array = tool::read_npy(read(name), name);
    EXPECT_TRUE(array.ok()) << name;
    return array.ok() ? *array : tool::NumpyArray();
  }
  void write_npy(const std::string& name, const tool::NumpyArray& array) const { write(name, tool::to_npy(array)); }

  template <class T>
  static tool::Bytes numbers(const std::vector<T>& values) {
    const auto* begin = reinterpret_cast<const std::byte*>(values.data());
    return {begin, begin + values.size() * sizeof(T)};
  }
};

// Launches and expects that all is well.
std::string out_of(const std::string& arguments) {
  const ChildEnd end = isthmus("run " + arguments);
  EXPECT_EQ(end.exit_code, 0) << arguments << "\n" << end.err;
  EXPECT_EQ(end.err, "");
  return end.out;
}

std::string error_of(const std::string& arguments) {
  const ChildEnd end = isthmus("run " + arguments);
  EXPECT_EQ(end.how, ChildEnd::How::exited);
  EXPECT_EQ(end.exit_code, 1) << arguments << "\n" << end.out;
  return end.err;
}

TEST_F(Run, WritesTheArrayByteForByte) {
  std::vector<int32_t> values;
  for (int i = 0; i < 300; ++i) values.push_back(i * i);
  write_npy("a.npy", {DataType::i32, {300}, numbers(values)});
  EXPECT_EQ(out_of(module("graphs.tcm") + " add_to a=@" + path("a.npy") + " value=-7 --out a=" + path("b.npy")), "");
  for (int32_t& value : values) value -= 7;
  const std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (300,), }";
  const std::string start = std::string("\x93NUMPY\1\0v\0", 10) + header + std::string(117 - header.size(), ' ') + "\n";
  tool::Bytes expected = bytes_of(start);
  const tool::Bytes data = numbers(values);
  expected.insert(expected.end(), data.begin(), data.end());
  EXPECT_EQ(read("b.npy"), expected);
}

TEST_F(Run, TakesGraphsPositionsAndLists) {
  EXPECT_EQ(out_of(module("graphs.tcm") + " twice --arg a=1,2,3 out=zeros:3"), "out: int32 (3,): 2 4 6\n");
  EXPECT_EQ(out_of(module("graphs.tcm") + " add_to 0=zeros:3 --arg 1=4 --repeat 3"), "a: int32 (3,): 12 12 12\n");
  out_of(module("graphs.tcm") + " tensors 'v=1,2,3' 'm=1,2,3;4,5,6' out=zeros:9 --out out=" + path("t.npy"));
  EXPECT_EQ(npy("t.npy").bytes, numbers<float>({1, 2, 3, 1, 2, 3, 4, 5, 6}));
}

TEST_F(Run, TakesNumbersOfEveryType) {
  for (const std::string type : {"i8", "i16", "i32", "i64", "f16", "f32", "f64"}) {
    const std::string out = out_of(module("scalars.tcm") + " write_" + type + " value=-3 out=zeros:2");
    EXPECT_NE(out.find(" -3"), std::string::npos) << type << ": " << out;
    const std::string vector = out_of(module("tensors.tcm") + " vec3_" + type + " value=-1,-2,-3 out=zeros:3");
    EXPECT_NE(vector.find(": -1 -2 -3\n"), std::string::npos) << type << ": " << vector;
  }
  for (const std::string type : {"u1", "u8", "u16", "u32", "u64"}) {
    const std::string out = out_of(module("scalars.tcm") + " write_" + type + " value=1 out=zeros:2");
    EXPECT_NE(out.find(": 1"), std::string::npos) << type << ": " << out;
  }
}

TEST_F(Run, TakesArraysOfVectors) {
  write_npy("v.npy", {DataType::f32, {1, 2, 3}, numbers<float>({1, 2, 3, 4, 5, 6})});
  out_of(module("graphs.tcm") + " vectors a=@" + path("v.npy") + " gain=0.5 --out a=" + path("w.npy"));
  EXPECT_EQ(npy("w.npy").shape, (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(npy("w.npy").bytes, numbers<float>({0.5, 1, 1.5, 2, 2.5, 3}));
}

TEST_F(Run, PrintsWhatKernelsReturn) {
  EXPECT_EQ(out_of(module("returns") + " give_mat2 a=3"), "ret_0 = 3, 4; 5, 6\n");
  EXPECT_EQ(out_of(module("returns") + " give_struct a=7"),
            "ret_0.count = 7\nret_0.place = 1, 2, 7\nret_0.mean = 1.75\n");
  EXPECT_EQ(out_of(module("returns") + " sum_and_mark values=1,2,3"), "ret_0 = 6\nvalues: int32 (3,): -1 -2 -3\n");
}

// An odd size, so that rows that are not tight would show.
TEST_F(Run, WritesThePicture) {
  tool::Picture picture{37, 23, 4, 1, {}};
  for (size_t i = 0; i < 37 * 23 * 4; ++i) picture.samples.push_back(static_cast<std::byte>(i * 7 + i / 148));
  write("in.png", tool::to_png(picture));
  out_of(module("textures.tcm") + " flip_2d src=@" + path("in.png") +
         " dst=new:37x23 width=37 height=23 --out dst=" + path("out.png"));
  auto flipped = tool::read_png(read("out.png"), "out.png", 0);
  ASSERT_TRUE(flipped.ok()) << flipped.status().message();
  ASSERT_EQ(flipped->samples.size(), picture.samples.size());
  EXPECT_EQ(flipped->width, 37u);
  for (size_t texel = 0; texel < 37 * 23; ++texel)
    ASSERT_EQ(std::memcmp(&flipped->samples[texel * 4], &picture.samples[(37 * 23 - 1 - texel) * 4], 4), 0) << texel;
}

// The kernel in C++.
float julia_steps(int i, int j, int width, int height, float c_re, float c_im, int limit) {
  const float scale = static_cast<float>(std::min(width, height));
  float re = static_cast<float>(2 * i + 1 - width) / scale, im = static_cast<float>(2 * j + 1 - height) / scale;
  int count = 0;
  for (; re * re + im * im <= 4 && count < limit; ++count) {
    const float next = re * re - im * im + c_re;
    im = 2 * re * im + c_im;
    re = next;
  }
  return static_cast<float>(count);
}

TEST_F(Run, PaintsTheJuliaSet) {
  const std::string arguments = " width=41 height=27 c_re=-0.8 c_im=0.156 zoom=1 limit=20";
  out_of(module("fractal") + " count image=new:41x27:r32f" + arguments + " --out image=" + path("count.npy"));
  const tool::NumpyArray counts = npy("count.npy");
  ASSERT_EQ(counts.shape, (std::vector<uint64_t>{27, 41}));
  int different = 0;
  for (int j = 0; j < 27; ++j) {
    for (int i = 0; i < 41; ++i) {
      float count;
      std::memcpy(&count, counts.bytes.data() + 4 * (j * 41 + i), 4);
      different += count != julia_steps(i, j, 41, 27, -0.8f, 0.156f, 20);
    }
  }
  // Where rounding decides, drivers may differ.
  EXPECT_LE(different, 41 * 27 / 100);
  out_of(module("fractal") + " paint image=new:41x27" + arguments + " --out image=" + path("j.png") +
         " --out image=" + path("j.npy"));
  auto picture = tool::read_png(read("j.png"), "j.png", 0);
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture->samples, npy("j.npy").bytes) << "the picture is the image, texel for texel";
  EXPECT_NE(picture->samples[0], picture->samples[4 * (13 * 41 + 20)]);
}

// Lists of vectors and of matrices look like pictures by their shape alone.
TEST_F(Run, WritesPicturesOfWhatHasRowsAndColumns) {
  out_of(module("graphs.tcm") + " vectors a=zeros:4x2 gain=1 --out a=" + path("v.png"));
  auto picture = tool::read_png(read("v.png"), "v.png", 0);
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture->width, 2u);
  EXPECT_EQ(picture->height, 4u);
  EXPECT_EQ(picture->channels, 3u);
  const std::string init =
      module("mpm88.tcm") + " init seed=1 x=zeros:8 v=zeros:8 C=zeros:8 F=zeros:8 J=zeros:8 material=zeros:8 --out ";
  EXPECT_NE(error_of(init + "x=" + path("x.png")).find("(vec2<f32>[:]) is no picture"), std::string::npos);
  EXPECT_NE(error_of(init + "C=" + path("x.png")).find("as its shape is (8, 2, 2) and"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("x.png")));
}

// A sanitizer takes more than the limit for itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(Run, SaysThatThereIsNoMemory) {
  write("a.npy", {});
  std::filesystem::resize_file(path("a.npy"), uintmax_t{3} << 30);
  const ChildEnd end =
      isthmus("run " + module("graphs.tcm") + " add_to a=@" + path("a.npy") + " value=1", "ulimit -v 1500000;");
  EXPECT_EQ(end.how, ChildEnd::How::exited);
  EXPECT_EQ(end.exit_code, 1);
  // Or else the driver had not enough.
  EXPECT_EQ(end.err.find("isthmus: "), 0u) << end.err;
}
#endif

TEST_F(Run, SaysTheTimeOnRequest) {
  const std::string out = out_of(module("graphs.tcm") + " add_to a=zeros:4 value=1 --repeat 3 --time");
  EXPECT_EQ(out.find("time: 3 launches, each waited for: median "), 0u) << out;
  EXPECT_NE(out.find("a: int32 (4,): 3 3 3 3\n"), std::string::npos) << out;
}

TEST_F(Run, OnOpenGLIsTheSame) {
  const ChildEnd end = isthmus("run " + module("graphs.tcm") + " add_to a=zeros:4 value=5 --arch opengl");
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(end.out, "a: int32 (4,): 5 5 5 5\n");
}

TEST_F(Run, SaysWhichArgumentIsWrongAndWhy) {
  const std::string add = module("graphs.tcm") + " add_to ";
  write_npy("f.npy", {DataType::f64, {2}, tool::Bytes(16)});
  write_npy("2d.npy", {DataType::i32, {2, 2}, tool::Bytes(16)});
  std::filesystem::create_directory(path("folder.npy"));
  const std::pair<std::string, std::string> wrong[] = {
      {add + "a=zeros:4", "'add_to' needs more arguments, NAME=VALUE each: value: i32."},
      {add + "a=zeros:4 value=1 b=2", "'add_to' has no argument 'b'; it has: a, value."},
      {add + "a=zeros:4 value=1 value=2", "Argument 'value' is given twice."},
      {add + "a=zeros:4 value=1.5",
       "Argument 'value' (i32) is given '1.5', which is not a whole number from -2147483648 to 2147483647."},
      {add + "a=zeros:4x4 value=1", "Argument 'a' (i32[:]) has 1 dimension but 'zeros:4x4' names 2."},
      {add + "a=zeros:4:f32 value=1", "Argument 'a' (i32[:]) takes i32 but 'zeros:4:f32' asks for f32."},
      {add + "a=zeros:x value=1", "Argument 'a' (i32[:]) is given the shape 'x'; a shape is written 16x32 or 16,32."},
      {add + "a=zeros:99999999999999 value=1", "takes more memory than this machine has"},
      {module("fractal") + " paint image=new:99999999x99999999 width=4 height=4 c_re=0 c_im=0 zoom=1 limit=1",
       "takes more memory than this machine has"},
      {add + "'a=1 2 3' value=1", "is given '1 2 3', which is not a whole number"},
      {module("graphs.tcm") + " vectors a=zeros:2x2 gain=1e300",
       "is given '1e300', which is a number too large for f32."},
      {add + "a=zeros:4 value=1 --out a=" + path("x.npy") + " --out 0=" + path("./x.npy"),
       "Outputs 'a' and '0' are to be written to one file"},
      {add + "a=zeros:4 value=1 --out a=" + path("f.npy/x.npy"), "cannot be written: Not a directory."},
      {add + "a=zeros:4 value=1 --out a=" + path("folder.npy"), "cannot be written: Is a directory."},
      {add + "a=new:4x4 value=1", "new arrays are zeros:SHAPE"},
      {add + "a=@" + path("none.npy") + " value=1", "cannot be read: No such file or directory."},
      {add + "a=@" + path("f.npy") + " value=1", "takes int32 but"},
      {add + "a=@" + path("f.npy") + " value=1", "numpy.save(path, a.astype(numpy.int32))"},
      {add + "a=@" + path("2d.npy") + " value=1",
       "takes 1 dimension but '" + path("2d.npy") + "' has the shape (2, 2)."},
      {add + "a=@picture.jpg value=1", "ends with neither .npy nor .png."},
      {add + "a=zeros:4 value", "An argument is written NAME=VALUE, not 'value'."},
      {add + "a=zeros:4 value=1 --out value=" + path("x.npy"), "passed by value"},
      {add + "a=zeros:4 value=1 --out a=" + path("x.bmp"), "ends with neither .npy nor .png."},
      {add + "a=zeros:4 value=1 --out a=" + path("x.png"), "is no picture"},
      {add + "a=zeros:4 value=1 --out a=/no/such/folder/x.npy", "cannot be written"},
      {add + "a=zeros:4 value=1 --device 99", "99"},
      {module("graphs.tcm") + " none", "has no kernel and no graph 'none'"},
      {module("fractal") + " count image=new:4x4:rgba8 width=4 height=4 c_re=0 c_im=0 zoom=1 limit=1",
       "has the format r32f but 'new:4x4:rgba8' asks for rgba8."},
      {module("fractal") + " paint image=new:4x4:odd width=4 height=4 c_re=0 c_im=0 zoom=1 limit=1",
       "the formats are r8, rg8"},
      {module("fractal") + " paint image=new:4x0 width=4 height=4 c_re=0 c_im=0 zoom=1 limit=1", "a side of 0 texels"},
      {module("graphs.tcm") + " tensors v=1,2 m=1,2,3,4,5,6 out=zeros:9", "takes 3 numbers but '1,2' has 2."},
      {"/no/such/module kernel", "/no/such/module"},
  };
  for (const auto& [arguments, sentence] : wrong) {
    const std::string error = error_of(arguments);
    EXPECT_NE(error.find(sentence), std::string::npos) << arguments << "\n" << error;
    EXPECT_EQ(error.find("isthmus: "), 0u) << error;
  }
}

TEST_F(Run, DamagedFilesAreRefused) {
  write("a.npy", bytes_of("\x93NUMPY\1"));
  write("a.png", bytes_of("\x89PNG\r\n"));
  EXPECT_NE(error_of(module("graphs.tcm") + " add_to a=@" + path("a.npy") + " value=1").find("no .npy file"),
            std::string::npos);
  EXPECT_NE(error_of(module("textures.tcm") + " flip_2d src=@" + path("a.png") + " dst=new:4x4 width=4 height=4")
                .find("is no PNG that can be read"),
            std::string::npos);
}

}  // namespace
