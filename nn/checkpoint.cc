#include "nn/checkpoint.h"

#include <bit>

#include "base/text.h"
#include "tensor/create.h"

namespace prova {
namespace {

/// A parameter and the value that it is to take.
struct Match {
  Tensor parameter, value;
};

struct Comparison {
  std::vector<Match> matches;
  ParameterDifferences differences;
};

Comparison Compare(const NamedTensors& parameters, const NamedTensors& values) {
  Comparison result;
  ParameterDifferences& differences = result.differences;
  for (const auto& [name, parameter] : parameters) {
    const Tensor value = find(values, name);
    if (!value.defined()) {
      differences.missing.push_back(name);
    } else if (value.shape() != parameter.shape() || !IsFloating(value.dtype())) {
      differences.unfit.push_back(
          Cat(name, " (", describe(value), " for ", describe(parameter), ")"));
    } else {
      result.matches.push_back({parameter, value});
    }
  }
  for (const NamedTensor& value : values) {
    if (!find(parameters, value.name).defined()) differences.unexpected.push_back(value.name);
  }
  return result;
}

std::string Describe(const ParameterDifferences& differences) {
  std::string text;
  auto append = [&](const char* title, const std::vector<std::string>& names) {
    if (names.empty()) return;
    text += Cat(text.empty() ? "" : "; ", title, " ");
    for (size_t i = 0; i < names.size(); ++i) text += Cat(i == 0 ? "" : ", ", names[i]);
  };
  append("missing", differences.missing);
  append("unexpected", differences.unexpected);
  append("unfit", differences.unfit);
  return text;
}

void RequireNone(const ParameterDifferences& differences, const std::string& where) {
  if (differences.empty()) return;
  Fail(ErrorCode::kShape,
       {.where = where, .given = Describe(differences), .need = "exactly the model's parameters"});
}

void AppendGenerators(NamedTensors& tensors, const std::string& prefix,
                      const std::vector<NamedRng>& generators) {
  for (const auto& [name, rng] : generators) {
    const std::vector<int64_t> words = {std::bit_cast<int64_t>(rng.seed()),
                                        std::bit_cast<int64_t>(rng.stream()),
                                        std::bit_cast<int64_t>(rng.position())};
    tensors.push_back({prefix + name, from_vector(words, {3})});
  }
}

/// A checkpoint's tensors, taken out by name until none is left.
class Contents {
 public:
  Contents(SafetensorsFile file, std::string name)
      : tensors_(std::move(file.tensors)), name_(std::move(name)) {}

  Tensor Take(const std::string& name, DType dtype, const Shape& shape) {
    const Tensor value = find(tensors_, name);
    if (!value.defined() || value.dtype() != dtype || value.shape() != shape) {
      Fail(ErrorCode::kFormat, {.where = name_,
                                .given = value.defined() ? Cat("'", name, "' of ", describe(value))
                                                         : Cat("no '", name, "'"),
                                .need = Cat("a checkpoint, with '", name, "' of ", dtype, shape)});
    }
    std::erase_if(tensors_, [&](const NamedTensor& tensor) { return tensor.name == name; });
    return value;
  }

  NamedTensors TakeAll(const std::string& prefix) {
    NamedTensors taken = without_prefix(prefix, tensors_);
    std::erase_if(tensors_,
                  [&](const NamedTensor& tensor) { return tensor.name.starts_with(prefix); });
    return taken;
  }

  std::vector<NamedRng> TakeGenerators(const std::string& prefix) {
    std::vector<NamedRng> generators;
    for (const NamedTensor& tensor : without_prefix(prefix, tensors_)) {
      const std::vector<int64_t> words =
          Take(prefix + tensor.name, DType::kInt64, {3}).to_vector<int64_t>();
      generators.push_back(
          {tensor.name, Rng(std::bit_cast<uint64_t>(words[0]), std::bit_cast<uint64_t>(words[1]),
                            std::bit_cast<uint64_t>(words[2]))});
    }
    return generators;
  }

  void RequireEmpty() const {
    if (tensors_.empty()) return;
    Fail(ErrorCode::kFormat, {.where = name_,
                              .given = Cat("the tensor '", tensors_.front().name, "'"),
                              .need = "names of a checkpoint alone",
                              .hint = "a file of parameters is read by load_parameters"});
  }

 private:
  NamedTensors tensors_;
  std::string name_;
};

}  // namespace

namespace internal {

void RequireFit(const NamedTensors& parameters, const NamedTensors& values,
                const std::string& where) {
  RequireNone(Compare(parameters, values).differences, where);
}

}  // namespace internal

ParameterDifferences load_parameters(const NamedTensors& parameters, const NamedTensors& values,
                                     const LoadOptions& options, const std::string& where) {
  Comparison comparison = Compare(parameters, values);
  if (options.strict) RequireNone(comparison.differences, where);
  for (const auto& [parameter, value] : comparison.matches) assign(parameter, value);
  return std::move(comparison.differences);
}

void save_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint) {
  NamedTensors tensors = with_prefix("model.", checkpoint.parameters);
  const NamedTensors state = with_prefix("optimizer.", checkpoint.optimizer);
  tensors.insert(tensors.end(), state.begin(), state.end());
  AppendGenerators(tensors, "rng.", checkpoint.generators);
  AppendGenerators(tensors, "run_rng.", checkpoint.run_generators);
  tensors.push_back({"run.epoch", from_vector<int64_t>({checkpoint.epoch}, {})});
  tensors.push_back({"run.step", from_vector<int64_t>({checkpoint.step}, {})});
  tensors.push_back({"run.best", from_vector<double>({checkpoint.best}, {})});
  save_safetensors(file, tensors, checkpoint.metadata);
}

Checkpoint load_checkpoint(const std::filesystem::path& file) {
  SafetensorsFile raw = load_safetensors(file);
  Checkpoint checkpoint{.metadata = raw.metadata};
  Contents contents(std::move(raw), file.string());
  checkpoint.epoch = contents.Take("run.epoch", DType::kInt64, {}).item<int64_t>();
  checkpoint.step = contents.Take("run.step", DType::kInt64, {}).item<int64_t>();
  checkpoint.best = contents.Take("run.best", DType::kFloat64, {}).item<double>();
  checkpoint.generators = contents.TakeGenerators("rng.");
  checkpoint.run_generators = contents.TakeGenerators("run_rng.");
  checkpoint.parameters = contents.TakeAll("model.");
  checkpoint.optimizer = contents.TakeAll("optimizer.");
  contents.RequireEmpty();
  return checkpoint;
}

}  // namespace prova
