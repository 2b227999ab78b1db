// Contacts::create, remove, make_vcard and import_vcard.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <numeric>
#include <span>
#include <stop_token>
#include <utility>

#include "base/bytes.h"
#include "crypto/identity.h"
#include "messaging/api/card_pictures.h"
#include "messaging/api/contacts.h"
#include "messaging/api/vcard_files.h"
#include "messaging/api/views.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/pictures.h"
#include "messaging/chats/requests.h"
#include "messaging/files/blob_files.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/kernel/portions.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/entered_address.h"
#include "messaging/model/plain_name.h"
#include "store/tables/blobs.h"
#include "store/tables/groups.h"
#include "store/tables/strangers.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxCardsMade = 1000;
constexpr std::size_t kCardsInWrite = 50;
constexpr std::size_t kPicturesInSync = 128;  // files that are open at once

// Delta Chat's rule: something before the last "@" and after it, no dot at the end, no white space,
// no brackets.
bool is_address(std::string_view addr) {
  const auto at = addr.rfind('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == addr.size()) return false;
  if (addr.back() == '.' || addr.size() > kMaxAddress) return false;
  return addr.find_first_of(" \t\r\n<>") == std::string_view::npos && base::is_utf8(addr) &&
         plain_name(addr, kMaxAddress) == addr;
}

base::Result<store::ContactRow> insert_known(const kernel::WriteContext& write,
                                             store::ContactRow row) {
  EDGE_TRY(row.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  EDGE_CHECK(store::insert_contact(write.scope, row));
  EDGE_CHECK(write.emit(ContactsChanged{row.id}));
  return row;
}

// Finds the contact with this address: first one in the lists, then one without a key that was
// removed from them, else a new one without a key. A hidden contact with a key is a stranger, whose
// address is its own claim.
base::Result<std::optional<store::ContactRow>> find_by_address(const store::Scope& scope,
                                                               const std::string& addr) {
  EDGE_TRY(auto listed, store::find_contacts_by_addr(scope, addr));
  for (store::ContactRow& row : listed) {
    if (row.id == kSelf || row.id.value >= kFirstId) return std::optional(std::move(row));
  }
  EDGE_TRY(auto hidden, store::find_hidden_by_addr(scope, addr));
  for (store::ContactRow& row : hidden) {
    if (row.keys.empty()) return std::optional(std::move(row));
  }
  return std::optional<store::ContactRow>();
}

// `ours`: the name is the one that we give the contact; otherwise it is from the contact's card.
base::Result<ContactId> by_address(const kernel::WriteContext& write, const std::string& addr,
                                   const std::string& name, bool ours) {
  EDGE_TRY(auto found, find_by_address(write.scope, addr));
  if (found && found->id == kSelf) return kSelf;
  if (!found) {
    store::ContactRow row;
    row.addr = addr;
    (ours ? row.name : row.auth_name) = name;
    EDGE_TRY(const store::ContactRow made, insert_known(write, std::move(row)));
    return made.id;
  }
  EDGE_CHECK(chats::show_contact(write, found->id));
  if (!ours || name.empty() || found->name == name) return found->id;
  found->state = store::ContactState::known;
  found->name = name;
  EDGE_CHECK(store::update_contact(write.scope, *found));
  EDGE_CHECK(write.emit(ContactsChanged{found->id}));
  return found->id;
}

base::Result<ContactId> import_card(const kernel::WriteContext& write, const Vcard& card) {
  EDGE_TRY(const auto known, write.protocol().contact_of_card(write, card));
  if (known) {
    if (*known != kSelf) EDGE_CHECK(chats::show_contact(write, *known));
    return *known;
  }
  if (!card.identity || write.account.protocol() != kernel::ProtocolKind::gateway) {
    if (!is_address(card.addr)) {
      return fail(Errc::invalid_argument, "a card without a key of ours and without an address");
    }
    return by_address(write, card.addr, plain_name(card.name), false);
  }
  EDGE_CHECK(crypto::PublicKey::from_bytes(*card.identity));
  if (*card.identity == chats::key_of(write.account)) return kSelf;
  EDGE_TRY(auto contact, chats::find_contact_by_key(write.scope, *card.identity));
  if (!contact) {
    store::ContactRow row;
    row.keys.push_back(chats::stored_key(*card.identity));
    row.addr = card.addr;
    row.auth_name = plain_name(card.name);
    EDGE_TRY(contact, insert_known(write, std::move(row)));
  }
  EDGE_CHECK(write.protocol().take_ways(write, *contact, way_of(card)));
  EDGE_CHECK(store::update_contact(write.scope, *contact));
  EDGE_CHECK(chats::show_contact(write, contact->id));
  return contact->id;
}

base::Result<Vcard> card_of(const kernel::WriteContext& write, const View& view, ContactId id,
                            const CardPicture& picture) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, id));
  const Contact shown = view_contact(view, row);
  Vcard card;
  card.addr = shown.addr;
  card.name = shown.auth_name;
  card.status = shown.status;
  EDGE_TRY(card.key, write.protocol().card_key(row));
  if (write.account.protocol() == kernel::ProtocolKind::gateway) card.identity = chats::key_of(row);
  card.revised = write.tx.now() / 1000;
  if (!picture.bytes.empty()) put_picture(card, picture.bytes, picture.media_type);
  if (id == kSelf) {
    MemberCard way;
    EDGE_CHECK(write.protocol().show_ways(write, std::nullopt, way));
    put_way(card, std::move(way));
  }
  return card;
}

