// Errors as values. `Result<T>` is what everything on the data path returns; it cannot be ignored silently.
//
// Each module declares one enum of errors and a function `error_module(E)` beside it, found by argument-dependent
// look-up. The message is for a person: what was wrong, where, and what would be right, in one line.
#pragma once

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace artery {

template <class E>
concept ErrorEnum = std::is_enum_v<E> && requires(E code) {
  { error_module(code) } -> std::same_as<std::string_view>;
};

class [[nodiscard]] Error {
 public:
  template <ErrorEnum E>
  Error(E code, std::string message)
      : module_(error_module(code)), code_(static_cast<int>(code)), message_(std::move(message)) {}

  template <ErrorEnum E>
  [[nodiscard]] bool is(E code) const {
    return module_ == error_module(code) && code_ == static_cast<int>(code);
  }
  [[nodiscard]] std::string_view module() const { return module_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // The same error, with where it was met put before the message.
  [[nodiscard]] Error at(std::string_view where) && {
    message_.insert(0, ": ").insert(0, where);
    return std::move(*this);
  }

 private:
  std::string_view module_;  // points to a literal
  int code_;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;
  Result(Error error) : Base(std::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor): by design
};

}  // namespace artery
