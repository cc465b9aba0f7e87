#include "bench/peer_times.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/statistics.h"

namespace prova {
namespace {

using Json = nlohmann::ordered_json;

/// The peer of the least seconds, and their ratio to Prova's.
std::pair<Json, Json> BestOf(const Json& seconds, double prova) {
  const auto best = std::min_element(seconds.begin(), seconds.end());
  if (best == seconds.end()) return {nullptr, nullptr};
  return {best.key(), best->get<double>() / prova};
}

}  // namespace

Json PeerTimes(const std::vector<Contender>& contenders, const Contender& contender) {
  Json medians = Json::object(), least = Json::object(), ways = Json::object();
  for (const Contender& peer : contenders) {
    if (peer.group.empty() || peer.retired) continue;
    const Summary time = Summarize(peer.seconds);
    if (medians.contains(peer.group) && medians[peer.group] <= time.p50) continue;
    medians[peer.group] = time.p50;
    least[peer.group] = time.min;
    ways[peer.group] = peer.name;
  }
  const Summary time = Summarize(contender.seconds);
  const auto [best, ratio] = BestOf(medians, time.p50);
  return {{"peers", medians},
          {"best_peer", best},
          {"best_peer_ratio", ratio},
          {"peers_min", least},
          {"best_peer_ratio_of_minima", BestOf(least, time.min).second},
          {"peer_ways", ways}};
}

}  // namespace prova
