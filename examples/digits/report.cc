#include "examples/digits/report.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/text.h"
#include "examples/digits/chart.h"
#include "examples/digits/png.h"
#include "examples/digits/report_style.h"

namespace prova::digits {
namespace {

constexpr size_t kMostDrawn = 120;

std::string Percent(double share, int decimals = 1) { return Fixed(100 * share, decimals) + " %"; }

// 1,234,567.
std::string Grouped(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

// "1 epoch", "12 epochs".
std::string Counted(int64_t number, const std::string& what) {
  return Cat(Grouped(number), " ", what, number == 1 ? "" : "s");
}

std::string Duration(double seconds) {
  if (seconds < 60) return Fixed(seconds, 1) + " s";
  const int64_t whole = std::llround(seconds);
  return Cat(whole / 60, " min ", whole % 60, " s");
}

// E. B. Wilson, "Probable inference", JASA 22 (1927): where the true rate lies, 19 times in 20.
std::string Interval(double share, int64_t count) {
  const double z = 1.959964, n = static_cast<double>(count);
  const double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half =
      z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  return Cat(Fixed(100 * std::max(0.0, centre - half), 1), "–",
             Percent(std::min(1.0, centre + half)));
}

std::string Tile(const std::string& value, const std::string& what, const char* css_class = "") {
  return Cat("<div class=\"tile ", css_class, "\"><b>", value, "</b><span>", what,
             "</span></div>\n");
}

std::string Tiles(const RunResult& result) {
  const size_t wrong = Mistakes(result).size();
  return "<div class=\"tiles\">\n" +
         Tile(Percent(result.test.accuracy, 2),
              Cat("test accuracy<br>95 % interval ",
                  Interval(result.test.accuracy, result.data.test)),
              "main") +
         Tile(Cat(Grouped(static_cast<int64_t>(wrong)), " of ", Grouped(result.data.test)),
              "test digits classified wrongly") +
         Tile(Duration(result.environment.train_seconds),
              Cat("training, ", Counted(result.history.size(), "epoch"), ", ",
                  Counted(result.environment.threads, "thread"))) +
         Tile(Grouped(result.parameters), "parameters") + "</div>\n";
}

std::string Curves(const RunResult& result) {
  Series train_loss{"training", "train", {}}, test_loss{"test", "test", {}};
  Series train_accuracy = train_loss, test_accuracy = test_loss;
  for (const EpochRecord& record : result.history) {
    const double epoch = static_cast<double>(record.epoch);
    train_loss.points.emplace_back(epoch, record.train_loss);
    test_loss.points.emplace_back(epoch, record.test_loss);
    train_accuracy.points.emplace_back(epoch, 100 * record.train_accuracy);
    test_accuracy.points.emplace_back(epoch, 100 * record.test_accuracy);
  }
  return "<section>\n<h2>Learning curves</h2>\n<p class=\"note\">Training values are means over "
         "each epoch, of distorted digits and with dropout, while the weights change; test values "
         "are "
         "taken after it. That is why the test can look easier.</p>\n<div class=\"pair\">\n"
         "<div><h3>Loss</h3>" +
         RenderChart({.title = "Loss by epoch",
                      .x_title = "epoch",
                      .y_title = "cross-entropy (nats, log scale)",
                      .series = {train_loss, test_loss},
                      .log_y = true}) +
         "</div>\n<div><h3>Accuracy</h3>" +
         RenderChart({.title = "Accuracy by epoch",
                      .x_title = "epoch",
                      .y_title = "accuracy (%)",
                      .series = {train_accuracy, test_accuracy},
                      .y_most = 100}) +
         "</div>\n</div>\n</section>\n";
}

std::string SvgText(double x, double y, const std::string& css_class, const std::string& text) {
  return Cat("<text x=\"", Fixed(x, 1), "\" y=\"", Fixed(y, 1), "\" class=\"", css_class, "\">",
             text, "</text>\n");
}

// In per cent; a dash where there is nothing to count.
std::string Rate(int64_t part, int64_t whole) {
  return whole > 0 ? Fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) : "–";
}

std::string Heatmap(const RunResult& result) {
  constexpr double kCell = 52, kLeft = 70, kTop = 62;
  const int classes = result.data.classes;
  const std::vector<int64_t> counts = ConfusionMatrix(result);
  auto count = [&](int row, int column) { return counts[row * classes + column]; };
  const double side = kCell * classes;
  std::string svg = Cat("<svg viewBox=\"0 0 ", kLeft + side + 90, " ", kTop + side + 54,
                        "\" role=\"img\" aria-label=\"Confusion matrix\">\n");
  svg += SvgText(kLeft + side / 2, 18, "title middle", "predicted digit");
  svg += Cat("<text transform=\"translate(18 ", Fixed(kTop + side / 2, 1),
             ") rotate(-90)\" class=\"title middle\">true digit</text>\n");
  svg += SvgText(kLeft + side + 46, 46, "rate", "found, %");
  svg += SvgText(kLeft - 28, kTop + side + 29, "rate", "right, %");
  for (int row = 0; row < classes; ++row) {
    int64_t in_row = 0, in_column = 0;
    for (int i = 0; i < classes; ++i) {
      in_row += count(row, i);
      in_column += count(i, row);
    }
    const double y = kTop + row * kCell;
    svg += SvgText(kLeft - 22, y + kCell / 2 + 5, "class", std::to_string(row));
    svg += SvgText(kLeft + (row + 0.5) * kCell, 46, "class", std::to_string(row));
    for (int column = 0; column < classes; ++column) {
      const int64_t here = count(row, column);
      const double share = in_row > 0 ? static_cast<double>(here) / in_row : 0;
      // A single mistake must be seen: the root lifts small shares.
      const double strength = row == column ? share : std::min(1.0, 0.25 + std::sqrt(share));
      const double x = kLeft + column * kCell;
      svg +=
          Cat("<rect x=\"", x, "\" y=\"", y, "\" width=\"", kCell, "\" height=\"", kCell,
              "\" rx=\"6\" class=\"cell ",
              here == 0       ? "none"
              : row == column ? "hit"
                              : "miss",
              "\" fill-opacity=\"", Fixed(here == 0 ? 0.35 : strength, 3), "\"><title>", here,
              " of ", in_row, " images of ", row, " were taken for ", column, "</title></rect>\n");
      svg += SvgText(x + kCell / 2, y + kCell / 2 + 5,
                     here == 0          ? "count zero"
                     : strength >= 0.55 ? "count light"
                                        : "count",
                     Grouped(here));
    }
    svg += SvgText(kLeft + side + 46, y + kCell / 2 + 4, "rate", Rate(count(row, row), in_row));
    svg += SvgText(kLeft + (row + 0.5) * kCell, kTop + side + 29, "rate",
                   Rate(count(row, row), in_column));
  }
  return "<section>\n<h2>Confusion matrix</h2>\n<p class=\"note\">Each row holds the test images "
         "of "
         "one digit, counted by what the network took them for; colour is the share of the row. "
         "“Found” is the share of a digit’s images that were recognized (recall), “right” the "
         "share "
         "of its predictions that were true (precision).</p>\n<div class=\"matrix\">" +
         svg + "</svg></div>\n</section>\n";
}

std::string DrawnMistake(const RunResult& result, int64_t i) {
  const int64_t pixels = result.data.height * result.data.width;
  const float* probabilities = result.test.probabilities.data() + i * result.data.classes;
  const int truth = result.test_labels[i], guess = result.test.predictions[i];
  const std::string png = GreyPng(std::span(result.test_images).subspan(i * pixels, pixels),
                                  result.data.height, result.data.width);
  return Cat("<figure class=\"digit\"><img alt=\"test image ", i, ", a ", truth,
             "\" src=\"data:image/png;base64,", Base64(png), "\"><figcaption><b>", truth,
             "</b> taken for <span class=\"no\">", guess, "</span><small>",
             Percent(probabilities[guess]), " sure<br>of ", truth, ": ",
             Percent(probabilities[truth]), "</small></figcaption></figure>\n");
}

std::string Drawings(const RunResult& result) {
  const std::vector<int64_t> wrong = Mistakes(result);
  std::string html = "<section>\n<h2>Wrongly classified digits</h2>\n";
  if (wrong.empty()) return html + "<p class=\"note\">None.</p>\n</section>\n";
  const size_t drawn = std::min(wrong.size(), kMostDrawn);
  html += drawn < wrong.size()
              ? Cat("<p class=\"note\">The ", drawn, " most certain of ", Grouped(wrong.size()),
                    " mistakes.</p>\n")
              : Cat("<p class=\"note\">", drawn == 1 ? "The one mistake" : "All mistakes",
                    ", the most certain first.</p>\n");
  html += "<div class=\"digits\">\n";
  for (size_t i = 0; i < drawn; ++i) html += DrawnMistake(result, wrong[i]);
  return html + "</div>\n</section>\n";
}

std::string Row(const std::string& name, const std::string& value) {
  return Cat("<tr><th>", name, "</th><td>", Escape(value), "</td></tr>\n");
}

std::string Settings(const RunResult& result) {
  const DataSummary& data = result.data;
  std::string html = "<section>\n<h2>How it was made</h2>\n<div class=\"pair\">\n<table>\n";
  html += Row("Data", Cat(data.folder, ": ", Grouped(data.train), " images to train, ",
                          Grouped(data.test), " to test, ", data.height, " × ", data.width,
                          " pixels from 0 to ", data.pixel_max));
  html += Row("Division", data.division);
  html += Row("Network", result.architecture);
  html += Row("Optimizer", Cat("AdamW, learning rate ", result.plan.lr,
                               " falling to 0 along a cosine, batches of ", result.plan.batch));
  html += "</table>\n<table>\n";
  html += Row("Epochs", std::to_string(result.plan.epochs));
  html += Row("Seed", std::to_string(result.plan.seed));
  html += Row("Kernels", result.environment.kernels);
  html += Row("Machine",
              Cat(result.environment.machine, ", ", Counted(result.environment.threads, "thread")));
  html += Row("Compiler", result.environment.compiler);
  html += Row("Run", result.environment.resumed_at > 0
                         ? Cat("resumed after epoch ", result.environment.resumed_at)
                         : "from the start");
  return html + "</table>\n</div>\n";
}

std::string EpochTable(const RunResult& result) {
  std::string html =
      "<details><summary>All epochs in numbers</summary><div class=\"scroll\"><table>\n<tr>";
  for (const char* name : {"epoch", "learning rate", "training loss", "training accuracy",
                           "test loss", "test accuracy", "seconds"}) {
    html += Cat("<th class=\"number\">", name, "</th>");
  }
  html += "</tr>\n";
  for (const EpochRecord& record : result.history) {
    html += "<tr>";
    for (const std::string& cell :
         {std::to_string(record.epoch), Fixed(record.lr, 6), Fixed(record.train_loss, 6),
          Percent(record.train_accuracy, 2), Fixed(record.test_loss, 6),
          Percent(record.test_accuracy, 2), Fixed(record.seconds, 2)}) {
      html += Cat("<td class=\"number\">", cell, "</td>");
    }
    html += "</tr>\n";
  }
  return html + "</table></div></details>\n</section>\n";
}

}  // namespace

std::string RenderReport(const RunResult& result) {
  return Cat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Handwritten digits: ",
      Percent(result.test.accuracy, 2), "</title>\n<style>", kReportStyle,
      "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>Handwritten digits</h1>\n<p>A small "
      "convolutional network, trained with Prova on ",
      Grouped(result.data.train), " images and tested on ", Grouped(result.data.test),
      " that it never saw.</p>\n</header>\n", Tiles(result), Curves(result), Heatmap(result),
      Drawings(result), Settings(result), EpochTable(result),
      "<footer>Written by examples/digits. The same numbers, exact, are in "
      "metrics.json.</footer>\n</main>\n</body>\n</html>\n");
}

}  // namespace prova::digits
