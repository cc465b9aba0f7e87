#include "base/atomic_file.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

namespace {

/// The system calls that matter, in the order in which they came, and one that is to fail.
std::vector<std::string> calls;
std::string failing_call;

long Observe(const std::string& name, long number, long a, long b = 0) {
  calls.push_back(name);
  if (name != failing_call) return syscall(number, a, b);
  errno = EIO;
  return -1;
}

bool IsFolder(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

// These stand before the C library's for everything in this program.
extern "C" int fsync(int file) {
  return static_cast<int>(Observe(IsFolder(file) ? "fsync folder" : "fsync file", SYS_fsync, file));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(
      Observe("rename", SYS_rename, reinterpret_cast<long>(from), reinterpret_cast<long>(to)));
}

namespace prova {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("atomic_file." + std::to_string(::getpid()) + "." +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
    calls.clear();
    failing_call.clear();
  }
  void TearDown() override {
    failing_call.clear();
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  fs::path Path(const char* name = "file") const { return folder_ / name; }

  static std::string Read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The error's text after the file's name, or "no error".
  static std::string MessageOf(const fs::path& path, std::string_view text) {
    try {
      WriteFileAtomically(path, text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIo);
      const std::string message = error.what();
      EXPECT_EQ(message.rfind(path.string() + ": ", 0), 0u) << message;
      return message.substr(path.string().size() + 2);
    }
    return "no error";
  }

  fs::path folder_;
};

using Strings = std::vector<std::string>;

/// No file of this process may grow beyond `bytes` while alive: a full disk, as far as write(2)
/// can tell.
class ScopedFileSizeLimit {
 public:
  explicit ScopedFileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~ScopedFileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  void (*handler_)(int);
};

/// Gives up root's right to write where permissions forbid it, for this thread while alive.
class ScopedOrdinaryUser {
 public:
  ScopedOrdinaryUser() {
    syscall(SYS_capget, &header_, before_);
    __user_cap_data_struct reduced[2] = {before_[0], before_[1]};
    reduced[0].effective &= ~(1u << CAP_DAC_OVERRIDE);
    syscall(SYS_capset, &header_, reduced);
  }
  ~ScopedOrdinaryUser() { syscall(SYS_capset, &header_, before_); }

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
};

TEST_F(AtomicFile, WritesThePiecesOneAfterAnother) {
  const std::string first = "one ", second(100'000, '2');
  const std::vector<std::span<const std::byte>> pieces = {
      std::as_bytes(std::span(first)), {}, std::as_bytes(std::span(second))};
  WriteFileAtomically(Path(), pieces);
  EXPECT_EQ(Read(Path()), first + second);
  EXPECT_EQ(Names(), Strings{"file"});
}

TEST_F(AtomicFile, ReplacesAFileWhole) {
  WriteFileAtomically(Path(), "a longer text than the next");
  WriteFileAtomically(Path(), "short");
  EXPECT_EQ(Read(Path()), "short");
  WriteFileAtomically(Path(), "");
  EXPECT_EQ(Read(Path()), "");
  EXPECT_EQ(Names(), Strings{"file"});
}

TEST_F(AtomicFile, SynchronizesTheFileBeforeRenamingAndTheFolderAfter) {
  WriteFileAtomically(Path(), "text");
  EXPECT_EQ(calls, (Strings{"fsync file", "rename", "fsync folder"}));
}

TEST_F(AtomicFile, AFullDiskLeavesTheFormerFileAndNothingElse) {
  WriteFileAtomically(Path(), "former");
  {
    const ScopedFileSizeLimit limit(4096);
    EXPECT_EQ(MessageOf(Path(), std::string(10'000, 'x')),
              "writing failed: File too large; the former file, if any, is unchanged");
  }
  EXPECT_EQ(Read(Path()), "former");
  EXPECT_EQ(Names(), Strings{"file"});
}

TEST_F(AtomicFile, AFailureAtAnyStepLeavesTheFormerFileAndNothingElse) {
  WriteFileAtomically(Path(), "former");
  failing_call = "fsync file";
  EXPECT_EQ(MessageOf(Path(), "new"), "synchronizing failed: Input/output error");
  EXPECT_EQ(Read(Path()), "former");
  failing_call = "rename";
  EXPECT_EQ(MessageOf(Path(), "new"), "renaming failed: Input/output error");
  EXPECT_EQ(Read(Path()), "former");
  EXPECT_EQ(Names(), Strings{"file"});
}

TEST_F(AtomicFile, AFolderThatCannotBeSynchronizedIsReported) {
  failing_call = "fsync folder";
  EXPECT_EQ(MessageOf(Path(), "new"),
            "written, but synchronizing its folder failed: Input/output error");
  EXPECT_EQ(Read(Path()), "new");
}

TEST_F(AtomicFile, AReadOnlyFolderIsRefused) {
  WriteFileAtomically(Path(), "former");
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const ScopedOrdinaryUser ordinary;
  EXPECT_EQ(MessageOf(Path(), "new"),
            "creating a temporary file beside it failed: Permission denied; the folder must exist "
            "and be writable");
  EXPECT_EQ(Read(Path()), "former");
  EXPECT_EQ(Names(), Strings{"file"});
}

TEST_F(AtomicFile, AMissingFolderIsRefused) {
  EXPECT_EQ(MessageOf(Path("missing/file"), "new"),
            "creating a temporary file beside it failed: No such file or directory; the folder "
            "must exist and be writable");
  EXPECT_FALSE(fs::exists(Path("missing")));
}

TEST_F(AtomicFile, WhatIsNoRegularFileIsLeftAlone) {
  EXPECT_EQ(MessageOf(folder_, "new"), "a folder; need a regular file to replace");
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(MessageOf(Path("pipe"), "new"), "a device or pipe; need a regular file to replace");
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
  EXPECT_EQ(Names(), Strings{"pipe"});
}

TEST_F(AtomicFile, ASymbolicLinkStaysAndItsTargetIsReplaced) {
  fs::create_directory(Path("elsewhere"));
  WriteFileAtomically(Path("elsewhere/target"), "former");
  fs::create_symlink("elsewhere/target", Path("link"));
  WriteFileAtomically(Path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(Read(Path("elsewhere/target")), "new");
}

TEST_F(AtomicFile, PermissionsAreThoseOfTheFormerFileOrOfTheUmask) {
  const mode_t umask_before = ::umask(027);
  WriteFileAtomically(Path(), "new");
  ::umask(umask_before);
  EXPECT_EQ(fs::status(Path()).permissions(), fs::perms(0640));
  fs::permissions(Path(), fs::perms(0600));
  WriteFileAtomically(Path(), "newer");
  EXPECT_EQ(fs::status(Path()).permissions(), fs::perms(0600));
}

TEST_F(AtomicFile, ANameWithoutAFolderIsInTheCurrentOne) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  WriteFileAtomically("plain", "text");
  fs::current_path(before);
  EXPECT_EQ(Read(Path("plain")), "text");
}

TEST_F(AtomicFile, LeavesNoDescriptorOpen) {
  auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = open_files();
  WriteFileAtomically(Path(), "text");
  failing_call = "rename";
  MessageOf(Path(), "new");
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace prova
