#include "ops/where/where_kernels.h"

namespace prova::reference {
namespace {

// #region reference
template <typename T>
void Select(const WhereArgs& args) {
  T* y = static_cast<T*>(args.y);
  const int64_t condition_step = args.geometry.strides[0].back();
  const int64_t a_step = args.geometry.strides[1].back();
  const int64_t b_step = args.geometry.strides[2].back();
  ForEachRun(args.geometry, 0, args.n, [&](const int64_t* offsets, int64_t count) {
    const uint8_t* condition = args.condition + offsets[0];
    const T* a = static_cast<const T*>(args.a) + offsets[1];
    const T* b = static_cast<const T*>(args.b) + offsets[2];
    for (int64_t i = 0; i < count; ++i) {
      *y++ = condition[i * condition_step] ? a[i * a_step] : b[i * b_step];
    }
  });
}
// #endregion reference

}  // namespace

void Where(const WhereArgs& args) {
  VisitBits(args.item_size, [&](auto type) { Select<typename decltype(type)::type>(args); });
}

}  // namespace prova::reference
