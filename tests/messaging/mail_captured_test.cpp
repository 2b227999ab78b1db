// What Delta Chat's own server sent on the rig (tests/data/mail, written by tests/mail/capture.py):
// each mail passes the relays' rules, opens with the keys it is meant for and no other, is signed by
// its sender and says what was done.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "crypto/openpgp/openpgp.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/relay_rules.h"
#include "messaging/mail/mime_reader.h"
#include "messaging/model/mail_invite.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

using namespace messaging;
using namespace messaging::mail;
namespace pgp = crypto::openpgp;

namespace {

constexpr pgp::UnixSeconds kNow = 1'900'000'000;  // after all of them were made

std::string captured(const std::string& name) {
  std::ifstream file(test::source_path("tests/data/mail/" + name), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(file);
  return std::move(text).str();
}

// One line of index.tsv.
struct Entry {
  std::string file, from, to, fact, value;

  // "text" of "04-text.eml".
  std::string step() const { return file.substr(3, file.size() - 7); }
};

std::vector<Entry> entries() {
  std::vector<Entry> found;
  std::istringstream lines(captured("index.tsv"));
  for (std::string line; std::getline(lines, line);) {
    Entry entry;
    std::istringstream cells(line);
    for (std::string* cell : {&entry.file, &entry.from, &entry.to, &entry.fact, &entry.value}) {
      std::getline(cells, *cell, '\t');
    }
    for (std::size_t at = 0; (at = entry.value.find("\\n", at)) != std::string::npos;) {
      entry.value.replace(at, 2, "\n");
    }
    found.push_back(entry);
  }
  REQUIRE(found.size() == 27);
  return found;
}

// The three who talk, by their addresses.
std::map<std::string, pgp::SecretKey> people() {
  std::map<std::string, pgp::SecretKey> found;
  for (const std::string name : {"alice", "bob", "carol"}) {
    auto key = pgp::SecretKey::read(base::as_bytes(captured(name + ".asc")));
    REQUIRE(key);
    found.emplace(name + "@example.org", std::move(*key));
  }
  return found;
}

pgp::Certificate certificate_of(const pgp::SecretKey& key, const std::string& addr) {
  const std::vector<std::string> addresses{addr};
  auto made = key.certificate(addresses, kNow);
  REQUIRE(made);
  return *made;
}

// The passphrase of a join's first mails.
std::string passphrase_of(const std::string& link) {
  const auto invite = parse_mail_invite(link);
  REQUIRE(invite);
  return "securejoin/" + invite->fingerprint + "/" + invite->secret;
}

template <class Body>
const Body& body_of(const ChatMail& mail) {
  REQUIRE(std::holds_alternative<Body>(mail.body));
  return std::get<Body>(mail.body);
}

// A conversation that is read in its order, as a device reads it.
class Reading {
 public:
  ChatMail read(const Entry& entry) {
    const std::string bytes = captured(entry.file);
    CHECK(check_relay_rules(bytes, entry.from));
    const auto outside = read_mime(base::as_bytes(bytes));
    REQUIRE(outside);
    const OuterMail outer = read_outer(*outside);
    CHECK(outer.from == entry.from);
    CHECK(is_wanted(outer));
    const pgp::Opened opened = open(*outside, entry);
    const auto part = read_mime(opened.plaintext());
    REQUIRE(part);
    auto mail = read_mail(*part, outer);
    REQUIRE(mail);
    CHECK(mail->from.addr == entry.from);
    CHECK(mail->message_id == outer.message_id);
    if (mail->group && !mail->group->secret.empty()) secrets_.push_back(mail->group->secret);
    if (mail->key) {
      const auto key = pgp::Certificate::read(mail->key->key);
      REQUIRE(key);
      CHECK(key->fingerprint() == people_.at(entry.from).fingerprint());
    }
    return *mail;
  }

  const std::map<std::string, pgp::SecretKey>& people() const { return people_; }

 private:
  pgp::Opened open(const MimePart& outside, const Entry& entry) {
    if (entry.fact == "link") secrets_.push_back(passphrase_of(entry.value));
    std::vector<base::ByteView> passphrases;
    for (const std::string& secret : secrets_) passphrases.push_back(base::as_bytes(secret));
    const pgp::SecretKey& ours = people_.at(entry.to);
    const std::vector<const pgp::SecretKey*> keys{&ours};
    auto opened = pgp::open(armored_in(outside), keys, passphrases);
    REQUIRE(opened);
    if (opened->by_key()) {
      // Nobody else opens it: its recipients alone hold its session key.
      for (const auto& [addr, key] : people_) {
        if (addr == entry.to || addr == entry.from) continue;
        const std::vector<const pgp::SecretKey*> others{&key};
        const auto by_other = pgp::open(armored_in(outside), others, passphrases);
        if (!by_other) CHECK(by_other.error().code == base::Errc::sealed);
        others_opened_ += by_other ? 1 : 0;
      }
    }
    const auto& sender = people_.at(entry.from);
    const auto signature = opened->verify(certificate_of(sender, entry.from), kNow);
    const bool first_of_join = opened->by_passphrase() && !opened->is_signed();
    CHECK(static_cast<bool>(signature) != first_of_join);
    if (signature && opened->by_key()) {
      const auto& named = signature->recipients;
      CHECK(std::find(named.begin(), named.end(), ours.fingerprint()) != named.end());
      CHECK(std::find(named.begin(), named.end(), sender.fingerprint()) != named.end());
    }
    for (const auto& [addr, key] : people_) {
      if (addr != entry.from) CHECK_FALSE(opened->verify(certificate_of(key, addr), kNow));
    }
    return std::move(*opened);
  }

  std::map<std::string, pgp::SecretKey> people_ = ::people();
  std::vector<std::string> secrets_;

 public:
  int others_opened_ = 0;  // mails to groups are for several
};

}  // namespace

TEST_CASE("what Delta Chat sends is opened, verified and understood") {
  Reading reading;
  std::map<std::string, std::vector<ChatMail>> by_step;
  std::map<std::string, ChatMail> by_file;
  for (const Entry& entry : entries()) {
    INFO(entry.file);
    const ChatMail mail = reading.read(entry);
    by_step[entry.step()].push_back(mail);
    by_file.emplace(entry.file, mail);
    if (entry.fact == "text" && entry.step() == "edit") {
      CHECK(body_of<MailEdit>(mail).text == entry.value);
    } else if (entry.fact == "text" && !std::get<MailText>(mail.body).is_post) {
      CHECK(body_of<MailText>(mail).text == entry.value);
    } else if (entry.fact == "reaction") {
      CHECK(body_of<MailReaction>(mail).reactions == entry.value);
    } else if (entry.fact == "timer") {
      body_of<MailTimerChange>(mail);
      CHECK(std::to_string(mail.timer) == entry.value);
    } else if (entry.fact == "removed") {
      REQUIRE(mail.group);
      CHECK(std::get<MemberRemoved>(mail.group->change).addr == entry.value);
    } else if (entry.fact == "name") {
      REQUIRE(mail.group);
      CHECK(mail.group->name == entry.value);
      CHECK(std::get<GroupRenamed>(mail.group->change).old_name == "Group Ü");
    }
  }
  CHECK(reading.others_opened_ > 0);

  SECTION("the steps of joins") {
    const auto steps = [&](const std::string& name) {
      std::vector<std::string> found;
      for (const ChatMail& mail : by_step.at(name)) found.push_back(mail.join ? mail.join->step : "");
      return found;
    };
    CHECK(steps("join") == std::vector<std::string>{"vc-request-pubkey", "vc-pubkey",
                                                    "vc-request-with-auth", "vc-contact-confirm"});
    CHECK(steps("group-join") == std::vector<std::string>{"vc-request-pubkey", "vc-pubkey",
                                                          "vg-request-with-auth",
                                                          "vg-member-added"});
    // bob had alice's key already.
    CHECK(steps("channel-join") ==
          std::vector<std::string>{"vg-request-with-auth", "vg-member-added"});
    const ChatMail& request = by_step.at("join")[2];
    CHECK(request.join->fingerprint == reading.people().at("bob@example.org").fingerprint());
    REQUIRE(request.gossip.size() == 1);
    CHECK(request.gossip[0].addr == "alice@example.org");
  }
  SECTION("answers name what they answer") {
    const ChatMail& text = by_file.at("04-text.eml");
    CHECK(body_of<MailReceipt>(by_file.at("05-receipt.eml")).message_ids ==
          std::vector<std::string>{text.message_id});
    CHECK(by_file.at("06-reaction.eml").in_reply_to == text.message_id);
    CHECK(by_file.at("07-quote.eml").in_reply_to == text.message_id);
    CHECK(body_of<MailText>(by_file.at("07-quote.eml")).quote == "hello alice");
    const ChatMail& changed = by_file.at("11-text.eml");
    CHECK(body_of<MailEdit>(by_file.at("12-edit.eml")).message_id == changed.message_id);
    CHECK(body_of<MailDeletion>(by_file.at("13-delete.eml")).message_ids ==
          std::vector<std::string>{changed.message_id});
  }
  SECTION("files, in one mail and in two") {
    const auto& small = body_of<MailText>(by_file.at("08-file.eml"));
    REQUIRE(small.file);
    CHECK(small.file->name == "Prüfbericht näm.txt");
    CHECK(base::as_text(small.file->bytes) == "file body\n");
    const auto& before = body_of<MailText>(by_file.at("09-large-file.eml"));
    const ChatMail& after = by_file.at("10-large-file.eml");
    REQUIRE(before.post);
    CHECK(before.post->message_id == after.message_id);
    CHECK(before.post->size == 141'000);
    CHECK(before.post->name == "large.bin");
    REQUIRE(body_of<MailText>(after).file);
    CHECK(body_of<MailText>(after).file->bytes == base::Bytes(141'000, 0));
  }
  SECTION("groups and channels") {
    const ChatMail& first = by_file.at("15-group-text.eml");
    REQUIRE(first.group);
    CHECK(first.group->name == "Group Ü");
    CHECK(first.group->timed);
    REQUIRE(first.to.size() == 1);
    CHECK(first.to[0].fingerprint == reading.people().at("bob@example.org").fingerprint());
    const ChatMail& added = by_step.at("group-join").back();
    CHECK(std::get<MemberAdded>(added.group->change).addr == "carol@example.org");
    CHECK(added.gossip.size() == 2);
    const ChatMail& told = by_file.at("26-channel-text.eml");
    REQUIRE(told.group);
    CHECK(told.group->channel);
    CHECK(by_step.at("channel-join").back().group->secret.size() == 43);
  }
}

TEST_CASE("a captured mail that was changed anywhere does not open") {
  const auto everybody = people();
  const Entry entry = entries().at(4);
  const std::string whole = captured(entry.file);
  const auto outside = read_mime(base::as_bytes(whole));
  REQUIRE(outside);
  const std::string armored(base::as_text(armored_in(*outside)));
  const std::vector<const pgp::SecretKey*> keys{&everybody.at(entry.to)};
  REQUIRE(pgp::open(base::as_bytes(armored), keys, {}));
  const std::size_t begin = armored.find("\r\n\r\n") + 4;
  const std::size_t end = armored.find("\r\n=", begin) + 2;  // the checksum is not looked at
  for (std::size_t at = begin; at < end; at += 13) {
    if (armored[at] == '\r' || armored[at] == '\n') continue;
    std::string changed = armored;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto opened = pgp::open(base::as_bytes(changed), keys, {});
    INFO("changed at " << at);
    CHECK_FALSE(opened);
    CHECK_FALSE(pgp::open(base::as_bytes(std::string_view(armored).substr(0, at)), keys, {}));
  }
}
