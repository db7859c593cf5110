#include "model/deletion.h"

#include "model/record.h"

namespace artery {

void write_deletion(Buffer& out, const Deletion& deletion) {
  const std::size_t start = start_record(out, RecordKind::deletion);
  ByteWriter writer(out);
  writer.put(deletion.asset.value());
  writer.put(deletion.signal.value());
  writer.put(deletion.from.value());
  writer.put(deletion.to.value());
  finish_record(out, start);
}

std::optional<Deletion> read_deletion(Bytes body) {
  ByteReader reader(body);
  Deletion deletion;
  deletion.asset = AssetId(reader.get<std::uint32_t>());
  deletion.signal = SignalId(reader.get<std::uint32_t>());
  deletion.from = Time(reader.get<std::int64_t>());
  deletion.to = Time(reader.get<std::int64_t>());
  if (reader.failed() || deletion.from >= deletion.to) return std::nullopt;
  return deletion;
}

}  // namespace artery
