// What the account's protocol says of several devices (kernel/protocol.h), before a copy of the
// account goes to one.
#pragma once

#include "base/result.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

// True: the account goes on here beside its copy, and from now on keeps and sends what that needs.
// False: it lives in one place. Waits for a commit: for a thread of files.
base::Result<bool> expect_other_device(kernel::Core& core, AccountId account);

}  // namespace messaging
