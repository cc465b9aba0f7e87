#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nn/fields.h"
#include "nn/optimizer.h"
#include "nn/safetensors.h"

namespace prova {

/// How a file's tensors and a model's parameters differ, each entry ready to print.
struct ParameterDifferences {
  std::vector<std::string> missing;     ///< of the model, not in the file
  std::vector<std::string> unexpected;  ///< in the file, not of the model
  std::vector<std::string> unfit;       ///< of another shape, or not floating

  bool empty() const { return missing.empty() && unexpected.empty() && unfit.empty(); }
};

struct LoadOptions {
  /// Refuse any difference. Otherwise what fits is loaded and the differences are returned.
  bool strict = true;
};

/// Overwrites parameters with the values of the same names, converted to the parameter's dtype.
/// Errors: kShape, listing every missing, unexpected and unfit name, where `strict` and anything
/// differs; then nothing has changed. `where` begins the message.
ParameterDifferences load_parameters(const NamedTensors& parameters, const NamedTensors& values,
                                     const LoadOptions& options = {},
                                     const std::string& where = "load_parameters");

/// The same from a safetensors file. Errors: as above and as `load_safetensors`.
template <typename Model>
ParameterDifferences load_parameters(const Model& model, const std::filesystem::path& file,
                                     const LoadOptions& options = {}) {
  return load_parameters(parameters(model), load_safetensors(file).tensors, options, file.string());
}

/// Writes a model's parameters as a safetensors file. Errors: as `save_safetensors`.
template <typename Model>
void save_parameters(const Model& model, const std::filesystem::path& file,
                     const Metadata& metadata = {}) {
  save_safetensors(file, parameters(model), metadata);
}

/// Everything that training needs to go on, bit for bit, as if it had not stopped.
struct Checkpoint {
  NamedTensors parameters;               ///< handles until saved: the next step overwrites them
  NamedTensors optimizer;                ///< of `Optimizer::state`
  std::vector<NamedRng> generators;      ///< of the model, as `generators(model)` names them
  std::vector<NamedRng> run_generators;  ///< of the program: shuffling, augmentation
  int64_t epoch = 0;                     ///< epochs completed
  int64_t step = 0;                      ///< optimizer steps completed
  double best = 0;                       ///< best score so far, in the program's own measure
  Metadata metadata;                     ///< anything else, as text
};

/// One safetensors file, written atomically. Tensors `model.…`, `optimizer.…`, `rng.…`,
/// `run_rng.…` (seed, stream and position, int64[3]) and `run.epoch`, `run.step`, `run.best`.
/// Errors: as `save_safetensors` and `load_safetensors`; kFormat where an entry is missing, not of
/// these or of another dtype or shape.
void save_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint);
Checkpoint load_checkpoint(const std::filesystem::path& file);

/// What model and optimizer contribute; the program adds epoch, step, best and its own generators.
template <typename Model>
Checkpoint capture(const Model& model, const Optimizer& optimizer) {
  return {.parameters = parameters(model),
          .optimizer = optimizer.state(),
          .generators = generators(model)};
}

/// Puts model and optimizer back. Errors: as `load_parameters`, `load_generators` and
/// `Optimizer::load_state`; then nothing has changed.
template <typename Model>
void restore(const Checkpoint& checkpoint, Model& model, Optimizer& optimizer);

namespace internal {

/// Errors: as strict `load_parameters`, without loading.
void RequireFit(const NamedTensors& parameters, const NamedTensors& values,
                const std::string& where);

}  // namespace internal

template <typename Model>
void restore(const Checkpoint& checkpoint, Model& model, Optimizer& optimizer) {
  internal::RequireFit(parameters(model), checkpoint.parameters, "restore");
  const std::vector<NamedRng> before = generators(model);
  load_generators(model, checkpoint.generators);
  try {
    optimizer.load_state(checkpoint.optimizer);
  } catch (...) {
    load_generators(model, before);
    throw;
  }
  load_parameters(parameters(model), checkpoint.parameters);
}

}  // namespace prova
