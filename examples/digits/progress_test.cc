#include "examples/digits/progress.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "examples/digits/interrupt.h"

namespace prova::digits {
namespace {

const Position kPosition = {.epoch = 3,
                            .epochs = 30,
                            .batch = 20,
                            .batches = 40,
                            .loss = 0.12345,
                            .accuracy = 0.9,
                            .batches_per_second = 412.3,
                            .seconds_left = 75};

// Characters, not bytes: continuation bytes of UTF-8 do not count.
int Columns(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(BarTextTest, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(BarText(kPosition, 110, false),
            "epoch 3/30 ####################--------------------  412 batches/s  loss 0.1235  "
            "accuracy 0.900  1:15 left");
}

TEST(BarTextTest, NeverExceedsTheTerminal) {
  for (int columns = 0; columns <= 200; ++columns) {
    for (bool utf8 : {false, true}) {
      EXPECT_LE(Columns(BarText(kPosition, columns, utf8)), columns);
    }
  }
}

TEST(BarTextTest, PartsGoOneAfterAnother) {
  EXPECT_EQ(BarText(kPosition, 66, false),
            "epoch 3/30  412 batches/s  loss 0.1235  accuracy 0.900  1:15 left");
  EXPECT_EQ(BarText(kPosition, 60, false), "epoch 3/30  loss 0.1235  accuracy 0.900  1:15 left");
  EXPECT_EQ(BarText(kPosition, 40, false), "epoch 3/30  accuracy 0.900  1:15 left");
  EXPECT_EQ(BarText(kPosition, 22, false), "epoch 3/30  1:15 left");
}

TEST(BarTextTest, FillsWithTheBatches) {
  Position position = kPosition;
  auto filled = [&](int64_t batch) {
    position.batch = batch;
    const std::string text = BarText(position, 110, false);
    return std::count(text.begin(), text.end(), '#');
  };
  EXPECT_EQ(filled(0), 0);
  EXPECT_EQ(filled(10), 10);
  EXPECT_EQ(filled(40), 40);
}

TEST(BarTextTest, HoursAreCountedToo) {
  Position position = kPosition;
  position.seconds_left = 3723;
  EXPECT_NE(BarText(position, 100, true).find("1:02:03 left"), std::string::npos);
}

TEST(EpochTextTest, LossesHaveNineDigits) {
  const EpochRecord record = {.epoch = 3,
                              .train_loss = 0.1234567891,
                              .train_accuracy = 0.95,
                              .test_loss = 1.0 / 3,
                              .test_accuracy = 0.98765,
                              .seconds = 1.234};
  EXPECT_EQ(EpochText(record, 30),
            "epoch  3/30  loss 0.123456789  accuracy 0.9500  test loss 0.333333333  "
            "test accuracy 0.9877  1.23 s");
}

TEST(ProgressTest, WithoutATerminalLinesAlone) {
  std::FILE* file = std::tmpfile();
  {
    Progress progress(file);
    progress.Show(kPosition);
    progress.Line("one");
    progress.Show(kPosition);
  }
  std::rewind(file);
  std::string text(100, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  EXPECT_EQ(text, "one\n");
}

TEST(ResumeCommandTest, RepeatsTheCommandForAShell) {
  EXPECT_EQ(ResumeCommand({"./digits", "--lr", "0.1"}, "out/c"),
            "./digits --lr 0.1 --resume out/c");
  EXPECT_EQ(ResumeCommand({"d", "--resume", "old", "--seed", "2"}, "new"),
            "d --seed 2 --resume new");
  EXPECT_EQ(ResumeCommand({"d", "--resume=old"}, "new"), "d --resume new");
  EXPECT_EQ(ResumeCommand({"d", "--out", "it's here"}, "a b"),
            "d --out 'it'\\''s here' --resume 'a b'");
  EXPECT_EQ(ResumeCommand({"d", "--out", "$HOME"}, "c"), "d --out '$HOME' --resume c");
}

}  // namespace
}  // namespace prova::digits
