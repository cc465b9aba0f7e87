#include "base/function_ref.h"

#include <memory>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace prova {
namespace {

TEST(FunctionRefTest, CallsTheObjectItRefersTo) {
  int calls = 0;
  auto count = [&calls](int by) { return calls += by; };
  const FunctionRef<int(int)> reference = count;
  EXPECT_EQ(reference(2), 2);
  EXPECT_EQ(reference(3), 5);
  EXPECT_EQ(calls, 5);
}

TEST(FunctionRefTest, StateOfTheObjectIsShared) {
  auto counter = [n = 0]() mutable { return ++n; };
  const FunctionRef<int()> reference = counter;
  const FunctionRef<int()> copy = reference;
  EXPECT_EQ(reference(), 1);
  EXPECT_EQ(copy(), 2);
  EXPECT_EQ(counter(), 3);
}

TEST(FunctionRefTest, CallsConstObjectsAndForwardsMoveOnlyArguments) {
  const auto take = [](std::unique_ptr<int> value) { return *value; };
  const FunctionRef<int(std::unique_ptr<int>)> reference = take;
  EXPECT_EQ(reference(std::make_unique<int>(7)), 7);
}

TEST(FunctionRefTest, OnlyFittingCallablesConvert) {
  const auto of_string = [](const std::string&) {};
  static_assert(std::is_convertible_v<decltype(of_string), FunctionRef<void(std::string)>>);
  static_assert(!std::is_convertible_v<decltype(of_string), FunctionRef<void(int*)>>);
}

}  // namespace
}  // namespace prova
