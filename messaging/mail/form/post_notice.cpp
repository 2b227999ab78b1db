#include "messaging/mail/form/post_notice.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "messaging/mail/form/json_text.h"

namespace messaging::mail {
namespace {

// Delta Chat's names.
constexpr std::array<std::pair<Viewtype, std::string_view>, 12> kTypeNames = {{
    {Viewtype::unknown, "Unknown"},
    {Viewtype::text, "Text"},
    {Viewtype::image, "Image"},
    {Viewtype::gif, "Gif"},
    {Viewtype::sticker, "Sticker"},
    {Viewtype::audio, "Audio"},
    {Viewtype::voice, "Voice"},
    {Viewtype::video, "Video"},
    {Viewtype::file, "File"},
    {Viewtype::call, "Call"},
    {Viewtype::webxdc, "Webxdc"},
    {Viewtype::vcard, "Vcard"},
}};

std::string_view type_name(Viewtype type) {
  for (const auto& [one, name] : kTypeNames) {
    if (one == type) return name;
  }
  return "File";
}

// A type that brings a file.
Viewtype file_type_named(std::string_view name) {
  for (const auto& [type, one] : kTypeNames) {
    const bool has_file =
        type != Viewtype::unknown && type != Viewtype::text && type != Viewtype::call;
    if (one == name && has_file) return type;
  }
  return Viewtype::file;
}

std::uint32_t small_number(std::string_view json) {
  const auto number = json_number(json);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  return number && *number <= kMost ? static_cast<std::uint32_t>(*number) : 0;
}

}  // namespace

std::string write_post_metadata(const PostNotice& notice) {
  std::string out = "{\"size\":" + std::to_string(notice.size) + ",\"viewtype\":\"";
  out.append(type_name(notice.type)).append("\",\"filename\":");
  out += json_header_string(notice.name);
  if (notice.width != 0 && notice.height != 0) {
    out += ",\"wh\":[" + std::to_string(notice.width) + "," + std::to_string(notice.height) + "]";
  }
  if (notice.duration != 0) out += ",\"duration\":" + std::to_string(notice.duration);
  return out += "}";
}

bool read_post_metadata(std::string_view json, PostNotice& notice) {
  const auto fields = json_object(json);
  if (!fields) return false;
  notice.size = json_number(json_field(*fields, "size")).value_or(0);
  notice.type = file_type_named(json_text(json_field(*fields, "viewtype")));
  notice.name = json_text(json_field(*fields, "filename"));
  if (const auto sides = json_array(json_field(*fields, "wh")); sides && sides->size() == 2) {
    notice.width = small_number((*sides)[0]);
    notice.height = small_number((*sides)[1]);
  }
  notice.duration = small_number(json_field(*fields, "duration"));
  return true;
}

}  // namespace messaging::mail
