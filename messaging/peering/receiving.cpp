#include "messaging/peering/receiving.h"

#include <algorithm>

#include "crypto/ratchet.h"
#include "messaging/chats/received_row.h"
#include "messaging/chats/requests.h"
#include "messaging/groups/group_joining.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/renewal.h"
#include "messaging/peering/renewal_state.h"
#include "messaging/receiving/apply_content.h"
#include "store/disk_room.h"
#include "store/tables/contacts.h"
#include "store/tables/invites.h"
#include "store/tables/last_places.h"
#include "store/tables/outbox.h"
#include "store/tables/transfers.h"

namespace messaging::peering {
namespace {

using base::Errc;

// A file for which the disk has no room is requested again after this time.
constexpr base::Millis kRoomPatience = 3600 * base::Millis{1000};

constexpr std::uint32_t kStepsInWrite = 64;  // a longer walk is done beside the writer

base::Result<> prove_peer(const kernel::WriteContext& write, store::SessionRow& session) {
  EDGE_TRY(const auto pending, store::find_pending_join_by_session(write.scope, session.id));
  if (!pending) return base::fail(Errc::corrupt, "an unproven session without its handshake");
  if (pending->role != store::JoinRole::inviter) return prove_initiator(write, *pending, session);
  EDGE_TRY(const ContactId joiner, prove_joiner(write, *pending, session));
  EDGE_TRY(const auto invite, store::find_invite(write.scope, pending->invite_id));
  return invite ? groups::add_joiner(write, *invite, joiner) : base::Result<>{};
}

// A message on a known session does not open: one side was restored from an older copy, or the
// ratchets diverged. Later messages on this session are not applied (earlier ones may be missing),
// and our unacknowledged messages wait for the new session.
base::Result<> session_failed(const kernel::WriteContext& write, const store::SessionRow& session) {
  if (session.state == store::SessionState::unproven) return {};
  // The session is marked once, however many more messages do not open.
  if (session.state == store::SessionState::broken) return begin_session(write, *session.contact);
  EDGE_CHECK(store::set_session_broken(write.scope, session.id));
  EDGE_CHECK(store::hold_outbox(write.scope, *session.contact));
  EDGE_CHECK(begin_session(write, *session.contact));
  // With another live session (both sides began one) the waiting rows use that one.
  return outbox::release_waiting(write, *session.contact);
}

// Whether a message is on a broken session, or on one that the sender has replaced by a later one.
// It is not acknowledged, so that the sender repeats it on the new session, in order. A sender that
// still uses the old session was restored from an older copy.
base::Result<bool> is_stale(const kernel::WriteContext& write, const store::SessionRow& session,
                            const Uuid& message) {
  if (session.state == store::SessionState::broken) {
    EDGE_CHECK(begin_session(write, *session.contact));
    return true;
  }
  if (session.state != store::SessionState::superseded) return false;
  EDGE_TRY(const store::LastPlaceRow last, store::load_last_place(write.scope, *session.contact));
  if (last.link <= session.id) return false;
  EDGE_CHECK(renew_unless_new(write, *session.contact, message));
  return true;
}

// The chain walks over messages that are missing. nullopt: they are done, because they were done
// before or are short. Otherwise the outcome `walk` or `later`: they run beside the writer, within
// the sender's budget.
base::Result<std::optional<Reception>> walk_there(const kernel::WriteContext& write,
                                                  const store::SessionRow& session,
                                                  const ReceptionMeans& means,
                                                  std::vector<crypto::ChainWalk>& walks,
                                                  std::uint32_t& steps_here) {
  std::uint32_t steps = 0;
  for (const crypto::ChainWalk& walk : walks) steps += walk.steps();
  if (steps == 0) return std::optional<Reception>();
  const bool done = std::all_of(walks.begin(), walks.end(), [&](const crypto::ChainWalk& walk) {
    return std::any_of(means.walks.begin(), means.walks.end(), [&](const crypto::ChainWalk& one) {
      return one.left() == 0 && one.same_way(walk);
    });
  });
  if (done) {
    walks.assign(means.walks.begin(), means.walks.end());
    return std::optional<Reception>();
  }
  Reception reception;
  reception.later = write.core.steps.take(write.account.id, session.contact.value_or(ContactId()),
                                          kernel::step_price(steps));
  if (reception.later > 0) {
    reception.outcome = Reception::Outcome::later;
    return std::optional(std::move(reception));
  }
  if (steps > kStepsInWrite) {
    reception.outcome = Reception::Outcome::walk;
    reception.walks = std::move(walks);
    return std::optional(std::move(reception));
  }
  for (crypto::ChainWalk& walk : walks) walk.step(walk.left());
  steps_here = steps;
  return std::optional<Reception>();
}

// Whether such a content of the sender is taken now: of a stranger (chats/requests.h) some are.
base::Result<bool> taken_of_sender(const kernel::WriteContext& write,
                                   const store::SessionRow& session, const KindTraits& traits) {
  if (!session.contact) return traits.from_strangers;
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, *session.contact));
  if (traits.from_strangers) return chats::takes_message(write.scope, contact);
  EDGE_TRY(const bool stranger, chats::is_stranger(write.scope, contact));
  return !stranger;
}