// Cards on their way into contacts.
struct Import {
  std::vector<Vcard> cards;
  std::vector<std::optional<files::SealedFile>> pictures;  // of the card with the same index
  std::vector<ContactId> contacts;
};

base::Result<> seal_pictures(kernel::Core& core, AccountId account, Import& import,
                             const std::stop_token& stop) {
  EDGE_TRY(const kernel::AccountPtr state, core.directory.get(account));
  std::vector<store::File> unsynced;
  for (std::size_t i = 0; i < import.cards.size(); ++i) {
    if (stop.stop_requested()) return fail(Errc::unavailable, "the gateway is shutting down");
    EDGE_TRY(auto sealed, seal_picture(core, state, import.cards[i]));
    if (!sealed) continue;
    import.pictures[i].emplace(std::move(sealed->blob));
    unsynced.push_back(std::move(sealed->unsynced));
    if (unsynced.size() < kPicturesInSync) continue;
    EDGE_CHECK(core.store.blobs().sync(state->uuid, unsynced));
    unsynced.clear();
  }
  return unsynced.empty() ? base::Result<>{} : core.store.blobs().sync(state->uuid, unsynced);
}

void import_cards(kernel::Core& core, AccountId account, const std::shared_ptr<Import>& import,
                  base::Completion<std::vector<ContactId>> done) {
  std::vector<std::size_t> indexes(import->cards.size());
  std::iota(indexes.begin(), indexes.end(), std::size_t{0});
  kernel::in_portions(
      core, account, std::move(indexes), kCardsInWrite,
      [core = &core, import](store::Tx& tx, const store::Scope& scope,
                             const kernel::AccountState& state,
                             std::span<const std::size_t> some) -> base::Result<> {
        const kernel::WriteContext write{*core, tx, scope, state};
        for (const std::size_t i : some) {
          const auto contact = import_card(write, import->cards[i]);
          if (contact) {
            EDGE_CHECK(take_profile(write, *contact, import->cards[i], import->pictures[i]));
            import->contacts.push_back(*contact);
          } else if (contact.error().code != Errc::invalid_argument) {
            return contact.error();
          }
        }
        return {};
      },
      [import, done = std::move(done)](base::Result<> imported) mutable {
        if (!imported) return done(std::move(imported).error());
        done(std::move(import->contacts));
      });
}

// Leaves out the last ones until the text can be imported.
void leave_out_pictures(std::vector<Vcard>& cards) {
  std::size_t size = write_vcards(cards).size();
  for (auto card = cards.rbegin(); card != cards.rend() && size > kMaxVcardText; ++card) {
    size -= std::min(size, card->image.size());
    card->image.clear();
  }
}

// Whether only the contact's own rows name it.
base::Result<bool> is_named_nowhere(const store::Scope& scope, const store::ContactRow& contact) {
  if (contact.route_id) return false;
  EDGE_TRY(const auto chat, store::find_chat_by_contact(scope, contact.id));
  if (chat) return false;
  EDGE_TRY(const bool member, store::was_member(scope, contact.id));
  EDGE_TRY(const std::int64_t sent, store::count_messages_of(scope, contact.id, 1));
  return !member && sent == 0;
}

base::Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 16 * 1024> piece{};
  for (;;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(Errc::io, "read " + path, errno);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxVcardText) {
      return fail(Errc::too_large, fmt::format("{} is too large for a vCard: {} bytes at most",
                                               path, kMaxVcardText));
    }
  }
}

}  // namespace

