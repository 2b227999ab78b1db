#include "crypto/invite.h"

#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using crypto::Invite;
using crypto::parse_invite;
using crypto_test::same;

namespace {

Invite example() {
  Invite out;
  out.identity = crypto::Identity::generate().public_key();
  out.addr = "alice@shop.example";
  out.name = "Alice & Söhne #1 + 50%";
  out.number = "aB3-_x";
  crypto::random_bytes(out.secret);
  out.urls = {"https://shop.example/gateway", "http://10.0.0.1:7200"};
  out.mailbox = "mbox-1";
  out.token = "tok_1";
  return out;
}

void check_same(const Invite& a, const Invite& b) {
  CHECK(a.identity == b.identity);
  CHECK(a.addr == b.addr);
  CHECK(a.name == b.name);
  CHECK(a.number == b.number);
  CHECK(a.secret == b.secret);
  CHECK(a.urls == b.urls);
  CHECK(a.mailbox == b.mailbox);
  CHECK(a.token == b.token);
  REQUIRE(a.group.has_value() == b.group.has_value());
  if (a.group) {
    CHECK(a.group->id == b.group->id);
    CHECK(a.group->name == b.group->name);
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(std::string_view link) {
  const auto result = parse_invite(link);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == base::Errc::invalid_argument);
  return result.error().message;
}

// A link with one field (like "&i=…") changed or, for "", left out.
std::string with_field(const std::string& link, char name, std::string_view value) {
  std::string mark = name == 'a' ? "#" : "&";
  mark += name;
  mark += '=';
  const std::size_t at = link.find(mark);
  REQUIRE(at != std::string::npos);
  const std::size_t end = std::min(link.find('&', at + 1), link.size());
  const std::string before = link.substr(0, at) + mark[0];
  if (value.empty()) return before + (end < link.size() ? link.substr(end + 1) : "");
  return before + std::string(value) + link.substr(end);
}

}  // namespace

TEST_CASE("an invite goes into a link and comes back") {
  Invite invite = example();
  check_same(invite, *parse_invite(to_link(invite)));
  invite.group = Invite::Group{"grp-7", "Werk & Halle"};
  invite.name = "";
  invite.urls.emplace_back("http://[::1]:7200");
  const std::string link = to_link(invite);
  check_same(invite, *parse_invite(link));
  CHECK(link.find("OPENPGP4FPR:" + invite.identity.fingerprint() + "#a=alice%40shop.example&n=") ==
        0);
  CHECK(link.substr(link.size() - 4) == "&v=1");
}

TEST_CASE("a link is read in all its accepted spellings") {
  const Invite invite = example();
  const std::string link = to_link(invite);
  const std::string fpr = invite.identity.fingerprint();
  std::string lower = fpr;
  for (char& c : lower) c = static_cast<char>(c >= 'A' ? c + 32 : c);
  for (const std::string& other :
       {replaced(link, "OPENPGP4FPR:", "openpgp4fpr:"), replaced(link, "OPENPGP", "OpenPgp"),
        replaced(link, "#", "%23"), replaced(link, "#", "?"), replaced(link, fpr, lower),
        replaced(replaced(link, "#", "&"), "OPENPGP4FPR:", "https://i.privittytech.com/#"),
        replaced(replaced(link, "#", "&"), "OPENPGP4FPR:", "HTTPS://I.privittytech.com/%23"),
        "  " + link + "\n", link + "&zz=9&q=%zz&y", replaced(link, "&v=1", "&&v=1&")}) {
    INFO(other);
    const auto parsed = parse_invite(other);
    REQUIRE(parsed);
    check_same(invite, *parsed);
  }
  const auto plus = parse_invite(with_field(link, 'n', "n=Alice+B%2bC"));
  REQUIRE(plus);
  CHECK(plus->name == "Alice B+C");
}

TEST_CASE("a link cut short anywhere is refused") {
  Invite invite = example();
  invite.group = Invite::Group{"grp-7", "Werk"};
  const std::string link = to_link(invite);
  for (std::size_t size = 0; size < link.size(); ++size) {
    INFO(link.substr(0, size));
    CHECK_FALSE(parse_invite(link.substr(0, size)));
  }
}

TEST_CASE("a missing field is named") {
  const std::string link = to_link(example());
  CHECK(error_of(with_field(link, 's', "")) ==
        "the invite link has no field s (secret); copy the whole link");
  for (const char name : {'a', 'n', 'i', 's', 'm', 't', 'v'}) {
    CHECK(error_of(with_field(link, name, "")).find(std::string("no field ") + name + " (") !=
          std::string::npos);
  }
  CHECK(error_of(with_field(with_field(link, 'u', ""), 'u', "")).find("no field u (URL)") !=
        std::string::npos);
}

TEST_CASE("a newer version is refused with the advice to upgrade") {
  const std::string link = to_link(example());
  CHECK(error_of(with_field(link, 'v', "v=2")).find("upgrade") != std::string::npos);
  CHECK(error_of(with_field(link, 'v', "v=999999999")).find("upgrade") != std::string::npos);
  // Also when what we need is not there: a newer link may lack it.
  CHECK(error_of(with_field(with_field(link, 'v', "v=3"), 's', "")).find("upgrade") !=
        std::string::npos);
  for (const char* bad : {"v=0", "v=", "v=x", "v=-1", "v=1.5", "v=01", "v=99999999999999999999"}) {
    CHECK(error_of(with_field(link, 'v', bad)).find("v (version)") != std::string::npos);
  }
}

TEST_CASE("hostile fields are refused by name, without repeating them") {
  const std::string link = to_link(example());
  const auto refused = [&](char name, const std::string& field) {
    INFO(field);
    const std::string message = error_of(with_field(link, name, field));
    CHECK(message.find(std::string(1, name) + " (") != std::string::npos);
    if (field.size() > 4) CHECK(message.find(field.substr(2)) == std::string::npos);
  };
  refused('a', "a=nobody");
  refused('a', "a=%40host");
  refused('a', "a=x%40y%0d%0az");
  refused('a', "a=" + std::string(320, 'x') + "%40y");
  refused('n', "n=line%0abreak");
  refused('n', "n=%ff%fe");
  refused('n', "n=%00");
  refused('n', "n=" + std::string(257, 'x'));
  refused('n', "n=%4");
  refused('n', "n=%zz");
  refused('i', "i=");
  refused('i', "i=a%2fb");
  refused('i', "i=" + std::string(129, 'x'));
  refused('m', "m=..%2f..%2fetc");
  refused('t', "t=a b");
  refused('s', "s=AAAA");
  refused('s', "s=" + std::string(44, 'A'));
  refused('s', "s=" + std::string(43, '*'));
  refused('u', "u=ftp%3A%2F%2Fhost");
  refused('u', "u=http%3A%2F%2F");
  refused('u', "u=http%3A%2F%2Fuser%3Apw%40host");
  refused('u', "u=http%3A%2F%2Fhost%0d%0aX");
  refused('u', "u=http%3A%2F%2Fhost%23x");
  refused('u', "u=javascript%3Aalert(1)");
  refused('u', "u=http%3A%2F%2F" + std::string(600, 'h'));
}

TEST_CASE("doubled fields, too many URLs and half a group are refused") {
  const std::string link = to_link(example());
  CHECK(error_of(link + "&s=x").find("s (secret) twice") != std::string::npos);
  CHECK(error_of(link + "&u=http://a&u=http://b").find("more than 3") != std::string::npos);
  CHECK(error_of(link + "&x=grp").find("only one of") != std::string::npos);
  CHECK(error_of(link + "&g=name").find("only one of") != std::string::npos);
  CHECK(error_of(link + "&x=grp&g=").find("g (group name)") != std::string::npos);
}

TEST_CASE("what is no invite link is refused in words") {
  const Invite invite = example();
  const std::string link = to_link(invite);
  for (const char* text :
       {"", "hello", "http://i.privittytech.com/#x", "OPENPGP4FPR", "mailto:alice@shop.example"}) {
    INFO(text);
    CHECK(error_of(text).find("not an invite link") != std::string::npos);
  }
  CHECK(error_of("https://i.privittytech.com/").find("nothing after") != std::string::npos);
  for (const char* text : {"OPENPGP4FPR:", "OPENPGP4FPR:#a=b", "OPENPGP4FPR:ABCD#a=b"}) {
    CHECK(error_of(text).find("fingerprint") != std::string::npos);
  }
  // A fingerprint that is no key: all zeros.
  CHECK(error_of(replaced(link, invite.identity.fingerprint(), std::string(64, '0')))
            .find("fingerprint") != std::string::npos);
  CHECK(error_of(replaced(link, "#", "%24")).find("followed by #") != std::string::npos);
  CHECK(error_of(link + "&z=" + std::string(2000, 'x')).find("2,000 bytes") != std::string::npos);
}

TEST_CASE("no error ever repeats the secret") {
  const Invite invite = example();
  const std::string link = to_link(invite);
  const std::string secret = crypto::base64url_encode(invite.secret);
  REQUIRE(link.find(secret) != std::string::npos);
  for (std::size_t i = 0; i < link.size(); ++i) {
    std::string damaged = link;
    damaged[i] = '*';
    const auto parsed = parse_invite(damaged);
    if (!parsed) CHECK(parsed.error().message.find(secret.substr(1, 20)) == std::string::npos);
  }
}

TEST_CASE("long names are shortened, at a character's edge, so that the link stays readable") {
  Invite invite = example();
  invite.name.clear();
  for (int i = 0; i < 85; ++i) invite.name += "あ";
  invite.group = Invite::Group{"grp", invite.name};
  invite.urls = {"https://" + std::string(250, 'a'), "https://" + std::string(250, 'b')};
  const std::string link = to_link(invite);
  CHECK(link.size() <= crypto::kMaxInviteLink);
  CHECK(link.size() > crypto::kMaxInviteLink - 20);
  const auto parsed = parse_invite(link);
  REQUIRE(parsed);
  CHECK(invite.name.find(parsed->name) == 0);
  CHECK(parsed->group->name.size() > 100);
  CHECK(parsed->urls == invite.urls);
}
