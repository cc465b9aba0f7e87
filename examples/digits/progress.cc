#include "examples/digits/progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

namespace prova::digits {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(50);
constexpr int kLeastBar = 8, kMostBar = 40;
constexpr char kClearLine[] = "\r\x1b[2K";

std::string Format(const char* format, auto... values) {
  std::array<char, 256> text;
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string Clock(double seconds) {
  const int64_t whole = std::llround(std::max(0.0, seconds));
  if (whole < 3600) return Format("%d:%02d", int(whole / 60), int(whole % 60));
  return Format("%d:%02d:%02d", int(whole / 3600), int(whole / 60 % 60), int(whole % 60));
}

std::string Repeated(std::string_view piece, int64_t times) {
  std::string text;
  for (int64_t i = 0; i < times; ++i) text += piece;
  return text;
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::strstr(value, "UTF-8") || std::strstr(value, "utf8");
  }
  return false;
}

bool IsLive(std::FILE* out) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(out)) && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string BarText(const Position& p, int columns, bool utf8) {
  const std::string epoch = Cat("epoch ", p.epoch, "/", p.epochs);
  const std::string left = Clock(p.seconds_left) + " left";
  // The least important first.
  std::vector<std::string> details = {Format("%.0f batches/s", p.batches_per_second),
                                      Format("loss %.4f", p.loss),
                                      Format("accuracy %.3f", p.accuracy)};
  auto joined = [&] {
    std::string text;
    for (const std::string& detail : details) text += "  " + detail;
    return text + "  " + left;
  };
  auto room = [&] { return columns - static_cast<int>(epoch.size() + joined().size()); };
  const int bar = std::min(room() - 1, kMostBar);
  if (bar >= kLeastBar) {
    const int64_t full = p.batches > 0 ? bar * p.batch / p.batches : 0;
    return Cat(epoch, " ", Repeated(utf8 ? "━" : "#", full), Repeated(utf8 ? "─" : "-", bar - full),
               joined());
  }
  while (room() < 0 && !details.empty()) details.erase(details.begin());
  return (epoch + joined()).substr(0, std::max(columns, 0));
}

std::string EpochText(const EpochRecord& r, int64_t epochs) {
  const std::string total = std::to_string(epochs);
  return Format(
      "epoch %*d/%s  loss %.9g  accuracy %.4f  test loss %.9g  test accuracy %.4f  %.2f s",
      static_cast<int>(total.size()), static_cast<int>(r.epoch), total.c_str(), r.train_loss,
      r.train_accuracy, r.test_loss, r.test_accuracy, r.seconds);
}

Progress::Progress(std::FILE* out) : out_(out), live_(IsLive(out)), utf8_(LocaleIsUtf8()) {}

int Progress::Columns() const {
  winsize size = {};
  if (ioctl(fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void Progress::Show(const Position& position) {
  if (!live_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  // A full last column would wrap on some terminals.
  std::fputs((kClearLine + BarText(position, Columns() - 1, utf8_)).c_str(), out_);
  std::fflush(out_);
}

void Progress::Line(const std::string& text) {
  Clear();
  std::fputs((text + "\n").c_str(), out_);
  std::fflush(out_);
}

void Progress::Clear() {
  if (!drawn_) return;
  std::fputs(kClearLine, out_);
  std::fflush(out_);
  drawn_ = false;
}

}  // namespace prova::digits
