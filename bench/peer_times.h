#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bench/rounds.h"

namespace prova {

/// What a row says of the contenders that belong to a group, its peers, beside `contender`, which
/// is Prova: of each group the fastest way's times and ratio, with the interval of the best one's.
nlohmann::ordered_json PeerTimes(const std::vector<Contender>& contenders,
                                 const Contender& contender);

}  // namespace prova
