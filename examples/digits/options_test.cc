#include "examples/digits/options.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova::digits {
namespace {

std::optional<Options> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "digits");
  return ParseOptions(arguments);
}

void ExpectRefused(const std::vector<std::string>& arguments, const std::string& text) {
  ExpectError(ErrorCode::kValue, text, [&] { Parse(arguments); });
}

TEST(OptionsTest, AllAreRead) {
  const auto options =
      Parse({"--epochs", "7", "--batch=64", "--lr", "1e-4", "--seed", "18446744073709551615",
             "--threads", "2", "--data", "a b", "--out", "o", "--resume", "c"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->epochs, 7);
  EXPECT_EQ(options->batch, 64);
  EXPECT_EQ(options->lr, 1e-4);
  EXPECT_EQ(options->seed, UINT64_MAX);
  EXPECT_EQ(options->threads, 2);
  EXPECT_EQ(options->data, "a b");
  EXPECT_EQ(options->out, "o");
  EXPECT_EQ(options->resume, "c");
}

TEST(OptionsTest, NoneIsNeeded) {
  const auto options = Parse({});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->epochs || options->batch || options->lr || options->seed ||
               options->threads || options->data || options->resume);
  EXPECT_EQ(options->out, "out/digits");
  EXPECT_EQ(options->device, kCpu);
}

TEST(OptionsTest, ADeviceIsNamedAndMustBeThere) {
  EXPECT_EQ(Parse({"--device", "cpu"})->device, kCpu);
  for (const std::string given : {"gpu", "cuda:", "cuda:-1", "cuda:1x", "CUDA"}) {
    ExpectRefused({"--device", given}, "--device: '" + given + "'; need cpu, cuda or cuda:INDEX");
  }
  ExpectRefused({"--device", ""}, "--device: an empty value; need cpu, cuda or cuda:INDEX");
  // This test has no kernels for GPUs.
  ExpectError(ErrorCode::kDevice,
              "--device: device cuda:1 is not part of this build; need cpu; build with "
              "--config=cuda for GPUs",
              [] {
                Parse({"--device", "cuda:1"});
              });
}

TEST(OptionsTest, DefaultEpochsDependOnTheNumberOfImages) {
  EXPECT_EQ(DefaultEpochs(1438), 60);
  EXPECT_EQ(DefaultEpochs(kManyImages - 1), 60);
  EXPECT_EQ(DefaultEpochs(kManyImages), 12);
}

TEST(OptionsTest, HelpPrintsAndAsksForNothingElse) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(Parse({"--help"}));
  const std::string help = testing::internal::GetCapturedStdout();
  for (const char* text :
       {"--epochs N", "--batch N", "--lr X", "--seed N", "--threads N", "--device NAME",
        "--data DIR", "--out DIR", "--resume FILE", "60; 12 from 5000", "default: 0.003",
        "out/digits", "Exit code", "128 + signal"}) {
    EXPECT_NE(help.find(text), std::string::npos) << text << "\n" << help;
  }
}

TEST(OptionsTest, WrongNumbers) {
  for (const char* given : {"0", "-1", "1.5", "1e3", "x", "10001", "99999999999999999999", "5 "}) {
    ExpectRefused({"--epochs", given},
                  std::string("--epochs: '") + given + "'; need a whole number from 1 to 10000");
  }
  ExpectRefused({"--epochs", ""}, "--epochs: an empty value; need a whole number from 1 to 10000");
  ExpectRefused({"--batch", "0"}, "--batch: '0'; need a whole number from 1 to 65536");
  ExpectRefused({"--batch", "65537"}, "--batch: '65537'; need a whole number from 1 to 65536");
  ExpectRefused({"--threads", "0"}, "--threads: '0'; need a whole number from 1 to 1024");
  ExpectRefused({"--threads", "1025"}, "--threads: '1025'; need a whole number from 1 to 1024");
  ExpectRefused({"--seed", "-1"},
                "--seed: '-1'; need a whole number from 0 to 18446744073709551615");
  for (const char* given : {"nan", "inf", "-inf", "0", "-0.1", "10.5", "fast", "1e-999", "0.1x"}) {
    ExpectRefused({"--lr", given},
                  std::string("--lr: '") + given + "'; need a number above 0, at most 10");
  }
}

TEST(OptionsTest, WrongPathsAndWords) {
  ExpectRefused({"--data", ""}, "--data: an empty value; need a path");
  ExpectRefused({"--out", ""}, "--out: an empty value; need a path");
  EXPECT_THROW(Parse({"--out="}), Error);
  ExpectRefused({"--resume", ""}, "--resume: an empty value; need a path");
  EXPECT_THROW(Parse({"--epoch", "3"}), Error);
  EXPECT_THROW(Parse({"extra"}), Error);
  EXPECT_THROW(Parse({"--lr"}), Error);
  EXPECT_THROW(Parse({"--lr", "0.1", "--lr", "0.2"}), Error);
}

}  // namespace
}  // namespace prova::digits
