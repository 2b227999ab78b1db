// mailbox_flood PORT URL CONNECTIONS: opens mailboxes of made-up owners at the open relay on this
// machine's PORT, which calls itself URL, without end. For bench/unfair. Prints a line for each
// answer to an opening: its HTTP status.
#include <httplib.h>

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crypto/encoding.h"
#include "crypto/identity.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "gateway/relay/wire.h"
#include "messaging/peering/relay_choice.h"

namespace {

std::mutex output;

// The status of the answer; -1 without one.
int open_mailbox(httplib::Client& relay, const std::string& url) {
  const crypto::Identity owner = crypto::Identity::generate();
  const std::string mailbox = messaging::peering::relay_mailbox_name(owner.public_key());
  const auto asked = relay.Post(gateway::relay_path(mailbox, "challenge"));
  if (!asked) return -1;
  if (asked->status != 200) return asked->status;
  const auto challenge = gateway::decode_challenge(base::as_bytes(asked->body));
  if (!challenge) return -1;
  const base::Bytes body = gateway::encode(gateway::OpenRequest{owner.public_key(), ""});
  gateway::OwnerProof proof{challenge->nonce, challenge->expiry, 1, {}};
  proof.signature = owner.sign(gateway::owner_statement(url, mailbox, proof, "POST", "open", body));
  const httplib::Headers headers{
      {std::string(gateway::kRelayNonceHeader), base::to_hex(proof.nonce)},
      {std::string(gateway::kRelayExpiryHeader), std::to_string(proof.expiry)},
      {std::string(gateway::kRelayCountHeader), "1"},
      {std::string(gateway::kRelaySignatureHeader), base::to_hex(proof.signature)}};
  const auto opened = relay.Post(gateway::relay_path(mailbox, "open"), headers,
                                 std::string(base::as_text(body)), "application/octet-stream");
  return opened ? opened->status : -1;
}

void flood(int port, const std::string& url) {
  httplib::Client relay("127.0.0.1", port);
  relay.set_keep_alive(true);
  for (;;) {
    const int status = open_mailbox(relay, url);
    const std::lock_guard lock(output);
    std::cout << status << std::endl;
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 4 || !crypto::init()) {
    std::cerr << "usage: mailbox_flood PORT URL CONNECTIONS\n";
    return 2;
  }
  std::vector<std::thread> threads;
  for (int i = std::atoi(words[3]); i > 0; --i) {
    threads.emplace_back(flood, std::atoi(words[1]), std::string(words[2]));
  }
  for (std::thread& thread : threads) thread.join();
}
