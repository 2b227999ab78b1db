// What is asked of a part that was read.
#include <algorithm>

#include "base/ascii.h"
#include "messaging/mail/mime_reader.h"

namespace messaging::mail {
namespace {

bool same_header(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return base::lower_ascii(x) == base::lower_ascii(y);
         });
}

}  // namespace

const MimeHeader* MimePart::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (same_header(header.name, name)) return &header;
  }
  return nullptr;
}

std::string_view MimePart::value(std::string_view name) const {
  const MimeHeader* found = header(name);
  return found ? std::string_view(found->value) : std::string_view();
}

std::vector<const MimeHeader*> MimePart::all(std::string_view name) const {
  std::vector<const MimeHeader*> out;
  for (const auto& header : headers) {
    if (same_header(header.name, name)) out.push_back(&header);
  }
  return out;
}

std::string_view MimePart::param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace messaging::mail
