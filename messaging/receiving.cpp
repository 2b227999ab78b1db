#include "messaging/receiving.h"

#include <algorithm>

#include "crypto/ratchet.h"
#include "messaging/chat_rules.h"
#include "messaging/group_joining.h"
#include "messaging/group_receiving.h"
#include "messaging/joining.h"
#include "messaging/outgoing.h"
#include "messaging/profile.h"
#include "messaging/protected_receiving.h"
#include "messaging/received_row.h"
#include "messaging/renewal.h"
#include "messaging/restoration.h"
#include "store/disk_room.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/groups.h"
#include "store/tables/heard.h"
#include "store/tables/invites.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"
#include "store/tables/owed_receipts.h"
#include "store/tables/receipts.h"
#include "store/tables/transfers.h"

namespace messaging {
namespace {

using base::Errc;

// A file that there is no room for is asked for again after this time.
constexpr base::Millis kRoomPatience = 3600 * base::Millis{1000};

constexpr std::uint32_t kStepsInWrite = 64;  // a longer walk is done beside the writer
constexpr std::size_t kNotesInWrite = 64;    // receipts taken in one write

std::uint32_t number(MsgState state) { return static_cast<std::uint32_t>(state); }

// On which session something came, and whether it was encrypted after all else that came on it.
struct Turn {
  std::int64_t session = 0;
  bool in_turn = false;
};

base::Result<> take_quote(const WriteContext& write, ContactId from, const QuoteNote& quote,
                          store::MessageRow& row) {
  if (!quote.message) return {};
  EDGE_TRY(const auto quoted, store::find_message_by_uuid(
                                  write.scope, quote.of_recipient ? kSelf : from, *quote.message));
  if (quoted && quoted->chat == row.chat) row.quoted = quoted->id;
  return {};
}

base::Result<> take_text(const WriteContext& write, const store::ContactRow& contact,
                         const Uuid& uuid, const TextMessage& text,
                         const std::optional<store::TransferRow>& transfer, const Turn& turn) {
  EDGE_CHECK(acknowledge(write, contact.id, uuid));
  write.core.steady->heard(text.sent_at);
  EDGE_TRY(const auto had, store::find_message_by_uuid(write.scope, contact.id, uuid));
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, contact.id, uuid));
  if (had || deleted) return {};  // before its file is adopted once more
  EDGE_TRY(
      const store::ChatRow chat,
      ensure_single_chat(write.tx, write.scope, contact.id,
                         contact.verified ? store::ChatBlocked::no : store::ChatBlocked::request));
  EDGE_TRY(const std::uint64_t place,
           place_heard(write, contact.id, turn.session, turn.in_turn, {text.seq, uuid}));
  store::MessageRow row = received_row(contact.id, uuid, text);
  row.chat = chat.id;
  row.seq = static_cast<std::int64_t>(place);
  if (text.quote) EDGE_CHECK(take_quote(write, contact.id, *text.quote, row));
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, adopt_file(write, *text.file, *transfer));
  }
  EDGE_TRY(const auto id, insert_incoming(write.tx, write.scope, chat, row));
  if (!id) return {};
  row.id = *id;
  return note_container_arrived(write, row);
}

// The recipient's device has it: the outbox lets go of it.
base::Result<> take_arrival(const WriteContext& write, ContactId contact, const Uuid& uuid) {
  EDGE_TRY(const auto row, store::find_outbox_by_uuid(write.scope, contact, uuid));
  if (!row) return {};
  EDGE_CHECK(store::delete_outbox(write.scope, row->id));
  if (row->join_id != 0) EDGE_CHECK(join_confirmed(write, row->join_id));
  if (!row->message) return {};
  EDGE_CHECK(store::delete_outbox_to(write.scope, *row->message, contact));
  EDGE_TRY(const bool all, store::outbox_all_deposited(write.scope, *row->message));
  return all ? note_delivered(write, *row->message) : base::Result<>{};
}

