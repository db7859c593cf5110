// The answer to one request, as its handler holds it. All of it belongs to the loop that called the handler; a handle
// may be kept there as long as the answer takes. When the connection dies first the handle becomes harmless: whatever
// is done with it has no effect, on any thread.
#pragma once

#include <optional>
#include <stop_token>
#include <utility>

#include "base/bytes.h"
#include "net/http.h"
#include "runtime/executor.h"

namespace artery::net {

class ExchangeLink;

// What stands behind a handle: the connection, or a test's double.
class Exchange {
 public:
  virtual ~Exchange();  // unlinks
  virtual void respond(Response response) = 0;
  virtual void begin(const Response& head) = 0;
  virtual void send(Bytes piece) = 0;
  [[nodiscard]] virtual bool is_congested() const = 0;
  virtual void when_ready(runtime::Work work) = 0;
  virtual void end() = 0;
  // The stream was given up before its end: the client must not take it for whole.
  virtual void abandon() = 0;

 protected:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  // The client waits for its answer no longer.
  void has_left();

 private:
  friend class ExchangeLink;
  friend class ResponseHandle;
  ExchangeLink* link_ = nullptr;
  std::optional<std::stop_source> left_;  // of the request in hand, where its handler asked for it
};

// One end of a pointer pair: each side knows when the other goes. Move-only; at most one per exchange.
class ExchangeLink {
 public:
  ExchangeLink() = default;
  explicit ExchangeLink(Exchange& exchange);
  ExchangeLink(ExchangeLink&& other) noexcept;
  ExchangeLink& operator=(ExchangeLink&& other) noexcept;
  ExchangeLink(const ExchangeLink&) = delete;
  ExchangeLink& operator=(const ExchangeLink&) = delete;
  ~ExchangeLink() { release(); }

  [[nodiscard]] Exchange* get() const { return exchange_; }
  // Unlinks and returns what it was linked to.
  Exchange* release();

 private:
  friend class Exchange;
  Exchange* exchange_ = nullptr;
};

// An answer in pieces. Dropped before done() it cuts the connection.
class ResponseWriter {
 public:
  explicit ResponseWriter(ExchangeLink link) : link_(std::move(link)) {}
  ResponseWriter(ResponseWriter&&) = default;
  ResponseWriter& operator=(ResponseWriter&&) = delete;
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;
  ~ResponseWriter();

  // False when the client is behind: wait with when_ready() before the next piece. The piece is taken in any case.
  bool send(Bytes piece);
  // Runs `work` once on this loop: when the client has caught up, or the connection died; at once where it is dead.
  void when_ready(runtime::Work work);
  void done();
  // Whether anybody still listens.
  [[nodiscard]] bool is_open() const { return link_.get() != nullptr; }

 private:
  ExchangeLink link_;
};

// Dropped without an answer it answers 500.
class ResponseHandle {
 public:
  explicit ResponseHandle(Exchange& exchange) : link_(exchange) {}
  ResponseHandle(ResponseHandle&&) = default;
  ResponseHandle& operator=(ResponseHandle&&) = delete;
  ResponseHandle(const ResponseHandle&) = delete;
  ResponseHandle& operator=(const ResponseHandle&) = delete;
  ~ResponseHandle();

  // Once, one of both.
  void send(Response response);
  [[nodiscard]] ResponseWriter stream(const Response& head);
  // False once answered, or when the connection died.
  [[nodiscard]] bool is_open() const { return link_.get() != nullptr; }
  // Before the answer is begun: a stop is requested when it need not be made any more, because the connection died, or
  // because the client has ended its direction and still waits `client_left_after`, which is how clients leave.
  [[nodiscard]] std::stop_token left() const;

 private:
  ExchangeLink link_;
};

// Of one that ends its direction and does wait, with a request that takes longer.
inline constexpr Duration client_left_after = std::chrono::seconds(2);

}  // namespace artery::net
