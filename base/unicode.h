// Unicode: what Unicode's tables say of a text. Names and texts may come from anybody: every
// function takes any bytes, reads them once and needs memory in proportion to their number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace base {

// The form in which search and filters compare texts: Unicode's full case folding of the canonical
// decomposition. Upper and lower case of every script are one, and so are canonical equivalents
// ("ö" as one character or as "o" with U+0308); "ß" is "ss" and the ligature "ﬁ" is "fi".
// On top of that the Turkish "İ" and "ı" are "i", whatever the language, and characters that
// Unicode calls ignorable (soft hyphen, zero-width characters, variation selectors) are left out.
// Compatibility forms (full-width letters, superscripts) stay different from their plain ones.
// Of a text that is not UTF-8 only ASCII letters are folded. At most three times as long as `text`.
std::string folded(std::string_view text);

// True when nothing of the text can be seen: it is empty or holds only white space of any script,
// control and format characters, marks without a character that they stand on, ignorable characters
// (Hangul fillers are among them) and the blank braille pattern. Bytes that are not UTF-8 count as
// seen.
bool is_blank(std::string_view text);

// The text without white space, zero-width spaces and byte order marks at both ends.
std::string_view trimmed(std::string_view text);

// The number of bytes of the character that `text` begins with when that character controls how a
// text is laid out and is not shown itself: control characters (U+0000 to U+001F, U+007F to
// U+009F), the line and paragraph separators, and directional embeddings, overrides, isolates and
// their deprecated kin (U+202A to U+202E, U+2066 to U+206F). 0 for every other character. The marks
// U+200E, U+200F and U+061C turn nothing but their neighbours and do not count.
std::size_t layout_control_size(std::string_view text);

}  // namespace base