base::Result<> take_read(const WriteContext& write, ContactId contact, const ReceiptNote& note) {
  EDGE_TRY(const auto message, store::find_message_by_uuid(write.scope, kSelf, note.uuid));
  if (!message) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
  // Only of a message that this contact was sent.
  EDGE_TRY(const auto member, store::find_member(write.scope, chat.id, contact));
  if (chat.contact != contact && !member) return {};
  EDGE_CHECK(take_arrival(write, contact, note.uuid));
  EDGE_TRY(const bool first, store::insert_receipt(write.scope, message->id, contact, note.at));
  if (!first) return {};
  EDGE_TRY(const bool changed,
           store::set_message_state(write.scope, message->id, number(MsgState::out_read)));
  return changed ? write.emit(MsgRead{message->chat, message->id}) : base::Result<>{};
}

base::Result<> take_receipts(const WriteContext& write, ContactId contact,
                             std::span<const ReceiptNote> notes) {
  for (const ReceiptNote& note : notes) {
    write.core.steady->heard(note.at);
    if (note.kind == static_cast<std::uint8_t>(store::ReceiptKind::arrived)) {
      EDGE_CHECK(take_arrival(write, contact, note.uuid));
    } else if (note.kind == static_cast<std::uint8_t>(store::ReceiptKind::read)) {
      EDGE_CHECK(take_read(write, contact, note));
    }
  }
  return {};
}

base::Result<> prove_peer(const WriteContext& write, store::SessionRow& session) {
  EDGE_TRY(const auto pending, store::find_pending_join_by_session(write.scope, session.id));
  if (!pending) return base::fail(Errc::corrupt, "an unproven session without its handshake");
  if (pending->role != store::JoinRole::inviter) return prove_initiator(write, *pending, session);
  EDGE_TRY(const ContactId joiner, prove_joiner(write, *pending, session));
  EDGE_TRY(const auto invite, store::find_invite(write.scope, pending->invite_id));
  return invite ? admit_joiner(write, *invite, joiner) : base::Result<>{};
}

// Something on a known session does not open: one side went back to an older copy, or lost its
// place. Messages that still come on it are not taken (those before them may be missing), and what
// we sent on it and is not acknowledged waits for the new session.
base::Result<> session_failed(const WriteContext& write, const store::SessionRow& session) {
  if (session.state == store::SessionState::unproven) return {};
  // All of this once, however much more comes that does not open.
  if (session.state == store::SessionState::broken) return begin_session(write, *session.contact);
  EDGE_CHECK(store::set_session_broken(write.scope, session.id));
  EDGE_CHECK(store::hold_outbox(write.scope, *session.contact));
  EDGE_CHECK(begin_session(write, *session.contact));
  // With another live session (both sides began one) the rest goes on there.
  return release_waiting(write, *session.contact);
}

// A message on a session that broke, or on one that the sender has given up for a later one: it is
// not acknowledged, so that it comes again on the new session and in its place. A sender that still
// uses the old one went back to an older copy.
base::Result<bool> is_stale(const WriteContext& write, const store::SessionRow& session,
                            const Uuid& message) {
  if (session.state == store::SessionState::broken) {
    EDGE_CHECK(begin_session(write, *session.contact));
    return true;
  }
  if (session.state != store::SessionState::superseded) return false;
  EDGE_TRY(const store::HeardRow heard, store::load_heard(write.scope, *session.contact));
  if (heard.session <= session.id) return false;
  EDGE_CHECK(renew_unless_new(write, *session.contact, message));
  return true;
}

// The walks over messages that did not come: done already, done here when they are short, or what
// they cost their sender and that they are to be done elsewhere. Nothing: they are done.
base::Result<std::optional<Reception>> walk_there(const WriteContext& write,
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
                                          step_price(steps));
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

// The file that a content brings with it, which has to be here before it is taken.
const FileNote* file_of(const Content& content) {
  const std::optional<FileNote>* file = nullptr;
  if (const auto* text = std::get_if<TextMessage>(&content.body)) file = &text->file;
  if (const auto* text = std::get_if<GroupText>(&content.body)) file = &text->message.file;
  if (const auto* update = std::get_if<GroupUpdate>(&content.body)) file = &update->image;
  return file != nullptr && *file ? &**file : nullptr;
}

}  // namespace

