#pragma once

#include <string>
#include <vector>

namespace prova::digits {

/// From here on SIGINT (Ctrl-C) and SIGTERM are remembered instead of ending the process; a second
/// one ends it at once. A file that meets a size limit (SIGXFSZ) gives an error instead.
void WatchSignals();

/// The signal that arrived, 0 while there was none.
int PendingSignal();

/// The command line as one would type it, with `--resume checkpoint` in place of any other.
std::string ResumeCommand(const std::vector<std::string>& command, const std::string& checkpoint);

}  // namespace prova::digits
