#include "messaging/api/device_manifests.h"

#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/random.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/device_manifests.h"
#include "store/tables/groups.h"

namespace messaging {
namespace {

constexpr std::size_t kSentInWrite = 16;  // a manifest is 128 KiB at most

base::Result<> send_to_contact(const kernel::WriteContext& write, ContactId id, bool anew) {
  EDGE_TRY(const auto contact, store::find_contact(write.scope, id));
  if (!contact || contact->blocked || contact->state != store::ContactState::known) return {};
  EDGE_TRY(const kernel::DeviceContact facts, device_contact(write.scope, write.account, *contact));
  const auto allowed = write.core.device->manifest_for(facts);
  EDGE_TRY(const auto sent, store::sent_manifest_hash(write.scope, id));
  // A contact that never could ask for anything gets no manifest.
  if (!allowed && !sent) return {};
  DeviceManifest manifest = allowed.value_or(DeviceManifest{});
  fit_manifest(manifest);
  base::WireWriter encoded;
  write_fields(encoded, manifest);
  const auto hash = write.scope.lookup("device manifest", encoded.view());
  if (!anew && sent == base::Bytes(hash.begin(), hash.end())) return {};
  EDGE_CHECK(outbox::queue_content(write, id, {crypto::random_array<16>(), std::move(manifest)}));
  return store::note_manifest_sent(write.scope, id, hash);
}

// A record that was changed on disk affects its contact alone.
base::Result<> send_or_skip(const kernel::WriteContext& write, ContactId id, bool anew) {
  auto sent = send_to_contact(write, id, anew);
  if (sent || sent.error().code != base::Errc::sealed) return sent;
  base::log::error("contact {} of account {} cannot be sent the list of device commands: {}",
                   id.value, write.account.id.value, sent.error().message);
  return {};
}

}  // namespace

base::Result<kernel::DeviceContact> device_contact(const store::Scope& scope,
                                                   const kernel::AccountState& account,
                                                   const store::ContactRow& contact) {
  kernel::DeviceContact out;
  if (const store::ContactKey* const key = contact.key(account.protocol())) {
    out.fingerprint = crypto::hex_encode(key->fingerprint);
  }
  EDGE_TRY(const auto chats, store::groups_of_contact(scope, contact.id));
  for (const ChatId id : chats) {
    // A stranger may put us into a group with any id; we are a member once we accepted it.
    EDGE_TRY(const auto chat, store::find_chat(scope, id));
    if (!chat || chat->blocked != store::ChatBlocked::no) continue;
    EDGE_TRY(const auto group, store::find_group(scope, id));
    if (group && group->self_present) out.groups.push_back(crypto::hex_encode(group->uuid));
  }
  return out;
}

base::Result<std::optional<DeviceManifest>> DeviceManifests::of_chat(AccountId account,
                                                                     ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const store::ChatRow row, store::load_chat(read.scope(), chat));
  if (!row.contact) return std::optional<DeviceManifest>();
  EDGE_TRY(const auto encoded, store::find_manifest(read.scope(), *row.contact));
  if (!encoded) return std::optional<DeviceManifest>();
  base::WireReader in(*encoded);
  DeviceManifest manifest;
  read_fields(in, manifest);
  if (!in.ok()) return base::fail(base::Errc::corrupt, "a device's manifest has another form");
  return std::optional(std::move(manifest));
}

void DeviceManifests::send(AccountId account, ContactId contact, bool anew) {
  if (core_.device == nullptr) return;
  {
    base::Lock lock(mutex_);
    bool& again = due_[account].contacts[contact];
    again = again || anew;
  }
  begin(account);
}

void DeviceManifests::send_to_all() {
  if (core_.device == nullptr) return;
  for (const kernel::AccountPtr& account : core_.directory.all()) {
    {
      base::Lock lock(mutex_);
      due_[account->id].all_after = ContactId();
    }
    begin(account->id);
  }
}

// The contacts that are due; none while a write is under way.
std::optional<DeviceManifests::Due> DeviceManifests::take(AccountId account) {
  base::Lock lock(mutex_);
  const auto found = due_.find(account);
  if (found == due_.end() || found->second.under_way) return std::nullopt;
  Due& due = found->second;
  Due taken;
  while (!due.contacts.empty() && taken.contacts.size() < kSentInWrite) {
    taken.contacts.insert(due.contacts.extract(due.contacts.begin()));
  }
  if (taken.contacts.empty()) taken.all_after = std::exchange(due.all_after, std::nullopt);
  if (taken.contacts.empty() && !taken.all_after) {
    due_.erase(found);
    return std::nullopt;
  }
  due.under_way = true;
  return taken;
}

void DeviceManifests::begin(AccountId account) {
  auto due = take(account);
  if (!due) return;
  core_.write<std::optional<ContactId>>(
      account,
      [this, due = *std::move(due)](store::Tx& tx, const store::Scope& scope,
                                    const kernel::AccountState& state) {
        return send_to_some({core_, tx, scope, state}, due);
      },
      [this, account](base::Result<std::optional<ContactId>> sent) {
        if (!sent && !core_.closing) {
          base::log::warning("account {}: the list of device commands was not sent to contacts: {}",
                             account.value, sent.error().message);
        }
        {
          base::Lock lock(mutex_);
          Due& rest = due_[account];
          rest.under_way = false;
          // A pass that was requested meanwhile begins at the first contact.
          if (sent && *sent && !rest.all_after) rest.all_after = **sent;
          if (!sent) rest = {};
        }
        begin(account);
      });
}

// Returns where a pass over all contacts continues.
base::Result<std::optional<ContactId>> DeviceManifests::send_to_some(
    const kernel::WriteContext& write, const Due& due) const {
  for (const auto& [contact, anew] : due.contacts) {
    EDGE_CHECK(send_or_skip(write, contact, anew));
  }
  if (!due.all_after) return std::optional<ContactId>();
  EDGE_TRY(const auto contacts, store::linked_contacts(write.scope, *due.all_after, kSentInWrite));
  for (const ContactId contact : contacts) EDGE_CHECK(send_or_skip(write, contact, false));
  if (contacts.size() < kSentInWrite) return std::optional<ContactId>();
  return std::optional(contacts.back());
}

}  // namespace messaging
