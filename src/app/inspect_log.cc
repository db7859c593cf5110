#include <fmt/format.h>

#include <algorithm>

#include "app/inspect.h"
#include "base/settings.h"
#include "governance/event.h"
#include "log/inspect.h"
#include "model/deletion.h"
#include "model/record.h"
#include "model/rfc3339.h"
#include "model/sample_block.h"
#include "runtime/linux/console_journal.h"

namespace artery::app {
namespace {

using runtime::Task;

constexpr std::size_t shown_bytes_max = 80;  // of a payload or text

std::string show_value(const ValueView& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return fmt::format("'{}'", runtime::to_one_line(*text));
  if (const auto* number = std::get_if<double>(&value)) return fmt::to_string(*number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
  return std::get<bool>(value) ? "true" : "false";
}

void print_samples(Bytes body, bool each, const Print& print) {
  const auto block = SampleBlockView::parse(body);
  if (!block) return print("    samples: cannot be read");
  print(fmt::format("    samples: {} rows of {} fields, {} series", block->rows(), block->fields(), block->series()));
  if (!each) return;
  for (std::uint32_t row = 0; row < block->rows(); ++row) {
    const std::uint32_t series = block->row_series()[row];
    for (std::uint32_t field = 0; field < block->fields(); ++field) {
      if (!block->has_value(field, row)) continue;
      print(fmt::format("      asset {} signal {}: {} at {}, quality {:#010x}", block->asset(series).value(),
                        block->signal(series, field).value(), show_value(block->value(field, row)),
                        format_rfc3339(Time(block->times()[row])), block->quality(row).value()));
    }
  }
}

void print_message(Bytes body, bool with_payload, const Print& print) {
  const auto message = read_message(body);
  if (!message) return print("    message: cannot be read");
  print(fmt::format("    message: '{}', QoS {}, {} bytes{}", runtime::to_one_line(message->topic), message->qos,
                    message->payload.size(), message->retain ? ", retained" : ""));
  if (!with_payload) return;
  const Bytes shown = message->payload.first(std::min(message->payload.size(), shown_bytes_max));
  print(fmt::format("      {}", runtime::to_one_line(as_text(shown))));
}

std::string_view name_of_kind(governance::EventKind kind) {
  switch (kind) {
    case governance::EventKind::asset_created:
      return "asset created";
    case governance::EventKind::signal_created:
      return "signal created";
    case governance::EventKind::asset_changed:
      return "asset changed";
    case governance::EventKind::signal_changed:
      return "signal changed";
  }
  return "unknown";
}

void print_event(Bytes body, const Print& print) {
  const auto event = governance::read_event(body);
  if (!event) return print(fmt::format("    catalogue: {}", event.error().message()));
  if (!*event) return print("    catalogue: an event of a later release");
  const std::string_view what = name_of_kind((*event)->kind);
  if (const auto* asset = std::get_if<governance::Asset>(&(*event)->subject)) {
    return print(fmt::format("    catalogue: {}: {} '{}'", what, asset->id.value(), runtime::to_one_line(asset->path)));
  }
  const auto& signal = std::get<governance::Signal>((*event)->subject);
  print(fmt::format("    catalogue: {}: {} '{}' of asset {}, {}", what, signal.id.value(),
                    runtime::to_one_line(signal.full_name), signal.asset.value(), name_of(signal.type)));
}

void print_deletion(Bytes body, const Print& print) {
  const auto deletion = read_deletion(body);
  if (!deletion) return print("    deletion: cannot be read");
  print(fmt::format("    deletion: asset {} signal {}, from {} to {}", deletion->asset.value(),
                    deletion->signal.value(), format_rfc3339(deletion->from), format_rfc3339(deletion->to)));
}

void print_records(Bytes payload, bool each, const Print& print) {
  RecordReader records(payload);
  while (const auto record = records.next()) {
    switch (record->kind) {
      case RecordKind::samples:
        print_samples(record->body, each, print);
        break;
      case RecordKind::message:
        print_message(record->body, each, print);
        break;
      case RecordKind::catalogue:
        print_event(record->body, print);
        break;
      case RecordKind::deletion:
        print_deletion(record->body, print);
        break;
      default:
        print(fmt::format("    a record of kind {}, {} bytes", static_cast<int>(record->kind), record->body.size()));
    }
  }
  if (records.failed()) print("    what follows cannot be read");
}

void print_segment(const log::FoundSegment& segment, const LogExtract& extract, const Print& print) {
  const std::string about = segment.header ? fmt::format("epoch {}, created {}", segment.header->epoch,
                                                         format_rfc3339(Time(segment.header->created)))
                                           : "header damaged";
  print(fmt::format("{}: {}, life {}, {}", segment.path, show_size(segment.bytes.size()), segment.name.life, about));
  const auto damage = log::walk_segment(segment, [&](const log::BatchHeader& header, Bytes payload) {
    if (header.offset < extract.from || header.offset >= extract.to) return;
    print(fmt::format("  batch {} at byte {}: {} bytes, arrived {}, synced below {}", header.offset, header.position,
                      header.payload_bytes, format_rfc3339(Time(header.arrival)), header.synced));
    print_records(payload, extract.payload, print);
  });
  for (const log::SegmentDamage& one : damage) {
    print(fmt::format("  {} at byte {}: {}", one.torn ? "note" : "damage", one.at, one.what));
  }
}

}  // namespace

Task<Result<void>> inspect_log(runtime::Files* files, LogExtract extract, Print print) {
  const auto entries = co_await files->list(extract.folder);
  if (!entries) co_return entries.error();
  const bool is_data_folder = std::ranges::find(*entries, "log", &runtime::FolderEntry::name) != entries->end();
  const std::string folder = is_data_folder ? extract.folder + "/log" : extract.folder;
  const auto names = co_await log::find_segments(files, folder);
  if (!names) co_return names.error();
  for (std::size_t i = 0; i < names->size(); ++i) {
    const bool is_last = i + 1 == names->size();
    const std::optional<std::uint64_t> end = is_last ? std::nullopt : std::optional((*names)[i + 1].base);
    if ((*names)[i].base >= extract.to || (end && *end <= extract.from)) continue;
    const auto segment = co_await log::load_segment(files, folder, (*names)[i], end);
    if (!segment) co_return segment.error();
    print_segment(*segment, extract, print);
  }
  if (names->empty()) print(fmt::format("{}: no segments", folder));
  co_return Result<void>();
}

}  // namespace artery::app
