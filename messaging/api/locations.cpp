#include "messaging/api/locations.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/unicode.h"
#include "crypto/random.h"
#include "messaging/api/chat_sending.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/group_row.h"
#include "messaging/chats/location_lines.h"
#include "messaging/kernel/core.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/locations.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::LocationRow;
using store::LocationStreamRow;

constexpr base::Millis kSendEvery = 60'000;  // at most, to each chat
constexpr base::Millis kStoreEvery = 1000;   // a later one within this time replaces it
constexpr std::int64_t kMostSeconds = 366LL * 24 * 3600;

base::Result<> check_place(const Place& place) {
  if (is_valid(place)) return {};
  return fail(Errc::invalid_argument,
              "location: expected a latitude of -90 to 90 degrees, a longitude of -180 to 180 and "
              "an accuracy of at least 0 metres");
}

// To everybody in the chat.
base::Result<> send(const kernel::WriteContext& write, const store::ChatRow& chat,
                    Locations locations) {
  if (chat.contact == kSelf) return {};
  if (chat.type != ChatType::single) {
    EDGE_TRY(const chats::Group group, chats::load_group(write.scope, chat.id));
    locations.group = group.row.uuid;
  }
  return queue_for_chat(write, chat, Content{crypto::random_array<16>(), std::move(locations)});
}

// Sends the places that were set since the last time.
base::Result<> send_path(const kernel::WriteContext& write, const store::ChatRow& chat,
                         LocationStreamRow& stream) {
  for (;;) {
    EDGE_TRY(const auto rows,
             store::own_path_after(write.scope, chat.id, stream.sent_id, kMostPlaces));
    if (rows.empty()) break;
    Locations locations;
    for (const LocationRow& row : rows) {
      locations.places.push_back(
          {row.at, {row.latitude, row.longitude, row.accuracy}, std::nullopt});
    }
    EDGE_CHECK(send(write, chat, std::move(locations)));
    stream.sent_id = rows.back().id;
  }
  stream.sent_at = write.core.steady->wall().now;
  stream.next_at = 0;
  return {};
}

// As in Delta Chat: the beginning is a message of ours, the end is not.
base::Result<> add_end_line(const kernel::WriteContext& write, const store::ChatRow& chat) {
  EDGE_CHECK(chats::add_info_message(write.tx, write.scope, chat.id, SystemMessage::none,
                                     "Location streaming disabled."));
  return write.emit(ChatModified{chat.id});
}

base::Result<> end_stream(const kernel::WriteContext& write, const store::ChatRow& chat,
                          LocationStreamRow stream) {
  // Sends the rest; the stream ends even if that fails for damaged rows.
  if (check_can_send(write.scope, write.account, chat)) {
    static_cast<void>(send_path(write, chat, stream));
  }
  EDGE_CHECK(store::delete_location_stream(write.scope, chat.id));
  return add_end_line(write, chat);
}

// nothing: the chat is gone or cannot be sent to any more, which ends its stream.
base::Result<std::optional<store::ChatRow>> chat_of(const kernel::WriteContext& write,
                                                    const LocationStreamRow& stream) {
  EDGE_TRY(auto chat, store::find_chat(write.scope, stream.chat));
  if (chat && check_can_send(write.scope, write.account, *chat)) return chat;
  EDGE_CHECK(store::delete_location_stream(write.scope, stream.chat));
  if (chat) EDGE_CHECK(add_end_line(write, *chat));
  return std::optional<store::ChatRow>();
}

// Replaces the last unsent place when that is very young.
base::Result<> store_path(const kernel::WriteContext& write, const LocationStreamRow& stream,
                          const Place& place) {
  EDGE_TRY(const auto last, store::newest_of_own_path(write.scope, stream.chat));
  if (last && last->id > stream.sent_id && last->at > write.tx.now() - kStoreEvery) {
    EDGE_CHECK(store::delete_location(write.scope, last->id));
  }
  LocationRow row;
  EDGE_TRY(row.id, write.tx.next_id(write.account.id, "location"));
  row.chat = stream.chat;
  row.contact = kSelf;
  row.at = write.tx.now();
  row.latitude = place.latitude;
  row.longitude = place.longitude;
  row.accuracy = place.accuracy;
  EDGE_CHECK(store::insert_location(write.scope, row));
  return {};
}

