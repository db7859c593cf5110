#include "app/export_line.h"

#include <simdjson.h>

namespace artery::app {

namespace ondemand = simdjson::ondemand;

class ExportLineReader::Json {
 public:
  ExportLine read(std::string_view text) {
    text_ = simdjson::padded_string(text);
    ondemand::object line;
    if (parser_.iterate(text_).get(document_) != simdjson::SUCCESS ||
        document_.get_object().get(line) != simdjson::SUCCESS) {
      return {};
    }
    ExportLine read;
    if (line["signal"].get_string().get(read.signal) == simdjson::SUCCESS) return samples_of(line, read);
    if (line["artery_export"].get_uint64().get(read.version) == simdjson::SUCCESS) {
      const bool is_whole = line["node"].get_string().get(read.node) == simdjson::SUCCESS &&
                            line["made"].get_string().get(read.made) == simdjson::SUCCESS;
      if (is_whole) read.kind = ExportLine::Kind::header;
      return read;
    }
    if (line["error"].get_string().get(read.message) == simdjson::SUCCESS) {
      read.kind = ExportLine::Kind::error;
      return read;
    }
    if (ondemand::object end; line["end"].get_object().get(end) == simdjson::SUCCESS) return end_of(end);
    const bool is_metadata =
        line["signals"].error() == simdjson::SUCCESS || line["assets"].error() == simdjson::SUCCESS;
    read.kind = is_metadata ? ExportLine::Kind::metadata : ExportLine::Kind::other;
    return read;
  }

 private:
  static ExportLine samples_of(ondemand::object line, ExportLine read) {
    read.kind = ExportLine::Kind::samples;
    if (line["count"].get_uint64().get(read.samples) == simdjson::SUCCESS) return read;
    ondemand::array samples;
    std::size_t count = 0;
    if (line["samples"].get_array().get(samples) != simdjson::SUCCESS ||
        samples.count_elements().get(count) != simdjson::SUCCESS) {
      return {};
    }
    read.samples = count;
    return read;
  }

  static ExportLine end_of(ondemand::object end) {
    ExportLine read;
    const bool is_whole = end["signals"].get_uint64().get(read.signals) == simdjson::SUCCESS &&
                          end["samples"].get_uint64().get(read.samples) == simdjson::SUCCESS &&
                          end["lines"].get_uint64().get(read.lines) == simdjson::SUCCESS &&
                          end["incomplete"].get_bool().get(read.incomplete) == simdjson::SUCCESS;
    if (is_whole) read.kind = ExportLine::Kind::end;
    return read;
  }

  ondemand::parser parser_;
  simdjson::padded_string text_;
  ondemand::document document_;
};

ExportLineReader::ExportLineReader() : json_(std::make_unique<Json>()) {}
ExportLineReader::ExportLineReader(ExportLineReader&&) noexcept = default;
ExportLineReader& ExportLineReader::operator=(ExportLineReader&&) noexcept = default;
ExportLineReader::~ExportLineReader() = default;

ExportLine ExportLineReader::read(std::string_view line) { return json_->read(line); }

}  // namespace artery::app
