#include "examples/digits/options.h"

#include <charconv>
#include <cmath>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"

namespace prova::digits {
namespace {

constexpr int64_t kMostEpochs = 10'000;
constexpr int64_t kMostBatch = 65'536;
constexpr double kMostLr = 10;
constexpr int kMostThreads = 1024;

// The whole of `text` as a number; nothing where it is none or does not fit.
template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value = {};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

[[noreturn]] void Refuse(const char* option, const std::string& given, const std::string& need) {
  Fail(ErrorCode::kValue, {.where = option,
                           .given = given.empty() ? "an empty value" : "'" + given + "'",
                           .need = need});
}

template <typename T>
std::optional<T> Whole(const char* option, const std::optional<std::string>& text, T least,
                       T most) {
  if (!text) return {};
  const auto value = ParseNumber<T>(*text);
  if (!value || *value < least || *value > most) {
    Refuse(option, *text, Cat("a whole number from ", least, " to ", most));
  }
  return value;
}

std::optional<double> LearningRate(const std::optional<std::string>& text) {
  if (!text) return {};
  const auto value = ParseNumber<double>(*text);
  if (!value || !std::isfinite(*value) || *value <= 0 || *value > kMostLr) {
    Refuse("--lr", *text, Cat("a number above 0, at most ", kMostLr));
  }
  return value;
}

std::optional<std::filesystem::path> Path(const char* option,
                                          const std::optional<std::string>& text) {
  if (!text) return {};
  if (text->empty()) Refuse(option, *text, "a path");
  return std::filesystem::path(*text);
}

/// A device that this program and machine have.
Device OnDevice(const char* option, const std::optional<std::string>& text) {
  if (!text) return kCpu;
  try {
    const Device device = ParseDevice(*text);
    CheckDevice(device, option);
    return device;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kDevice) throw;
    Refuse(option, *text, error.parts().need);
  }
}

constexpr char kFooter[] =
    R"(The folder given by --out receives model.safetensors, metrics.json and report.html when
training is done, and checkpoint.safetensors after each epoch. Ctrl-C keeps the checkpoint of the
last complete epoch and says how to go on. With --resume, options that are left out come from the
checkpoint.

Exit code: 0 done; 1 failed while running; 2 refused before anything was written;
128 + signal, so 130 after Ctrl-C, interrupted.)";

}  // namespace

std::optional<Options> ParseOptions(const std::vector<std::string>& command) {
  CLI::App app(
      "Trains a small convolutional network on handwritten digits and tests it on a fifth\n"
      "of them that training never sees.",
      "digits");
  std::optional<std::string> epochs, batch, lr, seed, threads, device, data, out, resume;
  app.add_option("--epochs", epochs,
                 Cat("passes over the training images (default: ", DefaultEpochs(0), "; ",
                     DefaultEpochs(kManyImages), " from ", kManyImages, " images on)"))
      ->type_name("N");
  app.add_option("--batch", batch, Cat("images in a step (default: ", kDefaultBatch, ")"))
      ->type_name("N");
  app.add_option("--lr", lr,
                 Cat("learning rate of AdamW at the start; falls to 0 along a cosine\n(default: ",
                     kDefaultLr, ")"))
      ->type_name("X");
  app.add_option(
         "--seed", seed,
         Cat("decides weights, order, distortions and dropout (default: ", kDefaultSeed, ")"))
      ->type_name("N");
  app.add_option("--threads", threads,
                 "threads to compute with; the result is the same for any number\n"
                 "(default: the processors at hand)")
      ->type_name("N");
  app.add_option("--device", device,
                 "where to compute: cpu, cuda (the first GPU), cuda:1 … (default: cpu)")
      ->type_name("NAME");
  app.add_option("--data", data,
                 "a folder of IDX files under MNIST's names, gzipped or not, instead\n"
                 "of the built-in 1,797 digits; a single pair is divided 80:20")
      ->type_name("DIR");
  app.add_option("--out", out, "where results go (default: out/digits)")->type_name("DIR");
  app.add_option("--resume", resume, "go on from this checkpoint")->type_name("FILE");
  app.footer(kFooter);
  try {
    // CLI11 takes the arguments last one first.
    app.parse(std::vector<std::string>(command.rbegin(), std::prev(command.rend())));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return {};
  } catch (const CLI::ParseError& error) {
    Fail(ErrorCode::kValue, {.given = error.what(), .hint = "--help lists the options"});
  }
  Options options;
  options.epochs = Whole<int64_t>("--epochs", epochs, 1, kMostEpochs);
  options.batch = Whole<int64_t>("--batch", batch, 1, kMostBatch);
  options.lr = LearningRate(lr);
  options.seed = Whole<uint64_t>("--seed", seed, 0, UINT64_MAX);
  options.threads = Whole<int>("--threads", threads, 1, kMostThreads);
  options.device = OnDevice("--device", device);
  options.data = Path("--data", data);
  options.out = Path("--out", out).value_or(options.out);
  options.resume = Path("--resume", resume);
  return options;
}

}  // namespace prova::digits
