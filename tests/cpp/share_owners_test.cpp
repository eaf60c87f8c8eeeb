// Handles, semaphores and loans: who owns them, through moves and to the end.
#include <fcntl.h>

#include <type_traits>

#include "cpp/owners.h"

namespace {

using isthmus::FileHandle;
using isthmus::Loan;
using isthmus::Semaphore;
using owners::open_files;
using owners::take_error;

template <class T>
constexpr bool moves_only() {
  return !std::is_copy_constructible<T>::value && !std::is_copy_assignable<T>::value &&
         std::is_nothrow_move_constructible<T>::value && std::is_nothrow_move_assignable<T>::value;
}
static_assert(moves_only<FileHandle>() && moves_only<Semaphore>() && moves_only<Loan>(), "owners move, nothing else");

using Handles = testing::Test;

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(Handles, AreClosedOnce) {
  const size_t files = open_files();
  {
    FileHandle a(open_null());
    FileHandle b(std::move(a));
    EXPECT_FALSE(a.is_valid());
    EXPECT_TRUE(b.is_valid());
    EXPECT_EQ(open_files(), files + 1);
    FileHandle c(open_null());
    c = std::move(b);
    EXPECT_EQ(open_files(), files + 1) << "what c had is closed";
    FileHandle& same = c;
    c = std::move(same);
    EXPECT_TRUE(c.is_valid());
    const IstOsHandle released = c.release();
    EXPECT_FALSE(c.is_valid());
    c.reset(released);
    c.reset(released);
    EXPECT_EQ(open_files(), files + 1);
  }
  EXPECT_EQ(open_files(), files);
}

class Sharing : public owners::WithRuntime {};

TEST_F(Sharing, AnImageGoesToAnotherDeviceAndBack) {
  const size_t files = open_files();
  {
    ti::Runtime other(TI_ARCH_VULKAN);
    ti::Image image = make_image();
    fill(runtime_.runtime(), image, 0x11223344);
    isthmus::Exported exported = isthmus::export_image(runtime_, image, IST_HANDLE_OPAQUE_FD);
    ASSERT_TRUE(exported.is_valid()) << take_error().message;
    const IstPeer peer = IST_PEER_EXTERNAL;
    Loan loan = Loan::lend_finished(runtime_,
                                    {isthmus::whole(image, static_cast<TiImageLayout>(exported.record.layout), peer)});
    ASSERT_TRUE(loan.is_valid()) << take_error().message;
    {
      ti::Image there = isthmus::import_image(other, exported.handle, exported.record);
      ASSERT_TRUE(there.is_valid()) << take_error().message;
      EXPECT_EQ(there.extent().width, 33u);
      EXPECT_EQ(there.format(), TI_FORMAT_RGBA8);
      const IstHandover arrived = isthmus::whole(there, loan.objects()[0].layout, peer);
      EXPECT_EQ(ist_take_back(other, 1, &arrived, nullptr), TI_ERROR_SUCCESS) << take_error().message;
      expect_filled(other.runtime(), there, 0x11223344);
      fill(other.runtime(), there, 0x55667788);
      EXPECT_EQ(ist_lend(other, 1, &arrived, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    }
    EXPECT_EQ(loan.take_back(), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_FALSE(loan.is_valid());
    expect_filled(runtime_.runtime(), image, 0x55667788);
    other.wait();
  }
  runtime_.wait();
  // Drivers keep a file of their own for each exported allocation; the runtimes and images are gone.
  EXPECT_EQ(open_files(), files);
}

TEST_F(Sharing, MemoryIsExportedAndImported) {
  TiMemoryAllocateInfo info{};
  info.size = 400;
  info.export_sharing = TI_TRUE;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  ti::Memory memory = runtime_.allocate_memory(info);
  isthmus::Exported exported = isthmus::export_memory(runtime_, memory, IST_HANDLE_OPAQUE_FD);
  ASSERT_TRUE(exported.is_valid()) << take_error().message;
  isthmus::Exported moved = std::move(exported);
  EXPECT_FALSE(exported.is_valid());
  ti::Memory again = isthmus::import_memory(runtime_, moved.handle, moved.record);
  ASSERT_TRUE(again.is_valid()) << take_error().message;
  EXPECT_EQ(again.size(), 400u);
}

TEST_F(Sharing, FailuresGiveOwnersThatAreNotValid) {
  TiImageAllocateInfo info = owners::image_info();
  info.export_sharing = TI_FALSE;
  ti::Image image = runtime_.allocate_image(info);
  const size_t files = open_files();
  EXPECT_FALSE(isthmus::export_image(runtime_, image, IST_HANDLE_OPAQUE_FD).is_valid());
  EXPECT_NE(take_error().error, TI_ERROR_SUCCESS);
  EXPECT_FALSE(isthmus::import_image(runtime_, FileHandle(open_null()), IstShareRecord{}).is_valid());
  EXPECT_EQ(take_error().error, TI_ERROR_CORRUPTED_DATA);
  EXPECT_FALSE(Semaphore::create(runtime_, IST_RUNG_HOST).is_valid());
  EXPECT_NE(take_error().error, TI_ERROR_SUCCESS);
  EXPECT_FALSE(Loan::lend_finished(runtime_, {isthmus::whole(image, TI_IMAGE_LAYOUT_UNDEFINED)}).is_valid());
  EXPECT_NE(take_error().error, TI_ERROR_SUCCESS);
  EXPECT_EQ(holder_of(image), IST_HOLDER_OURS);
  EXPECT_EQ(open_files(), files);
}

TEST_F(Sharing, SemaphoresGoWithTheirOwner) {
  IstSyncPoint last{};
  {
    Semaphore a = Semaphore::create(runtime_, IST_RUNG_TIMELINE);
    ASSERT_TRUE(a.is_valid()) << take_error().message;
    Semaphore b(std::move(a));
    EXPECT_FALSE(a.is_valid());
    IstSyncPoint point = b.at(3);
    EXPECT_EQ(ist_signal_point(runtime_, &point), TI_ERROR_SUCCESS) << take_error().message;
    TiBool done = TI_FALSE;
    EXPECT_EQ(ist_finish_point(runtime_, &point, UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(done, TI_TRUE);
    a = std::move(b);
    EXPECT_TRUE(a.is_valid());
    last = a.at(4);
    a.destroy();
    a.destroy();
    EXPECT_FALSE(a.is_valid());
  }
  EXPECT_NE(ist_destroy_semaphore(runtime_, &last), TI_ERROR_SUCCESS) << "it has gone";
  take_error();
}

TEST_F(Sharing, ExportedSemaphoresAreHandles) {
  IstDeviceInfo info{};
  info.size = sizeof info;
  ASSERT_EQ(ist_runtime_info(runtime_, &info), TI_ERROR_SUCCESS);
  const size_t files = open_files();
  Semaphore semaphore = Semaphore::create(runtime_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD);
  const bool exports = (info.binary_export & (1u << IST_HANDLE_OPAQUE_FD)) != 0;
  ASSERT_EQ(semaphore.is_valid(), exports) << take_error().message;
  if (!exports) {
    EXPECT_EQ(take_error().error, TI_ERROR_NOT_SUPPORTED);
    return;
  }
  {
    ti::Runtime other(TI_ARCH_VULKAN);
    FileHandle handle = semaphore.export_handle(IST_HANDLE_OPAQUE_FD);
    EXPECT_TRUE(handle.is_valid()) << take_error().message;
    Semaphore there = Semaphore::import(other, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, handle);
    EXPECT_TRUE(there.is_valid()) << take_error().message;
  }
  semaphore.destroy();
  runtime_.wait();
  EXPECT_EQ(open_files(), files);
}

class Loans : public owners::WithRuntime {
 protected:
  Loan lend(TiImage image) {
    Loan loan = Loan::lend(runtime_, {isthmus::whole(image, TI_IMAGE_LAYOUT_SHADER_READ)}, IstSyncPoint{});
    EXPECT_TRUE(loan.is_valid()) << take_error().message;
    return loan;
  }
};

TEST_F(Loans, SayWhatTheHostWaitsFor) {
  ti::Image image = make_image();
  fill(runtime_.runtime(), image, 7);
  Loan loan = lend(image);
  EXPECT_EQ(holder_of(image), IST_HOLDER_LENT);
  EXPECT_NE(loan.ready().rung, IST_RUNG_AUTO) << "filled in";
  TiBool done = TI_FALSE;
  EXPECT_EQ(ist_finish_point(runtime_, &loan.ready(), UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_TRUE);
  EXPECT_EQ(loan.take_back(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(holder_of(image), IST_HOLDER_OURS);
}

TEST_F(Loans, ComeBackBehindWhatTheHostSignals) {
  ti::Image image = make_image();
  Semaphore drawn = Semaphore::create(runtime_, IST_RUNG_TIMELINE);
  ASSERT_TRUE(drawn.is_valid());
  {
    Loan loan = lend(image);
    // The host's own submit, by hand.
    IstSyncPoint point = drawn.at(1);
    ASSERT_EQ(ist_signal_point(runtime_, &point), TI_ERROR_SUCCESS) << take_error().message;
    loan.returns_at(drawn.at(1));
    Loan moved = std::move(loan);
    EXPECT_FALSE(loan.is_valid());
    EXPECT_EQ(holder_of(image), IST_HOLDER_LENT);
  }
  EXPECT_EQ(holder_of(image), IST_HOLDER_OURS);
  runtime_.wait();
}

TEST_F(Loans, ThatAreForgottenStayLentAndSaySo) {
  ti::Image image = make_image();
  std::vector<IstHandover> objects;
  {
    Loan loan = lend(image);
    objects = loan.objects();
  }
  EXPECT_EQ(holder_of(image), IST_HOLDER_LENT);
  const ti::Error error = take_error();
  EXPECT_EQ(error.error, TI_ERROR_INVALID_STATE);
  EXPECT_NE(error.message.find("stay lent"), std::string::npos) << error.message;
  EXPECT_EQ(ist_take_back(runtime_, 1, objects.data(), nullptr), TI_ERROR_SUCCESS) << take_error().message;
}

TEST_F(Loans, ThatCannotComeBackStay) {
  ti::Image image = make_image();
  Loan loan = lend(image);
  IstSyncPoint wrong{};
  wrong.rung = IST_RUNG_GL_FENCE;
  EXPECT_NE(loan.take_back(wrong), TI_ERROR_SUCCESS);
  take_error();
  EXPECT_TRUE(loan.is_valid());
  EXPECT_EQ(holder_of(image), IST_HOLDER_LENT);
  Loan other;
  other = std::move(loan);
  EXPECT_EQ(other.take_back(), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(other.take_back(), TI_ERROR_ARGUMENT_NULL) << "nothing is lent by it any more";
  take_error();
}

}  // namespace