// Whether a content can be applied now, and its file if it has one. A content that cannot be
// applied is not acknowledged, so that the sender repeats it.
base::Result<bool> is_ready(const kernel::WriteContext& write, const store::SessionRow& session,
                            const Content& content, std::optional<store::TransferRow>& file) {
  const AnyContentKind& kind = kind_of(content.body);
  if (!kind.traits.on_any_link) {
    EDGE_TRY(const bool stale, is_stale(write, session, content.uuid));
    if (stale) return false;
    EDGE_TRY(const bool taken, taken_of_sender(write, session, kind.traits));
    if (!taken) return false;
  }
  const FileNote* const note = kind.file(content.body);
  if (note == nullptr) return true;
  EDGE_TRY(file, chats::arrived_file(write, *note));
  if (file) return true;
  // The file should have arrived before its message. A sender repeats files only after a renewal.
  if (session.contact && !store::has_room(write.core.store.dir(), note->sealed_size)) {
    renewal_state(write).postponed.postpone(write.account.id, *session.contact, kRoomPatience,
                                            content.uuid);
  } else if (session.contact) {
    EDGE_CHECK(renew_unless_new(write, *session.contact, content.uuid));
  }
  return false;
}

// A content that takes several writes: applies one portion now; the ratchet steps with the last
// portion.
base::Result<Portion> take_some(const kernel::WriteContext& write, const store::SessionRow& session,
                                const Content& content, std::size_t taken) {
  if (!session.contact || kind_of(content.body).apply_some == nullptr) return Portion{};
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, *session.contact));
  const bool proven = session.state != store::SessionState::unproven;
  return receiving::apply_portion(write, {.contact = contact, .proven = proven, .taken = taken},
                                  content);
}

// Saves the ratchet's step. A message that opens on an unproven session proves that the peer
// completed the handshake. True: it was proven now.
base::Result<bool> step(const kernel::WriteContext& write, store::SessionRow& session,
                        const crypto::Ratchet& ratchet, store::DeferredSkippedKeys& skipped) {
  const bool unproven = session.state == store::SessionState::unproven;
  EDGE_CHECK(skipped.apply());
  session.ratchet = ratchet.save();
  EDGE_CHECK(store::update_session(write.scope, session));
  if (unproven) EDGE_CHECK(prove_peer(write, session));
  if (session.state == store::SessionState::live) {
    renewal_state(write).postponed.session_works(write.account.id, *session.contact);
  }
  return unproven;
}

}  // namespace

base::Result<Reception> receive_message(const kernel::WriteContext& write,
                                        store::SessionRow& session, base::ByteView body,
                                        const ReceptionMeans& means) {
  // Opens with a copy of the ratchet: the step is saved only when the content is applied.
  EDGE_TRY(auto ratchet, crypto::Ratchet::load(session.ratchet));
  auto walks = ratchet.walks_to(body);
  Reception reception;
  EDGE_TRY(auto first, walk_there(write, session, means, walks, reception.steps));
  if (first) return *std::move(first);
  store::SkippedKeyTable table(write.scope, session.id, write.steady());
  store::DeferredSkippedKeys skipped(table);
  const auto plain = ratchet.decrypt_walked(body, session.handshake_hash, skipped, walks);
  if (!plain) {
    if (plain.error().code != Errc::sealed) return plain.error();
    if (session.contact) EDGE_CHECK(session_failed(write, session));
    return reception;
  }
  const auto content = decode_content(*plain);
  std::optional<store::TransferRow> file;
  if (content) {
    EDGE_TRY(const bool ready, is_ready(write, session, *content, file));
    if (!ready) {
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
    EDGE_CHECK(join_message_opened(write, session));
    EDGE_TRY(const Portion portion, take_some(write, session, *content, means.taken));
    if (portion.left == Portion::Left::too_many) {
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
    if (portion.left == Portion::Left::more) {
      reception.taken = portion.taken;
      reception.outcome = Reception::Outcome::partly;
      return reception;
    }
  }
  const receiving::Turn turn{session.id, !skipped.used_one()};
  EDGE_TRY(reception.session_began, step(write, session, ratchet, skipped));
  reception.outcome = Reception::Outcome::taken;
  if (!content) return reception;  // opened, but of an unknown form: a retry would not help
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, *session.contact));
  if (contact.blocked) return reception;
  EDGE_CHECK(store::touch_last_seen(write.scope, contact.id, write.tx.now()));
  if (contact.route_id) write.signal(&kernel::Signals::route_answered, *contact.route_id);
  const receiving::Sender sender{.contact = contact, .turn = turn, .taken = means.taken};
  EDGE_TRY(const bool seen, receiving::apply_content(write, sender, *content, file, *plain));
  if (seen) reception.seen = {contact.id, content->uuid};
  return reception;
}

}  // namespace messaging::peering
