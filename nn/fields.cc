#include "nn/fields.h"

#include "autograd/tape.h"
#include "base/text.h"

namespace prova {
namespace internal {
namespace {

/// Whether two handles mean the same elements.
bool SameElements(const Tensor& a, const Tensor& b) {
  return a.storage() == b.storage() && a.offset() == b.offset() && a.dtype() == b.dtype() &&
         a.shape() == b.shape() && a.strides() == b.strides();
}

}  // namespace

std::string JoinName(const std::string& prefix, std::string_view name) {
  if (prefix.empty()) return std::string(name);
  return Cat(prefix, ".", name);
}

std::string_view TakeName(std::string_view& names) {
  const size_t comma = std::min(names.find(','), names.size());
  const std::string_view name = names.substr(0, comma);
  names.remove_prefix(std::min(comma + 1, names.size()));
  while (names.starts_with(' ')) names.remove_prefix(1);
  return name;
}

void ParameterCollector::OnTensor(const std::string& name, Tensor& value) {
  if (!value.defined()) return;
  const bool is_tied = std::ranges::any_of(
      found, [&](const NamedTensor& known) { return SameElements(known.value, value); });
  if (!is_tied) found.push_back({name, value});
}

void ModeSetter::OnMode(const std::string& /*name*/, Mode& mode) { mode.training = training_; }

void Cloner::OnTensor(const std::string& /*name*/, Tensor& value) {
  if (!value.defined()) return;
  for (const auto& [before, after] : replaced_) {
    if (!SameElements(before, value)) continue;
    value = after;
    return;
  }
  const Tensor copy = copy_of(value);
  replaced_.push_back({value, is_tracked(value) ? parameter(copy) : copy});
  value = replaced_.back().after;
}

void RngCollector::OnRng(const std::string& name, Rng& rng) { found.push_back({name, &rng}); }

void LoadGenerators(const std::vector<RngCollector::Found>& targets,
                    const std::vector<NamedRng>& states) {
  auto names = [](const auto& items) {
    std::string list;
    for (const auto& item : items) list += Cat(list.empty() ? "'" : ", '", item.name, "'");
    return list.empty() ? std::string("none") : list;
  };
  std::vector<const NamedRng*> sources;
  for (const auto& target : targets) {
    const auto source = std::ranges::find(states, target.name, &NamedRng::name);
    if (source != states.end()) sources.push_back(&*source);
  }
  if (sources.size() != targets.size() || states.size() != targets.size()) {
    Fail(ErrorCode::kValue, {.where = "load_generators",
                             .given = "generators " + names(states),
                             .need = "those of the model, " + names(targets)});
  }
  for (size_t i = 0; i < targets.size(); ++i) *targets[i].rng = sources[i]->rng;
}

}  // namespace internal

int64_t parameter_count(const NamedTensors& parameters) {
  int64_t count = 0;
  for (const NamedTensor& parameter : parameters) count += parameter.value.numel();
  return count;
}

}  // namespace prova
