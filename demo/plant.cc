#include "demo/plant.h"

#include <algorithm>

#include "demo/places.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr Seconds warm_up = 8 * 24h;

}  // namespace

Plant::Plant(std::uint64_t seed, Moment start)
    : weather_(Noise(seed).of("weather")),
      faults_(Noise(seed).of("faults")),
      press_shop_(Noise(seed)),
      greenhouse_(Noise(seed)),
      dock_(Noise(seed)),
      yard_(Noise(seed)),
      now_(std::chrono::floor<std::chrono::minutes>(start - warm_up)) {
  evaluate();
  advance_to(start);
}

void Plant::advance_to(Moment to) {
  while (now_ < to) {
    const Moment next = std::min(to, Moment(std::chrono::floor<std::chrono::minutes>(now_) + 1min));
    const auto dt_s = static_cast<double>((next - now_).count());
    press_shop_.advance(dt_s);
    greenhouse_.advance(dt_s);
    dock_.advance(dt_s);
    yard_.advance(dt_s);
    now_ = next;
    evaluate();
  }
}

void Plant::evaluate() {
  faults_now_ = FaultsNow(faults_.at(now_), now_);
  const Conditions conditions{.at = now_,
                              .local = local_time(now_),
                              .work = work_time(now_),
                              .weather = weather_.at(now_),
                              .faults = faults_now_};
  press_shop_.evaluate(conditions);
  greenhouse_.evaluate(conditions);
  dock_.evaluate(conditions);
  yard_.evaluate(conditions, {.press_shop_kw = press_shop_.power_kw(),
                              .greenhouse_kw = greenhouse_.power_kw(),
                              .cold_store_kw = dock_.cold_store_kw(),
                              .chargers_kw = dock_.chargers_kw()});
}

void Plant::each_asset(const std::function<void(const Asset&)>& visit) const {
  for (const auto* area : {&press_shop_.assets(), &greenhouse_.assets(), &dock_.assets(), &yard_.assets()}) {
    for (const Asset& asset : *area) visit(asset);
  }
}

void Plant::each_due(Seconds step, const std::function<void(const Asset&)>& visit) const {
  each_asset([&](const Asset& asset) {
    // Its period has been over since it was last looked at.
    if (now_.time_since_epoch() % asset.spec().period < step) visit(asset);
  });
}

bool Plant::held_back(const Asset& asset) const {
  for (int house = 0; house < houses; ++house) {
    if (asset.spec().path.starts_with(house_path(house) + "/")) {
      return faults_now_.of(FaultKind::late_gateway, house).has_value();
    }
  }
  return false;
}

}  // namespace artery::demo
