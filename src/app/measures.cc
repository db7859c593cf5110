#include "app/measures.h"

#include <array>
#include <chrono>
#include <string_view>

namespace artery::app {
namespace {

// The measures of one module.
class Section {
 public:
  Section(std::string_view name, serve::Measures& into) : name_(name), into_(into) {}
  void counter(std::string_view name, std::uint64_t value, std::string_view help, serve::Measures::Label label = {}) {
    into_.counter(name_, name, static_cast<double>(value), help, label);
  }
  void gauge(std::string_view name, std::uint64_t value, std::string_view help) {
    into_.gauge(name_, name, static_cast<double>(value), help);
  }
  void histogram(std::string_view name, const DurationCounts& counts, std::string_view help,
                 serve::Measures::Label label = {}) {
    into_.histogram(name_, name, counts, help, label);
  }

 private:
  std::string_view name_;
  serve::Measures& into_;
};

}  // namespace

void measure(const net::HttpCounts& counts, serve::Measures& into) {
  static constexpr std::array<std::string_view, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
  Section http("http", into);
  http.gauge("connections", counts.connections_open, "Connections that are open.");
  http.gauge("websockets", counts.websockets_open, "WebSockets among them.");
  http.counter("connections_accepted", counts.connections_accepted, "Connections taken.");
  http.counter("connections_refused", counts.connections_refused, "Connections refused because there were too many.");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    http.counter("responses", counts.responses[i], "Requests answered, by class of status.", {"class", classes[i]});
  }
  http.gauge("bodies_bytes", counts.bodies_bytes, "Held by the bodies of requests that are being received.");
  http.counter("bodies_refused", counts.bodies_refused, "Requests refused because the bodies of others held too much.");
  http.counter("in_bytes", counts.bytes_in, "Received.");
  http.counter("out_bytes", counts.bytes_out, "Sent.");
}

void measure(const std::vector<net::RouteDurations>& routes, serve::Measures& into) {
  Section http("http", into);
  for (const net::RouteDurations& route : routes) {
    if (route.counts.count() == 0) continue;
    http.histogram(
        "request_duration_seconds", route.counts,
        "From the complete request until its answer was given to the socket; of writes, their sync included.",
        {"route", route.pattern});
  }
}

void measure(const mqtt::MqttCounts& counts, serve::Measures& into) {
  static constexpr std::array<std::string_view, 3> levels{"0", "1", "2"};
  Section mqtt("mqtt", into);
  mqtt.gauge("connections", counts.connections_open, "Connections that are open.");
  mqtt.counter("connections_accepted", counts.connections_accepted, "Connections taken.");
  mqtt.counter("connections_refused", counts.connections_refused, "Connections refused because there were too many.");
  mqtt.counter("sessions_opened", counts.sessions_opened, "CONNECTs answered with success.");
  mqtt.counter("sessions_refused", counts.sessions_refused, "CONNECTs answered with an error, or not at all.");
  mqtt.counter("sessions_taken_over", counts.sessions_taken_over, "By a newer connection of the same client.");
  mqtt.counter("sessions_timed_out", counts.sessions_timed_out, "Keep-alive, or no CONNECT came.");
  mqtt.counter("protocol_errors", counts.protocol_errors, "Connections that ended with one.");
  mqtt.counter("slow_clients", counts.slow_clients, "Connections ended because QoS 1 messages piled up.");
  for (std::size_t i = 0; i < counts.messages_in.size(); ++i) {
    mqtt.counter("messages_in", counts.messages_in[i], "PUBLISH packets received.", {"qos", levels[i]});
  }
  for (std::size_t i = 0; i < counts.messages_out.size(); ++i) {
    mqtt.counter("messages_out", counts.messages_out[i], "PUBLISH packets sent.", {"qos", levels[i]});
  }
  mqtt.counter("in_bytes", counts.bytes_in, "Received.");
  mqtt.counter("out_bytes", counts.bytes_out, "Sent.");
  mqtt.counter("dropped_slow", counts.dropped_slow, "QoS 0 messages for clients that read too slowly.");
  mqtt.counter("dropped_too_large", counts.dropped_too_large, "Messages beyond a client's Maximum Packet Size.");
  mqtt.counter("dropped_expired", counts.dropped_expired, "Messages that expired while they waited.");
  mqtt.counter("samples_accepted", counts.samples_accepted, "Samples that are on the disk.");
  mqtt.counter("samples_refused", counts.samples_refused, "Samples that admission refused.");
  mqtt.counter("not_retained", counts.not_retained, "Routed, but the store of retained messages was full.");
  mqtt.histogram("publish_duration_seconds", counts.publishes,
                 "From a publish of QoS 1 or 2 to its acknowledgement, the sync included.");
  mqtt.counter("not_stored", counts.not_stored, "Not acknowledged: no room on the disk.");
}

