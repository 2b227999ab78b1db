// File accesses' rows: who may open a protected file, until when, and what ended it. The owner has
// one row for what a holder was given alone, and one for each group as whose member it was given
// access; a holder has one row of its own (contact 1), and one per contact it forwarded the file
// to.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

// Stored and sent: never change a number.
enum class FileState : std::uint8_t {
  none = 0,  // nothing was granted yet
  active = 1,
  requested = 2,  // the holder asked and waits for the owner
  expired = 3,
  revoked = 4,
  denied = 5,
  deleted = 6,  // the holder deleted its copy
};

struct FileAccessRow {
  base::FileId file;
  base::ContactId contact;  // the holder; 1 ourselves
  base::ContactId via;      // who forwarded it; 0 nobody
  base::ChatId chat;        // where the holder sees it
  base::MsgId message;      // that carried the file to, or from, the holder; 0 none yet
  FileState state = FileState::none;
  bool download = false;
  bool forward = false;
  std::uint64_t rev = 0;    // of the owner's last decision: a later one replaces an earlier one
  std::uint64_t asked = 0;  // how often the holder asked
  base::UnixMillis expires_at = 0;  // by the owner's clock; 0 never
  base::UnixMillis changed_at = 0;
  // As whose member the holder has access, which ends with the membership. With file and contact
  // it is the row's key.
  std::optional<Uuid> group;
};

base::Result<> put_file_access(const Scope& scope, const FileAccessRow& row);
// The last decision sent to the holder: the row with the highest rev.
base::Result<std::optional<FileAccessRow>> find_file_access(const Scope& scope, base::FileId file,
                                                            base::ContactId contact);
// The row of this key; without a group what was given to the contact alone.
base::Result<std::optional<FileAccessRow>> find_file_access_in(const Scope& scope,
                                                               base::FileId file,
                                                               base::ContactId contact,
                                                               const std::optional<Uuid>& group);
// All rows of one holder, the last sent first.
base::Result<std::vector<FileAccessRow>> file_accesses_of_holder(const Scope& scope,
                                                                 base::FileId file,
                                                                 base::ContactId contact);
// In the order in which they were made.
base::Result<std::vector<FileAccessRow>> file_accesses(const Scope& scope, base::FileId file);
base::Result<std::vector<FileAccessRow>> file_accesses_of_message(const Scope& scope,
                                                                  base::MsgId message);
// The access of a contact as a member of this group.
base::Result<std::vector<FileAccessRow>> file_accesses_of_member(const Scope& scope,
                                                                 const Uuid& group,
                                                                 base::ContactId contact);
// Active ones whose window ended at `now`.
base::Result<std::vector<FileAccessRow>> due_file_accesses(const Scope& scope,
                                                           base::UnixMillis now);
// Of all decisions about files that we own, by so much.
base::Result<> raise_own_revisions(const Scope& scope, std::uint64_t by);
// When the next window of any account ends.
base::Result<std::optional<base::UnixMillis>> next_due_file_access(Connection& db);

}  // namespace store
