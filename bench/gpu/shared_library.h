#pragma once

#include <string>
#include <vector>

namespace prova {

/// A library that is not part of this program: the machine may have it or not.
class SharedLibrary {
 public:
  /// Opens `name` in the first of `folders` that has it, else where the system's loader looks.
  /// Errors: kIo in the loader's own words.
  SharedLibrary(const std::string& name, const std::vector<std::string>& folders);

  /// Points `function` at the function of that name. Errors: kIo where there is none.
  template <typename Function>
  void Find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(Find(name));
  }

 private:
  void* Find(const char* name) const;

  std::string name_;
  void* library_;  // open until the program ends: drivers do not like to be unloaded
};

}  // namespace prova
