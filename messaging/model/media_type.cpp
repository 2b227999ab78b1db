#include "messaging/model/media_type.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/bytes.h"
#include "messaging/model/plain_name.h"

namespace messaging {
namespace {

constexpr std::size_t kMaxFileName = 255;

// Sorted by ending.
constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"3gp", "video/3gpp"},
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"avi", "video/x-msvideo"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"cbor", "application/cbor"},
    {"conf", "text/plain"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"heic", "image/heic"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ics", "text/calendar"},
    {"ini", "text/plain"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"log", "text/plain"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/x-m4v"},
    {"md", "text/markdown"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"parquet", "application/vnd.apache.parquet"},
    {"pcap", "application/vnd.tcpdump.pcap"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"prv", "application/octet-stream"},
    {"py", "text/x-python"},
    {"rar", "application/vnd.rar"},
    {"rtf", "application/rtf"},
    {"sh", "application/x-sh"},
    {"sqlite", "application/vnd.sqlite3"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"tsv", "text/tab-separated-values"},
    {"txt", "text/plain"},
    {"vcard", "text/vcard"},
    {"vcf", "text/vcard"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"xdc", "application/webxdc+zip"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};
static_assert(std::is_sorted(std::begin(kTypes), std::end(kTypes)));

}  // namespace

std::string_view media_type_of(std::string_view file_name) {
  constexpr std::string_view kUnknown = "application/octet-stream";
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || file_name.size() - dot > 10) return kUnknown;
  const std::string ending = base::lower_ascii(file_name.substr(dot + 1));
  const auto* found = std::lower_bound(
      std::begin(kTypes), std::end(kTypes), ending,
      [](const auto& row, const std::string& wanted) { return row.first < wanted; });
  return found != std::end(kTypes) && found->first == ending ? found->second : kUnknown;
}

Viewtype viewtype_of(std::string_view media_type) {
  if (media_type == "image/gif") return Viewtype::gif;
  // A browser runs scripts in an SVG, so an SVG is a plain file.
  if (media_type == "image/svg+xml") return Viewtype::file;
  if (media_type == "text/vcard") return Viewtype::vcard;
  if (media_type == "application/webxdc+zip") return Viewtype::webxdc;
  if (media_type.starts_with("image/")) return Viewtype::image;
  if (media_type.starts_with("audio/")) return Viewtype::audio;
  if (media_type.starts_with("video/")) return Viewtype::video;
  return Viewtype::file;
}

std::string plain_file_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  if (!base::is_utf8(path)) return "file";
  std::string name = plain_name(path, path.size());
  if (name.size() > kMaxFileName) {
    // Keeps the extension.
    const std::size_t dot = name.rfind('.');
    const std::string ending =
        dot != std::string::npos && name.size() - dot <= 10 ? name.substr(dot) : std::string();
    std::size_t end = kMaxFileName - ending.size();
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    name = plain_name(name.substr(0, end) + ending, kMaxFileName);
  }
  const bool no_name = name.empty() || name == "." || name == "..";
  return no_name ? "file" : name;
}

}  // namespace messaging
