#include "bench/peer_times.h"

#include <algorithm>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace prova {
namespace {

using Json = nlohmann::ordered_json;

/// The fastest way of a library, beside Prova.
struct Way {
  const Contender* peer;
  Summary time;
  Summary ratio;  // to Prova, round by round
};

}  // namespace

Json PeerTimes(const std::vector<Contender>& contenders, const Contender& contender) {
  std::map<std::string, Way> fastest;
  for (const Contender& peer : contenders) {
    if (peer.group.empty() || peer.retired) continue;
    const Way way = {&peer, Summarize(peer.seconds), RatioInRounds(peer, contender)};
    const auto [entry, is_new] = fastest.try_emplace(peer.group, way);
    if (!is_new && way.ratio.p50 < entry->second.ratio.p50) entry->second = way;
  }
  Json seconds = Json::object(), ratios = Json::object(), least = Json::object();
  Json ways = Json::object();
  for (const auto& [group, way] : fastest) {
    seconds[group] = way.time.p50;
    ratios[group] = way.ratio.p50;
    least[group] = way.time.min;
    ways[group] = way.peer->name;
  }
  Json row = {{"peers", seconds},
              {"peer_ratios", ratios},
              {"best_peer", nullptr},
              {"best_peer_ratio", nullptr},
              {"best_peer_ratio_low", nullptr},
              {"best_peer_ratio_high", nullptr},
              {"peers_min", least},
              {"best_peer_ratio_of_minima", nullptr},
              {"peer_ways", ways}};
  if (fastest.empty()) return row;
  const auto by_ratio = [](const auto& a, const auto& b) {
    return a.second.ratio.p50 < b.second.ratio.p50;
  };
  const auto& [best, way] = *std::min_element(fastest.begin(), fastest.end(), by_ratio);
  row["best_peer"] = best;
  row["best_peer_ratio"] = way.ratio.p50;
  row["best_peer_ratio_low"] = way.ratio.median_low;
  row["best_peer_ratio_high"] = way.ratio.median_high;
  const auto by_value = [](const Json& a, const Json& b) { return a < b; };
  row["best_peer_ratio_of_minima"] =
      std::min_element(least.begin(), least.end(), by_value)->get<double>() /
      Summarize(contender.seconds).min;
  return row;
}

}  // namespace prova
