#include "base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace base {
namespace {

using Code = utf8proc_int32_t;

constexpr Code kNextLine = 0x85;
constexpr Code kDotlessI = 0x131;
constexpr Code kDotAbove = 0x307;
constexpr Code kZeroWidthSpace = 0x200b;
constexpr Code kByteOrderMark = 0xfeff;
constexpr Code kBlankBraille = 0x2800;

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

// The character that the text begins with and its size; a size of 0 when it is not UTF-8.
struct Character {
  Code code = -1;
  std::size_t size = 0;
};

Character first_of(std::string_view text) {
  Character out;
  const auto size =
      utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &out.code);
  if (size > 0) out.size = static_cast<std::size_t>(size);
  return out;
}

std::uint16_t class_of(Code code) {
  return static_cast<std::uint16_t>(utf8proc_get_property(code)->combining_class);
}

// Sorts each run of marks by combining class. utf8proc_decompose() does the same in time that grows
// with the square of a run's length, and the writer of a text chooses the length of its runs.
void order_marks(std::vector<Code>& codes) {
  const auto is_mark = [](Code code) { return class_of(code) != 0; };
  auto at = codes.begin();
  while ((at = std::find_if(at, codes.end(), is_mark)) != codes.end()) {
    const auto end = std::find_if_not(at, codes.end(), is_mark);
    if (end - at > 1) {
      std::stable_sort(at, end, [](Code a, Code b) { return class_of(a) < class_of(b); });
    }
    at = end;
  }
}

// The characters of a well-formed text in canonical order.
void decompose(std::string_view text, int options, std::vector<Code>& out) {
  out.clear();
  int unused = 0;
  while (!text.empty()) {
    const Character first = first_of(text);
    text.remove_prefix(std::max<std::size_t>(first.size, 1));
    std::array<Code, 32> parts{};  // Unicode has no longer decomposition
    const auto count = utf8proc_decompose_char(
        first.code, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
        static_cast<utf8proc_option_t>(options | UTF8PROC_DECOMPOSE), &unused);
    if (count <= 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) continue;
    out.insert(out.end(), parts.begin(), parts.begin() + count);
  }
  order_marks(out);
}

void append(std::string& text, Code code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

// The Greek iota subscript is a mark before folding and a letter after it, so that the order of
// marks has to be made before. It hides in U+0345 and in U+1F80 to U+1FFF.
bool holds_iota_subscript(std::string_view text) {
  for (const std::string_view sign : {"\xcd\x85", "\xe1\xbe", "\xe1\xbf"}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// How many bytes of one kind the text begins with, ASCII or others. Where an ASCII character stands
// no order of marks reaches across.
std::size_t run_of(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && is_ascii(text[size]) == is_ascii(text[0])) ++size;
  return size;
}

// Of a well-formed text whose ASCII letters are folded.
std::string folded_unicode(std::string_view text) {
  std::string out;
  std::string ordered;
  std::vector<Code> codes;
  out.reserve(text.size() + text.size() / 4);
  while (!text.empty()) {
    std::string_view run = text.substr(0, run_of(text));
    text.remove_prefix(run.size());
    if (is_ascii(run[0])) {
      out += run;
      continue;
    }
    if (holds_iota_subscript(run)) {
      ordered.clear();
      decompose(run, 0, codes);
      for (const Code code : codes) append(ordered, code);
      run = ordered;
    }
    decompose(run, UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, codes);
    for (const Code code : codes) {
      if (code == kDotlessI) {
        out += 'i';
      } else if (code != kDotAbove || !out.ends_with('i')) {
        append(out, code);
      }
    }
  }
  return out;
}

bool is_white(Code code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    case UTF8PROC_CATEGORY_CC:
      return (code >= '\t' && code <= '\r') || code == kNextLine;
    default:
      return code == kZeroWidthSpace || code == kByteOrderMark;
  }
}

// Tags and what Unicode will add to them: ignorable, whether assigned or not.
bool is_tag(Code code) { return code >= 0xe0000 && code <= 0xe0fff; }

bool is_unseen(Code code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:  // what steers others' layout, interlinear annotations
    case UTF8PROC_CATEGORY_MN:  // marks: on nothing they are nothing
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return true;
    default:
      return is_white(code) || code == kBlankBraille || is_tag(code) ||
             utf8proc_get_property(code)->ignorable;
  }
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out(text);
  unsigned all = 0;
  for (char& c : out) {
    all |= static_cast<unsigned char>(c);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool ascii = all < 0x80;
  if (ascii || !is_utf8(text)) return out;
  return folded_unicode(out);
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const Character first = first_of(text);
    if (first.size == 0 || !is_unseen(first.code)) return false;
    text.remove_prefix(first.size);
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  std::string_view rest = text;
  const char* begin = nullptr;
  const char* end = nullptr;
  while (!rest.empty()) {
    const Character first = first_of(rest);
    const std::size_t size = first.size == 0 ? 1 : first.size;
    if (first.size == 0 || !is_white(first.code)) {
      if (begin == nullptr) begin = rest.data();
      end = rest.data() + size;
    }
    rest.remove_prefix(size);
  }
  if (begin == nullptr) return {};
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::size_t layout_control_size(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x20 || first == 0x7f) return 1;
  if (first == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) return 2;
  if (first != 0xe2) return 0;
  const bool separator_or_turn = byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae;
  const bool isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xaf;
  return separator_or_turn || isolate ? 3 : 0;
}

}  // namespace base
