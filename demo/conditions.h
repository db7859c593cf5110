// What every model of the plant sees of a moment.
#pragma once

#include "demo/calendar.h"
#include "demo/faults.h"
#include "demo/weather.h"

namespace artery::demo {

struct Conditions {
  Moment at;
  LocalTime local;
  WorkTime work;
  WeatherNow weather;
  FaultsNow faults;
};

}  // namespace artery::demo