base::Result<bool> set_in_account(const kernel::WriteContext& write, const Place& place) {
  const base::UnixMillis now = write.core.steady->wall().now;
  EDGE_TRY(auto streams, store::list_location_streams(write.scope));
  bool wanted = false;
  for (LocationStreamRow& stream : streams) {
    if (stream.until <= now) continue;
    EDGE_TRY(const auto chat, chat_of(write, stream));
    if (!chat) continue;
    EDGE_CHECK(store_path(write, stream, place));
    if (stream.sent_at + kSendEvery <= now) {
      EDGE_CHECK(send_path(write, *chat, stream));
    } else {
      stream.next_at = stream.sent_at + kSendEvery;
    }
    EDGE_CHECK(store::put_location_stream(write.scope, stream));
    wanted = true;
  }
  if (!wanted) return false;
  EDGE_CHECK(write.emit(LocationChanged{kSelf}));
  write.signal(&kernel::Signals::windows_changed);
  return true;
}

base::Result<> begin_stream(const kernel::WriteContext& write, const store::ChatRow& chat,
                            std::int64_t seconds) {
  EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  const base::UnixMillis now = write.core.steady->wall().now;
  EDGE_TRY(auto stream, store::find_location_stream(write.scope, chat.id));
  const bool before = stream && stream->until > now;
  if (!before) stream = LocationStreamRow{.chat = chat.id};
  stream->until = now + std::min(seconds, kMostSeconds) * 1000;
  if (!before) {
    // Places of an earlier stream were sent with its end.
    EDGE_TRY(stream->sent_id, write.tx.next_id(write.account.id, "location"));
  }
  EDGE_CHECK(store::put_location_stream(write.scope, *stream));
  write.signal(&kernel::Signals::windows_changed);
  if (before) return write.emit(ChatModified{chat.id});
  Locations begin;
  begin.begins = true;
  EDGE_CHECK(send(write, chat, std::move(begin)));
  return chats::add_location_begin_line(write, chat);
}

base::Result<> stop_in_account(const kernel::WriteContext& write) {
  EDGE_TRY(const auto streams, store::list_location_streams(write.scope));
  for (const LocationStreamRow& stream : streams) {
    EDGE_TRY(const auto chat, chat_of(write, stream));
    if (chat) EDGE_CHECK(end_stream(write, *chat, stream));
  }
  return {};
}

base::Result<> expire_in_account(const kernel::WriteContext& write) {
  const base::UnixMillis now = write.core.steady->wall().now;
  EDGE_TRY(auto streams, store::list_location_streams(write.scope));
  for (LocationStreamRow& stream : streams) {
    const bool over = stream.until <= now;
    if (!over && (stream.next_at == 0 || stream.next_at > now)) continue;
    EDGE_TRY(const auto chat, chat_of(write, stream));
    if (!chat) continue;
    if (over) {
      EDGE_CHECK(end_stream(write, *chat, stream));
      continue;
    }
    // A place that cannot be sent, because a record is damaged, is not retried for ever.
    if (!send_path(write, *chat, stream)) stream.next_at = 0;
    EDGE_CHECK(store::put_location_stream(write.scope, stream));
  }
  return {};
}

// Calls `change` in a write of each account. Completes once all are done: whether any returned
// true, or the first error.
template <class F>
void in_each_account(kernel::Core& core, F change, base::Completion<bool> done) {
  const auto accounts = core.directory.all();
  if (accounts.empty()) return done(false);
  struct Shared {
    std::atomic<std::size_t> left;
    std::atomic<bool> any = false;
    base::Mutex mutex;
    std::optional<base::Error> error GUARDED_BY(mutex);
    base::Completion<bool> done;
  };
  auto shared = std::make_shared<Shared>();
  shared->left = accounts.size();
  shared->done = std::move(done);
  for (const kernel::AccountPtr& account : accounts) {
    core.write<bool>(
        account->id,
        [&core, change](store::Tx& tx, const store::Scope& scope,
                        const kernel::AccountState& state) -> base::Result<bool> {
          return change(kernel::WriteContext{core, tx, scope, state});
        },
        [shared](base::Result<bool> result) {
          if (result && *result) shared->any = true;
          std::optional<base::Error> error;
          {
            base::Lock lock(shared->mutex);
            if (!result && !shared->error) shared->error = result.error();
            error = shared->error;
          }
          if (--shared->left > 0) return;
          if (error) return shared->done(*std::move(error));
          shared->done(shared->any.load());
        });
  }
}

