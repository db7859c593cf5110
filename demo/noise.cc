#include "demo/noise.h"

#include <cmath>

namespace artery::demo {

Noise Noise::of(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  return of(hash);
}

double Noise::uniform(std::int64_t index) const { return static_cast<double>(bits(index) >> 11U) * 0x1p-53; }

int Noise::pick(int count, std::int64_t index) const { return static_cast<int>(uniform(index) * count); }

double Noise::normal(Moment at) const {
  const std::uint64_t word = bits(at.time_since_epoch().count());
  double sum = 0;
  for (unsigned part = 0; part < 4; ++part) sum += static_cast<double>((word >> (16 * part)) & 0xffffU);
  return (sum / 65535.0 - 2.0) * std::sqrt(3.0);
}

double Noise::smooth(Moment at, Seconds spacing) const {
  const double place = static_cast<double>(at.time_since_epoch().count()) / static_cast<double>(spacing.count());
  const double knot = std::floor(place);
  const double along = place - knot;
  const auto index = static_cast<std::int64_t>(knot);
  const double before = 2 * uniform(index) - 1;
  const double after = 2 * uniform(index + 1) - 1;
  return before + (after - before) * along * along * along * (along * (along * 6 - 15) + 10);
}

}  // namespace artery::demo
