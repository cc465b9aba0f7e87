#pragma once

#include <filesystem>
#include <string>

namespace prova::digits {

/// The processor's name as the system gives it.
std::string MachineName();

/// The compiler that built this program.
std::string CompilerName();

/// The folder of the digits that come with the program. Errors: kIo where it is not found.
std::filesystem::path BuiltInDigits();

}  // namespace prova::digits
