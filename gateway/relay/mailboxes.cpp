#include "gateway/relay/mailboxes.h"

#include <algorithm>

#include "base/log.h"
#include "gateway/relay/frames.h"
#include "messaging/peering/relay_choice.h"
#include "store/relay/admissions.h"

namespace gateway {

using store::RelayMailbox;

namespace {

constexpr std::size_t kEnvelopesAtOnce = 1024;
constexpr std::uint64_t kKeysRoom = 1024 * 1024;  // what a request's keys take on the disk

std::vector<KnownKey> known_keys(
    const std::vector<std::pair<store::RelayKeyId, store::RelayPurpose>>& rows) {
  std::vector<KnownKey> out;
  out.reserve(rows.size());
  for (const auto& [key_id, purpose] : rows) {
    out.push_back({key_id, purpose});
  }
  return out;
}

}  // namespace

RelayMailboxes::RelayMailboxes(RelayCommon& common)
    : common_(common),
      gate_(common.options.url, common.clock),
      new_mailboxes_({.per_second = common.options.limits.new_mailboxes_per_second,
                      .burst = common.options.limits.new_mailboxes_at_once},
                     kMostParties) {}

RelayMailboxes::Answer<RelayMailbox> RelayMailboxes::owner_of(const OwnerRequest& request) {
  auto read = common_.store.read();
  if (!read) return OwnerRefusal::failed;
  const auto mailbox = store::find_mailbox(read->connection(), request.mailbox);
  if (!mailbox) return OwnerRefusal::failed;
  const auto owner = *mailbox ? crypto::PublicKey::from_bytes((*mailbox)->owner)
                              : base::Result<crypto::PublicKey>(crypto::PublicKey());
  if (!*mailbox || !owner ||
      !gate_.passes({request.mailbox, request.proof, request.method, request.what, request.body},
                    *owner)) {
    ++common_.counters.unproven;
    return OwnerRefusal::unproven;
  }
  if (!(*mailbox)->admitted) return OwnerRefusal::not_admitted;
  return **mailbox;
}

void RelayMailboxes::open(OwnerRequest request, Answered<KeysDigest> done) {
  const auto asked = decode_open_request(request.body);
  if (!asked) return done(OwnerRefusal::malformed);
  // The name is a hash of the owner's key: a mailbox cannot be opened by another key.
  if (request.mailbox != messaging::peering::relay_mailbox_name(asked->owner)) {
    ++common_.counters.unproven;
    return done(OwnerRefusal::unproven);
  }
  std::int64_t admission = store::kOpenAdmission;
  {
    auto read = common_.store.read();
    if (!read) return done(OwnerRefusal::failed);
    const auto found =
        store::find_admission(read->connection(), store::admission_hash(asked->admission));
    if (!found) return done(OwnerRefusal::failed);
    if (!*found && !common_.options.open) return done(OwnerRefusal::not_admitted);
    admission = found->value_or(store::kOpenAdmission);
  }
  // The signature is checked here; whether it is new, where the mailbox exists or is created.
  if (!gate_.is_signed({request.mailbox, request.proof, request.method, request.what, request.body},
                       asked->owner)) {
    ++common_.counters.unproven;
    return done(OwnerRefusal::unproven);
  }
  store::RelayParty party{admission, {}};
  if (admission == store::kOpenAdmission && !request.address.empty()) {
    const auto hash = common_.store.vault().lookup(
        common_.store.vault().store_wide(), "relay opener", std::string_view(request.address));
    party.opener.assign(hash.begin(), hash.end());
  }
  using Opened = Answer<KeysDigest>;
  common_.store.write<Opened>(
      [this, name = request.mailbox, proof = request.proof, owner = asked->owner,
       party = std::move(party)](store::Tx& tx) -> base::Result<Opened> {
        EDGE_TRY(const auto known, store::find_mailbox(tx.db(), name));
        if (known) {
          if (!gate_.is_new(name, proof)) return Opened(OwnerRefusal::unproven);
          EDGE_CHECK(store::touch_mailbox(tx.db(), known->id, party, tx.now()));
          EDGE_TRY(const auto key_ids, store::list_relay_keys(tx.db(), known->id));
          return Opened(keys_digest(known_keys(key_ids)));
        }
        EDGE_TRY(const auto refusal, make_room(tx, party));
        if (refusal) return Opened(*refusal);
        EDGE_CHECK(store::insert_mailbox(tx.db(), name, owner.bytes(), party, tx.now()));
        tx.on_commit([this, name, proof] { gate_.is_new(name, proof); });
        return Opened(keys_digest({}));
      },
      [this, done = std::move(done)](base::Result<Opened> result) mutable {
        if (!result) {
          base::log::warning("relay: a mailbox could not be opened: {}", result.error().message);
          return done(OwnerRefusal::failed);
        }
        const auto* refusal = std::get_if<OwnerRefusal>(&*result);
        if (refusal != nullptr && *refusal == OwnerRefusal::unproven) ++common_.counters.unproven;
        done(*std::move(result));
      });
}

// Makes room for one mailbox more. A party over its own bound loses one of its own mailboxes that
// hold nothing; only where the relay as a whole is full, the mailbox unused longest of all goes.
base::Result<std::optional<OwnerRefusal>> RelayMailboxes::make_room(
    store::Tx& tx, const store::RelayParty& party) {
  const RelayLimits& most = common_.options.limits;
  {
    const std::string name =
        std::to_string(party.admission) + "/" + std::string(base::as_text(party.opener));
    base::Lock lock(mutex_);
    if (new_mailboxes_.take(name, common_.clock.uptime()) > 0) return OwnerRefusal::too_many;
  }
  EDGE_TRY(const std::int64_t own, store::count_mailboxes_of(tx.db(), party));
  const bool is_open = party.admission == store::kOpenAdmission;
  if (own >= (is_open ? most.address_mailboxes : most.admission_mailboxes)) {
    return make_room_of(tx, party);
  }
  EDGE_TRY(const std::int64_t all, store::count_mailboxes(tx.db()));
  if (all >= most.mailboxes) return make_room_of(tx, std::nullopt);
  return std::nullopt;
}

base::Result<std::optional<OwnerRefusal>> RelayMailboxes::make_room_of(
    store::Tx& tx, const std::optional<store::RelayParty>& party) {
  EDGE_TRY(auto unused, store::unused_mailboxes(tx.db(), party));
  // An owner with a stream is connected, and may be about to register its first key.
  std::erase_if(unused,
                [&](const store::MailboxName& one) { return common_.is_drained_soon(one.id); });
  if (unused.empty()) return OwnerRefusal::full;
  unused.resize(1);
  EDGE_CHECK(store::delete_mailbox(tx.db(), unused.front().id));
  tx.on_commit([this, unused = std::move(unused)] { forget(unused); });
  return std::nullopt;
}

void RelayMailboxes::forget(const std::vector<store::MailboxName>& gone) {
  for (const store::MailboxName& one : gone) gate_.forget(one.name);
}

RelayMailboxes::Answer<std::vector<KnownKey>> RelayMailboxes::keys(std::int64_t mailbox) {
  auto read = common_.store.read();
  if (!read) return OwnerRefusal::failed;
  auto key_ids = store::list_relay_keys(read->connection(), mailbox);
  if (!key_ids) return OwnerRefusal::failed;
  return known_keys(*key_ids);
}

void RelayMailboxes::change_keys(std::int64_t mailbox, std::vector<KeyChange> changes,
                                 Answered<std::monostate> done) {
  using Changed = Answer<std::monostate>;
  common_.store.write<Changed>(
      [this, mailbox, changes = std::move(changes)](store::Tx& tx) -> base::Result<Changed> {
        EDGE_TRY(const auto before, store::count_relay_keys(tx.db(), mailbox));
        for (const KeyChange& change : changes) {
          if (const auto* removed = std::get_if<messaging::DepositKeyId>(&change)) {
            EDGE_CHECK(store::remove_relay_key(tx.db(), mailbox, *removed));
            continue;
          }
          const auto& added = std::get<KeyAddition>(change);
          EDGE_CHECK(store::add_relay_key(tx.db(), tx.vault(), mailbox, added.key_id, added.key,
                                          added.purpose, added.pseudonym));
        }
        EDGE_TRY(const auto after, store::count_relay_keys(tx.db(), mailbox));
        const RelayLimits& most = common_.options.limits;
        const bool over = after.mailbox > most.keys || after.party > most.admission_keys ||
                          after.all > most.all_keys ||
                          !store::has_room_for(tx.db(), common_.options.dir, kKeysRoom);
        if (over && after.mailbox > before.mailbox) {
          return base::fail(base::Errc::exhausted, "too many deposit keys");
        }
        return Changed(std::monostate{});
      },
      [done = std::move(done)](base::Result<Changed> result) mutable {
        if (result) return done(*std::move(result));
        done(result.error().code == base::Errc::exhausted ? OwnerRefusal::full
                                                          : OwnerRefusal::failed);
      });
}

void RelayMailboxes::acknowledge(std::int64_t mailbox, std::vector<std::int64_t> ids,
                                 Answered<std::monostate> done) {
  if (ids.empty()) return done(std::monostate{});  // a ping
  common_.store.write<std::int64_t>(
      [mailbox, ids = std::move(ids)](store::Tx& tx) {
        return store::delete_envelopes(tx.db(), mailbox, ids);
      },
      [this, done = std::move(done)](base::Result<std::int64_t> gone) mutable {
        if (!gone) return done(OwnerRefusal::failed);
        common_.counters.acknowledged += static_cast<std::uint64_t>(*gone);
        done(std::monostate{});
      });
}

base::Result<RelayMailboxes::Waiting> RelayMailboxes::waiting(std::int64_t mailbox,
                                                              std::int64_t after,
                                                              std::size_t max_bytes) {
  EDGE_TRY(auto read, common_.store.read());
  EDGE_TRY(const bool admitted, store::mailbox_is_admitted(read.connection(), mailbox));
  if (!admitted) return Waiting{};
  EDGE_TRY(auto envelopes,
           store::envelopes_after(read.connection(), mailbox, after, max_bytes, kEnvelopesAtOnce));
  Waiting out;
  for (store::KeptEnvelope& one : envelopes) {
    const std::size_t before = out.frames.size();
    append_frame(out.frames, EnvelopeFrame{one.id, one.at, one.key_id, std::move(one.body)});
    out.ids.emplace_back(one.id, out.frames.size() - before);
  }
  return out;
}

base::Result<std::vector<std::int64_t>> RelayMailboxes::revoked() {
  EDGE_TRY(auto read, common_.store.read());
  return store::list_revoked_mailboxes(read.connection());
}

base::Result<RelayHoldings> RelayMailboxes::holdings() const {
  EDGE_TRY(auto read, common_.store.read());
  EDGE_TRY(const std::int64_t mailboxes, store::count_mailboxes(read.connection()));
  EDGE_TRY(const store::RelayUsage waiting, store::usage_in_all(read.connection()));
  return RelayHoldings{mailboxes, waiting};
}

}  // namespace gateway
