// Backups in tests: written to a folder, read by another gateway, and all that a gateway says of
// its account, to compare.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "messaging/api/backups.h"
#include "tests/messaging/three.h"

namespace test {

using Passphrase = std::optional<std::string>;

inline base::Result<> try_export(Peer& peer, const std::string& to, Passphrase passphrase) {
  return answer<void>([&](auto done) {
    peer.engine().backups().export_to(Peer::kAccount, to, std::move(passphrase), std::move(done));
  });
}

// The file's path.
inline std::string exported(Peer& peer, const TempDir& folder, Passphrase passphrase = "secret") {
  const auto done = try_export(peer, folder.path(), std::move(passphrase));
  if (!done) FAIL(done.error().message);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    return entry.path().string();
  }
  FAIL("no backup was written");
  return "";
}

inline base::Result<> imported(Peer& peer, const std::string& path,
                               Passphrase passphrase = "secret") {
  return answer<void>([&](auto done) {
    peer.engine().backups().import_from(Peer::kAccount, path, std::move(passphrase),
                                        std::move(done));
  });
}

inline void must(const base::Result<>& done) {
  if (!done) FAIL(done.error().message);
}

inline std::int64_t count(Peer& peer, const std::string& sql) {
  auto reader = peer.store().read();
  REQUIRE(reader);
  return (*reader)->integer(sql)->value_or(-1);
}

// All that a gateway says of its account, but for the time of its making.
inline std::vector<std::string> everything(Peer& peer) {
  std::vector<std::string> all;
  Engine& engine = peer.engine();
  const AccountId account = Peer::kAccount;
  all.push_back(engine.accounts().get(account)->addr);
  all.push_back(engine.accounts().info(account)->at("fingerprint"));
  all.push_back(engine.accounts().info(account)->at("mailbox"));
  all.push_back(engine.config().get(account, "displayname")->value_or(""));
  const auto contacts = engine.contacts().ids(account, true, std::nullopt);
  REQUIRE(contacts);
  for (const ContactId id : *contacts) {
    const auto got = engine.contacts().get(account, id);
    REQUIRE(got);
    const Contact& contact = *got;
    all.push_back(std::to_string(id.value) + " " + contact.display_name + " " + contact.addr + " " +
                  contact.fingerprint + (contact.is_verified ? " verified" : ""));
  }
  const auto chats = engine.chats().list(account, {});
  REQUIRE(chats);
  for (const ChatId id : *chats) {
    const auto got = engine.chats().get(account, id);
    REQUIRE(got);
    const Chat& chat = *got;
    all.push_back(std::to_string(id.value) + " " + chat.name + " " +
                  std::to_string(chat.contacts.size()));
    const auto items = engine.messages().list(account, id, true, true);
    REQUIRE(items);
    for (const ListItem& item : *items) {
      if (item.message.value < 10) continue;  // the line of a day
      const Message message = peer.message(item.message);
      std::string line = std::to_string(item.message.value) + " " + message.text + " " +
                         std::to_string(static_cast<int>(message.state)) + " " +
                         std::to_string(message.sent_at);
      if (message.file) {
        line += " " + message.file->name;
        auto file = engine.files().open(account, item.message);
        if (file) line += " " + std::to_string(file->reader->size());
      }
      all.push_back(line);
    }
  }
  return all;
}

struct BackupWorld : Three {
  BackupWorld() : dora(network, clock, "dora") {
    group = make_group();
    MessageDraft draft;
    draft.text = "the plan";
    draft.file = files.file("plan.txt", std::string(300'000, 'p'));
    alice.send(alice_bob_at_alice(), draft);
    bob.send(alice_bob, "from bob");
    alice.set_config("displayname", "Alice at the plant");
    REQUIRE(until([&] { return bob.has_text("the plan") && alice.has_text("from bob"); }));
  }
  Peer dora;  // another gateway
  ChatId group;
  TempDir files;
  TempDir folder;
};

}  // namespace test
