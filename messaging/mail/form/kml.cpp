#include "messaging/mail/form/kml.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "base/ascii.h"

namespace messaging::mail {
namespace {

constexpr base::UnixMillis kSecond = 1000;

std::string number(double value) {
  std::array<char, 64> text{};
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return result.ec == std::errc() ? std::string(text.data(), result.ptr) : "0";
}

// Days since 1970 of a civil date.
std::int64_t days_of(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t era = year / 400;
  const std::int64_t of_era = year % 400;
  const int march_month = month > 2 ? month - 3 : month + 9;
  const std::int64_t of_year = (153 * march_month + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

std::string iso_time(base::UnixMillis at) {
  const std::int64_t seconds = std::max<std::int64_t>(0, at / kSecond);
  std::int64_t year = 1970 + seconds / 86400 / 366;
  while (days_of(year + 1, 1, 1) <= seconds / 86400) ++year;
  int month = 12;
  while (days_of(year, month, 1) > seconds / 86400) --month;
  const std::int64_t day = seconds / 86400 - days_of(year, month, 1) + 1;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", static_cast<int>(year),
                month, static_cast<int>(day), static_cast<int>(seconds / 3600 % 24),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text.data();
}

std::optional<base::UnixMillis> read_time(std::string_view text) {
  std::array<int, 6> part{};
  constexpr std::array<std::size_t, 6> kBegin = {0, 5, 8, 11, 14, 17};
  if (text.size() < 20) return std::nullopt;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::size_t size = i == 0 ? 4 : 2;
    const char* const begin = text.data() + kBegin[i];
    const auto [end, error] = std::from_chars(begin, begin + size, part[i]);
    if (error != std::errc() || end != begin + size || part[i] < 0) return std::nullopt;
  }
  if (part[0] < 1970 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31) return {};
  return (days_of(part[0], part[1], part[2]) * 86400 + part[3] * 3600 + part[4] * 60 + part[5]) *
         kSecond;
}

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// What stands between "<name …>" and "</", and the attributes of the tag.
struct Element {
  std::string_view attributes;
  std::string_view content;
};

std::optional<Element> element(std::string_view text, std::string_view lower,
                               std::string_view name) {
  std::string open = "<";
  open += name;
  const std::size_t begin = lower.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find('>', begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t close = text.find("</", end);
  if (close == std::string_view::npos) return std::nullopt;
  Element out;
  out.attributes = text.substr(begin + open.size(), end - begin - open.size());
  out.content = text.substr(end + 1, close - end - 1);
  while (!out.content.empty() && static_cast<unsigned char>(out.content.front()) <= ' ') {
    out.content.remove_prefix(1);
  }
  return out;
}

double accuracy_of(std::string_view attributes) {
  const std::string lower = base::lower_ascii(attributes);
  const std::size_t at = lower.find("accuracy=");
  if (at == std::string::npos || at + 10 >= attributes.size()) return 0;
  return read_number(attributes.substr(at + 10)).value_or(0);
}

std::optional<PlaceNote> placemark(std::string_view text) {
  const std::string lower = base::lower_ascii(text);
  const auto when = element(text, lower, "when");
  const auto point = element(text, lower, "coordinates");
  if (!when || !point) return std::nullopt;
  const auto at = read_time(when->content);
  const std::size_t comma = point->content.find(',');
  if (!at || comma == std::string_view::npos) return std::nullopt;
  const auto longitude = read_number(point->content.substr(0, comma));
  const auto latitude = read_number(point->content.substr(comma + 1));
  if (!longitude || !latitude) return std::nullopt;
  PlaceNote note;
  note.at = *at;
  note.place = {*latitude, *longitude, accuracy_of(point->attributes)};
  if (!is_valid(note.place)) return std::nullopt;
  return note;
}

}  // namespace

std::string write_kml(const std::vector<PlaceNote>& places, std::string_view addr) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document";
  if (!addr.empty()) {
    out += " addr=\"";
    for (const char c : addr) {
      if (c == '&') {
        out += "&amp;";
      } else if (c == '<' || c == '>' || c == '"') {
        out += '_';
      } else {
        out += c;
      }
    }
    out += '"';
  }
  out += ">\n";
  for (const PlaceNote& note : places) {
    out += "<Placemark><Timestamp><when>" + iso_time(note.at) +
           "</when></Timestamp><Point><coordinates";
    if (!addr.empty()) out += " accuracy=\"" + number(note.place.accuracy) + "\"";
    out += ">" + number(note.place.longitude) + "," + number(note.place.latitude) +
           "</coordinates></Point></Placemark>\n";
  }
  return out += "</Document>\n</kml>\n";
}

std::vector<PlaceNote> read_kml(std::string_view text) {
  std::vector<PlaceNote> places;
  if (text.size() > kMaxKml) return places;
  const std::string lower = base::lower_ascii(text);
  std::size_t at = 0;
  while (places.size() < kMaxKmlPlaces) {
    const std::size_t begin = lower.find("<placemark", at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(lower.find("</placemark", begin), text.size());
    if (const auto note = placemark(text.substr(begin, end - begin))) places.push_back(*note);
    at = end;
  }
  return places;
}

}  // namespace messaging::mail
