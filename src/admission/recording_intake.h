// An Intake that keeps what it is given: for the tests and fuzzers of decoders.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission/intake.h"
#include "base/assert.h"

namespace artery::admission {

class RecordingIntake final : public Intake {
 public:
  struct Row {
    RowKey::Kind kind;
    std::string key;
    std::optional<Time> time;
    std::uint32_t line;
    std::vector<std::pair<std::string, Value>> fields;
    Quality quality = quality_good;
    friend bool operator==(const Row&, const Row&) = default;
  };
  struct Refused {
    std::uint32_t line;
    RefusalKind kind;
    std::string reason;
    std::string bytes;
    friend bool operator==(const Refused&, const Refused&) = default;
  };

  void start_row(const RowKey& key, std::optional<Time> time, std::uint32_t line) override {
    ARTERY_ASSERT(!open_);
    open_ = true;
    rows.push_back({key.kind, std::string(key.bytes), time, line, {}, quality_good});
  }
  void quality(Quality quality) override {
    ARTERY_ASSERT(open_ && rows.back().fields.empty());
    rows.back().quality = quality;
  }
  void field(std::string_view name, const ValueView& value) override {
    ARTERY_ASSERT(open_);
    rows.back().fields.emplace_back(name, value_of(value));
  }
  void end_row() override {
    ARTERY_ASSERT(open_);
    open_ = false;
  }
  void refuse(std::uint32_t line, RefusalKind kind, std::string_view reason, std::string_view bytes) override {
    refused.push_back({line, kind, std::string(reason), std::string(bytes)});
  }

  std::vector<Row> rows;
  std::vector<Refused> refused;

 private:
  bool open_ = false;
};

}  // namespace artery::admission
