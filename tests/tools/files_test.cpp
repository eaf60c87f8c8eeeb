// Files and numbers that `isthmus run` takes: right ones bit by bit, wrong and damaged ones by their sentence.
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "isthmus/run/npy.h"
#include "isthmus/run/pixels.h"
#include "isthmus/run/png.h"
#include "isthmus/run/scalars.h"
#include "program.h"

namespace {

using namespace tests;
using namespace tool;
using ist::aot::DataType;

// As numpy.save writes them, byte by byte.
std::string npy(const std::string& dictionary, const std::string& data, char version = 1) {
  std::string header = dictionary;
  const size_t start = version == 1 ? 10 : 12;
  header += std::string(63 - (start + header.size()) % 64, ' ') + "\n";
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  if (version > 1) file += std::string(2, '\0');
  return file + header + data;
}

std::string said(const std::string& file) {
  auto array = read_npy(bytes_of(file), "a.npy");
  return array.ok() ? "read" : std::string(array.status().message());
}

TEST(Npy, IsReadInEveryVersion) {
  for (const char version : {1, 2, 3}) {
    auto array = read_npy(bytes_of(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }",
                                       std::string("\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6\0\0\0", 24), version)),
                          "a.npy");
    ASSERT_TRUE(array.ok()) << array.status().message();
    EXPECT_EQ(array->type, DataType::i32);
    EXPECT_EQ(array->shape, (std::vector<uint64_t>{2, 3}));
    EXPECT_EQ(array->bytes.size(), 24u);
    EXPECT_EQ(array->bytes[20], std::byte{6});
  }
}

TEST(Npy, IsWrittenAsNumPyDoes) {
  const NumpyArray array{DataType::f32, {3}, Bytes(12)};
  EXPECT_EQ(to_npy(array),
            bytes_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", std::string(12, '\0'))));
  for (int type = 0; type < 12; ++type) {
    NumpyArray made{static_cast<DataType>(type), {2, 0, 5}, {}};
    auto back = read_npy(to_npy(made), "a.npy");
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->type, made.type);
    EXPECT_EQ(back->shape, made.shape);
  }
}

TEST(Npy, SaysWhatItDoesNotTake) {
  const std::string four(4, '\0');
  const auto dictionary = [](const std::string& type, const std::string& order, const std::string& shape) {
    return "{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  EXPECT_EQ(said(npy(dictionary("'|i1'", "False", "(4,)"), four)), "read");
  EXPECT_EQ(said(npy(dictionary("'<f4'", "False", "()"), four)), "read");
  EXPECT_NE(said(npy(dictionary("'<f4'", "True", "(1, 1)"), four)).find("numpy.ascontiguousarray"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("'>f4'", "False", "(1,)"), four)).find("big endian"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("'<c8'", "False", "(1,)"), four)).find("'<c8'"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("[('x', '<f4')]", "False", "(1,)"), four)).find("records"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("'<f4'", "False", "(2,)"), four)).find("holds 4 bytes"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("'<f8'", "False", "(99999999999, 99999999999)"), four)).find("more than any file"),
            std::string::npos);
  EXPECT_NE(said(npy(dictionary("'<f4'", "Maybe", "(1,)"), four)).find("neither True nor False"), std::string::npos);
  EXPECT_NE(said(npy("{'descr': '<f4', 'shape': (1,), }", four)).find("lacks"), std::string::npos);
  EXPECT_NE(said(npy(dictionary("'<f4'", "False", "(1,)"), four, 4)).find("version 4"), std::string::npos);
  EXPECT_NE(said("PK").find("no .npy"), std::string::npos);
}

TEST(Npy, DamagedIsReadOrRefused) {
  const std::string whole = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", std::string(16, '\1'));
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_NE(said(whole.substr(0, length)), "read");
  uint32_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k <= i % 3; ++k) {
      state = state * 1664525 + 1013904223;
      damaged[(state >> 8) % 90] = static_cast<char>(state >> 24);
    }
    (void)said(damaged);
  }
}

Picture gradient(uint32_t width, uint32_t height, uint32_t channels, uint32_t sample_bytes) {
  Picture made{width, height, channels, sample_bytes, {}};
  for (size_t i = 0; i < size_t{width} * height * channels * sample_bytes; ++i)
    made.samples.push_back(static_cast<std::byte>(i * 37 + i / 251));
  return made;
}

