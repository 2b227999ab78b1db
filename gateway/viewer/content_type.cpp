#include "gateway/viewer/content_type.h"

#include <algorithm>
#include <array>

#include "messaging/model/media_type.h"

namespace gateway {
namespace {

struct Signature {
  std::size_t at;
  std::string_view bytes;
  std::string_view type;
};

using namespace std::string_view_literals;

constexpr auto kSignatures = std::to_array<Signature>({
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBPVP"sv, "image/webp"},
    {0, "BM"sv, "image/bmp"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "\0\0\1\0"sv, "image/x-icon"},
    {0, "%PDF-"sv, "application/pdf"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypqt"sv, "video/quicktime"},
    {4, "ftypM4A"sv, "audio/mp4"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    {8, "AVI "sv, "video/x-msvideo"},
    {8, "WAVE"sv, "audio/wav"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "PK\3\4"sv, "application/zip"},
    {0, "PK\5\6"sv, "application/zip"},
    {0, "\x1f\x8b\x08"sv, "application/gzip"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {0, "Rar!\x1a\x07"sv, "application/vnd.rar"},
    {0, "SQLite format 3\0"sv, "application/vnd.sqlite3"},
});

// Formats of their own inside a zip archive: their names say which.
bool is_zip_format(std::string_view type) {
  return type.starts_with("application/vnd.openxmlformats") ||
         type.starts_with("application/vnd.oasis.opendocument") || type == "application/epub+zip";
}

// Types that may be shown as they are; all other text, HTML above all, is plain text.
bool is_shown_text(std::string_view type) {
  return type == "text/csv" || type == "application/json" || type == "text/markdown";
}

// No byte that text does not have, and UTF-8 up to a character that the end may have cut.
bool is_text(base::ByteView start) {
  for (const std::uint8_t byte : start) {
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' &&
        byte != 0x1b) {
      return false;
    }
  }
  for (std::size_t cut = 0; cut < 4 && cut <= start.size(); ++cut) {
    if (base::is_utf8(base::as_text(start.first(start.size() - cut)))) return true;
    if (start.size() < kSniffBytes) return false;
  }
  return false;
}

}  // namespace

std::string content_type_of(base::ByteView start, std::string_view name) {
  const std::string by_name(messaging::media_type_of(name));
  const std::string_view text = base::as_text(start);
  for (const Signature& one : kSignatures) {
    if (text.size() < one.at + one.bytes.size()) continue;
    if (text.substr(one.at, one.bytes.size()) != one.bytes) continue;
    if (one.type == "application/zip" && is_zip_format(by_name)) return by_name;
    if (one.type == "audio/ogg" && by_name.starts_with("video/")) return "video/ogg";
    return std::string(one.type);
  }
  if (!is_text(start)) return "application/octet-stream";
  return (is_shown_text(by_name) ? by_name : "text/plain") + "; charset=utf-8";
}

}  // namespace gateway
