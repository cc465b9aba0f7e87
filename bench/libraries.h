#pragma once

#include <map>
#include <string>

namespace prova {

/// Makes OpenBLAS take its fastest kernels for this processor, and its threads and OpenMP's sleep
/// soon after work, so that no library spins beside the next one's measurement. These choices are
/// read when a library loads: the program starts itself anew, once. What the caller's environment
/// sets already stands.
void PrepareLibraries(char** argv);

/// Gives Prova and every peer library this many threads.
void SetAllThreads(int threads);

/// Versions and choices of the libraries, for the record: "onednn" → "2.6.3", "openblas" → ….
std::map<std::string, std::string> LibraryVersions();

}  // namespace prova
