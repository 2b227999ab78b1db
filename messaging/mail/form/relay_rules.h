// The rules by which chatmail relays accept a mail (the program filtermail). Used by tests on every
// mail that the writer makes, and before a mail is submitted to a relay.
#pragma once

#include <string_view>

#include "base/result.h"

namespace messaging::mail {

// `sender`: of MAIL FROM. The error names the rule that the mail breaks.
base::Result<> check_relay_rules(std::string_view mail, std::string_view sender);

}  // namespace messaging::mail
