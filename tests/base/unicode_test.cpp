#include "base/unicode.h"

#include "base/bytes.h"
#include "tests/support/catch.h"

using base::folded;
using base::is_blank;
using base::layout_control_size;
using base::trimmed;

namespace {

std::string utf8(std::uint32_t code) {
  const auto six = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | (code >> 6)), six(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | (code >> 12)), six(6), six(0)};
  return {static_cast<char>(0xf0 | (code >> 18)), six(12), six(6), six(0)};
}

bool is_surrogate(std::uint32_t code) { return code >= 0xd800 && code <= 0xdfff; }

}  // namespace

TEST_CASE("upper and lower case of every script are one, and so are canonical equivalents") {
  const std::pair<const char*, const char*> same[] = {
      {"ÖL", "öl"},
      {"ПРИВЕТ", "привет"},
      {"ΣΊΣΥΦΟΣ", "σίσυφος"},  // the small sigma has two forms
      {"ԲԱՐԵՒ", "բարեւ"},      // Armenian
      {"𐐔𐐇𐐝𐐀𐐡𐐇𐐓", "𐐼𐐯𐑅𐐨𐑉𐐯𐐻"},  // four bytes each
      {"STRASSE", "straße"},
      {"STRAẞE", "straße"},
      {"ﬁle", "FILE"},
      {"o\u0308l", "Öl"},  // decomposed and composed
      {"\u212bngstr\u00f6m", "ångström"},
      {"한국어", "\u1112\u1161\u11ab국어"},  // a syllable and its letters
      {"q\u0323\u0307", "Q\u0307\u0323"},    // the order of marks says nothing
      {"İSTANBUL", "istanbul"},
      {"DIYARBAKIR", "dıyarbakır"},
      {"i\u0307stanbul", "İstanbul"},
      {"so\u00adft", "soft"},
      {"❤\ufe0f", "❤"},
      {"\u1fb3\u0302", "\u03b1\u0302\u0345"},  // an iota subscript before and after a mark
  };
  for (const auto& [one, other] : same) {
    CAPTURE(one, other);
    CHECK(folded(one) == folded(other));
  }
  CHECK(folded("Hello, World") == "hello, world");
  CHECK(folded("öl") != folded("ol"));
  CHECK(folded("Ａ") != folded("a"));  // full width is another letter
  CHECK(folded("x²") != folded("x2"));
}

TEST_CASE("folding ends: what is folded stays as it is, and grows to three times at most") {
  for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
    if (is_surrogate(code)) continue;
    const std::string text = utf8(code);
    const std::string once = folded(text);
    if (folded(once) != once || once.size() > 3 * text.size() || !base::is_utf8(once)) {
      FAIL("U+" << std::hex << code << " is folded to '" << once << "'");
    }
  }
}

TEST_CASE("the order of a million marks is made in time that grows with their number") {
  // Time that grows with the square of the number would outlast every limit on a test.
  std::string mixed = "a";
  std::string above = "a";
  std::string below;
  for (int i = 0; i < 500'000; ++i) {
    mixed += "\u0301\u0323";
    above += "\u0323";
    below += "\u0301";
  }
  CHECK((folded(mixed) == above + below));
}

TEST_CASE("what is not UTF-8 has its ASCII letters folded and stays otherwise") {
  CHECK(folded("A\xff\xc3") == "a\xff\xc3");
  CHECK(folded("\xed\xa0\x80Z") == "\xed\xa0\x80z");  // a surrogate
  CHECK(folded(std::string_view("A\0B", 3)) == std::string_view("a\0b", 3));
  CHECK(folded("").empty());
}

TEST_CASE("a text of blanks and of characters that show nothing is blank") {
  for (const char* blank :
       {"",       " ",      "\t\r\n", "\u00a0",     "\u2003\u3000", "\u200b\u200d", "\u3164",
        "\uffa0", "\u2800", "\u00ad", "\ufeff",     "\u2060",       "\u202e",       "\u2066\u2069",
        "\u200f", "\u061c", "\ufe0f", "\U000e0020", "\u2028",       "\u0085"}) {
    CAPTURE(blank);
    CHECK(is_blank(blank));
  }
  for (const char* seen :
       {"a", " a ", "\u200ba", "👩\u200d🚀", "م", "­.", "\xff", "\U0001fae8", "\ue000"}) {
    CAPTURE(seen);
    CHECK_FALSE(is_blank(seen));
  }
}

TEST_CASE("white space of any script is cut off both ends and nowhere else") {
  CHECK(trimmed("\u3000 a b\u2003\n") == "a b");
  CHECK(trimmed("\ufeffx\u200b") == "x");
  CHECK(trimmed("❤\ufe0f ") == "❤\ufe0f");
  CHECK(trimmed(" \t ").empty());
  CHECK(trimmed("\xff ") == "\xff");
  CHECK(trimmed("\x1b ") == "\x1b");  // a control character is no space
}

TEST_CASE("layout controls are known by their size; marks and joiners are none") {
  for (std::uint32_t code = 0; code <= 0xffff; ++code) {
    if (is_surrogate(code)) continue;
    const bool control = code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
                         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x206f);
    const std::string text = utf8(code);
    if (layout_control_size(text + "x") != (control ? text.size() : 0)) {
      FAIL("U+" << std::hex << code);
    }
  }
  CHECK(layout_control_size("") == 0);
  CHECK(layout_control_size("\xe2\x80") == 0);  // cut short
  CHECK(layout_control_size("\xc2") == 0);
}
