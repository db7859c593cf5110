#include "live/newest_table.h"

#include <bit>

#include "model/partition.h"

namespace artery::live {

std::optional<SlotNumber> NewestTable::find(SignalId signal) const {
  const std::size_t page = signal.value() / page_signals;
  if (page >= index_.size() || index_[page] == nullptr) return std::nullopt;
  const std::uint32_t number = (*index_[page])[signal.value() % page_signals];
  if (number == 0) return std::nullopt;
  return SlotNumber(number - 1);
}

ValueView NewestTable::value(SlotNumber number) const {
  const Slot& slot = slots_[number.value()];
  switch (slot.type) {
    case ValueType::f64:
      return std::bit_cast<double>(slot.word);
    case ValueType::i64:
      return std::bit_cast<std::int64_t>(slot.word);
    case ValueType::boolean:
      return slot.word != 0;
    case ValueType::text:
      break;
  }
  return std::string_view(texts_[slot.word]);
}

NewestTable::Slot* NewestTable::open_slot(SignalId signal, AssetId asset, ValueType type, Time time) {
  const std::size_t page = signal.value() / page_signals;
  if (page >= index_.size()) index_.resize(page + 1);
  if (index_[page] == nullptr) index_[page] = std::make_unique<Page>();
  std::uint32_t& number = (*index_[page])[signal.value() % page_signals];
  if (number == 0) {
    Slot& slot = slots_.emplace_back();
    number = size();
    slot.signal = signal;
    slot.asset = asset;
    slot.type = type;
    slot.time = time;
    if (type == ValueType::text) {
      slot.word = texts_.size();
      texts_.emplace_back();
    }
    created.emplace_back(number - 1);
    return &slot;
  }
  Slot& slot = slots_[number - 1];
  if (time < slot.time || slot.type != type) return nullptr;
  slot.time = time;
  if (slot.watched) changed.emplace_back(number - 1);
  return &slot;
}

// Of rows with the same time the later one is the newest.
void NewestTable::find_best_rows(const SampleBlockView& block) {
  best_rows_.assign(block.series(), no_row);
  own_rows_ = 0;
  const auto times = block.times();
  const auto series = block.row_series();
  for (std::uint32_t row = 0; row < block.rows(); ++row) {
    std::uint32_t& best = best_rows_[series[row]];
    if (best == no_row || times[row] >= times[best]) best = row;
  }
  if (partitions_ == 1) {
    own_rows_ = block.rows();
    return;
  }
  for (std::uint32_t i = 0; i < block.series(); ++i) {
    if (partition_of(block.asset(i), partitions_) != partition_) best_rows_[i] = no_row;
  }
  for (std::uint32_t row = 0; row < block.rows(); ++row) own_rows_ += best_rows_[series[row]] == no_row ? 0U : 1U;
}

const std::vector<std::uint32_t>& NewestTable::find_best_cells(const SampleBlockView& block, std::uint32_t field) {
  own_cells_ = own_rows_;
  if (!block.has_nulls(field)) return best_rows_;
  best_cells_.assign(block.series(), no_row);
  own_cells_ = 0;
  const auto times = block.times();
  const auto series = block.row_series();
  for (std::uint32_t row = 0; row < block.rows(); ++row) {
    if (!block.has_value(field, row) || best_rows_[series[row]] == no_row) continue;
    ++own_cells_;
    std::uint32_t& best = best_cells_[series[row]];
    if (best == no_row || times[row] >= times[best]) best = row;
  }
  return best_cells_;
}

std::uint64_t NewestTable::apply_field(const SampleBlockView& block, std::uint32_t field, Time arrival) {
  const auto& best = find_best_cells(block, field);
  const ValueType type = block.type(field);
  const auto times = block.times();
  for (std::uint32_t series = 0; series < block.series(); ++series) {
    const std::uint32_t row = best[series];
    if (row == no_row) continue;
    Slot* slot = open_slot(block.signal(series, field), block.asset(series), type, Time(times[row]));
    if (slot == nullptr) continue;
    slot->arrival = arrival;
    slot->quality = block.quality(row);
    switch (type) {
      case ValueType::f64:
        slot->word = std::bit_cast<std::uint64_t>(block.f64(field)[row]);
        break;
      case ValueType::i64:
        slot->word = std::bit_cast<std::uint64_t>(block.i64(field)[row]);
        break;
      case ValueType::boolean:
        slot->word = block.boolean(field, row) ? 1 : 0;
        break;
      case ValueType::text:
        texts_[slot->word] = block.text(field, row);
        break;
    }
  }
  return own_cells_;
}

std::uint64_t NewestTable::apply(const SampleBlockView& block, Time arrival) {
  find_best_rows(block);
  if (own_rows_ == 0) return 0;
  std::uint64_t samples = 0;
  for (std::uint32_t field = 0; field < block.fields(); ++field) samples += apply_field(block, field, arrival);
  return samples;
}

// Per signal: u32 signal, u32 asset, i64 time, i64 arrival, u32 quality, u8 type, 3 zero bytes, u64 word; a text's word
// is its length, and its bytes follow, padded to eight.
Buffer NewestTable::encode() const {
  Buffer body;
  body.reserve(slots_.size() * sizeof(Slot));
  ByteWriter writer(body);
  for (const Slot& slot : slots_) {
    const bool is_text = slot.type == ValueType::text;
    writer.put(slot.signal.value());
    writer.put(slot.asset.value());
    writer.put(slot.time.value());
    writer.put(slot.arrival.value());
    writer.put(slot.quality.value());
    writer.put(slot.type);
    writer.align(8);
    writer.put(is_text ? std::uint64_t{texts_[slot.word].size()} : slot.word);
    if (!is_text) continue;
    writer.bytes(as_bytes(texts_[slot.word]));
    writer.align(8);
  }
  return body;
}

bool NewestTable::merge(Bytes body) {
  ByteReader reader(body);
  while (reader.remaining() > 0) {
    const SignalId signal(reader.get<std::uint32_t>());
    const AssetId asset(reader.get<std::uint32_t>());
    const Time time(reader.get<std::int64_t>());
    const Time arrival(reader.get<std::int64_t>());
    const Quality quality(reader.get<std::uint32_t>());
    const auto type = reader.get<std::uint8_t>();
    reader.bytes(3);
    const auto word = reader.get<std::uint64_t>();
    if (reader.failed() || type < 1 || type > 4) return false;
    const bool is_text = static_cast<ValueType>(type) == ValueType::text;
    if (is_text && word > reader.remaining()) return false;
    const Bytes text = is_text ? reader.bytes((word + 7) / 8 * 8) : Bytes{};
    if (reader.failed()) return false;
    if (partition_of(asset, partitions_) != partition_) continue;
    Slot* slot = open_slot(signal, asset, static_cast<ValueType>(type), time);
    if (slot == nullptr) continue;
    slot->arrival = arrival;
    slot->quality = quality;
    if (is_text) {
      texts_[slot->word] = as_text(text.first(word));
    } else {
      slot->word = word;
    }
  }
  return true;
}

}  // namespace artery::live
