#pragma once

#include "cuda/harness/grid.h"

namespace prova::cuda::harness {

/// Reports a read of an element that nobody wrote, or that another thread wrote with no barrier
/// between them.
inline void NoteRead(SharedRecord& record) {
  const Moment& now = Now();
  if (record.stamp != CurrentBlock().stamp || record.write.thread == 0) {
    Report("reads an element of shared memory that no thread has written");
  }
  if (!IsOrdered(record.write, now)) {
    Report("reads an element of shared memory that another thread writes, with no barrier between");
  }
  if (record.reads[0].thread != now.thread) record.reads[1] = record.reads[0];
  record.reads[0] = now;
}

/// Reports a write to an element that another thread touches with no barrier between them.
inline void NoteWrite(SharedRecord& record) {
  const Moment& now = Now();
  if (record.stamp != CurrentBlock().stamp) record = {.stamp = CurrentBlock().stamp};
  if (record.write.thread != 0 && !IsOrdered(record.write, now)) {
    Report(
        "writes an element of shared memory that another thread writes, with no barrier between");
  }
  for (const Moment& read : record.reads) {
    if (read.thread != 0 && !IsOrdered(read, now)) {
      Report(
          "writes an element of shared memory that another thread reads, with no barrier between");
    }
  }
  record.write = now;
}

/// One element of shared memory: reads and writes as a `T&` would, and is noted.
template <typename T>
class SharedElement {
 public:
  SharedElement(T& value, SharedRecord& record) : value_(value), record_(record) {}
  operator T() const {
    NoteRead(record_);
    return value_;
  }
  SharedElement& operator=(const T& value) {
    NoteWrite(record_);
    value_ = value;
    return *this;
  }
  SharedElement& operator=(const SharedElement& other) { return *this = static_cast<T>(other); }
  SharedElement& operator+=(const T& value) { return *this = static_cast<T>(*this) + value; }

 private:
  T& value_;
  SharedRecord& record_;
};

}  // namespace prova::cuda::harness
