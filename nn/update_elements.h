#pragma once

#include <array>
#include <type_traits>
#include <vector>

#include "base/parallel_for.h"
#include "tensor/strided.h"

namespace prova::internal {

/// Walks a parameter, its gradient and the state tensors of its rule together, of any strides:
/// `p = rule(p, g, slots)` for each element (`nn/update_rules.h`). Numbers are float for storage
/// types and float32, else double.
template <typename Rule>
void UpdateElements(const Tensor& parameter, const Tensor& gradient,
                    const std::vector<Tensor>& slots, const Rule& rule) {
  constexpr size_t kSlots = Rule::kSlots;
  static_assert(kSlots <= JointGeometry::kMaxOperands - 2);
  if (parameter.numel() == 0) return;
  JointGeometry geometry;
  if constexpr (kSlots == 0) {
    geometry = Collapse(parameter.shape(), {&parameter.strides(), &gradient.strides()});
  } else if constexpr (kSlots == 1) {
    geometry = Collapse(parameter.shape(),
                        {&parameter.strides(), &gradient.strides(), &slots[0].strides()});
  } else {
    geometry = Collapse(parameter.shape(), {&parameter.strides(), &gradient.strides(),
                                            &slots[0].strides(), &slots[1].strides()});
  }
  VisitDType(parameter.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) {
      using A = std::conditional_t<std::is_same_v<T, double>, double, float>;
      T* p = parameter.mutable_data<T>();
      const T* g = gradient.data<T>();
      std::array<A*, kSlots> s;
      for (size_t k = 0; k < kSlots; ++k) s[k] = slots[k].template mutable_data<A>();
      ParallelFor(parameter.numel(), kElementGrain, [&](int64_t begin, int64_t end) {
        ForEachRun(geometry, begin, end, [&](const int64_t* offsets, int64_t count) {
          const Strides* steps = geometry.strides;
          for (int64_t i = 0; i < count; ++i) {
            T& place = p[offsets[0] + i * steps[0].back()];
            std::array<A, kSlots> values;
            for (size_t k = 0; k < kSlots; ++k) {
              values[k] = s[k][offsets[k + 2] + i * steps[k + 2].back()];
            }
            place = T(rule(static_cast<A>(place),
                           static_cast<A>(g[offsets[1] + i * steps[1].back()]), values));
            for (size_t k = 0; k < kSlots; ++k) {
              s[k][offsets[k + 2] + i * steps[k + 2].back()] = values[k];
            }
          }
        });
      });
    }
  });
}

}  // namespace prova::internal
