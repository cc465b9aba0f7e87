#pragma once

#include <sstream>
#include <string>

namespace prova {

/// The arguments written one after another, as `operator<<` prints them.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

}  // namespace prova
