#include "live/newest_table.h"

#include "model/partition.h"
#include "model/value_word.h"

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
  return value_of_word(slot.type, slot.word, slot.type == ValueType::text ? std::string_view(texts_[slot.word]) : "");
}

SlotNumber NewestTable::slot_of(const Reading& reading) {
  const std::size_t page = reading.signal.value() / page_signals;
  if (page >= index_.size()) index_.resize(page + 1);
  if (index_[page] == nullptr) index_[page] = std::make_unique<Page>();
  std::uint32_t& number = (*index_[page])[reading.signal.value() % page_signals];
  if (number != 0) return SlotNumber(number - 1);
  Slot& slot = slots_.emplace_back();
  number = size();
  slot.signal = reading.signal;
  slot.asset = reading.asset;
  set_type(slot, type_of(reading.value));
  created.emplace_back(number - 1);
  return SlotNumber(number - 1);
}

// Afterwards the slot has a place for a text, or none.
void NewestTable::set_type(Slot& slot, ValueType type) {
  if (slot.type == type) return;
  if (slot.type == ValueType::text) {
    texts_[slot.word] = {};
    free_texts_.push_back(static_cast<std::uint32_t>(slot.word));
  }
  slot.type = type;
  if (type != ValueType::text) return;
  if (free_texts_.empty()) {
    free_texts_.push_back(static_cast<std::uint32_t>(texts_.size()));
    texts_.emplace_back();
  }
  slot.word = free_texts_.back();
  free_texts_.pop_back();
}

bool NewestTable::correct(SlotNumber number, const Reading& reading) {
  Slot& slot = slots_[number.value()];
  const auto said = [&](const ValueView& value, Quality quality) {
    return quality == reading.quality && bit_equal(value, reading.value);
  };
  const ValueView newest = value(number);
  if (said(newest, slot.quality)) return false;
  auto& earlier = earlier_[number.value()];
  for (const Revision& one : earlier) {
    if (said(view_of(one.value), one.quality)) return false;
  }
  if (earlier.size() == earlier_max) earlier.erase(earlier.begin());
  earlier.push_back({value_of(newest), slot.quality});
  slot.corrected = true;
  return true;
}

void NewestTable::put(const Reading& reading) {
  const std::size_t known = slots_.size();
  const SlotNumber number = slot_of(reading);
  Slot& slot = slots_[number.value()];
  if (slots_.size() == known) {
    if (reading.time < slot.time) return;
    if (slot.deleted) {
      slot.deleted = false;
    } else if (reading.time == slot.time) {
      if (!correct(number, reading)) return;
    } else if (slot.corrected) {
      earlier_.erase(number.value());
      slot.corrected = false;
    }
    if (slot.watched) changed.push_back(number);
  }
  slot.time = reading.time;
  slot.arrival = reading.arrival;
  slot.quality = reading.quality;
  set_type(slot, type_of(reading.value));
  if (slot.type == ValueType::text) {
    texts_[slot.word] = std::get<std::string_view>(reading.value);
  } else {
    slot.word = word_of(reading.value);
  }
}

void NewestTable::apply(const Deletion& deletion, Time arrival) {
  const auto number = find(deletion.signal);
  if (!number) return;
  Slot& slot = slots_[number->value()];
  if (slot.time < deletion.from || slot.time >= deletion.to || slot.arrival >= arrival) return;
  slot.deleted = true;
  if (slot.corrected) earlier_.erase(number->value());
  slot.corrected = false;
  if (slot.type == ValueType::text) {
    texts_[slot.word].clear();
  } else {
    slot.word = 0;
  }
}

void NewestTable::find_best_rows(const SampleBlockView& block) {
  best_rows_.assign(block.series(), no_row);
  own_rows_ = 0;
  has_ties_ = false;
  const auto times = block.times();
  const auto series = block.row_series();
  for (std::uint32_t row = 0; row < block.rows(); ++row) {
    std::uint32_t& best = best_rows_[series[row]];
    if (best != no_row && times[row] < times[best]) continue;
    has_ties_ = has_ties_ || (best != no_row && times[row] == times[best]);
    best = row;
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
    if (best != no_row && times[row] < times[best]) continue;
    has_ties_ = has_ties_ || (best != no_row && times[row] == times[best]);
    best = row;
  }
  return best_cells_;
}

