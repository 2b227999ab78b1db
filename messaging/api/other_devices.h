// Whether an account may be used by several devices (kernel/protocol.h), asked before a copy of the
// account goes to another one.
#pragma once

#include "base/result.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

// True: the account stays in use here beside its copy, and from now on keeps and sends what a
// second device needs. False: it lives on one gateway. Waits for a commit: call it on a file
// thread.
base::Result<bool> expect_other_device(kernel::Core& core, AccountId account);

}  // namespace messaging
