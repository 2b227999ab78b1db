#include "messaging/peering/parked_retries.h"

#include "crypto/envelope.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kParkedAtOnce = 4;  // read together; of a mebibyte each
constexpr std::size_t kTagsAtOnce = 64;

}  // namespace

void ParkedRetries::retry_known(AccountId account) {
  auto snapshot = core_.read(account);
  if (!snapshot) return;
  const auto tags = store::parked_tags_with_session(snapshot->scope(), kTagsAtOnce);
  if (!tags) return;
  for (const Tag& tag : *tags) retry(account, tag);
}

void ParkedRetries::retry(AccountId account, const Tag& tag) {
  {
    base::Lock lock(mutex_);
    if (!retrying_.insert({account, tag}).second) return;
  }
  load(account, tag, 0);
}

void ParkedRetries::end(AccountId account, const Tag& tag) {
  base::Lock lock(mutex_);
  retrying_.erase({account, tag});
}

// A few rows after the other, so that little of them is in memory at once.
void ParkedRetries::load(AccountId account, const Tag& tag, std::int64_t after) {
  const std::string party = std::to_string(account.value) + "/" + base::to_hex(tag);
  arrivals_.side().add(party, [this, account, tag, after] {
    auto loaded = read(account, tag, after);
    if (!loaded || !loaded->delivery) {
      end(account, tag);
      return true;
    }
    loaded->delivery->done = [this, account, tag, more = loaded->more,
                              last = loaded->last](const base::Result<Delivery::End>& result) {
      if (!result || !result->stored || !more) return end(account, tag);
      load(account, tag, last);
    };
    arrivals_.add(std::move(loaded->delivery));
    return true;
  });
}

base::Result<ParkedRetries::Loaded> ParkedRetries::read(AccountId account, const Tag& tag,
                                                        std::int64_t after) {
  EDGE_TRY(auto snapshot, core_.read(account));
  EDGE_TRY(const auto rows, store::parked_with_tag(snapshot.scope(), tag, after, kParkedAtOnce));
  if (rows.empty()) return Loaded{};
  EDGE_TRY(const auto session, store::find_session_by_tag(snapshot.scope(), tag));
  Loaded loaded{std::make_shared<Delivery>(), rows.size() == kParkedAtOnce, rows.back().seq};
  Delivery& delivery = *loaded.delivery;
  delivery.account = account;
  delivery.from = Delivery::From::parked;
  if (session) delivery.token.contact = session->contact;
  delivery.party = party_of(account, delivery.token);
  for (const store::ParkedEnvelope& row : rows) {
    OpenedEnvelope opened;
    opened.id = row.id;
    auto inside = crypto::open_envelope(snapshot.account->identity, row.envelope);
    opened.opens = inside.ok() && static_cast<EnvelopeKind>(inside->kind) == EnvelopeKind::message;
    if (opened.opens) {
      opened.kind = EnvelopeKind::message;
      opened.tag = inside->tag;
      opened.body = std::move(inside->body);
    }
    delivery.bytes += opened.body.size();
    delivery.envelopes.push_back(std::move(opened));
  }
  return loaded;
}

}  // namespace messaging::peering
