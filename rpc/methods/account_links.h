// Links that configure an account: dcaccount:NAME and dclogin:ADDRESS?…, for the methods that take
// scanned texts.
#pragma once

#include <string_view>

#include "base/completion.h"
#include "rpc/context.h"

namespace rpc {

// Errc::invalid_argument for another text.
void configure_by_link(Context& context, base::AccountId account, std::string_view link,
                       base::Completion<> done);

}  // namespace rpc
