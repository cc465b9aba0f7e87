#pragma once

#include <string>
#include <utility>
#include <vector>

namespace prova::digits {

/// One line of a chart. `css_class` gives its colour. Points that are not finite are left out.
struct Series {
  std::string name;
  std::string css_class;
  std::vector<std::pair<double, double>> points;
};

/// A line chart with axes, as inline SVG that takes its colours from the page.
struct Chart {
  std::string title;
  std::string x_title;
  std::string y_title;  ///< with its unit
  std::vector<Series> series;
  bool log_y = false;  ///< powers of ten; only points above 0 are drawn
  double y_most = 0;   ///< the axis ends here where no value exceeds it; 0: free
};

std::string RenderChart(const Chart& chart);

/// A number as text: `%.*f` without an exponent, or as `format` says.
std::string Fixed(double value, int decimals);

/// Text for HTML and SVG, markup characters replaced.
std::string Escape(const std::string& text);

}  // namespace prova::digits
