#include "gateway/loop/party.h"

#include "tests/support/catch.h"

namespace gateway {
namespace {

TEST_CASE("a party is the key, else the address, else the connection") {
  const auto key = std::make_shared<const rpc::Access>("0123456789ab", rpc::Grants{});
  const auto& anyone = *rpc::Access::everything();
  CHECK(party_of(*key, "192.0.2.1", false, 1) == party_of(*key, "127.0.0.1", true, 2));
  CHECK(party_of(anyone, "192.0.2.1", false, 1) == party_of(anyone, "192.0.2.1", false, 2));
  CHECK(party_of(anyone, "192.0.2.1", false, 1) != party_of(anyone, "192.0.2.2", false, 1));
  CHECK(party_of(anyone, "2001:db8:1:2::3", false, 1) ==
        party_of(anyone, "2001:db8:1:2:ffff::9", false, 2));
  CHECK(party_of(anyone, "127.0.0.1", true, 1) != party_of(anyone, "127.0.0.1", true, 2));
  CHECK(stream_party_of(anyone, "127.0.0.1", true) == stream_party_of(anyone, "::1", true));
  CHECK(stream_party_of(*key, "127.0.0.1", true) == party_of(*key, "127.0.0.1", true, 9));
}

}  // namespace
}  // namespace gateway
