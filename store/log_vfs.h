// log_vfs: a SQLite VFS over another one that gathers what is written into a write-ahead log, and
// writes it by one call when the log is synced or read.
//
// SQLite writes each page of a commit as two pieces, 24 and 4096 bytes, each of which costs a call
// and the locks and bookkeeping of a file system. Only for connections that sync each commit
// (Synchronous::full): SQLite publishes a commit after that sync, so nobody reads what is still
// gathered but the connection itself. A write that fails is reported by the sync, which SQLite
// takes as it takes a failed write: the commit fails, and the next one begins at the same place.
// All other files are the underlying VFS's own. Any thread.
#pragma once

#include <string>

struct sqlite3;

namespace store {

// The name under which it is registered, over the VFS of this name ("": the system's). The name
// itself, when SQLite knows no such VFS.
std::string log_vfs(const std::string& name);

// For each connection over a log_vfs(): pages of a transaction that is rolled back are not written
// any more. Later they might meet another connection's commit in the same place. It is the
// connection's rollback hook.
void drop_log_at_rollback(sqlite3* db);

}  // namespace store
