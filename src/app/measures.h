// What a node counts, for /metrics and /api/v1/status: from the modules' own counters. Any thread.
#pragma once

#include <vector>

#include "admission/admission.h"
#include "app/machine_watch.h"
#include "backup/backups.h"
#include "governance/assigner.h"
#include "history/history.h"
#include "live/newest.h"
#include "live/retained.h"
#include "live/router.h"
#include "log/log.h"
#include "net/http_server.h"
#include "serve/http/measures.h"
#include "sources/mqtt/counters.h"

namespace artery::app {

void measure(const net::HttpCounts& counts, serve::Measures& into);
// Patterns that nobody asked yet are left out, to keep the text short.
void measure(const std::vector<net::RouteDurations>& routes, serve::Measures& into);
void measure(const mqtt::MqttCounts& counts, serve::Measures& into);
void measure(const admission::AdmissionCounters& counters, serve::Measures& into);  // the sum over the shards
void measure(const admission::RefusalCounts& counts, serve::Measures& into);
void measure(const governance::AssignerCounters& counters, serve::Measures& into);
void measure(const log::LogCounters& counters, Offset end, serve::Measures& into);
void measure(const MachineWatch::Counts& counts, serve::Measures& into);
void measure(const live::NewestCounters& counters, serve::Measures& into);
void measure(const live::RetainedCounters& counters, serve::Measures& into);
void measure(const live::RouterCounters& counters, serve::Measures& into);
void measure(const history::HistoryCounters& counters, serve::Measures& into);
void measure(const backup::Standing& standing, serve::Measures& into);

}  // namespace artery::app
