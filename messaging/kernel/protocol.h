// Protocol: how the contacts of an account are reached. Chats, groups, the outbox and delivery know
// this interface; each protocol defines what a link is and what it carries. There are two: the
// gateways' own (messaging/peering/gateway_protocol.h) and mail (messaging/mail/mail_protocol.h).
// An account speaks one protocol (decision 31), so all rows of its outbox are sent by the same one.
//
// The outbox holds rows in order for each route. A row of content has the content's encoding as its
// payload; only the protocol reads the envelope that prepare() makes of the payload, and rows of
// the protocol's own kinds. Contents that arrive, by any protocol, are applied by apply_content()
// (messaging/receiving/apply_content.h).
//
// Functions that take a WriteContext run in the writer's transaction and leave nothing behind when
// they fail. Other functions name their thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/group_state.h"
#include "messaging/model/route_key.h"

namespace store {
struct ContactRow;
struct MessageRow;
struct OutboxRow;
struct Scope;
}  // namespace store

namespace messaging {
struct Profile;
struct Vcard;
}  // namespace messaging

namespace messaging::kernel {

struct AccountState;
struct DeviceNews;
struct WriteContext;

// What a protocol can do. check_able() (messaging/chats/abilities.h) refuses the rest.
struct Abilities {
  // A recipient's device acknowledges each content. Without it a content is delivered once the
  // other side has stored it, and arrivals are not reported to their senders.
  bool acknowledges = false;
  bool groups = false;
  // Changes of groups are numbered by their time in seconds, and every state that is sent is dated.
  // Otherwise a change's number is one more than the highest before.
  bool dated_groups = false;
  bool protected_files = false;
  bool read_receipts = false;
  std::uint64_t largest_file = 0;  // bytes of plaintext
};

enum class CarryOutcome : std::uint8_t {
  stored,       // durable at the other side
  refused,      // permanently: the recipient is unknown there, or our deposits are not allowed
  too_large,    // over the other side's limits
  busy,         // not now: too many, full or shutting down
  unreachable,  // no answer
};

// The outcome of a route's turn. The protocol has updated the outbox by then.
struct CarryReply {
  CarryOutcome outcome = CarryOutcome::unreachable;
  bool reached = false;    // false: the route pauses, longer with each consecutive failure
  base::Millis pause = 0;  // the minimum, if the other side asked for one
};

// The rows that a route sends in one turn. Each protocol derives its own.
struct Load {
  virtual ~Load() = default;
  // The destination was chosen by a party that was never reached there: a stranger.
  struct Stranger {
    std::int64_t party = 0;  // that caused the load; 0: this account
    bool few_tries = false;  // no peer proved to be there: kStrangerTries, minutes apart
    std::string host;        // whose number of such tries is bounded; "": none
  };
  std::optional<Stranger> stranger;
};
// After this many tries a load to an unproven destination may be given up.
inline constexpr int kStrangerTries = 6;

class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual std::string_view name() const = 0;  // for people: "<name> cannot …"
  virtual Abilities abilities() const = 0;

  // ---- invites ----
  // The link of the account's or a group's live invite, which is made when there is none.
  virtual base::Result<std::string> invite_link(const WriteContext& write,
                                                std::optional<base::ChatId> chat) = 0;
  // Joins by somebody else's link: the chat (of the group, for a group's invite), at once; events
  // report the progress. Errc::invalid_argument for what is no link of this protocol.
  virtual base::Result<base::ChatId> join(const WriteContext& write, const std::string& link) = 0;
  // Withdraws our own live invite, or revives a withdrawn one.
  virtual base::Result<> toggle_invite(const WriteContext& write, const std::string& link) = 0;

  // ---- links with contacts ----
  // Prepares each row's payload for the contact: sets OutboxRow.envelope and the link it is for.
  // False: there is no link with the contact yet, and nothing was prepared.
  virtual base::Result<bool> prepare(const WriteContext& write, base::ContactId contact,
                                     std::span<store::OutboxRow> rows) = 0;
  // Begins a link with the contact unless there is one or one is under way.
  virtual base::Result<> want_link(const WriteContext& write, base::ContactId contact) = 0;
  // The contact acknowledged this row, which is deleted.
  virtual base::Result<> acknowledged(const WriteContext& write, const store::OutboxRow& row) = 0;
  // The account's profile or its picture changed: queues updates for contacts whose copy differs.
  virtual base::Result<> send_profile(const WriteContext& write) = 0;
  // A contact's new profile has its current addresses.
  virtual base::Result<> take_profile(const WriteContext& write, const store::ContactRow& contact,
                                      const Profile& profile) = 0;

