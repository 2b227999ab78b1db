// Command lines become words, and never anything else that a shell makes of them.
#include "gateway/commands/words.h"

#include <random>

#include "gateway/commands/utf8.h"
#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text) {
  const auto words = split_words(text);
  INFO(text);
  REQUIRE(words);
  return *words;
}

}  // namespace

TEST_CASE("blanks separate words, and quotes and backslashes join them") {
  CHECK(split("git status") == Words{"git", "status"});
  CHECK(split("  git \t status  ") == Words{"git", "status"});
  CHECK(split("a 'b c' \"d e\" f\\ g") == Words{"a", "b c", "d e", "f g"});
  CHECK(split("'' \"\"") == Words{"", ""});
  CHECK(split("a'b'\"c\"d") == Words{"abcd"});
  CHECK(split(R"('a\b' "a\b" "a\"b\\c\$d\`e" a\'b)") ==
        Words{"a\\b", "a\\b", "a\"b\\c$d`e", "a'b"});
  CHECK(split("größe ü") == Words{"größe", "ü"});
}

TEST_CASE("what a shell gives a meaning to is an ordinary character") {
  CHECK(split("ls; rm -rf /") == Words{"ls;", "rm", "-rf", "/"});
  CHECK(split("a && b || c | d & e > f < g") ==
        Words{"a", "&&", "b", "||", "c", "|", "d", "&", "e", ">", "f", "<", "g"});
  CHECK(split("$(id) `id` ${HOME} $HOME ~ * ? [a] {a,b} !1 #x") ==
        Words{"$(id)", "`id`", "${HOME}", "$HOME", "~", "*", "?", "[a]", "{a,b}", "!1", "#x"});
}

TEST_CASE("a text that is no command line is refused with the reason") {
  CHECK(split_words("").error().message == "the command is empty");
  CHECK(split_words(" \t ").error().message == "the command is empty");
  CHECK(split_words("a 'b").error().message == "the quote ' at byte 3 has no end");
  CHECK(split_words("a \"b\\\"").error().message == "the quote \" at byte 3 has no end");
  CHECK(split_words("a \\").error().message == "a backslash at the end of the command");
  for (const std::string_view bad :
       {std::string_view("a\nb"), std::string_view("a\rb"), std::string_view("a\0b", 3),
        std::string_view("'a\nb'"), std::string_view("a\x1b[2J"), std::string_view("a\x7f"),
        std::string_view("a\xc2\x85z"), std::string_view("a\xff"), std::string_view("a\xc3")}) {
    INFO(bad);
    const auto words = split_words(bad);
    REQUIRE_FALSE(words);
    CHECK(words.error().code == base::Errc::invalid_argument);
    CHECK(words.error().message.find("at byte ") != std::string::npos);
  }
  CHECK(split_words(std::string(kMaxLineBytes, 'a')));
  CHECK(split_words(std::string(kMaxLineBytes + 1, 'a')).error().code == base::Errc::too_large);
  std::string many;
  for (std::size_t i = 0; i < kMaxWords; ++i) many += "a ";
  CHECK(split_words(many));
  CHECK(split_words(many + "a").error().code == base::Errc::too_large);
}

TEST_CASE("quoted words are read back as they were") {
  CHECK(quote_words(Words{"git", "log", "-n", "5"}) == "git log -n 5");
  CHECK(quote_words(Words{"", "a b", "it's", "$x"}) == "'' 'a b' 'it'\\''s' '$x'");
  std::mt19937 random(7);
  constexpr std::string_view kSome = "ab '\"\\$`;|&*?~#\t-{}=/.";
  for (int round = 0; round < 2000; ++round) {
    Words words(1 + random() % 5);
    for (std::string& word : words) {
      for (std::size_t size = random() % 8; size > 0; --size)
        word += kSome[random() % kSome.size()];
    }
    const std::string text = quote_words(words);
    INFO(text);
    const auto again = split_words(text);
    REQUIRE(again);
    CHECK(*again == words);
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced, one mark for each beginning of a character") {
  CHECK(clean_utf8("größe €𝄞").text == "größe €𝄞");
  CHECK_FALSE(clean_utf8("größe €𝄞").replaced);
  CHECK_FALSE(clean_utf8("").replaced);
  const std::string mark = "\xef\xbf\xbd";
  CHECK(clean_utf8("a\xff"
                   "b")
            .text == "a" + mark + "b");
  CHECK(clean_utf8("a\xff"
                   "b")
            .replaced);
  CHECK(clean_utf8("\xe2\x82").text == mark);  // cut off
  CHECK(clean_utf8("\xe2\x82"
                   "a")
            .text == mark + "a");
  CHECK(clean_utf8("\xc0\xaf").text == mark + mark);             // overlong
  CHECK(clean_utf8("\xed\xa0\x80").text == mark + mark + mark);  // a surrogate
  CHECK(clean_utf8("\xf4\x90\x80\x80").text == mark + mark + mark + mark);
  CHECK(utf8_cut("\xe2\x82"));
  CHECK(utf8_cut("\xf0"));
  CHECK_FALSE(utf8_cut("\xe2\x82\xac"));
  CHECK_FALSE(utf8_cut("\xff"));
  CHECK_FALSE(
      utf8_cut("\xe2"
               "a"));
}

}  // namespace gateway::commands
