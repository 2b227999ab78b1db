#include "messaging/api/contacts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"
#include "messaging/api/views.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/entered_address.h"
#include "messaging/model/plain_name.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

// Real contacts in the order of their names.
base::Result<std::vector<Contact>> sorted(const View& view, const std::string& wanted, bool blocked,
                                          std::optional<Contacts::Who> who) {
  EDGE_TRY(const auto rows, store::list_contacts(view.scope));
  struct Entry {
    std::string name;
    Contact contact;
  };
  std::vector<Entry> entries;
  for (const store::ContactRow& row : rows) {
    if (row.id.value < kFirstId || row.blocked != blocked) continue;
    if (who && row.keys.empty() != (*who == Contacts::Who::address_alone)) continue;
    Contact contact = view_contact(view, row);
    if (!wanted.empty() && base::folded(contact.display_name).find(wanted) == std::string::npos &&
        base::folded(contact.auth_name).find(wanted) == std::string::npos &&
        base::folded(contact.addr).find(wanted) == std::string::npos) {
      continue;
    }
    std::string name = base::folded(contact.display_name);
    entries.push_back({std::move(name), std::move(contact)});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.name != b.name ? a.name < b.name : a.contact.id < b.contact.id;
  });
  std::vector<Contact> contacts;
  contacts.reserve(entries.size());
  for (Entry& entry : entries) contacts.push_back(std::move(entry.contact));
  return contacts;
}

base::Result<> check_is_peer(ContactId contact, std::string_view what) {
  if (contact.value >= kFirstId) return {};
  return fail(
      Errc::invalid_argument,
      fmt::format("contact Contact#{} cannot be {}: it is not a peer", contact.value, what));
}

}  // namespace

base::Result<std::vector<Contact>> Contacts::list(AccountId account, bool with_self,
                                                  const std::optional<std::string>& query,
                                                  Who who) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  const std::string wanted = base::folded(base::trimmed(query.value_or("")));
  EDGE_TRY(auto found, sorted(view, wanted, false, who));
  if (with_self) {
    EDGE_TRY(Contact self, load_contact_view(view, kSelf));
    if (wanted.empty() || base::folded(self.addr).find(wanted) != std::string::npos ||
        base::folded(self.auth_name).find(wanted) != std::string::npos || wanted == "me") {
      found.push_back(std::move(self));
    }
  }
  return found;
}

base::Result<std::vector<ContactId>> Contacts::ids(AccountId account, bool with_self,
                                                   const std::optional<std::string>& query) const {
  EDGE_TRY(const auto contacts, list(account, with_self, query));
  std::vector<ContactId> ids;
  ids.reserve(contacts.size());
  for (const Contact& contact : contacts) ids.push_back(contact.id);
  return ids;
}

base::Result<Contact> Contacts::get(AccountId account, ContactId contact) const {
  EDGE_TRY(auto read, core_.read(account));
  return load_contact_view({core_, read.scope(), *read.account}, contact);
}

base::Result<std::vector<Contact>> Contacts::get_many(
    AccountId account, const std::vector<ContactId>& contacts) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  std::vector<Contact> found;
  found.reserve(contacts.size());
  for (const ContactId id : contacts) {
    auto contact = load_contact_view(view, id);
    if (contact) {
      found.push_back(*std::move(contact));
    } else if (contact.error().code != Errc::sealed) {
      return std::move(contact).error();
    }
  }
  return found;
}

base::Result<std::optional<ContactId>> Contacts::lookup_by_addr(AccountId account,
                                                                const std::string& addr) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto rows, store::find_contacts_by_addr(read.scope(), entered_address(addr)));
  for (const store::ContactRow& row : rows) {
    if (row.id == kSelf) return std::optional(kSelf);
  }
  for (const store::ContactRow& row : rows) {
    if (!row.blocked && row.id.value >= kFirstId) return std::optional(row.id);
  }
  return std::optional<ContactId>();
}

base::Result<std::vector<Contact>> Contacts::blocked(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  return sorted({core_, read.scope(), *read.account}, "", true, std::nullopt);
}

void Contacts::rename(AccountId account, ContactId contact, std::string name,
                      base::Completion<> done) {
  if (auto good = check_is_peer(contact, "renamed"); !good) return done(std::move(good).error());
  if (name.size() > kMaxLongName || !base::is_utf8(name)) {
    return done(fail(Errc::invalid_argument, "the name must be UTF-8 of at most 1024 bytes"));
  }
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  name = plain_name(name, kMaxLongName);
  core_.write<void>(
      account,
      [this, contact, name = std::move(name)](store::Tx& tx, const store::Scope& scope,
                                              const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(store::ContactRow row, store::load_contact(scope, contact));
        row.name = name;
        EDGE_CHECK(store::update_contact(scope, row));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ContactsChanged{contact}));
        EDGE_TRY(const auto chat, store::find_chat_by_contact(scope, contact));
        if (chat) EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatModified{chat->id}));
        const kernel::WriteContext write{core_, tx, scope, state};
        return write.protocol().sync_devices(
            write, {kernel::ContactNews{contact, kernel::ContactNews::What::name}});
      },
      std::move(done));
}

void Contacts::set_blocked(AccountId account, ContactId contact, bool blocked,
                           base::Completion<> done) {
  if (auto good = check_is_peer(contact, "blocked"); !good) return done(std::move(good).error());
  core_.write<void>(
      account,
      [this, contact, blocked](store::Tx& tx, const store::Scope& scope,
                               const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(store::ContactRow row, store::load_contact(scope, contact));
        if (row.blocked == blocked) return {};
        row.blocked = blocked;
        EDGE_CHECK(store::update_contact(scope, row));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ContactsChanged{contact}));
        const kernel::WriteContext write{core_, tx, scope, state};
        using What = kernel::ContactNews::What;
        EDGE_CHECK(write.protocol().sync_devices(
            write, {kernel::ContactNews{contact, blocked ? What::blocked : What::unblocked}}));
        EDGE_TRY(auto chat, store::find_chat_by_contact(scope, contact));
        if (!chat) return {};
        chat->blocked = blocked ? store::ChatBlocked::yes : store::ChatBlocked::no;
        EDGE_CHECK(store::update_chat(scope, *chat));
        EDGE_CHECK(kernel::Core::emit(tx, state.id, ChatModified{chat->id}));
        return kernel::Core::emit(tx, state.id, ChatlistChanged{});
      },
      std::move(done));
}

}  // namespace messaging