base::Result<Reception> receive_message(const WriteContext& write, store::SessionRow& session,
                                        base::ByteView body, const ReceptionMeans& means) {
  // Opened on a copy: the step is kept only when the content is taken.
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
  const bool unproven = session.state == store::SessionState::unproven;

  std::optional<store::TransferRow> transfer;
  const auto* text = content ? std::get_if<TextMessage>(&content->body) : nullptr;
  const auto* profile = content ? std::get_if<Profile>(&content->body) : nullptr;
  if (content && !std::holds_alternative<Receipts>(content->body) &&
      !std::holds_alternative<Hello>(content->body)) {
    EDGE_TRY(const bool stale, is_stale(write, session, content->uuid));
    if (stale) {
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
  }
  const auto* update = content ? std::get_if<GroupUpdate>(&content->body) : nullptr;
  if (update != nullptr && session.contact) {
    EDGE_TRY(const bool too_many, brings_too_many(write, *session.contact, *update));
    if (too_many) {
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
  }
  if (const FileNote* file = content ? file_of(*content) : nullptr) {
    EDGE_TRY(transfer, arrived_file(write, *file));
    if (!transfer) {
      // It should have come before. It is never repeated alone, but with a new session.
      if (session.contact && !store::has_room(write.core.store.dir(), file->sealed_size)) {
        write.core.owed_renewals.owe(write.account.id, *session.contact, kRoomPatience,
                                     content->uuid);
      } else if (session.contact) {
        EDGE_CHECK(renew_unless_new(write, *session.contact, content->uuid));
      }
      reception.outcome = Reception::Outcome::not_yet;
      return reception;
    }
  }
  // Many receipts are taken in several writes, the step with the last of them: a repetition of one
  // that was taken changes nothing.
  const auto* receipts = content ? std::get_if<Receipts>(&content->body) : nullptr;
  std::span<const ReceiptNote> notes;
  if (receipts != nullptr && means.notes <= receipts->notes.size()) {
    notes = std::span(receipts->notes).subspan(means.notes);
  }
  if (notes.size() > kNotesInWrite && !unproven) {
    EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, *session.contact));
    if (!contact.blocked) {
      EDGE_CHECK(take_receipts(write, contact.id, notes.first(kNotesInWrite)));
      reception.notes = means.notes + kNotesInWrite;
      reception.outcome = Reception::Outcome::partly;
      return reception;
    }
  }
  const Turn turn{session.id, !skipped.used_one()};
  EDGE_CHECK(skipped.apply());
  session.ratchet = ratchet.save();
  EDGE_CHECK(store::update_session(write.scope, session));
  reception.outcome = Reception::Outcome::taken;
  if (unproven) {  // whatever opens shows that the peer completed the handshake
    EDGE_CHECK(prove_peer(write, session));
    reception.session_began = true;
  }
  if (session.state == store::SessionState::live) {
    write.core.owed_renewals.works(write.account.id, *session.contact);
  }
  if (!content) return reception;  // opened, but of no form we know: it will never be better
  const ContactId from = *session.contact;
  EDGE_TRY(const store::ContactRow contact, store::load_contact(write.scope, from));
  if (contact.blocked) return reception;
  EDGE_CHECK(store::touch_last_seen(write.scope, from, write.tx.now()));
  if (contact.route_id) {
    write.signal(&Signals::heard_from, *contact.route_id);
  }
  if (receipts != nullptr) {
    EDGE_CHECK(take_receipts(write, from, notes));
    return reception;
  }
  if (const auto* group_text = std::get_if<GroupText>(&content->body)) {
    EDGE_TRY(const bool taken, take_group_text(write, contact, content->uuid, *group_text, *plain));
    if (taken) reception.seen = {from, content->uuid};
    return reception;
  }
  if (update != nullptr) {
    EDGE_TRY(const bool taken, take_group_update(write, contact, content->uuid, *update, *plain));
    if (taken) reception.seen = {from, content->uuid};
    return reception;
  }
  if (const auto* note = std::get_if<ProtectedNote>(&content->body)) {
    EDGE_TRY(const bool taken, take_protected(write, contact, content->uuid, *note, *plain));
    if (taken) reception.seen = {from, content->uuid};
    return reception;
  }
  reception.seen = {from, content->uuid};
  if (text) {
    EDGE_CHECK(take_text(write, contact, content->uuid, *text, transfer, turn));
  } else {
    if (profile) EDGE_CHECK(take_profile(write, contact, *profile, turn.in_turn));
    EDGE_CHECK(acknowledge(write, from, content->uuid));
  }
  return reception;
}

}  // namespace messaging
