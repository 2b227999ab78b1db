#include "gateway/cli/print.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/bytes.h"
#include "base/unicode.h"
#include "gateway/cli/json_members.h"

namespace gateway::cli {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

std::string plain(std::string_view text, bool one_line) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool utf8 = base::is_utf8(text);
  std::string out;
  std::size_t control = 0;  // bytes left of a character that a terminal must not get
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (control == 0) control = base::layout_control_size(text.substr(i));
    const bool hidden = control > 0;
    if (hidden) --control;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n' && !one_line) {
      out += '\n';
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += ' ';
    } else if (hidden || (!utf8 && byte >= 0x80)) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += text[i];
    }
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string shortened(std::string text) {
  constexpr std::size_t kMost = 72;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string local_time(std::int64_t unix_seconds) {
  const auto at = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  if (::localtime_r(&at, &parts) == nullptr) return "?";
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

std::string state_name(std::int64_t state) {
  switch (state) {
    case 10:
      return "new";
    case 13:
      return "noticed";
    case 16:
      return "seen";
    case 18:
      return "preparing";
    case 19:
      return "draft";
    case 20:
      return "pending";
    case 24:
      return "failed";
    case 26:
      return "delivered";
    case 28:
      return "read";
    default:
      return "state " + std::to_string(state);
  }
}

std::string contact_line(const Json& contact) {
  std::string line = padded(std::to_string(number_member(contact, "id")), 6);
  line += padded(plain(text_member(contact, "displayName")), 24);
  line += "  " + plain(text_member(contact, "address"));
  if (flag_member(contact, "isVerified")) line += "  verified";
  if (flag_member(contact, "isBlocked")) line += "  blocked";
  return line;
}

std::string chat_line(const Json& item) {
  if (text_member(item, "kind") == "ArchiveLink") return "      (archived chats)";
  if (text_member(item, "kind") == "Error") {
    return padded(std::to_string(number_member(item, "id")), 6) + plain(text_member(item, "error"));
  }
  std::string line = padded(std::to_string(number_member(item, "id")), 6);
  line += padded(plain(text_member(item, "name")), 24) + "  ";
  if (const auto fresh = number_member(item, "freshMessageCounter"); fresh > 0) {
    line += "(" + std::to_string(fresh) + " new) ";
  }
  const auto who = text_member(item, "summaryText1");
  if (!who.empty()) line += plain(who) + ": ";
  line += shortened(plain(text_member(item, "summaryText2")));
  return line;
}

std::string message_lines(const Json& message) {
  if (text_member(message, "kind") == "loadingError")
    return "  " + plain(text_member(message, "error"));
  const Json sender = message.contains("sender") ? message["sender"] : Json();
  std::string line = padded(std::to_string(number_member(message, "id")), 6);
  line += local_time(number_member(message, "timestamp")) + "  ";
  line += plain(text_member(sender, "displayName")) + ":";
  if (const auto text = text_member(message, "text"); !text.empty()) line += " " + plain(text);
  if (const auto file = text_member(message, "fileName"); !file.empty()) {
    line +=
        " [" + plain(file) + ", " + std::to_string(number_member(message, "fileBytes")) + " bytes]";
  }
  line += "  (" + state_name(number_member(message, "state")) + ")";
  if (const auto error = text_member(message, "error"); !error.empty()) line += " " + plain(error);
  return line;
}

std::string event_line(std::string_view data) {
  const auto json = Json::parse(data, nullptr, false);
  if (!json.is_object()) return plain(data);
  std::string line = padded(plain(text_member(json, "type")), 26);
  for (const auto& [name, value] : json.items()) {
    if (name == "type") continue;
    line += " " + plain(name) + "=";
    line += value.is_string() ? plain(value.get<std::string>())
                              : plain(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return line;
}

}  // namespace gateway::cli
