#include "messaging/mail/form/mime_writer.h"

#include <algorithm>

#include "base/ascii.h"
#include "crypto/hash.h"
#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/header_text.h"

namespace messaging::mail {
namespace {

using base::as_bytes;
using base::as_text;
using crypto::WipingBytes;

constexpr std::size_t kLongestLine = 900;  // of 7bit; the bound of mails is 998
constexpr std::size_t kEncodedLine = 76;
constexpr std::size_t kSlice = 57 * 1024;  // of a file, encoded at once: whole lines

void put(WipingBytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

// Whether a text can be sent as it is.
bool is_seven_bit(std::string_view text) {
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool ends = c == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    if (ends) {
      ++at;
      line = 0;
      continue;
    }
    const bool plain = c == '\t' || (c >= ' ' && c < 0x7f);
    if (!plain || ++line > kLongestLine) return false;
  }
  return true;
}

// A text in quoted-printable costs less than in base64.
bool is_mostly_ascii(std::string_view text) {
  const auto others =
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0 || c == '='; });
  return static_cast<std::size_t>(others) * 6 < text.size();
}

void put_quoted_printable(WipingBytes& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') {
      put(out, "\r\n");
      ++at;
      column = 0;
      continue;
    }
    const bool ends_line = at + 1 == text.size() || text[at + 1] == '\r';
    const bool plain = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !ends_line);
    const std::size_t width = plain ? 1 : 3;
    if (column + width > kEncodedLine - 1) {
      put(out, "=\r\n");
      column = 0;
    }
    if (plain) {
      out.push_back(static_cast<std::uint8_t>(c));
    } else {
      const auto byte = static_cast<unsigned char>(c);
      const char escape[] = {'=', kDigits[byte >> 4], kDigits[byte & 15]};
      put(out, std::string_view(escape, 3));
    }
    column += width;
  }
}

void put_base64(WipingBytes& out, base::ByteView bytes) {
  out.reserve(out.size() + bytes.size() / 57 * 78 + 200);
  for (std::size_t at = 0; at < bytes.size(); at += kSlice) {
    const base::ByteView slice = bytes.subspan(at, std::min(kSlice, bytes.size() - at));
    put(out, base64_encode(slice, kEncodedLine, "\r\n"));
    put(out, "\r\n");
  }
}

void put_body(WipingBytes& out, const MimePiece& piece) {
  constexpr std::string_view kName = "Content-Transfer-Encoding";
  const std::string_view text = as_text(piece.body);
  if (piece.is_text && is_seven_bit(text)) {
    put(out, header_line(kName, "7bit") + "\r\n");
    put(out, text);
    put(out, "\r\n");
  } else if (piece.is_text && is_mostly_ascii(text)) {
    put(out, header_line(kName, "quoted-printable") + "\r\n");
    put_quoted_printable(out, text);
    put(out, "\r\n");
  } else {
    put(out, header_line(kName, "base64") + "\r\n");
    put_base64(out, piece.body);
  }
}

void put_disposition(WipingBytes& out, const MimePiece& piece) {
  if (!piece.disposition.empty()) put(out, header_line("Content-Disposition", piece.disposition));
}

std::string boundary_of(std::span<const MimePiece> pieces, std::string_view headers) {
  crypto::Blake2b256 hash;
  hash.update(as_bytes(headers));
  for (const MimePiece& piece : pieces) {
    // Base64 holds no "--", so only texts can hold a boundary.
    if (piece.is_text) hash.update(piece.body);
  }
  return base::to_hex(hash.finish()).substr(0, 40);
}

}  // namespace

void write_single(WipingBytes& out, const MimePiece& piece, std::string_view headers) {
  put(out, header_line("Content-Type", piece.type));
  put_disposition(out, piece);
  put(out, headers);
  put_body(out, piece);
}

void write_multipart(WipingBytes& out, std::string_view type, std::span<const MimePiece> pieces,
                     std::string_view headers) {
  const std::string boundary = boundary_of(pieces, headers);
  std::string value(type);
  value.append("; boundary=\"").append(boundary).append("\"");
  put(out, header_line("Content-Type", value));
  put(out, headers);
  put(out, "\r\n");
  for (const MimePiece& piece : pieces) {
    put(out, "--" + boundary + "\r\n");
    put(out, header_line("Content-Type", piece.type));
    put_disposition(out, piece);
    put_body(out, piece);
  }
  put(out, "--" + boundary + "--\r\n");
}

std::string file_type(std::string_view media_type) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
           c == '_' || c == '/';
  };
  std::string type = base::lower_ascii(media_type);
  const std::size_t slash = type.find('/');
  const bool fits = type.size() <= 100 && std::all_of(type.begin(), type.end(), is_token) &&
                    slash != std::string::npos && slash > 0 && slash + 1 < type.size() &&
                    type.find('/', slash + 1) == std::string::npos;
  if (!fits || type.starts_with("multipart/") || type.starts_with("message/")) {
    return "application/octet-stream";
  }
  return type;
}

}  // namespace messaging::mail
