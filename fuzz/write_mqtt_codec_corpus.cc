// Writes the seed corpus of the fuzzer mqtt_codec: one generated packet of each type and version. Run it when the
// generator changes: `write_mqtt_codec_corpus fuzz/corpus/mqtt_codec`.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "sources/mqtt/codec.h"
#include "sources/mqtt/packet_generator.h"

using namespace artery;
using namespace artery::mqtt;

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: write_mqtt_codec_corpus FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const ProtocolVersion version : {ProtocolVersion::v3_1_1, ProtocolVersion::v5}) {
    const bool v5 = version == ProtocolVersion::v5;
    for (auto type = std::to_underlying(PacketType::connect); type <= std::to_underlying(PacketType::auth); ++type) {
      const auto packet_type = static_cast<PacketType>(type);
      if (packet_type == PacketType::auth && !v5) continue;
      PacketGenerator generator(type);
      Buffer bytes{std::byte{v5}};
      encode(generator.of(packet_type, version), version, bytes);
      const std::string name = fmt::format("{}_{}", packet_name(packet_type), v5 ? "v5" : "v3_1_1");
      std::ofstream(folder / name, std::ios::binary) << as_text(bytes);
    }
  }
  return 0;
}
