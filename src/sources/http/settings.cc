#include "sources/http/settings.h"

namespace artery::line_protocol {

Settings settings_of(WriteSettings& to) {
  return {setting::size("write.body_bytes_max", to.body_bytes_max, {1024, 1ULL << 30},
                        "Of one request of line protocol, as it was sent; beyond it 413.")};
}

}  // namespace artery::line_protocol
