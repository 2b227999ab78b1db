// Values of the headers of a mail's inner part, bounded. Hostile input: a value of another form
// counts as absent.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/mime_reader.h"
#include "messaging/model/plain_name.h"

namespace messaging::mail {

std::string name_header(const MimePart& part, std::string_view name,
                        std::size_t most = kMaxLongName);
// The first Message-ID.
std::string id_header(const MimePart& part, std::string_view name);
// A word: printable ASCII without blanks.
std::string word_header(const MimePart& part, std::string_view name,
                        std::size_t most = kMaxJoinWord);
// In seconds since 1970; 0: there is none.
std::int64_t time_header(const MimePart& part, std::string_view name);
// The value "0" is a picture without bytes: it was removed.
std::optional<MailPicture> picture_header(const MimePart& part, std::string_view name);

// 0 for what is no number from 0 to `most`.
template <class Number>
Number number_within(std::string_view text, Number most) {
  const std::string_view digits = base::trimmed(text);
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && number >= 0 && number <= most ? number : Number{0};
}

// The first `most` words of a value.
std::vector<std::string_view> words_of(std::string_view value, std::size_t most);
// The text cut at a whole character, without NULs.
std::string text_within(std::string text, std::size_t most = kMaxText);

}  // namespace messaging::mail
