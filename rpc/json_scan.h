// JsonScan: checks JSON text without building a tree. It reports whether the text is JSON (RFC
// 8259) within bounds, before anything is allocated for it, and the places of the elements of an
// outermost array, so that each call of a batch can be built alone, when its turn comes: a tree
// takes up to a hundred times the memory of its text.
//
// Cost: one pass, no recursion; memory for the elements' places only.
//
// A number beyond a double and an escaped half of a surrogate pair are JSON by its grammar: the
// builder refuses them, and with them only the call that holds them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "rpc/error.h"

namespace rpc {

struct JsonBounds {
  std::size_t depth = 64;          // arrays and objects within one another
  std::size_t values = 1'000'000;  // texts, numbers, literals, arrays and objects in all
  std::size_t elements = 1'000;    // whose places are returned; all are counted
};

struct JsonScan {
  std::optional<RpcError> error;           // Code::parse_error, or invalid_request for a bound
  bool array = false;                      // the outermost value is an array,
  std::size_t count = 0;                   // of so many elements
  std::vector<std::string_view> elements;  // the first of them, as text
};

JsonScan scan_json(std::string_view text, const JsonBounds& bounds = {});

}  // namespace rpc