void measure(const admission::AdmissionCounters& counters, serve::Measures& into) {
  Section admission("admission", into);
  admission.counter("submissions", counters.submissions, "Requests and publishes that brought samples or messages.");
  admission.counter("rows", counters.rows, "Rows accepted.");
  admission.counter("samples", counters.samples, "Samples accepted.");
  admission.counter("messages", counters.messages, "Messages accepted.");
  admission.counter("deletions", counters.deletions, "Deletions of a range of a signal.");
  admission.counter("batches", counters.batches, "Batches given to the log.");
  admission.counter("second_passes", counters.second_passes, "Submissions that waited for new names.");
  admission.counter("refused_full", counters.refused_full, "Submissions refused because the disk was full.");
  admission.counter("refused_busy", counters.refused_busy, "Submissions refused because too much waited.");
}

void measure(const admission::RefusalCounts& counts, serve::Measures& into) {
  Section admission("admission", into);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto kind = static_cast<admission::RefusalKind>(i);
    admission.counter("refusals", counts[i], "Samples, lines and fields refused, by kind.",
                      {"kind", admission::name_of(kind)});
  }
}

void measure(const governance::AssignerCounters& counters, serve::Measures& into) {
  Section catalogue("catalogue", into);
  catalogue.counter("assets_created", counters.assets_created, "Assets created.");
  catalogue.counter("signals_created", counters.signals_created, "Signals created.");
  catalogue.counter("edits", counters.edits, "Changes of metadata.");
  catalogue.counter("refused_too_many", counters.refused_too_many, "Signals beyond catalogue.signals_max.");
}

void measure(const MachineWatch::Counts& counts, serve::Measures& into) {
  Section node("node", into);
  node.gauge("memory_bytes", counts.memory_bytes, "Memory of the process that is in use (resident).");
  node.gauge("disk_free_bytes", counts.disk_free_bytes, "Free where the data folder lies.");
  node.gauge("disk_total_bytes", counts.disk_total_bytes, "The size of that file system.");
  node.gauge("disk_refuse_bytes", counts.disk_refuse_bytes, "Writes are refused where less is free.");
  node.gauge("disk_low", counts.disk_low ? 1 : 0, "Whether less is free than disk.warn_free says.");
}

void measure(const log::LogCounters& counters, Offset end, serve::Measures& into) {
  Section log("log", into);
  log.counter("batches", counters.batches, "Batches written.");
  log.counter("written_bytes", counters.bytes, "Written, headers included.");
  log.histogram("sync_duration_seconds", counters.syncs, "Writing what has collected and syncing it.");
  into.gauge("log", "sync_seconds_max", std::chrono::duration<double>(counters.sync_max).count(),
             "The longest of them since the start.");
  log.counter("refused_full", counters.refused_full, "Batches refused because the disk was full.");
  log.counter("refused_busy", counters.refused_busy, "Batches refused because too much waited.");
  log.gauge("segments", counters.segments, "Files of the log.");
  log.gauge("disk_bytes", counters.disk_bytes, "Their size.");
  log.counter("damaged_batches", counters.damaged_batches, "Batches that the disk has lost.");
  log.counter("detached_readers", counters.detached_readers, "Readers that stayed too far behind.");
  log.gauge("end_batches", end.value(), "Everything of the log below it is on the disk.");
  log.gauge("full", counters.full ? 1 : 0, "Whether the disk is full.");
}

