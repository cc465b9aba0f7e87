// One error of each kind, and what a program can do with it.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "autograd/tape.h"
#include "examples/parts.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;
using prova::examples::PrintError;
using prova::examples::Require;

namespace {

void Catch() {
  // #region catch
  try {
    softmax(zeros({2, 5}), 3);
  } catch (const Error& error) {
    const ErrorParts& parts = error.parts();
    std::cout << "what():  " << error.what() << "\n"
              << "code:    " << ToString(error.code()) << "\n"
              << "where:   " << parts.where << "\n"
              << "given:   " << parts.given << "\n"
              << "need:    " << parts.need << "\n";
  }
  // #endregion catch
}

// A file that begins with the length of its header, as safetensors do, for as long as it is used.
struct ScratchFile {
  ScratchFile(const std::string& header, const std::string& data) {
    const uint64_t length = header.size();
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << header << data;
  }
  ~ScratchFile() { std::filesystem::remove(path); }
  const char* path = "weights.safetensors";
};

// Prints the kind and the message of the error that `call` throws.
template <typename Call>
void PrintCode(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    std::cout << ToString(error.code()) << "\n  " << error.what() << "\n";
    return;
  }
  Require(false, "an error");
}

void Codes() {
  // #region codes
  const Tensor x = zeros({2, 5});
  Rng rng(1);
  PrintCode([&] { matmul(x, x); });
  PrintCode([&] { embedding(x, x); });
  PrintCode([&] { cross_entropy(x, tensor({1, 5})); });
  PrintCode([&] { Linear({.in = 0, .out = 3}, rng); });
  PrintCode([&] { zeros({2}, {.device = cuda_device()}); });
  PrintCode([&] { backward(sum(x)); });
  PrintCode([&] { load_safetensors("nowhere.safetensors"); });
  {
    const ScratchFile broken("{\"a\"", "");
    PrintCode([&] { load_safetensors(broken.path); });
  }
  PrintCode([&] { empty({int64_t{1} << 62}); });
  {
    const ScratchFile foreign(R"({"a":{"dtype":"U16","shape":[1],"data_offsets":[0,2]}})", "ab");
    PrintCode([&] { load_safetensors(foreign.path); });
  }
  // #endregion codes
}

void Nothing() {
  // #region nothing
  Rng rng(1);
  const Linear layer({.in = 2, .out = 2}, rng);
  const std::vector<float> before = layer.weight.to_vector<float>();
  const NamedTensors values = {{"weight", zeros({2, 2})}, {"bais", zeros({2})}};
  PrintError([&] { load_parameters(parameters(layer), values); });
  std::cout << "unchanged: " << std::boolalpha << (layer.weight.to_vector<float>() == before)
            << "\n";
  // #endregion nothing
  Require(layer.weight.to_vector<float>() == before, "a refused call changes nothing");
}

}  // namespace

int main() {
  return examples::RunParts({{"catch", Catch}, {"codes", Codes}, {"nothing", Nothing}});
}
