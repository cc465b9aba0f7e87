#include "examples/digits/output.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace prova::digits {
namespace {

namespace fs = std::filesystem;

/// Folders made on the way to a path, removed again unless kept.
class NewFolders {
 public:
  ~NewFolders() {
    std::error_code ignored;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
      fs::remove(*folder, ignored);
    }
  }
  std::error_code Make(const fs::path& path) {
    std::error_code problem;
    const auto type = fs::status(path, problem).type();
    if (type == fs::file_type::directory) return {};
    if (type != fs::file_type::not_found) {
      return problem ? problem : std::make_error_code(std::errc::not_a_directory);
    }
    if (path.has_parent_path() && path.parent_path() != path) {
      if (const auto above = Make(path.parent_path())) return above;
    }
    if (fs::create_directory(path, problem)) made_.push_back(path);
    return problem;
  }
  void Keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

// Reserves `bytes` in a new file of the folder and gives them back; the errno of what failed.
int Probe(const fs::path& folder, int64_t bytes) {
  const fs::path probe = folder / Cat(".probe-", getpid());
  const int file = open(probe.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  const int problem = posix_fallocate(file, 0, bytes);
  close(file);
  unlink(probe.c_str());
  return problem;
}

}  // namespace

OutputFiles PrepareOutput(const fs::path& folder, int64_t bytes) {
  const std::string where = "--out " + folder.string();
  NewFolders made;
  if (const auto problem = made.Make(folder.lexically_normal())) {
    Fail(ErrorCode::kIo, {.where = where,
                          .given = "cannot be made: " + problem.message(),
                          .need = "a folder that can be written"});
  }
  const OutputFiles files{folder / "checkpoint.safetensors", folder / "model.safetensors",
                          folder / "metrics.json", folder / "report.html"};
  for (const fs::path& file : {files.checkpoint, files.model, files.metrics, files.report}) {
    std::error_code problem;
    const auto type = fs::status(file, problem).type();
    if (type != fs::file_type::not_found && type != fs::file_type::regular) {
      Fail(ErrorCode::kIo, {.where = file.string(),
                            .given = "is in the way",
                            .need = "a regular file or none at this place"});
    }
  }
  if (const int problem = Probe(folder, bytes)) {
    Fail(ErrorCode::kIo,
         {.where = where,
          .given = Cat("takes no file of ", bytes, " bytes: ", std::strerror(problem)),
          .need = "a folder that can be written, with room"});
  }
  made.Keep();
  return files;
}

}  // namespace prova::digits
