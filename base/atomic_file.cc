#include "base/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void FailIo(const fs::path& path, const std::string& step, int error,
                         const std::string& hint = "") {
  Fail(ErrorCode::kIo, {.where = path.string(),
                        .given = Cat(step, ": ", std::generic_category().message(error)),
                        .hint = hint});
}

/// The file that `path` means once symbolic links are followed.
fs::path FollowLinks(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const fs::path target = fs::weakly_canonical(path, error);
  if (error) FailIo(path, "following the link failed", error.value());
  return target;
}

fs::path FolderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  /// Closes now, since close(2) may be the first to report a failed write. Returns 0 or errno.
  int Close() {
    const int closed = ::close(std::exchange(value_, -1));
    return closed == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int value_;
};

/// A new file beside `target`, removed when this object goes unless `Publish` renamed it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target), file_(Create(target, path_)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void TakeModeOf(const struct stat& former) {
    if (::fchmod(file_.get(), former.st_mode & 07777) != 0) {
      FailIo(target_, "setting the permissions failed", errno);
    }
  }

  void Write(std::span<const std::byte> piece) {
    while (!piece.empty()) {
      const ssize_t written = ::write(file_.get(), piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        FailIo(target_, "writing failed", errno, "the former file, if any, is unchanged");
      }
      piece = piece.subspan(static_cast<size_t>(written));
    }
  }

  void Publish() {
    if (::fsync(file_.get()) != 0) FailIo(target_, "synchronizing failed", errno);
    if (const int error = file_.Close()) FailIo(target_, "closing failed", error);
    if (::rename(path_.c_str(), target_.c_str()) != 0) FailIo(target_, "renaming failed", errno);
    path_.clear();
  }

 private:
  static int Create(const fs::path& target, fs::path& path) {
    static std::atomic<int64_t> counter{0};
    while (true) {
      path = target;
      path += Cat(".tmp-", ::getpid(), "-", counter++);
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file >= 0) return file;
      if (errno == EEXIST) continue;
      const int error = errno;
      path.clear();
      FailIo(target, "creating a temporary file beside it failed", error,
             "the folder must exist and be writable");
    }
  }

  const fs::path& target_;
  fs::path path_;
  Descriptor file_;
};

}  // namespace

void WriteFileAtomically(const fs::path& path, std::span<const std::span<const std::byte>> pieces) {
  const fs::path target = FollowLinks(path);
  struct stat former {};
  const bool exists = ::stat(target.c_str(), &former) == 0;
  if (exists && !S_ISREG(former.st_mode)) {
    Fail(ErrorCode::kIo, {.where = path.string(),
                          .given = S_ISDIR(former.st_mode) ? "a folder" : "a device or pipe",
                          .need = "a regular file to replace"});
  }
  TemporaryFile file(target);
  if (exists) file.TakeModeOf(former);
  for (std::span<const std::byte> piece : pieces) file.Write(piece);

  const Descriptor folder(::open(FolderOf(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) FailIo(path, "opening its folder failed", errno);
  file.Publish();
  // Some file systems cannot synchronize a folder and say EINVAL.
  if (::fsync(folder.get()) != 0 && errno != EINVAL) {
    FailIo(path, "written, but synchronizing its folder failed", errno);
  }
}

void WriteFileAtomically(const fs::path& path, std::string_view text) {
  const std::span<const std::byte> piece = std::as_bytes(std::span(text));
  WriteFileAtomically(path, std::span(&piece, 1));
}

}  // namespace prova
