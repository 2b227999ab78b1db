// SQLite's library, set up once in a process before its first connection. Within store/. Safe from
// any thread.
#pragma once

namespace store {

// SQLite then counts no memory, which costs it a lock at each allocation.
void set_up_sqlite();

}  // namespace store
