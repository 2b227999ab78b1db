// The form of an API key: `edge_`, 12 hex digits that name it, `_`, and 32 random bytes as
// base64url. The name finds the stored hash at once; the rest is the secret. With 256 random bits a
// plain hash of it is enough: there is nothing to guess, so nothing to stretch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace gateway {

struct KeyToken {
  std::string id;       // 12 hex digits, lower case
  crypto::Hash32 hash;  // of the whole text
};

// Nothing for a text of another form.
std::optional<KeyToken> parse_key_token(std::string_view text);

struct NewToken {
  std::string text;  // shown once
  KeyToken token;
};
NewToken make_key_token();

}  // namespace gateway
