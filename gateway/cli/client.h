// Client: the daemon's HTTP API as privitty-edge uses it. One thread. Every error says what to do;
// what comes from the daemon is bounded, except for streams.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/cli/json_members.h"
#include "gateway/text/url.h"

namespace gateway::cli {

struct HttpAnswer {
  long status = 0;
  std::string body;
};

// False ends the stream.
using OnBytes = std::function<bool(std::string_view)>;
using StillWanted = std::function<bool()>;

class Client {
 public:
  // `api_key` may be empty: the daemon asks for none.
  explicit Client(PeerUrl url, std::string api_key = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A JSON-RPC call; the error is the daemon's message.
  base::Result<Json> call(const std::string& method, Json params);
  // The same with the params as JSON text, which goes out as it is.
  base::Result<Json> call_with_text(const std::string& method, std::string_view params);
  // Several calls as one batch: the results in the order asked.
  base::Result<std::vector<Json>> call_all(const std::string& method,
                                           const std::vector<Json>& params);
  base::Result<HttpAnswer> get(const std::string& target);
  base::Result<HttpAnswer> post(const std::string& target, const std::string& body,
                                const std::string& type);
  // Streams the file at `path` into a sealed blob; answers the path for send_msg.
  base::Result<std::string> upload(const std::string& path, std::uint32_t account);
  // GET /events...; returns when the stream ended or one of the two ended it: `on_bytes`, or
  // `wanted`, which is called about once a second even without data. Errc::forbidden: the key.
  base::Result<> stream(
      const std::string& target, const std::string& last_event_id, const OnBytes& on_bytes,
      const StillWanted& wanted = [] { return true; });

 private:
  struct Transfer;
  base::Result<HttpAnswer> post_rpc(const std::string& body);
  base::Error unreachable(int code) const;

  PeerUrl url_;
  std::unique_ptr<Transfer> transfer_;
};

// The result of one JSON-RPC answer, or its error's message.
base::Result<Json> result_of(const Json& answer);
// The meaning for a person of an answer other than 200.
base::Error refusal(const HttpAnswer& answer);
std::string percent_encode(std::string_view text);

}  // namespace gateway::cli
