// A message on its way to subscribers: made once at receipt, then shared by all who deliver it, on any thread, and
// never changed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/strong.h"
#include "model/record.h"

namespace artery::live {

// A client of the router, unique in the process; 0 is none.
struct ClientNumberTag;
using ClientNumber = Strong<ClientNumberTag, std::uint64_t>;

struct Message {
  std::string topic;
  Buffer payload;
  // What the publisher's protocol passes on besides, in its own form (MQTT 5 properties, encoded). Live does not look
  // into it.
  Buffer properties;
  std::uint8_t qos = 0;
  bool retain = false;
  ClientNumber from;  // for "no local"
};

using SharedMessage = std::shared_ptr<const Message>;

inline SharedMessage make_message(const MessageView& view, ClientNumber from) {
  return std::make_shared<const Message>(Message{.topic = std::string(view.topic),
                                                 .payload = Buffer(view.payload.begin(), view.payload.end()),
                                                 .properties = Buffer(view.properties.begin(), view.properties.end()),
                                                 .qos = view.qos,
                                                 .retain = view.retain,
                                                 .from = from});
}

}  // namespace artery::live