void Contacts::create(AccountId account, std::string addr, std::string name,
                      base::Completion<ContactId> done) {
  const std::string given = std::exchange(addr, entered_address(addr));
  if (!is_address(addr)) {
    return done(fail(Errc::invalid_argument,
                     fmt::format("addr: \"{}\" is no address; expected name@host", given)));
  }
  if (name.size() > kMaxLongName || !base::is_utf8(name)) {
    return done(fail(Errc::invalid_argument, "the name must be UTF-8 of at most 1024 bytes"));
  }
  core_.write<ContactId>(
      account,
      [this, addr, name = plain_name(name, kMaxLongName)](store::Tx& tx, const store::Scope& scope,
                                                          const kernel::AccountState& state) {
        return by_address({core_, tx, scope, state}, addr, name, true);
      },
      std::move(done));
}

void Contacts::remove(AccountId account, ContactId contact, base::Completion<> done) {
  if (contact.value < kFirstId) {
    return done(
        fail(Errc::invalid_argument,
             fmt::format("contact Contact#{} cannot be deleted: it is not a peer", contact.value)));
  }
  core_.write<void>(
      account,
      [this, contact](store::Tx& tx, const store::Scope& scope,
                      const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(store::ContactRow row, store::load_contact(scope, contact));
        EDGE_TRY(const bool alone, is_named_nowhere(scope, row));
        files::RemovedFiles files(core_, state);
        EDGE_CHECK(chats::replace_picture({core_, tx, scope, state}, row.avatar_blob, std::nullopt,
                                          files));
        files.remove_after(tx);
        if (alone) {
          EDGE_CHECK(store::delete_contact(scope, contact));
        } else {
          EDGE_TRY(const auto chat, store::find_chat_by_contact(scope, contact));
          row.state = store::ContactState::hidden;
          if (!chat) row.verified = false;  // writes again as a request
          EDGE_CHECK(store::update_contact(scope, row));
        }
        return kernel::Core::emit(tx, state.id, ContactsChanged{ContactId()});
      },
      std::move(done));
}

void Contacts::make_vcard(AccountId account, std::vector<ContactId> contacts,
                          base::Completion<std::string> text) {
  if (contacts.size() > kMaxCardsMade) {
    return text(fail(Errc::invalid_argument,
                     fmt::format("contacts: at most {} in one vCard", kMaxCardsMade)));
  }
  std::vector<CardPicture> pictures;
  {
    auto read = core_.read(account);
    if (!read) return text(std::move(read).error());
    pictures = read_pictures({core_, read->scope(), *read->account}, contacts);
  }
  core_.write<std::string>(
      account,
      [this, contacts = std::move(contacts), pictures = std::move(pictures)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<std::string> {
        const kernel::WriteContext write{core_, tx, scope, state};
        const View view{core_, scope, state};
        std::vector<Vcard> cards;
        for (std::size_t i = 0; i < contacts.size(); ++i) {
          EDGE_TRY(Vcard card, card_of(write, view, contacts[i], pictures[i]));
          cards.push_back(std::move(card));
        }
        leave_out_pictures(cards);
        return write_vcards(cards);
      },
      std::move(text));
}

void Contacts::import_vcard(AccountId account, std::string text,
                            base::Completion<std::vector<ContactId>> done) {
  auto cards = read_vcards(text);
  if (!cards) return done(std::move(cards).error());
  const auto import = std::make_shared<Import>();
  import->cards = *std::move(cards);
  import->pictures.resize(import->cards.size());
  const bool with_pictures = std::any_of(import->cards.begin(), import->cards.end(),
                                         [](const Vcard& card) { return !card.image.empty(); });
  if (!with_pictures) return import_cards(core_, account, import, std::move(done));
  core_.file_worker->answer<std::vector<ContactId>>(
      std::move(done),
      [core = &core_, account, import](const std::stop_token& stop,
                                       base::Completion<std::vector<ContactId>>& answer) {
        if (auto sealed = seal_pictures(*core, account, *import, stop); !sealed) {
          return answer(std::move(sealed).error());
        }
        import_cards(*core, account, import, std::move(answer));
      });
}

base::Result<std::string> Contacts::vcard_text(
    const std::string& path, const std::function<bool(AccountId)>& may_see) const {
  const auto place = core_.store.blobs().place_of(path);
  if (!place) {
    EDGE_TRY(const kernel::OpenFile file, core_.paths.open_to_read(path));
    return read_all(file.fd(), path);
  }
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    if (account->uuid != place->account || !may_see(account->id)) continue;
    EDGE_TRY(auto read, core_.read(account->id));
    EDGE_TRY(auto blob, store::find_blob_by_name(read.scope(), place->name));
    if (!blob) break;
    EDGE_TRY(const Attachment file, files::open_attachment(core_, *account, *std::move(blob)));
    return text_of(*file.reader, path);
  }
  return fail(Errc::not_found, path + " is no file of an account");
}

}  // namespace messaging
