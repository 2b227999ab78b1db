// Messages' rows.
//
// Order in a chat comes from the sender's sequence, never from a clock (decision 18): a message is
// placed where it arrived, and moved before what the same sender sent later. `position` is that
// place, `seq` the sender's number, which orders messages that share a position. insert_message()
// finds the position.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/message_enums.h"
#include "store/tables/scope.h"

namespace store {

inline constexpr std::size_t kMaxStoredText = 1024 * 1024;  // what a sealed field may hold

struct MessageRow {
  base::MsgId id;
  base::ChatId chat;
  base::ContactId from;
  Uuid uuid{};  // the same at both sides; unique per sender
  MsgState state = MsgState::undefined;
  Viewtype type = Viewtype::unknown;
  SystemMessage system = SystemMessage::none;
  bool is_info = false;
  bool is_bot = false;
  bool is_edited = false;
  bool is_forwarded = false;
  bool encrypted = false;
  bool has_location = false;
  bool is_pinned = false;
  DownloadState download = DownloadState::done;
  std::int64_t position = 0;  // given by insert_message
  std::int64_t seq = 0;       // the sender's number; 0: none (info messages, drafts)
  base::UnixMillis sent_at = 0;
  base::UnixMillis sort_at = 0;
  base::UnixMillis received_at = 0;
  std::optional<std::int64_t> blob_id;
  std::uint32_t timer = 0;          // seconds until it vanishes, once it was read; 0 never
  base::UnixMillis expires_at = 0;  // in steady time; 0: the timer does not run
  base::MsgId original;             // what it is a saved copy of; 0 nothing
  // Sealed:
  std::string text;
  std::string error;
  std::string sender_name;  // override_sender_name
  bool has_quote = false;
  std::string quote_text;
  std::optional<base::MsgId> quoted;
  std::optional<base::ContactId> info_contact;
  std::string link;  // of a line of an app (`quoted`): where in the app it leads
};

// Finds the position, counts the blob's use and moves the chat up to sort_at's or the arrival's
// place in the list (the later one). Errc::already_exists when the sender's uuid is there already.
base::Result<> insert_message(const Scope& scope, MessageRow& row);
// Writes every column but id, uuid, position, seq, blob_id and original_id.
base::Result<> update_message(const Scope& scope, const MessageRow& row);

// The file of a message that came without it: the row's `blob_id`, with all that update_message()
// writes. Counts the blob's use.
base::Result<> add_message_blob(const Scope& scope, const MessageRow& row);

base::Result<std::optional<MessageRow>> find_message(const Scope& scope, base::MsgId message);
// "Message Msg#12345 does not exist for account 1"
base::Result<MessageRow> load_message(const Scope& scope, base::MsgId message);
base::Result<std::optional<MessageRow>> find_message_by_uuid(const Scope& scope,
                                                             base::ContactId from,
                                                             const Uuid& uuid);
base::Result<bool> has_message_uuid(const Scope& scope, base::ContactId from, const Uuid& uuid);
// Of any author, because a mail's Message-ID names none.
base::Result<std::optional<base::MsgId>> find_message_of_anybody(const Scope& scope,
                                                                 const Uuid& uuid);

// The copy of a message in Saved messages, the first one.
base::Result<std::optional<base::MsgId>> find_saved_copy(const Scope& scope, base::MsgId message);
// Whether any message of the account is a saved copy.
base::Result<bool> has_saved_copies(const Scope& scope);

// What lists need, without opening anything.
struct MessageMark {
  base::MsgId id;
  base::ChatId chat;
  base::ContactId from;
  Uuid uuid{};
  MsgState state = MsgState::undefined;
  bool is_info = false;
  bool is_pinned = false;
  base::UnixMillis sort_at = 0;
  Viewtype type = Viewtype::unknown;
};
base::Result<std::optional<MessageMark>> find_message_mark(const Scope& scope, base::MsgId message);
// Whether a message had this id, of those that are given out, once; it may be deleted.
base::Result<bool> was_message(const Scope& scope, base::MsgId message);
// A chat's messages, oldest first, without drafts; -1: all of them.
base::Result<std::vector<MessageMark>> messages_of_chat(const Scope& scope, base::ChatId chat,
                                                        std::int64_t most = -1);
// The last ones of a chat, newest first, without drafts.
base::Result<std::vector<MessageMark>> last_messages_of_chat(const Scope& scope, base::ChatId chat,
                                                             std::int64_t most);
// Those of the given types, oldest first; without a chat, of all that are not blocked.
base::Result<std::vector<base::MsgId>> messages_of_types(const Scope& scope,
                                                         std::optional<base::ChatId> chat,
                                                         const std::array<Viewtype, 3>& types);
// The pinned ones of a chat, oldest first.
base::Result<std::vector<base::MsgId>> pinned_messages(const Scope& scope, base::ChatId chat);
// Messages with ids above `after` in chats that are not blocked, oldest id first, without drafts.
base::Result<std::vector<MessageMark>> messages_after(const Scope& scope, base::MsgId after);
// Messages whose folded text holds `wanted`, itself folded and not empty: of all chats that are not
// blocked, newest id first, up to `limit`; of one chat all, in display order. Opens every message;
// rows that do not open are left out. search::Searcher gives the same answers from an index.
base::Result<std::vector<base::MsgId>> search_messages(const Scope& scope, std::string_view wanted,
                                                       std::optional<base::ChatId> chat,
                                                       std::size_t limit);

// Forward only: fresh, noticed, seen for a received message; pending, delivered, read for a sent
// one. A pending or delivered message may fail, and a failed one that was delivered or read after
// all becomes so. False: nothing changed.
base::Result<bool> set_message_state(const Scope& scope, base::MsgId message, MsgState state);
// The newest received message of a chat is fresh again, unless it is: says whether it changed. This
// alone goes backward, because a person asks for it.
base::Result<bool> freshen_newest(const Scope& scope, base::ChatId chat);
// All fresh ones of a chat become noticed; says how many there were.
base::Result<std::int64_t> notice_messages(const Scope& scope, base::ChatId chat);

base::Result<std::uint32_t> fresh_count(const Scope& scope, base::ChatId chat);
// The first fresh one of a chat, as it is shown.
base::Result<std::optional<base::MsgId>> first_fresh(const Scope& scope, base::ChatId chat);
// Fresh ones of chats that are accepted and not muted at `now`, newest first.
base::Result<std::vector<base::MsgId>> fresh_messages(const Scope& scope, base::UnixMillis now);
// The last message of a chat, or its draft when that is newer.
base::Result<std::optional<base::MsgId>> last_message(const Scope& scope, base::ChatId chat);
// The same with its content. An error when the newest row does not open; last_message() passes over
// rows that another program changed.
base::Result<std::optional<MessageRow>> find_newest_message(const Scope& scope, base::ChatId chat);
base::Result<std::int64_t> count_messages(const Scope& scope);
// Those of all chats but one that are sorted before a time.
// The first `most` of them.
base::Result<std::vector<base::MsgId>> messages_before(const Scope& scope, base::UnixMillis time,
                                                       base::ChatId but, std::size_t most);
base::Result<std::int64_t> count_messages_before(const Scope& scope, base::UnixMillis time,
                                                 base::ChatId but);

// Deletes the row and its receipts, leaves a tombstone (except for drafts), releases its blob and
// moves the chat to the position of its last message. Returns the blob's file if nothing uses it
// any more: to be removed after the commit. A missing message is no error.
base::Result<std::optional<std::string>> delete_message(const Scope& scope, base::MsgId message,
                                                        base::UnixMillis at);
// A message that has not arrived, and is not to be inserted when it does.
base::Result<> insert_tombstone(const Scope& scope, base::ContactId from, const Uuid& uuid,
                                base::UnixMillis at);
base::Result<bool> has_tombstone(const Scope& scope, base::ContactId from, const Uuid& uuid);

}  // namespace store