TEST(Png, ComesBackAsItWent) {
  for (const uint32_t channels : {1u, 2u, 3u, 4u}) {
    for (const uint32_t sample_bytes : {1u, 2u}) {
      const Picture picture = gradient(37, 23, channels, sample_bytes);
      auto back = read_png(to_png(picture), "a.png", 0);
      ASSERT_TRUE(back.ok()) << back.status().message();
      EXPECT_EQ(back->width, 37u);
      EXPECT_EQ(back->height, 23u);
      EXPECT_EQ(back->channels, channels);
      EXPECT_EQ(back->sample_bytes, sample_bytes);
      EXPECT_EQ(back->samples, picture.samples);
    }
  }
}

TEST(Png, HoldsLessThanTwoGiB) {
  const auto fits = [](uint32_t width, uint32_t height, uint32_t channels, uint32_t sample_bytes) {
    return fits_png({width, height, channels, sample_bytes, {}});
  };
  EXPECT_TRUE(fits(1, 1, 1, 1));
  EXPECT_TRUE(fits(46000, 46000, 1, 1));
  EXPECT_FALSE(fits(46400, 46400, 1, 1));
  EXPECT_FALSE(fits(30000, 30000, 4, 1));
  EXPECT_FALSE(fits(UINT32_MAX, 1, 1, 1));
  EXPECT_FALSE(fits(1, UINT32_MAX, 1, 1));
  EXPECT_FALSE(fits(UINT32_MAX, UINT32_MAX, 4, 2));
  EXPECT_FALSE(fits(0, 5, 1, 1));
  EXPECT_FALSE(fits(5, 5, 5, 1));
}

TEST(Png, DamagedIsReadOrRefused) {
  const Bytes whole = to_png(gradient(19, 7, 3, 1));
  EXPECT_FALSE(read_png({}, "a.png", 0).ok());
  for (size_t length = 0; length + 24 < whole.size(); length += 3)
    EXPECT_FALSE(read_png(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)), "a.png", 0).ok());
  uint32_t state = 7;
  for (int i = 0; i < 400; ++i) {
    Bytes damaged = whole;
    for (int k = 0; k <= i % 4; ++k) {
      state = state * 1664525 + 1013904223;
      damaged[(state >> 8) % damaged.size()] = static_cast<std::byte>(state >> 24);
    }
    (void)read_png(damaged, "a.png", 0);
  }
}

TEST(Pixels, BecomeNumbersAndPicturesAgain) {
  const Picture picture = gradient(5, 3, 3, 1);
  for (const DataType type : {DataType::u8, DataType::f16, DataType::f32, DataType::f64}) {
    Bytes numbers;
    ASSERT_TRUE(to_numbers(picture, type, numbers));
    Picture back{5, 3, 3, 1, {}};
    ASSERT_TRUE(to_picture(numbers, type, back));
    EXPECT_EQ(back.samples, picture.samples) << ist::aot::data_type_name(type);
  }
  Bytes numbers;
  EXPECT_FALSE(to_numbers(picture, DataType::i32, numbers));
}

TEST(Pixels, OutOfRangeAreClamped) {
  Bytes numbers;
  for (const double value : {-1.0, 2.0, std::nan(""), 0.5, std::numeric_limits<double>::infinity(), 1.0})
    append_value(value, DataType::f32, numbers);
  Picture picture{6, 1, 1, 1, {}};
  ASSERT_TRUE(to_picture(numbers, DataType::f32, picture));
  EXPECT_EQ(picture.samples, bytes_of(std::string("\x00\xff\x00\x80\xff\xff", 6)));
}

std::string round_trip(const std::string& text, DataType type) {
  Bytes bytes;
  const ist::Status status = append_number(text, type, bytes);
  return status.ok() ? number_text(bytes.data(), type) : std::string(status.message());
}

