// Locations: sent to chats for some time, and those of contacts.
#include <limits>

#include "rpc/methods/params.h"
#include "rpc/shapes/location.h"

namespace rpc {
namespace {

template <class Id>
std::optional<Id> unless_zero(std::optional<std::uint32_t> number) {
  return number.value_or(0) == 0 ? std::nullopt : std::optional(Id(*number));
}

struct SetLocation {
  double latitude = 0;
  double longitude = 0;
  double accuracy = 0;
  static constexpr auto fields() {
    using P = SetLocation;
    return std::tuple(base::field("latitude", &P::latitude, "degrees, -90 to 90"),
                      base::field("longitude", &P::longitude, "degrees, -180 to 180"),
                      base::field("accuracy", &P::accuracy, "metres, 0 unknown"));
  }
};

void set_location(Context& context, SetLocation p, Completion<bool> done) {
  engine_of(context).locations().set({p.latitude, p.longitude, p.accuracy}, std::move(done));
}

struct GetLocations : OfAccount {
  std::optional<std::uint32_t> chat_id;
  std::optional<std::uint32_t> contact_id;  // 0 means none: core's own client sends it
  std::int64_t timestamp_begin = 0;
  std::int64_t timestamp_end = 0;
  static constexpr auto fields() {
    using P = GetLocations;
    return base::with_fields(
        OfAccount::fields(), base::field("chat_id", &P::chat_id, "null: of all chats"),
        base::field("contact_id", &P::contact_id, "null: of everybody"),
        base::field("timestamp_begin", &P::timestamp_begin, "Unix seconds; of paths"),
        base::field("timestamp_end", &P::timestamp_end, "Unix seconds, 0: now; of paths"));
  }
};

constexpr std::int64_t kRestOfSecond = 999;  // milliseconds

std::int64_t milliseconds(std::int64_t seconds) {
  constexpr auto kMost = (std::numeric_limits<std::int64_t>::max() - kRestOfSecond) / 1000;
  return std::clamp<std::int64_t>(seconds, 0, kMost) * 1000;
}

Result<std::vector<shape::Location>> get_locations(Context& context, const GetLocations& p) {
  const std::int64_t end = p.timestamp_end > 0 ? milliseconds(p.timestamp_end) + kRestOfSecond : 0;
  EDGE_TRY(auto found,
           engine_of(context).locations().list(
               p.account_id, {unless_zero<ChatId>(p.chat_id), unless_zero<ContactId>(p.contact_id),
                              milliseconds(p.timestamp_begin), end}));
  std::vector<shape::Location> shapes;
  shapes.reserve(found.size());
  for (messaging::Location& location : found) {
    shapes.push_back(shape::to_shape(std::move(location)));
  }
  return shapes;
}

struct StreamToChat : OfChat {
  std::int64_t seconds = 0;
  static constexpr auto fields() {
    return base::with_fields(
        OfChat::fields(),
        base::field("seconds", &StreamToChat::seconds, "from now on, a year at most; 0 ends it"));
  }
};

void send_locations_to_chat(Context& context, StreamToChat p, Completion<> done) {
  engine_of(context).locations().stream(p.account_id, p.chat_id, p.seconds, std::move(done));
}

Result<bool> is_sending_locations(Context& context, const OfAccount& p) {
  return engine_of(context).locations().streams(p.account_id, std::nullopt);
}

Result<bool> is_sending_locations_to_chat(Context& context, const OfChat& p) {
  return engine_of(context).locations().streams(p.account_id, p.chat_id);
}

void stop_sending_locations(Context& context, NoParams, Completion<> done) {
  engine_of(context).locations().stop(std::move(done));
}

}  // namespace

void add_location_methods(std::vector<Method>& table) {
  const Row read{.scope = KeyScope::read, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden}};
  const Row all{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::invalid_argument}};
  table.push_back(
      method<&set_location>("set_location",
                            "Where this device is. It goes to the chats that locations are sent "
                            "to, at once and then once "
                            "a minute at most; true: there are such, and further ones are wanted.",
                            all));
  table.push_back(
      method<&get_locations>("get_locations", "Where contacts and we were, newest first.", read));
  table.push_back(method<&send_locations_to_chat>(
      "send_locations_to_chat", "Sends our locations to a chat for some time, over restarts too.",
      write));
  table.push_back(method<&is_sending_locations>("is_sending_locations",
                                                "Whether locations are sent to any chat.", read));
  table.push_back(method<&is_sending_locations_to_chat>(
      "is_sending_locations_to_chat", "Whether locations are sent to this chat.", read));
  table.push_back(method<&stop_sending_locations>("stop_sending_locations",
                                                  "Ends it in all chats of all accounts.", all));
}

}  // namespace rpc