// The same rule as Delta Chat's.
bool is_marker(std::string_view text) {
  if (!base::is_utf8(text)) return false;
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return std::count_if(text.begin(), text.end(), begins) == 1 && !base::trimmed(text).empty();
}

}  // namespace

base::Result<> attach_place(const kernel::WriteContext& write, const store::ChatRow& chat,
                            store::MessageRow& row, const Place& place) {
  EDGE_CHECK(check_place(place));
  LocationRow location;
  EDGE_TRY(location.id, write.tx.next_id(write.account.id, "location"));
  location.chat = chat.id;
  location.contact = kSelf;
  location.at = row.sent_at;
  location.message = row.uuid;
  location.latitude = place.latitude;
  location.longitude = place.longitude;
  location.accuracy = place.accuracy;
  EDGE_CHECK(store::insert_location(write.scope, location));
  row.has_location = true;
  EDGE_CHECK(store::update_message(write.scope, row));
  Locations locations;
  locations.places.push_back({row.sent_at, place, row.uuid});
  EDGE_CHECK(send(write, chat, std::move(locations)));
  return write.emit(LocationChanged{kSelf});
}

void LocationTrack::set(Place place, base::Completion<bool> done) {
  if (auto good = check_place(place); !good) return done(std::move(good).error());
  in_each_account(
      core_, [place](const kernel::WriteContext& write) { return set_in_account(write, place); },
      std::move(done));
}

void LocationTrack::stop(base::Completion<> done) {
  in_each_account(
      core_,
      [](const kernel::WriteContext& write) -> base::Result<bool> {
        EDGE_CHECK(stop_in_account(write));
        return true;
      },
      [done = std::move(done)](const base::Result<bool>& result) mutable {
        if (!result) return done(result.error());
        done({});
      });
}

void LocationTrack::stream(AccountId account, ChatId chat, std::int64_t seconds,
                           base::Completion<> done) {
  if (seconds < 0) {
    return done(fail(Errc::invalid_argument,
                     fmt::format("seconds: {}; expected 0, which ends it, or more", seconds)));
  }
  core_.write<void>(
      account,
      [this, chat, seconds](store::Tx& tx, const store::Scope& scope,
                            const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
        if (seconds > 0) return begin_stream(write, row, seconds);
        EDGE_TRY(const auto stream, store::find_location_stream(scope, chat));
        return stream ? end_stream(write, row, *stream) : base::Result<>{};
      },
      std::move(done));
}

void LocationTrack::expire(AccountId account, base::Completion<> done) {
  core_.write<void>(
      account,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return expire_in_account({core_, tx, scope, state});
      },
      std::move(done));
}

base::Result<bool> LocationTrack::streams(AccountId account, std::optional<ChatId> chat) const {
  EDGE_TRY(auto read, core_.read(account));
  const base::UnixMillis now = core_.steady->wall().now;
  EDGE_TRY(const auto streams, store::list_location_streams(read.scope()));
  return std::any_of(streams.begin(), streams.end(), [&](const LocationStreamRow& stream) {
    return stream.until > now && (!chat || *chat == stream.chat);
  });
}

base::Result<std::vector<Location>> LocationTrack::list(AccountId account,
                                                        const LocationSpan& span) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  const base::UnixMillis to = span.to == 0 ? core_.clock.now() + 10'000 : span.to;
  EDGE_TRY(auto rows, store::list_locations(scope, {span.chat, span.contact, span.from, to}));
  std::vector<Location> found;
  for (const LocationRow& row : rows) {
    Location location;
    location.id = row.id;
    location.chat = row.chat;
    location.contact = row.contact;
    location.at = row.at;
    location.place = {row.latitude, row.longitude, row.accuracy};
    if (row.message) {
      location.of_message = true;
      auto message = store::find_message_by_uuid(scope, row.contact, *row.message);
      if (message && *message) {
        location.message = (*message)->id;
        if (is_marker((*message)->text)) location.marker = std::move((*message)->text);
      }
    }
    found.push_back(std::move(location));
  }
  return found;
}

}  // namespace messaging
