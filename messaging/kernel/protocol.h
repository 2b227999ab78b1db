// Protocol: how the contacts of an account are reached. chats, groups, the outbox and delivery know
// this interface; what a link is, and what goes over it, is each protocol's own. There is one so
// far, the gateways' own (messaging/peering/gateway_protocol.h). An account speaks one protocol
// (decision 31), so everything that waits in its outbox goes by the same one.
//
// What waits is rows of the outbox, in order for each route. A row of content keeps the content's
// encoding as its payload; what prepare() makes of that, and rows of a protocol's own, are read by
// that protocol alone. What arrives, by whichever protocol, comes in by apply_content()
// (messaging/receiving/apply_content.h).
//
// Functions that take a WriteContext run in the writer's transaction and leave nothing behind when
// they fail. The others say on which thread they run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"
#include "messaging/model/group_state.h"
#include "messaging/model/route_key.h"

namespace store {
struct ContactRow;
struct OutboxRow;
struct Scope;
}  // namespace store

namespace messaging {
struct Profile;
}  // namespace messaging

namespace messaging::kernel {

struct WriteContext;

// What a protocol can do. Asked in one place: check_able() (messaging/chats/abilities.h).
struct Abilities {
  bool groups = false;
  bool protected_files = false;
  bool read_receipts = false;
  std::uint64_t largest_file = 0;  // bytes of plaintext
};

enum class CarryOutcome : std::uint8_t {
  stored,       // the other side holds it durably
  refused,      // never will be: nobody is known there whom it is for, or we are not admitted
  too_large,    // over the other side's limits
  busy,         // not now: too many, full or shutting down
  unreachable,  // no answer
};

// How a turn of a route ended. What it means for the outbox is written by then.
struct CarryReply {
  CarryOutcome outcome = CarryOutcome::unreachable;
  bool reached = false;    // else the route pauses, longer with each failure in a row
  base::Millis pause = 0;  // at least, where the other side asked for one
};

// What a route has to send in one turn. Each protocol derives its own.
struct Load {
  virtual ~Load() = default;
  // Where it goes was chosen by somebody who was never reached there.
  struct Stranger {
    std::int64_t party = 0;  // that caused it; 0: we ourselves
    bool few_tries = false;  // nobody proved to be there: kStrangerTries, minutes apart
    std::string host;        // at which there may be few such tries; "": none
  };
  std::optional<Stranger> stranger;
};
// After which what goes to nobody may be given up.
inline constexpr int kStrangerTries = 6;

class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual std::string_view name() const = 0;  // for people: "<name> cannot …"
  virtual Abilities abilities() const = 0;

  // ---- links with contacts ----
  // Makes each row's payload ready to be carried to the contact (OutboxRow.envelope and the link
  // that it is for). False: there is no link with the contact yet, and nothing was made.
  virtual base::Result<bool> prepare(const WriteContext& write, base::ContactId contact,
                                     std::span<store::OutboxRow> rows) = 0;
  // Begins a link with the contact unless there is one, or one is under way.
  virtual base::Result<> want_link(const WriteContext& write, base::ContactId contact) = 0;
  // The contact acknowledged this row, which is deleted.
  virtual base::Result<> acknowledged(const WriteContext& write, const store::OutboxRow& row) = 0;
  // The account's profile is not the one that contacts were sent.
  virtual base::Result<> tell_profile(const WriteContext& write) = 0;
  // A contact's new profile says how it is reached from now on.
  virtual base::Result<> take_profile(const WriteContext& write, const store::ContactRow& contact,
                                      const Profile& profile) = 0;

  // ---- members of groups, who may never have met ----
  // Puts into our own card how members may reach us through this group.
  virtual base::Result<> show_ways(const WriteContext& write, base::ChatId group,
                                   MemberCard& ours) = 0;
  // A member's card says how it is reached. Changes `contact`, which the caller writes.
  virtual base::Result<> take_ways(const WriteContext& write, store::ContactRow& contact,
                                   const MemberCard& card) = 0;
  // want_link() with a member, by its card.
  virtual base::Result<> meet(const WriteContext& write, base::ContactId contact,
                              const GroupId& group, const MemberCard& card) = 0;
  // Nobody reaches us through this group any more.
  virtual base::Result<> close_ways(const WriteContext& write, base::ChatId group) = 0;

  // ---- delivery ----
  // The courier's thread calls load(), carry() and step(), which never wait for an answer.
  // Nothing: nothing may be sent on this route now.
  virtual base::Result<std::unique_ptr<Load>> load(RouteKey route) = 0;
  // `failures`: of this route, in a row. Calls `done` once, from any thread, unless the account is
  // forgotten meanwhile.
  using Carried = base::UniqueFunction<void(const CarryReply&)>;
  virtual void carry(RouteKey route, std::unique_ptr<Load> load, int failures, Carried done) = 0;
  // A bounded piece of what carry() goes on with; true: there may be more. `due` of on_step() is
  // called from any thread when there is something to do.
  virtual bool step() = 0;
  virtual void on_step(std::function<void()> due) = 0;
  // Where a route leads, for people; "": nowhere any more. Any thread.
  virtual base::Result<std::string> place(const store::Scope& scope, std::int64_t route) = 0;

  // ---- once a minute ----
  // `may_expire`: what is old by write.steady() may go. Says how many rows are to be sent again.
  virtual base::Result<std::int64_t> keep_house(const WriteContext& write, bool may_expire) = 0;
  // Beside the writer, any thread: what arrived and could not be taken is tried again.
  virtual void retry_arrivals(base::AccountId account) = 0;

  // The account is gone. Any thread.
  virtual void forget(base::AccountId account) = 0;
};

}  // namespace messaging::kernel
