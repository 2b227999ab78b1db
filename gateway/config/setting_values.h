// The meaning of a setting's text: one reader for each kind of value. An error begins with the
// place of the value and says what was expected.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log_record.h"
#include "base/result.h"
#include "crypto/identity.h"
#include "gateway/limits/rate_limit.h"
#include "gateway/text/host_port.h"
#include "gateway/text/url.h"

namespace gateway {

struct GivenValue {
  std::string text;
  std::string source;  // "--listen", "PRIVITTY_LISTEN", "/etc/edge.conf:3 (listen)"
};

base::Result<bool> read_switch(const GivenValue& given);
base::Result<std::filesystem::path> read_path(const GivenValue& given);
base::Result<base::Millis> read_duration(const GivenValue& given);  // 1m to 365d
base::Result<HostPort> read_address(const GivenValue& given);
base::Result<PeerUrl> read_url(const GivenValue& given);
base::Result<std::string> read_mail_account(const GivenValue& given);  // dcaccount:… or dclogin:…
base::Result<std::string> read_license_url(const GivenValue& given);
base::Result<crypto::PublicKey> read_issuer(const GivenValue& given);
base::Result<std::string> read_profile(const GivenValue& given);
base::Result<std::string> read_host_name(const GivenValue& given);
base::Result<std::string> read_origin(const GivenValue& given);  // "*": any
base::Result<base::log::Level> read_level(const GivenValue& given);
base::Result<base::log::Format> read_format(const GivenValue& given);
base::Result<std::size_t> read_number(const GivenValue& given, std::size_t most, std::size_t least);
// "50" or "50/200"; nothing for 0, which means no limit. Without a burst four seconds' worth may
// come at once.
base::Result<std::optional<RateLimit::Rule>> read_rate(const GivenValue& given);

}  // namespace gateway
