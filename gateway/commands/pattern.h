// Pattern: a regular expression that a whole argument must match. Matching takes time in proportion
// to the text, whatever the pattern (RE2: no backtracking), and the compiled program is bounded, so
// that neither the administrator's pattern nor a caller's text can stall the daemon.
//
// Immutable; copies share the program. Safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace gateway::commands {

class Pattern {
 public:
  static constexpr std::size_t kMaxBytes = 1024;  // of the pattern's text

  // Errc::invalid_argument says what is wrong with the pattern.
  static base::Result<Pattern> compile(std::string_view text);

  // Whether all of `text` matches, not only a part.
  bool matches(std::string_view text) const;
  const std::string& text() const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> program) : program_(std::move(program)) {}
  std::shared_ptr<const re2::RE2> program_;
};

}  // namespace gateway::commands
