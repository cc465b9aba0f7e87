#pragma once

namespace prova::digits {

/// The look of the report, in light and in dark.
inline constexpr char kReportStyle[] = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --ink: #1d2128; --soft: #626a76; --line: #e3e1da;
  --train: #b4622a; --test: #1f5fae; --hit: #1f5fae; --miss: #c8371f; --on-fill: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1c2027; --ink: #e8e9ec; --soft: #9aa3b0; --line: #323843;
    --train: #e39a63; --test: #7ab1f2; --hit: #4585d6; --miss: #ec6a50; --on-fill: #ffffff;
  }
  .digit img { filter: none !important; }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 40px 24px 64px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1180px; margin: 0 auto; }
header p { color: var(--soft); margin: 4px 0 0; max-width: 75ch; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; margin: 0; }
h2 { font-size: 19px; margin: 0 0 4px; }
.note { color: var(--soft); font-size: 14px; margin: 0 0 16px; max-width: 80ch; }
section, .tile {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 24px;
}
section { margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 16px;
  margin-top: 26px; }
.tile { padding: 16px 20px; }
.tile b { display: block; font-size: 30px; line-height: 1.2; font-weight: 650; }
.tile span { color: var(--soft); font-size: 14px; }
.tile.main b { color: var(--test); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 20px; }
.pair h3 { font-size: 15px; font-weight: 600; margin: 0 0 6px; }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, "DejaVu Sans", sans-serif; }
svg text { fill: var(--ink); }
svg .tick { fill: var(--soft); font-size: 12.5px; }
svg .title { fill: var(--soft); font-size: 13px; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
svg .name { font-weight: 600; }
svg path.train { stroke: var(--train); } svg path.test { stroke: var(--test); }
svg circle.train, svg text.train { fill: var(--train); }
svg circle.test, svg text.test { fill: var(--test); }
.matrix { max-width: 760px; margin: 0 auto; }
svg .cell { stroke: var(--card); stroke-width: 2; }
svg .hit { fill: var(--hit); } svg .miss { fill: var(--miss); } svg .none { fill: var(--line); }
svg .count { text-anchor: middle; font-size: 15px; font-weight: 600; }
svg .count.light { fill: var(--on-fill); } svg .count.zero { fill: var(--soft); opacity: .55; }
svg .class { font-size: 15px; font-weight: 600; text-anchor: middle; }
svg .rate { fill: var(--soft); font-size: 12.5px; text-anchor: middle; }
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 14px; }
.digit { border: 1px solid var(--line); border-radius: 10px; padding: 10px; margin: 0; }
.digit img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain;
  image-rendering: pixelated; filter: invert(1); border-radius: 4px; }
.digit figcaption { margin-top: 8px; font-size: 14px; line-height: 1.4; }
.digit .no { color: var(--miss); font-weight: 650; }
.digit small { color: var(--soft); font-size: 12.5px; display: block; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
td.number, th.number { text-align: right; }
td { overflow-wrap: anywhere; }
details { margin-top: 18px; }
summary { cursor: pointer; font-weight: 600; }
details .scroll { overflow-x: auto; margin-top: 12px; }
footer { color: var(--soft); font-size: 13px; margin-top: 24px; }
@media (max-width: 520px) { body { padding: 20px 12px; } .pair { grid-template-columns: 1fr; } }
)css";

}  // namespace prova::digits
