// Writes MIME entities: one part, or a multipart of several. Bodies get the shortest transfer
// encoding that lines and bytes allow. Boundaries are hashes of what they divide, so that no body
// holds them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/wiping.h"

namespace messaging::mail {

struct MimePiece {
  std::string type;              // the value of Content-Type
  std::string disposition = {};  // of Content-Disposition; "" none
  base::ByteView body;           // a text has CRLF
  bool is_text = true;           // else it is written in base64
};

// `headers`: lines that stand behind Content-Type.
void write_single(crypto::WipingBytes& out, const MimePiece& piece, std::string_view headers);
// `type`: with its parameters, without a boundary.
void write_multipart(crypto::WipingBytes& out, std::string_view type,
                     std::span<const MimePiece> pieces, std::string_view headers);

// The type of a file as a header may carry it: application/octet-stream for an invalid media type
// and for types that readers would not treat as a file.
std::string file_type(std::string_view media_type);

}  // namespace messaging::mail