TEST(Numbers, FitTheirTypesOrAreRefused) {
  EXPECT_EQ(round_trip("-128", DataType::i8), "-128");
  EXPECT_EQ(round_trip("-129", DataType::i8), "is not a whole number from -128 to 127");
  EXPECT_EQ(round_trip("0xff", DataType::u8), "255");
  EXPECT_EQ(round_trip("256", DataType::u8), "is not a whole number from 0 to 255");
  EXPECT_EQ(round_trip("-1", DataType::u8), "is not a whole number from 0 to 255");
  EXPECT_EQ(round_trip("-9223372036854775808", DataType::i64), "-9223372036854775808");
  EXPECT_EQ(round_trip("18446744073709551615", DataType::u64), "18446744073709551615");
  EXPECT_EQ(round_trip("18446744073709551616", DataType::u64), "is not a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(round_trip("1.5", DataType::i32), "is not a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(round_trip("", DataType::i32), "is not a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(round_trip("true", DataType::u1), "1");
  EXPECT_EQ(round_trip("2", DataType::u1), "is none of 0, 1, false and true");
  EXPECT_EQ(round_trip("0.1", DataType::f32), "0.1");
  EXPECT_EQ(round_trip("-1e-3", DataType::f64), "-0.001");
  EXPECT_EQ(round_trip("inf", DataType::f32), "inf");
  EXPECT_EQ(round_trip("1,5", DataType::f32), "is not a number");
}

TEST(Numbers, DoNotBecomeInfinite) {
  EXPECT_EQ(round_trip("65520", DataType::f16), "is a number too large for f16");
  EXPECT_EQ(round_trip("-1e300", DataType::f16), "is a number too large for f16");
  EXPECT_EQ(round_trip("3.4028235e38", DataType::f32), "3.4028235e+38");
  EXPECT_EQ(round_trip("3.4028236e38", DataType::f32), "is a number too large for f32");
  EXPECT_EQ(round_trip("-1e300", DataType::f32), "is a number too large for f32");
  EXPECT_EQ(round_trip("1e300", DataType::f64), "1e+300");
  EXPECT_EQ(round_trip("-inf", DataType::f16), "-inf");
  EXPECT_EQ(round_trip("nan", DataType::f32), "nan");
}

TEST(Numbers, OfHalfPrecisionAreRoundedToEven) {
  const std::map<std::string, uint16_t> known = {
      {"0", 0},          {"-0", 0x8000},   {"1", 0x3c00},   {"-2", 0xc000},        {"65504", 0x7bff},
      {"65519", 0x7bff}, {"-inf", 0xfc00}, {"inf", 0x7c00}, {"5.960464e-8", 1},    {"6.1035156e-5", 0x0400},
      {"2049", 0x6800},  {"2051", 0x6802}, {"1e-9", 0},     {"0.33325195", 0x3555}};
  for (const auto& [text, bits] : known) {
    Bytes bytes;
    ASSERT_TRUE(append_number(text, DataType::f16, bytes).ok());
    uint16_t got;
    std::memcpy(&got, bytes.data(), 2);
    EXPECT_EQ(got, bits) << text;
  }
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    Bytes bytes;
    append_value(number_value(reinterpret_cast<const std::byte*>(&half), DataType::f16), DataType::f16, bytes);
    ASSERT_EQ(std::memcmp(bytes.data(), &half, 2), 0) << bits;
  }
}

TEST(Numbers, KeepTheSpacesInside) {
  auto list = split_numbers(" 1 2 3 , 4 ;5, ");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->numbers, (std::vector<std::string>{"1 2 3", "4", "5", ""}));
  EXPECT_EQ(round_trip("1 2 3", DataType::i32), "is not a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(round_trip("1 2 3", DataType::f32), "is not a number");
}

TEST(Numbers, StandInRows) {
  auto list = split_numbers("1, 2;3,4;5,6");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->rows, 3u);
  EXPECT_EQ(list->numbers, (std::vector<std::string>{"1", "2", "3", "4", "5", "6"}));
  auto uneven = split_numbers("1,2;3");
  ASSERT_FALSE(uneven.ok());
  EXPECT_EQ(uneven.status().message(), "has rows of 2 and of 1 numbers");
}

using WholeFile = InFolder;

// More than a file may be here: what was there stays, and nothing is left beside it.
TEST_F(WholeFile, IsWrittenOrLeftAsItWas) {
  write("a.npy", bytes_of("before"));
  const std::string limited = "trap '' XFSZ; ulimit -f 1;";
  const ChildEnd end =
      isthmus("run " + module("graphs.tcm") + " add_to a=zeros:100000 value=3 --out a=" + path("a.npy"),
              limited + " IST_PIPELINE_CACHE=0");
  EXPECT_EQ(end.exit_code, 1) << end.out << end.err;
  EXPECT_NE(end.err.find("a.npy' cannot be written: File too large."), std::string::npos) << end.err;
  EXPECT_EQ(read("a.npy"), bytes_of("before"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("")), {}), 1);
}

TEST_F(WholeFile, KeepsLinksAndPermissions) {
  namespace fs = std::filesystem;
  write("a", bytes_of("before"));
  fs::permissions(path("a"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a", path("link"));
  write("link", bytes_of("after"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read("a"), bytes_of("after"));
  EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(is_same_file(path("a"), path("./link")));
  EXPECT_FALSE(is_same_file(path("a"), path("b")));
  EXPECT_TRUE(is_same_file("b.npy", "./c/../b.npy"));
}

}  // namespace