  // ---- cards ----
  // A contact's key as a card (vCard) has it, base64; "": a card cannot carry one of this protocol.
  virtual base::Result<std::string> card_key(const store::ContactRow&) { return std::string(); }
  // The contact with the key of a card, created if there is none. nullopt: the card has no key of
  // this protocol.
  virtual base::Result<std::optional<base::ContactId>> contact_of_card(const WriteContext&,
                                                                       const Vcard&) {
    return std::optional<base::ContactId>();
  }

  // ---- our own key as a file, for other programs ----
  struct KeyFile {
    std::string name;
    crypto::WipingBytes text;
  };
  // nullopt: the account's identity is its key.
  virtual base::Result<std::optional<KeyFile>> export_key(const store::Scope&,
                                                          const AccountState&) {
    return std::optional<KeyFile>();
  }
  // Sets the account's key from a file; the account must be unused. False: the file is none of this
  // protocol.
  virtual base::Result<bool> import_key(const WriteContext&, base::ByteView) { return false; }

  // ---- our other devices: of protocols that allow several devices per account ----
  // Whether there are other devices, which are sent notes to ourselves and changes of chats and
  // settings. kSelf can be written to like a contact then.
  virtual base::Result<bool> has_other_devices(const WriteContext&) { return false; }
  // Another device is expected: from now on its data is kept and sent. False: an account of this
  // protocol lives on one gateway.
  virtual base::Result<bool> expect_other_device(const WriteContext&) { return false; }
  // Sends changes to the other devices; without effect if there are none.
  virtual base::Result<> sync_devices(const WriteContext&, const DeviceNews&) { return {}; }

  // ---- members of groups and holders of cards, who may never have met ----
  // Puts our addresses into our own card, for members of this group or for everybody who has the
  // card (nullopt).
  virtual base::Result<> show_ways(const WriteContext& write, std::optional<base::ChatId> group,
                                   MemberCard& ours) = 0;
  // Takes a contact's addresses from its card. Changes `contact`, which the caller saves.
  virtual base::Result<> take_ways(const WriteContext& write, store::ContactRow& contact,
                                   const MemberCard& card) = 0;
  // want_link() with a member, by its card.
  virtual base::Result<> meet(const WriteContext& write, base::ContactId contact,
                              const GroupId& group, const MemberCard& card) = 0;
  // Members can no longer reach us through this group.
  virtual base::Result<> close_ways(const WriteContext& write, base::ChatId group) = 0;

  // ---- files on demand ----
  // The user asks for a message's file that has not arrived. Without effect where files come with
  // their messages.
  virtual base::Result<> download(const WriteContext&, const store::MessageRow&) { return {}; }

  // ---- delivery ----
  // The courier's thread calls load(), carry() and step(), which never wait for an answer. nullptr:
  // nothing may be sent on this route now.
  virtual base::Result<std::unique_ptr<Load>> load(RouteKey route) = 0;
  // `failures`: consecutive ones of this route. Calls `done` once, from any thread, unless the
  // account is removed meanwhile.
  using Carried = base::UniqueFunction<void(const CarryReply&)>;
  virtual void carry(RouteKey route, std::unique_ptr<Load> load, int failures, Carried done) = 0;
  // Does a bounded piece of work that carry() started. True: there may be more. `due` of on_step()
  // is called from any thread when step() has work.
  virtual bool step() = 0;
  virtual void on_step(std::function<void()> due) = 0;
  // The destination of a route, for people; "": none any more. Any thread.
  virtual base::Result<std::string> place(const store::Scope& scope, std::int64_t route) = 0;

  // ---- once a minute ----
  // Retries and expires. `may_expire`: rows that are old by write.steady() may be deleted. Returns
  // the number of rows that became due for retransmission.
  virtual base::Result<std::int64_t> run_maintenance(const WriteContext& write,
                                                     bool may_expire) = 0;
  // Retries arrivals that could not be applied. Beside the writer, any thread.
  virtual void retry_arrivals(base::AccountId account) = 0;

  // The account was removed. Any thread.
  virtual void forget(base::AccountId account) = 0;
  // Ends its threads, if there are any; waiting work is dropped.
  virtual void stop() {}
};

}  // namespace messaging::kernel
