#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/rounds.h"

namespace prova {

/// What a row says of the contenders that belong to a group, its peers: of each group the fastest
/// way's times, and the best of them over those of `contender`, which is Prova.
nlohmann::ordered_json PeerTimes(const std::vector<Contender>& contenders,
                                 const Contender& contender);

}  // namespace prova
