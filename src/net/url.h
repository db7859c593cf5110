// Percent-encoding (RFC 3986 2.1) and query strings (application/x-www-form-urlencoded: '+' is a space).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace artery::net {

enum class Plus { literal, space };

// `text` itself where nothing is encoded, else a view of what is appended to `storage`, which must have room: its
// growth would move what earlier views show. Nothing where an escape is broken or the result is not UTF-8.
[[nodiscard]] std::optional<std::string_view> percent_decode(std::string_view text, Plus plus, std::string& storage);

// Appends the parameters of a query (without its '?') to `into`. False where one cannot be decoded.
[[nodiscard]] bool parse_query(std::string_view query, std::vector<Field>& into, std::string& storage);

}  // namespace artery::net
