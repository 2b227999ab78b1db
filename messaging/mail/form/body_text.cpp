#include "messaging/mail/form/body_text.h"

#include <algorithm>
#include <vector>

#include "base/unicode.h"

namespace messaging::mail {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view kForwardedLine = "---------- Forwarded message ----------";
constexpr std::string_view kForwardedFrom = "From: ";
constexpr std::string_view kZeroWidth = "\u200b";
constexpr std::string_view kEscaped = "-\u200b-";

Lines split_lines(std::string_view text) {
  Lines lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

bool is_empty_line(std::string_view line) { return base::trimmed(line).empty(); }

std::string joined(const Lines& lines, std::size_t begin, std::size_t end) {
  while (begin < end && is_empty_line(lines[begin])) ++begin;
  while (begin < end && is_empty_line(lines[end - 1])) --end;
  std::string out;
  for (std::size_t at = begin; at < end; ++at) {
    if (at > begin) out += '\n';
    std::string_view line = lines[at];
    if (line.starts_with(kEscaped)) {
      out += '-';
      line.remove_prefix(1 + kZeroWidth.size());
    }
    out += line;
  }
  return out;
}

void append_line(std::string& out, std::string_view line) {
  if (line.starts_with("--")) {
    out += kEscaped;
    line.remove_prefix(2);
  }
  out += line;
}

void append_lines(std::string& out, std::string_view text, std::string_view before) {
  bool first = true;
  for (const std::string_view line : split_lines(text)) {
    if (!first) out += "\r\n";
    first = false;
    out += before;
    if (before.empty()) {
      append_line(out, line);
    } else {
      out += line;
    }
  }
}

std::string_view unquoted(std::string_view line) {
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

// Where the footer's mark stands; lines.size() when there is none.
std::size_t footer_mark(const Lines& lines, std::size_t begin) {
  for (std::size_t at = begin; at < lines.size(); ++at) {
    if (lines[at] == "-- " || lines[at] == "--  ") return at;
  }
  return lines.size();
}

}  // namespace

std::string write_body(const BodyText& body) {
  std::string out;
  if (body.forwarded) {
    out.append(kForwardedLine).append("\r\n").append(kForwardedFrom).append("Delta Chat\r\n\r\n");
  }
  if (body.quote) {
    append_lines(out, *body.quote, "> ");
    out += "\r\n\r\n";
  } else if (body.text.starts_with('>') || body.text.starts_with(kForwardedLine)) {
    out += "\r\n";
  }
  append_lines(out, body.text, "");
  if (!body.footer.empty()) {
    if (!body.text.empty()) out += "\r\n\r\n";
    out += "-- \r\n";
    append_lines(out, body.footer, "");
  }
  return out;
}

BodyText read_body(std::string_view text, bool chat) {
  const Lines lines = split_lines(text);
  BodyText body;
  std::size_t at = 0;
  if (!chat) {
    body.text = joined(lines, 0, lines.size());
    return body;
  }
  if (lines.size() >= 3 && lines[0] == kForwardedLine && lines[1].starts_with(kForwardedFrom) &&
      lines[2].empty()) {
    body.forwarded = true;
    at = 3;
  }
  std::size_t quoted = at;
  while (quoted < lines.size() && lines[quoted].starts_with('>')) ++quoted;
  if (quoted > at) {
    std::string quote;
    for (std::size_t line = at; line < quoted; ++line) {
      if (line > at) quote += '\n';
      quote += unquoted(lines[line]);
    }
    body.quote = std::move(quote);
    at = quoted;
  }
  const std::size_t mark = footer_mark(lines, at);
  body.text = joined(lines, at, mark);
  if (mark < lines.size()) body.footer = joined(lines, mark + 1, lines.size());
  return body;
}

std::string unflowed(std::string_view text, bool delete_space) {
  std::string out;
  bool flows = false;
  bool first = true;
  for (std::string_view line : split_lines(text)) {
    if (!first && !flows) out += '\n';
    first = false;
    if (line.starts_with(' ')) line.remove_prefix(1);  // stuffed
    flows = line.ends_with(' ') && line != "-- ";
    if (flows && delete_space) line.remove_suffix(1);
    out += line;
  }
  return out;
}

}  // namespace messaging::mail
