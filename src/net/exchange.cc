#include "net/exchange.h"

#include "base/assert.h"

namespace artery::net {

Exchange::~Exchange() {
  has_left();
  if (link_ != nullptr) link_->exchange_ = nullptr;
}

void Exchange::has_left() {
  if (left_) left_->request_stop();
}

ExchangeLink::ExchangeLink(Exchange& exchange) : exchange_(&exchange) {
  ARTERY_ASSERT(exchange.link_ == nullptr);
  exchange.link_ = this;
  exchange.left_.reset();
}

ExchangeLink::ExchangeLink(ExchangeLink&& other) noexcept : exchange_(other.release()) {
  if (exchange_ != nullptr) exchange_->link_ = this;
}

ExchangeLink& ExchangeLink::operator=(ExchangeLink&& other) noexcept {
  if (this == &other) return *this;
  release();
  exchange_ = other.release();
  if (exchange_ != nullptr) exchange_->link_ = this;
  return *this;
}

Exchange* ExchangeLink::release() {
  if (exchange_ != nullptr) exchange_->link_ = nullptr;
  return std::exchange(exchange_, nullptr);
}

ResponseWriter::~ResponseWriter() {
  if (Exchange* exchange = link_.release()) exchange->abandon();
}

bool ResponseWriter::send(Bytes piece) {
  Exchange* exchange = link_.get();
  if (exchange == nullptr) return true;
  exchange->send(piece);
  return !exchange->is_congested();
}

void ResponseWriter::when_ready(runtime::Work work) {
  if (Exchange* exchange = link_.get()) return exchange->when_ready(std::move(work));
  work();
}

void ResponseWriter::done() {
  if (Exchange* exchange = link_.release()) exchange->end();
}

ResponseHandle::~ResponseHandle() {
  if (Exchange* exchange = link_.release()) exchange->respond(problem(500, {}, "the request was dropped unanswered"));
}

void ResponseHandle::send(Response response) {
  if (Exchange* exchange = link_.release()) exchange->respond(std::move(response));
}

std::stop_token ResponseHandle::left() const {
  Exchange* exchange = link_.get();
  ARTERY_ASSERT(exchange != nullptr);
  if (!exchange->left_) exchange->left_.emplace();
  return exchange->left_->get_token();
}

ResponseWriter ResponseHandle::stream(const Response& head) {
  if (Exchange* exchange = link_.get()) exchange->begin(head);
  return ResponseWriter(std::move(link_));
}

}  // namespace artery::net
