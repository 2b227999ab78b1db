// What the log writes beyond plain lines (log.h): its form, fields of their own, and the id of the
// request that a line belongs to. Safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/log.h"

namespace base::log {

enum class Format { text, json };

void set_format(Format format);
// From now on a line that stderr cannot take at once is dropped: for a program whose parent may
// never read its stderr, and must not stop it by that.
void drop_when_full();

// One thing that happened, with what there is to know of it: `line name=value ...`, or members of
// their own in JSON. A text with spaces or quotes is quoted.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double> value;
};
void record(Level level, std::string_view line, std::initializer_list<Field> fields);

// While it lives, this thread's lines carry the id of the request they belong to. `id` outlives it.
class Request {
 public:
  explicit Request(std::string_view id);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

 private:
  const std::string_view before_;
};

// The form of a line, without its end; for tests.
std::string line_of(Format format, std::int64_t unix_millis, Level level, std::string_view line,
                    std::string_view request, std::initializer_list<Field> fields);

}  // namespace base::log
