// Two or three gateways that share protected files, for the tests of them. The first owns, the
// second holds, the third gets what the second forwards.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "tests/support/world.h"

namespace test {

inline unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class ProtectedWorld : public World {
 public:
  explicit ProtectedWorld(bool third = false, unsigned seed = 1) : World(seed) {
    bob_chat = join(bob, alice);
    alice_chat = alice.chat_with_peer();
    alice_peer = peer_of(alice, alice_chat);
    bob_peer = peer_of(bob, bob_chat);
    if (!third) return;
    carol_ = std::make_unique<Peer>(network, clock, "carol");
    carol_chat = join(*carol_, bob);
    bob_carol_chat = bob.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
    bob_carol = peer_of(bob, bob_carol_chat);
  }

  Peer& carol() { return *carol_; }
  std::string path(const std::string& name) const { return files.path() + "/" + name; }

  static ContactId peer_of(Peer& peer, ChatId chat) {
    return *peer.engine().chats().get(Peer::kAccount, chat)->dm_contact;
  }

  // ---- the methods, answered
  base::Result<ProtectedPath> protect(const std::string& name, const std::string& content,
                                      bool download = false, bool forward = false,
                                      std::uint32_t minutes = 0) {
    files.file(name, content);
    return answer<ProtectedPath>([&](auto done) {
      alice.engine().protected_files().protect(
          Peer::kAccount, {alice_chat, alice_peer, path(name), download, forward, minutes},
          std::move(done));
    });
  }
  static base::Result<MsgId> try_send(Peer& peer, ChatId chat, const std::string& file) {
    MessageDraft draft;
    draft.file = file;
    return answer<MsgId>([&](auto done) {
      peer.engine().messages().send(Peer::kAccount, chat, draft, std::move(done));
    });
  }
  static base::Result<std::string> decrypt(Peer& peer, ChatId chat, MsgId message,
                                           const std::string& prv) {
    return answer<std::string>([&](auto done) {
      peer.engine().protected_files().decrypt(Peer::kAccount, chat, message, prv, std::move(done));
    });
  }
  base::Result<> revoke(FileId file, std::optional<ContactId> peer) {
    return answer<void>([&](auto done) {
      alice.engine().protected_files().revoke(Peer::kAccount, {alice_chat, file}, peer,
                                              std::move(done));
    });
  }
  base::Result<> grant(FileId file, ContactId peer, GrantTerms terms) {
    return answer<void>([&](auto done) {
      alice.engine().protected_files().grant(Peer::kAccount, {alice_chat, file}, peer, terms,
                                             std::move(done));
    });
  }
  base::Result<> deny(FileId file, ContactId peer) {
    return answer<void>([&](auto done) {
      alice.engine().protected_files().deny(Peer::kAccount, {alice_chat, file}, peer,
                                            std::move(done));
    });
  }
  static base::Result<> request(Peer& peer, ChatId chat, FileId file) {
    return answer<void>([&](auto done) {
      peer.engine().protected_files().request(Peer::kAccount, {chat, file}, std::move(done));
    });
  }
  base::Result<> forward(const std::string& prv) {
    return answer<void>([&](auto done) {
      bob.engine().protected_files().forward(Peer::kAccount, bob_chat, bob_carol_chat, prv,
                                             std::move(done));
    });
  }
  static base::Result<> expire(Peer& peer) {
    return answer<void>([&](auto done) {
      peer.engine().protected_files().expire(Peer::kAccount, std::move(done));
    });
  }

  // ---- looking
  static std::string state(Peer& peer, FileId file) {
    const auto status = peer.engine().protected_files().status(Peer::kAccount, file);
    if (!status) return status.error().message;
    return *status ? (*status)->state : "null";
  }
  bool becomes(Peer& peer, FileId file, const std::string& word) {
    const bool so = until([&] { return state(peer, file) == word; });
    if (!so) UNSCOPED_INFO(peer.name() << " has " << state(peer, file));
    return so;
  }
  // The plaintext, or the error's message.
  static std::string read(Peer& peer, MsgId message) {
    auto opened = peer.engine().protected_files().open(Peer::kAccount, message);
    if (!opened) return "error: " + opened.error().message;
    std::string out(static_cast<std::size_t>(opened->reader->size()), '\0');
    const auto got =
        opened->reader->read_at(0, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    return got ? out : "error: " + got.error().message;
  }
  // The message that brought a file to `peer`, and the file's id there.
  struct Came {
    MsgId message;
    FileId file;
    std::string path;
  };
  Came arrival(Peer& peer, ChatId chat) {
    Came came;
    const bool here = until([&] {
      const auto items = peer.engine().messages().list(Peer::kAccount, chat, false, false);
      if (!items) return false;
      for (const ListItem& item : *items) {
        const auto message = peer.engine().messages().get(Peer::kAccount, item.message);
        if (!message || !message->file || message->from == kSelf) continue;
        came.message = item.message;
        came.path = message->file->path;
      }
      return came.message.valid();
    });
    if (!here) FAIL("no file came to " << peer.name());
    const auto file = peer.engine().protected_files().by_path(Peer::kAccount, came.path);
    if (!file) FAIL(file.error().message);
    came.file = *file;
    return came;
  }
  // Protected, sent and arrived with its grant.
  struct Shared {
    ProtectedPath made;
    MsgId sent;
    Came came;
  };
  Shared share(const std::string& name, const std::string& content, bool download = false,
               bool can_forward = false, std::uint32_t minutes = 0) {
    Shared shared;
    auto made = protect(name, content, download, can_forward, minutes);
    if (!made) FAIL(made.error().message);
    shared.made = *made;
    auto sent = try_send(alice, alice_chat, made->encrypted_path);
    if (!sent) FAIL(sent.error().message);
    shared.sent = *sent;
    shared.came = arrival(bob, bob_chat);
    if (!becomes(bob, shared.came.file, "active")) FAIL("the grant did not come");
    return shared;
  }
  // The sealed shares in a gateway's store, as they lie on the disk.
  static std::vector<std::string> sealed_shares(Peer& peer) {
    auto reader = peer.store().read();
    std::vector<std::string> all;
    REQUIRE(reader->connection().each("SELECT sealed FROM file_share", [&](const store::Row& row) {
      all.emplace_back(base::as_text(row.blob(0)));
    }));
    return all;
  }
  static bool on_disk(const std::string& dir, const std::string& bytes) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
      if (entry.is_regular_file() &&
          read_file(entry.path().string()).find(bytes) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  TempDir files;
  ChatId alice_chat, bob_chat, bob_carol_chat, carol_chat;
  ContactId alice_peer, bob_peer, bob_carol;

 private:
  std::unique_ptr<Peer> carol_;
};

}  // namespace test
