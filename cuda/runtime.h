#pragma once

#include <cstddef>
#include <cstdint>

/// Declares a GPU kernel: it has an address only in programs that are linked with it, whatever
/// else they are linked with.
#define PROVA_LINKED [[gnu::weak]]

namespace prova::cuda {

/// What Prova asks of a GPU's driver. A program is linked with the CUDA runtime
/// (`--config=cuda`), with the execution harness (tests), or with neither.
class Runtime {
 public:
  virtual ~Runtime() = default;

  /// How many devices the machine has; 0 without a driver.
  virtual int DeviceCount() = 0;
  /// Makes `device` the one that this thread allocates on and launches to.
  virtual void Use(int device) = 0;

  /// Memory of the device in use; null where there is not enough.
  virtual void* TryAllocate(size_t bytes) = 0;
  virtual void Free(void* memory) = 0;
  /// Whether freed memory should be kept for the next request.
  virtual bool IsWorthCaching() const = 0;
  virtual size_t FreeBytes() = 0;

  /// Between the processor and a device or within a device, after all work launched before; memory
  /// of the processor may be used when this returns.
  virtual void Copy(void* to, const void* from, size_t bytes) = 0;
  /// Waits until the device in use has done all work. The error of work that failed, or null.
  virtual const char* Synchronize() = 0;
  /// The error of the last launch, or null.
  virtual const char* LaunchError() = 0;

  /// Orders in which the threads of a kernel may run: a GPU has one, its own; the harness has
  /// several, and a result that differs between them is a race.
  virtual int ScheduleCount() const = 0;
  /// Makes `schedule` that of this processor thread and returns its name.
  virtual const char* UseSchedule(int schedule) = 0;

  /// A point in the device's work, for timing.
  virtual void* NewEvent() = 0;
  virtual void DeleteEvent(void* event) = 0;
  virtual void Record(void* event) = 0;
  /// Seconds between two recorded events; waits for the second.
  virtual double Seconds(void* from, void* to) = 0;
};

/// The runtime that this program is linked with, or null.
Runtime* LinkedRuntime();

/// How many CUDA devices tensors can be on.
int DeviceCount();

/// Makes `device` this thread's, for work of the operation `op`, whose name errors will bear.
void Enter(const char* op, int device);
/// The operation that launches on this thread.
const char* CurrentOperation();

/// Waits for all work on a device. Errors: kDevice for work that failed, naming the operations
/// launched since the last wait.
void synchronize(int device = 0);

/// A moment in a device's stream of work.
class Event {
 public:
  explicit Event(int device = 0);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void Record();
  /// Seconds of device time from this event to a later one; waits for that.
  double SecondsTo(const Event& later) const;

 private:
  int device_;
  void* event_;
};

/// Copies bytes to, from or within `device`, after all work launched there before.
void CopyBytes(int device, void* to, const void* from, size_t bytes);

/// Errors: kDevice where the launch just made was refused.
void CheckLaunch();

}  // namespace prova::cuda
