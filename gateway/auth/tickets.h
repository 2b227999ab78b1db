// Tickets: a page that opens an EventSource, which cannot set headers, shows a ticket instead of a
// key. A ticket is for one path, works once, within 30 s, and stands for the key that requested it,
// so that an address in a browser's history or a proxy's log opens nothing.
//
// A lasting ticket is for one stream and its reconnects, which an EventSource makes by itself with
// the same address: it works again while its stream is open and for 30 s after that, and for no
// other stream. A reconnect ends the stream before it, which the server may not know to be dead
// yet; so nobody who finds the address can share the stream.
//
// One thread; any thread may drop the accesses that it gives.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "rpc/access.h"

namespace gateway {

class Tickets {
 public:
  static constexpr base::Millis kLife = 30'000;
  // Beyond this, the oldest ticket of the key with the most tickets is dropped.
  static constexpr std::size_t kMost = 10'000;

  explicit Tickets(const base::Clock& clock) : clock_(clock) {}  // outlives this

  enum class Lasts : std::uint8_t { once, as_stream };
  std::string issue(std::shared_ptr<const rpc::Access> access, std::string path,
                    Lasts lasts = Lasts::once);
  // Null when there is no such ticket for this path and stream, or it is too old, or was used, or
  // its key has ended. `stream`: what a lasting ticket is bound to from its first use on.
  std::shared_ptr<const rpc::Access> redeem(std::string_view ticket, std::string_view path,
                                            std::string_view stream = "");

 private:
  struct Uses {
    std::atomic<int> open{0};
    std::atomic<base::Millis> last_end{0};
  };
  // Held by a stream that a ticket opened.
  class Use;
  struct Ticket {
    std::shared_ptr<const rpc::Access> access;
    base::Millis until = 0;
    std::string path;
    Lasts lasts = Lasts::once;
    std::optional<std::string> stream = {};  // the streams that it has opened
    std::shared_ptr<Uses> uses = {};
    std::weak_ptr<const Use> last_use = {};

    bool good_at(base::Millis now) const;
  };
  using Hashes = std::deque<std::string>;  // in the order of issue
  void drop_ended(Hashes& hashes, base::Millis now);
  void make_room(base::Millis now);

  const base::Clock& clock_;
  // By the hash, because the time to look up the text itself would depend on its similarity to
  // stored ones.
  std::unordered_map<std::string, Ticket> tickets_;
  std::unordered_map<std::string, Hashes> of_key_;
};

}  // namespace gateway