std::uint64_t NewestTable::apply_field(const SampleBlockView& block, std::uint32_t field, Time arrival) {
  const auto& best = find_best_cells(block, field);
  const auto times = block.times();
  const auto put_cell = [&](std::uint32_t series, std::uint32_t row) {
    put({.signal = block.signal(series, field),
         .asset = block.asset(series),
         .time = Time(times[row]),
         .arrival = arrival,
         .quality = block.quality(row),
         .value = block.value(field, row)});
  };
  if (!has_ties_) {
    for (std::uint32_t series = 0; series < block.series(); ++series) {
      if (best[series] != no_row) put_cell(series, best[series]);
    }
    return own_cells_;
  }
  // What is said of one time several times is taken in its order.
  const auto row_series = block.row_series();
  for (std::uint32_t row = 0; row < block.rows(); ++row) {
    const std::uint32_t newest = best[row_series[row]];
    if (newest != no_row && times[row] == times[newest] && block.has_value(field, row)) put_cell(row_series[row], row);
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

// An entry: u32 signal, u32 asset, i64 time, i64 arrival, u32 quality, u8 type, u8 1 where it was deleted, 2 zero
// bytes, u64 word; a text's word is its length, and its bytes follow, padded to eight.
void NewestTable::write_entry(ByteWriter& writer, const Slot& slot, const ValueView& value, Quality quality) const {
  writer.put(slot.signal.value());
  writer.put(slot.asset.value());
  writer.put(slot.time.value());
  writer.put(slot.arrival.value());
  writer.put(quality.value());
  writer.put(type_of(value));
  writer.put(static_cast<std::uint8_t>(slot.deleted ? 1 : 0));
  writer.align(8);
  if (type_of(value) != ValueType::text) return writer.put(word_of(value));
  const auto text = std::get<std::string_view>(value);
  writer.put(std::uint64_t{text.size()});
  writer.bytes(as_bytes(text));
  writer.align(8);
}

// What was said of a newest time before comes before the newest value: put() in this order makes the table again.
Buffer NewestTable::encode() const {
  Buffer body;
  body.reserve(slots_.size() * sizeof(Slot));
  ByteWriter writer(body);
  for (std::uint32_t number = 0; number < size(); ++number) {
    const Slot& slot = slots_[number];
    if (slot.corrected) {
      for (const Revision& one : earlier_.at(number)) write_entry(writer, slot, view_of(one.value), one.quality);
    }
    write_entry(writer, slot, value(SlotNumber(number)), slot.quality);
  }
  return body;
}

std::optional<std::size_t> NewestTable::merge(Bytes body) {
  ByteReader reader(body);
  std::size_t taken = 0;
  while (reader.remaining() > 0) {
    const SignalId signal(reader.get<std::uint32_t>());
    const AssetId asset(reader.get<std::uint32_t>());
    const Time time(reader.get<std::int64_t>());
    const Time arrival(reader.get<std::int64_t>());
    const Quality quality(reader.get<std::uint32_t>());
    const auto type = reader.get<std::uint8_t>();
    const bool deleted = reader.get<std::uint8_t>() == 1;
    reader.bytes(2);
    const auto word = reader.get<std::uint64_t>();
    if (reader.failed()) break;
    if (type < 1 || type > 4) return std::nullopt;
    const bool is_text = static_cast<ValueType>(type) == ValueType::text;
    if (is_text && word > reader.remaining()) break;
    const Bytes text = is_text ? reader.bytes((word + 7) / 8 * 8) : Bytes{};
    if (reader.failed()) break;
    taken = body.size() - reader.remaining();
    if (partition_of(asset, partitions_) != partition_) continue;
    put({.signal = signal,
         .asset = asset,
         .time = time,
         .arrival = arrival,
         .quality = quality,
         .value = value_of_word(static_cast<ValueType>(type), word, as_text(text).substr(0, is_text ? word : 0))});
    Slot& slot = slots_[find(signal)->value()];
    if (deleted && slot.time == time && slot.arrival == arrival) slot.deleted = true;
  }
  return taken;
}

}  // namespace artery::live
