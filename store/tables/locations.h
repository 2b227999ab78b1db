// Locations: where contacts and we ourselves were, by chat. A row belongs to a message of its
// contact, whose uuid it has, or to the path that was sent to a chat. Bounded for each contact and
// chat: the oldest rows of a path go first.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

inline constexpr std::int64_t kMostOfPath = 4096;      // of one contact in one chat
inline constexpr std::int64_t kMostOfMessages = 4096;  // the same, of those of messages

struct LocationRow {
  std::int64_t id = 0;  // of the counter "location"
  base::ChatId chat;
  base::ContactId contact;
  base::UnixMillis at = 0;
  std::optional<Uuid> message = std::nullopt;  // of the contact; it may not be here yet
  // Sealed:
  double latitude = 0;   // degrees
  double longitude = 0;  // degrees
  double accuracy = 0;   // metres
};

// False: the message has one already, and nothing was changed.
base::Result<bool> insert_location(const Scope& scope, const LocationRow& row);
base::Result<> delete_location(const Scope& scope, std::int64_t id);
base::Result<> delete_location_of_message(const Scope& scope, base::ContactId contact,
                                          const Uuid& message);
base::Result<> delete_locations_of_chat(const Scope& scope, base::ChatId chat);
base::Result<bool> has_location(const Scope& scope, base::ContactId contact, const Uuid& message);

base::Result<std::optional<LocationRow>> location_of_message(const Scope& scope,
                                                             base::ContactId contact,
                                                             const Uuid& message);

struct LocationQuery {
  std::optional<base::ChatId> chat = std::nullopt;
  std::optional<base::ContactId> contact = std::nullopt;
  base::UnixMillis from = 0;  // of those of paths
  base::UnixMillis to = 0;
};
// Newest first; rows that do not open are left out.
base::Result<std::vector<LocationRow>> list_locations(const Scope& scope,
                                                      const LocationQuery& query);
// Our path in a chat after this id, oldest first.
base::Result<std::vector<LocationRow>> own_path_after(const Scope& scope, base::ChatId chat,
                                                      std::int64_t id, std::size_t limit);

base::Result<std::optional<LocationRow>> newest_of_own_path(const Scope& scope, base::ChatId chat);

// A chat that our locations are sent to.
struct LocationStreamRow {
  base::ChatId chat;
  base::UnixMillis until = 0;
  std::int64_t sent_id = 0;      // the last one that was sent
  base::UnixMillis sent_at = 0;  // when
  base::UnixMillis next_at = 0;  // when later ones are; 0: there are none
};

base::Result<> put_location_stream(const Scope& scope, const LocationStreamRow& row);
base::Result<> delete_location_stream(const Scope& scope, base::ChatId chat);
base::Result<std::optional<LocationStreamRow>> find_location_stream(const Scope& scope,
                                                                    base::ChatId chat);
base::Result<std::vector<LocationStreamRow>> list_location_streams(const Scope& scope);
// The next time that a stream of any account ends or has something to send.
base::Result<std::optional<base::UnixMillis>> next_due_location_stream(Connection& db);

}  // namespace store
