#include "governance/settings.h"

namespace artery::governance {

Settings settings_of(AssignerSettings& to) {
  return {
      setting::number("catalogue.signals_max", to.signals_max, {1, 100'000'000}, "signals",
                      "How many signals there may be. Samples of further ones are refused as `too_many`."),
  };
}

Settings settings_of(CatalogueReaderSettings& to) {
  using namespace std::chrono_literals;
  return {
      setting::size("catalogue.checkpoint_bytes", to.checkpoint_bytes, {1ULL << 20, 64ULL << 30},
                    "A snapshot of the catalogue is written after this much of log."),
      setting::duration("catalogue.checkpoint_every", to.checkpoint_every, {1s, 24h * 30},
                        "And after this time, where anything came since."),
  };
}

}  // namespace artery::governance
