#pragma once

#include <type_traits>

namespace prova::nvidia {

/// A type of NVIDIA's headers as `nvidia_api.h` writes it: enumerations are int, pointers to
/// structures, such as handles, are void*.
template <typename T>
struct Plain {
  using type = std::conditional_t<std::is_enum_v<T>, int, T>;
  static_assert(!std::is_enum_v<T> || sizeof(T) == sizeof(int));
};
template <typename T>
requires std::is_class_v<T>
struct Plain<T*> {
  using type = void*;
};
template <typename T>
requires std::is_class_v<T>
struct Plain<const T*> {
  using type = const void*;
};
template <typename T>
requires std::is_class_v<T>
struct Plain<T**> {
  using type = void**;
};
template <typename Result, typename... Arguments>
struct Plain<Result (*)(Arguments...)> {
  using type = typename Plain<Result>::type (*)(typename Plain<Arguments>::type...);
};

/// Whether a pointer to a function of ours can hold theirs.
template <typename Ours, typename Theirs>
inline constexpr bool kSameSignature = std::is_same_v<Ours, typename Plain<Theirs>::type>;

}  // namespace prova::nvidia