void measure(const live::NewestCounters& counters, serve::Measures& into) {
  Section newest("newest", into);
  newest.gauge("signals", counters.signals, "Signals with a newest value.");
  newest.counter("samples", counters.samples, "Samples applied.");
  newest.gauge("subscriptions", counters.subscriptions, "Clients that follow signals.");
  newest.counter("updates_sent", counters.updates_sent, "Updates given to them.");
  newest.counter("updates_dropped", counters.updates_dropped, "Updates left out for slow ones.");
  newest.counter("malformed_records", counters.malformed_records, "Records of the log that could not be read.");
  newest.counter("checkpoints", counters.checkpoints, "Checkpoints written.");
  newest.counter("checkpoints_failed", counters.checkpoints_failed, "Checkpoints that failed and were tried again.");
  newest.gauge("applied_batches", counters.applied.value(), "Everything of the log below it is applied.");
}

void measure(const live::RetainedCounters& counters, serve::Measures& into) {
  Section retained("retained", into);
  retained.gauge("messages", counters.count, "Retained messages.");
  retained.gauge("bytes", counters.bytes, "Their topics and payloads.");
  retained.counter("refused", counters.refused, "Not retained because a limit was reached.");
  retained.counter("checkpoints", counters.checkpoints, "Checkpoints written.");
  retained.counter("checkpoints_failed", counters.checkpoints_failed, "Checkpoints that failed and were tried again.");
  retained.gauge("applied_batches", counters.applied.value(), "Everything of the log below it is applied.");
}

void measure(const live::RouterCounters& counters, serve::Measures& into) {
  Section router("router", into);
  router.counter("routed", counters.routed, "Messages published.");
  router.counter("delivered", counters.delivered, "Messages taken by a client's outbox.");
  router.counter("dropped_outbox", counters.dropped_outbox, "Messages that a slow client's outbox did not take.");
  router.counter("dropped_inbox", counters.dropped_inbox, "Messages that a shard was too far behind for.");
  router.counter("retained_sent", counters.retained_sent, "Retained messages sent to new subscriptions.");
  router.gauge("clients", counters.clients, "Clients there are.");
  router.gauge("subscriptions", counters.subscriptions, "Their subscriptions.");
}

void measure(const history::HistoryCounters& counters, serve::Measures& into) {
  Section history("history", into);
  history.counter("samples_applied", counters.samples_applied, "Samples taken from the log, replays among them.");
  history.gauge("head_samples", counters.head_samples, "Samples that are in memory only.");
  history.gauge("head_bytes", counters.head_bytes, "Their memory.");
  history.counter("checkpoints", counters.checkpoints, "Checkpoints written.");
  history.counter("checkpoints_failed", counters.checkpoints_failed, "Checkpoints that failed and were tried again.");
  history.counter("compactions", counters.compactions, "Times that several segments became one.");
  history.gauge("segments", counters.segments, "Segment files.");
  history.gauge("segment_bytes", counters.segment_bytes, "Their size.");
  history.gauge("segment_samples", counters.segment_samples, "The samples in them.");
  history.gauge("archives", counters.archives, "Files with tiles of samples that are let go of.");
  history.gauge("archive_bytes", counters.archive_bytes, "Their size.");
  history.gauge("deletions", counters.deletions, "Deletions that are not carried out in every segment yet.");
  history.counter("damaged_chunks", counters.damaged_chunks, "Chunks that the disk has damaged.");
  history.counter("damaged_segments", counters.damaged_segments, "Segments that the disk has damaged.");
  history.counter("malformed_records", counters.malformed_records, "Records of the log that could not be read.");
  history.gauge("cursor_batches", counters.cursor.value(), "Everything of the log below it is in segments.");
}

void measure(const backup::Standing& standing, serve::Measures& into) {
  Section backup("backup", into);
  backup.counter("made", standing.made, "Backups made.");
  backup.counter("failed", standing.failed, "Backups that could not be made.");
  backup.gauge("failing", standing.failure ? 1 : 0, "Whether the newest try failed.");
  if (standing.last) {
    constexpr double ns_per_s = 1e9;
    into.gauge("backup", "last_success_time_seconds", static_cast<double>(standing.last->made.value()) / ns_per_s,
               "When the newest backup that is whole was made, since 1970.");
    backup.gauge("last_success_bytes", standing.last->bytes, "Its size; what it shares with others counts in full.");
  }
  if (standing.last && standing.last->took) {
    into.gauge("backup", "last_success_duration_seconds", std::chrono::duration<double>(*standing.last->took).count(),
               "How long it took.");
  }
}

}  // namespace artery::app
