// Result<T>: a value, or an Error that says what happened in words a person can act on.
//
// Everything that can go wrong outside the program (disk, network, bytes from strangers, callers'
// parameters) comes back as a Result. Exceptions are for bugs and exhausted memory only.
// Wraps tl::expected to add [[nodiscard]]; when std::expected is available only this file changes.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace base {

// What kind of failure it is: callers branch on this, people read Error::message.
enum class Errc {
  invalid_argument,  // the caller's input is wrong; the message names the input
  not_found,         // no such account, chat, message, contact or file
  already_exists,    // would overwrite or double something
  forbidden,         // understood, and not allowed
  unavailable,       // cannot now, may work later: no link, shutting down, busy
  too_large,         // over a stated limit
  exhausted,         // disk full, quota or memory bound reached
  sealed,            // a ciphertext did not open; deliberately without any reason
  corrupt,           // stored data is damaged
  io,                // the operating system refused
  gone,              // it was there, or allowed, and is not any more
  license_required,  // the method needs a license and there is none that holds
  internal,          // a bug on our side
};

std::string_view name_of(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string message;

  // The same error with "where: " before its message.
  Error with_context(std::string_view where) &&;
  Error with_context(std::string_view where) const&;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // Lets a function say `return Error{...}` or `return fail(...)`.
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}  // NOLINT

  bool ok() const { return this->has_value(); }

  Result with_context(std::string_view where) && {
    if (this->has_value()) return std::move(*this);
    return std::move(this->error()).with_context(where);
  }
};

inline Error fail(Errc code, std::string message) { return Error{code, std::move(message)}; }

// An Error from errno: "open /data/x: Permission denied".
Error fail_errno(Errc code, std::string_view what, int error_number);

}  // namespace base

// EDGE_TRY(auto x, f()) declares x from a Result, or returns its error from the enclosing function.
// EDGE_CHECK(f()) does the same for a Result<void> or a value that is not used.
#define EDGE_JOIN_(a, b) a##b
#define EDGE_JOIN(a, b) EDGE_JOIN_(a, b)
#define EDGE_TRY_(tmp, decl, expr)         \
  auto&& tmp = (expr);                     \
  if (!tmp) return std::move(tmp).error(); \
  decl = std::move(*tmp)
#define EDGE_TRY(decl, ...) EDGE_TRY_(EDGE_JOIN(edge_try_, __LINE__), decl, (__VA_ARGS__))
#define EDGE_CHECK(...)                                                                          \
  do {                                                                                           \
    if (auto&& edge_check_ = (__VA_ARGS__); !edge_check_) return std::move(edge_check_).error(); \
  } while (false)
