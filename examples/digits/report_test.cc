#include "examples/digits/report.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "examples/digits/chart.h"
#include "examples/digits/metrics.h"
#include "examples/digits/png.h"

namespace prova::digits {
namespace {

using Json = nlohmann::ordered_json;

// Four test images of 2 × 2, three classes; images 1 and 3 are taken for others, 3 more surely.
RunResult Example() {
  RunResult result;
  result.plan = {.epochs = 2, .batch = 32, .lr = 0.003, .seed = 7};
  result.data = {.folder = "a <b> & \"c\"",
                 .division = "by hand",
                 .train = 1438,
                 .test = 4,
                 .height = 2,
                 .width = 2,
                 .classes = 3,
                 .pixel_max = 16};
  result.environment = {.kernels = "simd", .compiler = "g++", .machine = "m", .threads = 1};
  result.architecture = "linear";
  result.parameters = 12345;
  result.history = {{.epoch = 1,
                     .lr = 0.003,
                     .train_loss = 1.1,
                     .train_accuracy = 0.4,
                     .test_loss = 0.9,
                     .test_accuracy = 0.5,
                     .seconds = 0.25},
                    {.epoch = 2,
                     .lr = 0.001,
                     .train_loss = 1.0 / 3,
                     .train_accuracy = 0.6,
                     .test_loss = 0.7,
                     .test_accuracy = 0.5,
                     .seconds = 0.5}};
  result.test = {
      .loss = 0.7,
      .accuracy = 0.5,
      .probabilities = {0.8f, 0.1f, 0.1f, 0.3f, 0.5f, 0.2f, 0.1f, 0.2f, 0.7f, 0.05f, 0.9f, 0.05f},
      .predictions = {0, 1, 2, 1}};
  result.test_labels = {0, 0, 2, 2};
  result.test_images = {0, 0.25f, 0.5f, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1};
  return result;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(RunTest, ConfusionCountsTrueByPredicted) {
  EXPECT_EQ(ConfusionMatrix(Example()), (std::vector<int64_t>{1, 1, 0, 0, 0, 0, 0, 1, 1}));
}

TEST(RunTest, MistakesComeSurestFirst) {
  EXPECT_EQ(Mistakes(Example()), (std::vector<int64_t>{3, 1}));
}

TEST(MetricsTest, HasEverythingExactly) {
  const Json json = Json::parse(RenderMetrics(Example()));
  EXPECT_EQ(json.at("options"), (Json{{"epochs", 2}, {"batch", 32}, {"lr", 0.003}, {"seed", 7}}));
  EXPECT_EQ(json.at("test_accuracy"), 0.5);
  EXPECT_EQ(json.at("history")[1].at("train_loss").get<double>(), 1.0 / 3);
  EXPECT_EQ(json.at("confusion"), Json::parse("[[1,1,0],[0,0,0],[0,1,1]]"));
  EXPECT_EQ(json.at("mistakes")[0].at("test_image"), 3);
  EXPECT_EQ(json.at("mistakes")[0].at("probability").get<float>(), 0.9f);
  EXPECT_EQ(json.at("mistakes")[1].at("probability_of_label").get<float>(), 0.3f);
}

TEST(MetricsTest, WhatACheckpointKeepsComesBack) {
  const RunResult result = Example();
  EXPECT_EQ(PlanFromJson(Json::parse(ToJson(result.plan).dump())), result.plan);
  const auto history = HistoryFromJson(Json::parse(ToJson(result.history).dump()));
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].train_loss, result.history[1].train_loss);
  EXPECT_EQ(history[1].seconds, 0.5);
  const DataSummary data = DataFromJson(Json::parse(ToJson(result.data).dump()));
  EXPECT_EQ(data.folder, result.data.folder);
  EXPECT_EQ(data.pixel_max, 16);
}

TEST(ReportTest, TellsWhatHappened) {
  const std::string html = RenderReport(Example());
  for (const char* text :
       {"50.00 %", "2 of 4", "12,345", "1,438", "cross-entropy (nats, log scale)", "accuracy (%)",
        "epoch", "true digit", "predicted digit", "prefers-color-scheme: dark",
        "1 of 2 images of 2 were taken for 1", "<b>2</b> taken for <span class=\"no\">1</span>",
        "90.0 % sure<br>of 2: 5.0 %", "a &lt;b&gt; &amp; &quot;c&quot;"}) {
    EXPECT_NE(html.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(Count(html, "<figure class=\"digit\">"), 2u);
  EXPECT_LT(html.find("<b>2</b> taken"), html.find("<b>0</b> taken"));
}

TEST(ReportTest, NeedsNothingFromOutside) {
  const std::string html = RenderReport(Example());
  for (const char* text : {"http:", "https:", "<script", "<link", "@import", "url("}) {
    EXPECT_EQ(html.find(text), std::string::npos) << text;
  }
}

TEST(ReportTest, WithoutMistakesItSaysSo) {
  RunResult result = Example();
  result.test_labels = result.test.predictions;
  EXPECT_NE(RenderReport(result).find("<p class=\"note\">None.</p>"), std::string::npos);
}

TEST(ReportTest, OfManyMistakesItDrawsTheSurest) {
  RunResult result = Example();
  for (int i = 0; i < 300; ++i) {
    result.test_labels.push_back(0);
    result.test.predictions.push_back(1);
    for (float p : {0.4f, 0.6f, 0.0f}) result.test.probabilities.push_back(p);
    for (int pixel = 0; pixel < 4; ++pixel) result.test_images.push_back(0);
  }
  const std::string html = RenderReport(result);
  EXPECT_EQ(Count(html, "<figure class=\"digit\">"), 120u);
  EXPECT_NE(html.find("The 120 most certain of 302 mistakes."), std::string::npos);
}

TEST(ChartTest, SurvivesWhatCannotBeDrawn) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (bool log_y : {false, true}) {
    const std::vector<std::vector<std::pair<double, double>>> all = {
        {}, {{1, 5}}, {{1, nan}, {2, inf}}, {{1, 0}, {2, -1}}, {{1, 3}, {2, nan}, {3, 3}}};
    for (const auto& points : all) {
      const std::string svg = RenderChart({.title = "t",
                                           .x_title = "x",
                                           .y_title = "y",
                                           .series = {{"s", "test", points}},
                                           .log_y = log_y});
      EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
      EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
      EXPECT_NE(svg.find("</svg>"), std::string::npos);
    }
  }
}

TEST(ChartTest, NamesAtTheLinesEndsDoNotOverlap) {
  const std::string svg = RenderChart(
      {.title = "t",
       .x_title = "x",
       .y_title = "y",
       .series = {{"first", "train", {{1, 1}, {2, 5}}}, {"second", "test", {{1, 2}, {2, 5}}}}});
  auto y_of = [&](const std::string& name) {
    const size_t end = svg.rfind(">" + name + "</text>");
    const size_t begin = svg.rfind("y=\"", end) + 3;
    return std::stod(svg.substr(begin));
  };
  EXPECT_GE(std::abs(y_of("first") - y_of("second")), 15.9);
}

TEST(PngTest, IsAPngWithThesePixels) {
  const std::vector<float> pixels = {0, 0.5f, 1, 2, -1, 1};
  const std::string png = GreyPng(pixels, 2, 3);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(8, 8), std::string("\0\0\0\x0dIHDR", 8));
  EXPECT_EQ(png.substr(16, 13), std::string("\0\0\0\3\0\0\0\2\x08\0\0\0\0", 13));
  const size_t data = png.find("IDAT") + 4;
  std::string rows(64, '\0');
  uLongf size = rows.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(png.data() + data), png.size() - data),
            Z_OK);
  EXPECT_EQ(rows.substr(0, size), std::string("\0\0\x80\xff\0\xff\0\xff", 8));
  EXPECT_EQ(png.substr(png.size() - 8), std::string("IEND\xae\x42\x60\x82", 8));
}

// RFC 4648, section 10.
TEST(PngTest, Base64OfTheStandard) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace prova::digits
