// A store with channels, and pages of its log as texts.
#pragma once

#include <string>
#include <vector>

#include "store/schema/migrations.h"
#include "store/tables/channels.h"
#include "tests/store/world.h"

namespace test {

inline constexpr std::uint16_t kChannelKind = 200;

inline base::Result<std::vector<base::EventId>> append_all(
    store::Tx& tx, const store::ChannelQuotas& quotas,
    std::span<const store::NewChannelEvent> events) {
  store::ChannelCall call(tx.vault(), kChannelKind, events);
  return store::append_channel_events(tx, quotas, call);
}

struct ChannelWorld : World {
  ChannelWorld() { open(); }
  void open() {
    auto with = options();
    with.migrations = store::migrations();
    with.writer.events = {.count = 20};
    World::open(with);
  }
  base::Result<base::EventId> try_append(std::string channel, std::string body) {
    return store->write_now<base::EventId>([=, this](store::Tx& tx) -> base::Result<base::EventId> {
      const store::NewChannelEvent event{channel, base::to_bytes(body)};
      EDGE_TRY(const auto ids, append_all(tx, quotas, {&event, 1}));
      return ids.front();
    });
  }
  base::EventId append(const std::string& channel, const std::string& body) {
    return must(try_append(channel, body));
  }
  base::EventId message(std::uint16_t kind = 5, std::uint32_t account = 1, std::uint32_t chat = 0) {
    return must(store->write_now<base::EventId>([=](store::Tx& tx) {
      return tx.append_event(base::AccountId(account), kind, base::as_bytes("m"),
                             base::ChatId(chat));
    }));
  }
  store::LogPage page(store::LogQuery query) { return must(store->log_page(query)); }
  base::EventId start() { return page({}).start; }

  store::ChannelQuotas quotas;
};

inline std::vector<std::string> bodies(const store::LogPage& page) {
  std::vector<std::string> out;
  for (const store::LoggedEvent& event : page.events) out.emplace_back(base::as_text(event.body));
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace test
