#include "examples/digits/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/text.h"

namespace prova::digits {
namespace {

constexpr double kWidth = 560, kHeight = 340;
constexpr double kLeft = 64, kRight = 74, kTop = 16, kBottom = 52;
constexpr double kLabelGap = 16;  // between the names at the ends of lines

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

// The step of 1, 2 or 5 times a power of ten that gives at most `most` intervals.
double NiceStep(double span, int most) {
  const double rough = span / most;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string TickText(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%g", std::abs(value) < 1e-12 ? 0.0 : value);
  return text.data();
}

/// Maps values to pixels, linearly or in powers of ten.
class Axis {
 public:
  Axis(Range range, double from, double to, bool log) : from_(from), to_(to), log_(log) {
    low_ = Scale(range.low);
    high_ = Scale(range.high);
  }
  double operator()(double value) const {
    return from_ + (Scale(value) - low_) / (high_ - low_) * (to_ - from_);
  }

 private:
  double Scale(double value) const { return log_ ? std::log10(value) : value; }
  double from_, to_, low_, high_;
  bool log_;
};

std::vector<double> LinearTicks(Range range, int most, double least_step = 0) {
  const double step = std::max(NiceStep(range.high - range.low, most), least_step);
  std::vector<double> ticks;
  for (double k = std::ceil(range.low / step - 1e-9); k * step <= range.high + step * 1e-9; ++k) {
    ticks.push_back(k * step);
  }
  return ticks;
}

// 1, 2 and 5 times powers of ten; powers alone where these would crowd.
std::vector<double> LogTicks(Range range) {
  const double decades = std::log10(range.high / range.low);
  std::vector<double> ticks;
  for (double power = std::floor(std::log10(range.low)); power <= std::log10(range.high); ++power) {
    for (double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      if (factor > 1 && decades > 3) continue;
      if (tick >= range.low * (1 - 1e-9) && tick <= range.high * (1 + 1e-9)) ticks.push_back(tick);
    }
  }
  return ticks;
}

bool IsDrawn(const Chart& chart, const std::pair<double, double>& point) {
  return std::isfinite(point.second) && (!chart.log_y || point.second > 0);
}

struct Ranges {
  Range x, y;
};

Ranges RangesOf(const Chart& chart) {
  Ranges ranges;
  for (const Series& series : chart.series) {
    for (const auto& point : series.points) {
      ranges.x.Include(point.first);
      if (IsDrawn(chart, point)) ranges.y.Include(point.second);
    }
  }
  if (ranges.x.empty()) ranges.x = {0, 1};
  if (ranges.y.empty()) ranges.y = {chart.log_y ? 0.1 : 0, 1};
  if (ranges.x.low == ranges.x.high) ranges.x = {ranges.x.low - 0.5, ranges.x.high + 0.5};
  if (chart.log_y) {
    ranges.y = {ranges.y.low / 1.25, ranges.y.high * 1.25};
    return ranges;
  }
  const double margin = std::max(0.06 * (ranges.y.high - ranges.y.low), 1e-3);
  const bool capped = chart.y_most > 0 && ranges.y.high <= chart.y_most;
  ranges.y = {ranges.y.low - margin, ranges.y.high + margin};
  if (capped) ranges.y.high = std::min(ranges.y.high, chart.y_most);
  return ranges;
}

std::string Text(double x, double y, const char* css_class, const std::string& text,
                 const std::string& more = "") {
  return Cat("<text x=\"", Fixed(x, 1), "\" y=\"", Fixed(y, 1), "\" class=\"", css_class, "\"",
             more, ">", Escape(text), "</text>\n");
}

std::string Line(double x1, double y1, double x2, double y2, const char* css_class) {
  return Cat("<line x1=\"", Fixed(x1, 1), "\" y1=\"", Fixed(y1, 1), "\" x2=\"", Fixed(x2, 1),
             "\" y2=\"", Fixed(y2, 1), "\" class=\"", css_class, "\"/>\n");
}

std::string Frame(const Chart& chart, const Ranges& ranges, const Axis& x, const Axis& y) {
  const double right = kWidth - kRight, bottom = kHeight - kBottom;
  std::string svg;
  for (double tick : chart.log_y ? LogTicks(ranges.y) : LinearTicks(ranges.y, 6)) {
    svg += Line(kLeft, y(tick), right, y(tick), "grid");
    svg += Text(kLeft - 8, y(tick) + 4, "tick end", TickText(tick));
  }
  for (double tick : LinearTicks(ranges.x, 8, 1)) {
    if (tick < 0.5) continue;  // Epochs count from 1.
    svg += Line(x(tick), bottom, x(tick), bottom + 5, "axis");
    svg += Text(x(tick), bottom + 20, "tick middle", TickText(tick));
  }
  svg += Line(kLeft, bottom, right, bottom, "axis");
  svg += Text((kLeft + right) / 2, kHeight - 10, "title middle", chart.x_title);
  svg += Text(0, 0, "title middle", chart.y_title,
              Cat(" transform=\"translate(16 ", Fixed((kTop + bottom) / 2, 1), ") rotate(-90)\""));
  return svg;
}

std::string Curve(const Chart& chart, const Series& series, const Axis& x, const Axis& y) {
  std::string path, dots;
  bool pen_down = false;
  for (const auto& point : series.points) {
    if (!IsDrawn(chart, point)) {
      pen_down = false;
      continue;
    }
    const std::string px = Fixed(x(point.first), 1), py = Fixed(y(point.second), 1);
    path += Cat(pen_down ? "L" : "M", px, " ", py);
    pen_down = true;
    dots += Cat("<circle cx=\"", px, "\" cy=\"", py, "\" r=\"",
                series.points.size() > 40 ? "1.5" : "2.5", "\" class=\"dot ", series.css_class,
                "\"><title>", Escape(series.name), ", ", Escape(chart.x_title), " ",
                TickText(point.first), ": ", TickText(point.second), "</title></circle>\n");
  }
  return Cat("<path d=\"", path, "\" class=\"curve ", series.css_class, "\"/>\n", dots);
}

// The names at the lines' ends, pushed apart where they would overlap.
std::string EndLabels(const Chart& chart, const Axis& y) {
  struct Label {
    const Series* series;
    double y;
  };
  std::vector<Label> labels;
  for (const Series& series : chart.series) {
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
      if (!IsDrawn(chart, *point)) continue;
      labels.push_back({&series, y(point->second)});
      break;
    }
  }
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  for (size_t i = 1; i < labels.size(); ++i) {
    const double overlap = labels[i - 1].y + kLabelGap - labels[i].y;
    if (overlap <= 0) continue;
    labels[i - 1].y -= overlap / 2;
    labels[i].y += overlap / 2;
  }
  std::string svg;
  for (const Label& label : labels) {
    svg += Text(kWidth - kRight + 10, label.y + 4, ("name " + label.series->css_class).c_str(),
                label.series->name);
  }
  return svg;
}

}  // namespace

std::string RenderChart(const Chart& chart) {
  const Ranges ranges = RangesOf(chart);
  const Axis x(ranges.x, kLeft + 8, kWidth - kRight - 4, false);
  const Axis y(ranges.y, kHeight - kBottom, kTop, chart.log_y);
  std::string svg = Cat("<svg viewBox=\"0 0 ", kWidth, " ", kHeight,
                        "\" role=\"img\" aria-label=\"", Escape(chart.title), "\">\n");
  svg += Frame(chart, ranges, x, y);
  for (const Series& series : chart.series) svg += Curve(chart, series, x, y);
  return svg + EndLabels(chart, y) + "</svg>\n";
}

std::string Fixed(double value, int decimals) {
  std::array<char, 400> text;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string Escape(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace prova::digits
