#include "bench/gpu/shared_library.h"

#include <filesystem>

#include <dlfcn.h>

#include "base/error.h"

namespace prova {

SharedLibrary::SharedLibrary(const std::string& name, const std::vector<std::string>& folders)
    : name_(name) {
  std::string path = name;
  for (const std::string& folder : folders) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (!std::filesystem::exists(candidate)) continue;
    path = candidate;
    break;
  }
  library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) Fail(ErrorCode::kIo, {.where = name, .given = dlerror()});
}

void* SharedLibrary::Find(const char* name) const {
  void* const found = dlsym(library_, name);
  if (found == nullptr) Fail(ErrorCode::kIo, {.where = name_, .given = dlerror()});
  return found;
}

}  // namespace prova
