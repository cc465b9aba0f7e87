#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace prova {

/// Makes `pieces`, one after another, the contents of the file `path`: all of it or none of it.
///
/// A temporary file in the same folder is written, synchronized and renamed over `path`, and the
/// folder is synchronized (POSIX rename(2), fsync(2)). Readers see the former file or the new one.
/// On an error the temporary file is gone and the former file as it was. A symbolic link is
/// followed; an existing file keeps its permissions. Errors: kIo, naming the file, the step and the
/// reason of the system; also for an existing `path` that is no regular file.
void WriteFileAtomically(const std::filesystem::path& path,
                         std::span<const std::span<const std::byte>> pieces);
void WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

}  // namespace prova
