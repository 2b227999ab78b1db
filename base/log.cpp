#include "base/log.h"

#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <iterator>

#include "base/log_record.h"

namespace base::log {
namespace {

std::atomic<Format> current_format{Format::text};
thread_local std::string_view current_request;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::atomic<bool> drops_when_full = false;

// A pipe that is ready takes 4,096 bytes at least without waiting.
bool stderr_is_ready() {
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "";
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("edge", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *instance;
}

// In quotes, so that no text, wherever it came from, ends the line or the string.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
    } else {
      out += c;
    }
  }
  out += '"';
}

bool plain_word(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u <= 0x20 || u == 0x7f || c == '"' || c == '\\' || c == '=';
  });
}

void append_value(std::string& out, const Field& field, Format format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (format == Format::text && plain_word(*text)) {
      out += *text;
    } else {
      append_quoted(out, *text);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else {
    fmt::format_to(std::back_inserter(out), "{:.3f}", std::get<double>(field.value));
  }
}

std::string time_text(std::int64_t unix_millis) {
  // A clock that was never set may stand before 1970.
  const std::int64_t millis = (unix_millis % 1000 + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((unix_millis - millis) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis);
}

// A line break in a logged value would let that value forge a line of the log.
void append_one_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", u);
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string line_of(Format format, std::int64_t unix_millis, Level level, std::string_view line,
                    std::string_view request, std::initializer_list<Field> fields) {
  std::string out;
  const bool json = format == Format::json;
  if (json) {
    fmt::format_to(std::back_inserter(out), R"({{"time":"{}","level":"{}","message":)",
                   time_text(unix_millis), name_of(level));
    append_quoted(out, line);
  } else {
    fmt::format_to(std::back_inserter(out), "{} {} ", time_text(unix_millis), name_of(level));
    append_one_line(out, line);
  }
  const auto add = [&](const Field& field) {
    if (json) {
      out += ',';
      append_quoted(out, field.name);
      out += ':';
    } else {
      out.append(" ").append(field.name).append("=");
    }
    append_value(out, field, format);
  };
  for (const Field& field : fields) add(field);
  if (!request.empty()) add({"request", request});
  if (json) out += '}';
  return out;
}

void set_level(Level level) { logger().set_level(to_spdlog(level)); }
void set_format(Format format) { current_format = format; }
void drop_when_full() { drops_when_full = true; }
bool enabled(Level level) { return logger().should_log(to_spdlog(level)); }
void write(Level level, std::string_view line) { record(level, line, {}); }

void record(Level level, std::string_view line, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  if (drops_when_full && !stderr_is_ready()) return;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  logger().log(to_spdlog(level), "{}",
               line_of(current_format, now.count(), level, line, current_request, fields));
}

Request::Request(std::string_view id) : before_(current_request) { current_request = id; }
Request::~Request() { current_request = before_; }

}  // namespace base::log
