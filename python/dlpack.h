#pragma once

#include <cstdint>

namespace prova::python::dlpack {

/// The binary interface by which array libraries hand each other memory: DLPack 1.1
/// (dmlc.github.io/dlpack), and its form before version 1.

enum DeviceType : int32_t { kDLCpu = 1 };
enum TypeCode : uint8_t { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, kDLBool = 6 };

struct DLDevice {
  int32_t type;
  int32_t index;
};

struct DLType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};

struct DLTensor {
  void* data;
  DLDevice device;
  int32_t rank;
  DLType type;
  int64_t* shape;
  int64_t* strides;  // in elements; null: row-major
  uint64_t byte_offset;
};

struct DLManaged {
  DLTensor tensor;
  void* owner;
  void (*deleter)(DLManaged* self);
};

struct DLVersion {
  uint32_t major;
  uint32_t minor;
};

inline constexpr DLVersion kVersion = {1, 1};
inline constexpr uint64_t kReadOnly = 1;
inline constexpr uint64_t kCopied = 2;

struct DLManagedVersioned {
  DLVersion version;
  void* owner;
  void (*deleter)(DLManagedVersioned* self);
  uint64_t flags;
  DLTensor tensor;
};

}  // namespace prova::python::dlpack
