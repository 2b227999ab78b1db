#include "base/result.h"

#include <system_error>

namespace base {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::not_found:
      return "not_found";
    case Errc::already_exists:
      return "already_exists";
    case Errc::forbidden:
      return "forbidden";
    case Errc::unavailable:
      return "unavailable";
    case Errc::too_large:
      return "too_large";
    case Errc::exhausted:
      return "exhausted";
    case Errc::sealed:
      return "sealed";
    case Errc::corrupt:
      return "corrupt";
    case Errc::io:
      return "io";
    case Errc::gone:
      return "gone";
    case Errc::license_required:
      return "license_required";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Error Error::with_context(std::string_view where) && {
  message.insert(0, ": ").insert(0, where);
  return std::move(*this);
}

Error Error::with_context(std::string_view where) const& {
  return Error(*this).with_context(where);
}

Error fail_errno(Errc code, std::string_view what, int error_number) {
  return Error{code, std::string(what) + ": " + std::generic_category().message(error_number)};
}

}  // namespace base
