// ProtectedFiles: files that stay under their owner's control (docs/protocol.md, section 12). The
// owner protects a file into NAME.prv and grants a contact access for a while; the contact opens it
// with the grant's share of the key, until the access ends, is revoked, or its copy is deleted.
//
// Every change is one transaction with its message and its events. Safe from any thread; what works
// on files runs on the file worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/attachment.h"
#include "messaging/model/types.h"
#include "store/tables/file_accesses.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel
namespace messaging::protection {
class OpenReads;
}  // namespace messaging::protection

namespace messaging {

struct ProtectRequest {
  ChatId chat;
  std::optional<ContactId> peer;  // the chat's contact; without one: the members of its group
  std::string path;               // of the plaintext
  bool allow_download = false;
  bool allow_forward = false;
  std::uint32_t minutes = 0;  // 0: no end
};
struct ProtectedPath {
  std::string encrypted_path;
  FileId file_id;
};

// Access for the contact of a single chat, without an end.
struct ProtectStream {
  ChatId chat;
  ContactId peer;
  std::string name;                         // of the plaintext
  std::unique_ptr<AttachmentReader> plain;  // read once, in order
  bool allow_download = false;
};

struct GrantTerms {
  bool allow_download = false;
  bool allow_forward = false;
  std::uint32_t seconds = 0;  // 0: no end
};

// A decision about a file's access, by the owner or by a holder.
struct FileTarget {
  ChatId chat;
  FileId file;
};

struct FileStatus {
  std::string state;  // one of the words of FileState, or waiting_owner_action
  bool allow_download = false;
  bool allow_forward = false;
  bool is_forwarded = false;
  UnixMillis expires_at = 0;  // 0 never
};

struct FileHolder {
  ContactId contact;  // 1 this account
  std::string name;
  std::string addr;
  std::string status;
  UnixMillis expires_at = 0;
  bool allow_download = false;
  bool allow_forward = false;
};
struct FileAccessInfo {
  std::string owner_name;
  std::string owner_addr;
  std::optional<FileHolder> shared;  // of several, the one that needs attention first
  std::vector<FileHolder> members;   // for the owner of a group's file: everybody who was given it
  std::vector<FileHolder> forwarded;
};

struct View;
// The status of a message's protected file; nothing for a message without one.
base::Result<std::optional<FileAccessInfo>> view_file_access(const View& view, MsgId message);

// The plaintext of a protected file while access lasts: read_at() fails with Errc::gone from the
// moment the access ends.
struct OpenedFile {
  std::string name;
  std::unique_ptr<AttachmentReader> reader;
};

class ProtectedFiles {
 public:
  explicit ProtectedFiles(kernel::Core& core);
  ~ProtectedFiles();

  // Writes path + ".prv", never over a file, and queues the grant, or one for each member.
  void protect(AccountId account, ProtectRequest request, base::Completion<ProtectedPath> done);
  // Protects the bytes of a reader as a file of our own; the path can be sent in a message.
  void protect_stream(AccountId account, ProtectStream request,
                      base::Completion<ProtectedPath> done);
  // Writes the plaintext beside `prv_path`; answers with its path. Only with download allowed.
  void decrypt(AccountId account, ChatId chat, MsgId message, std::string prv_path,
               base::Completion<std::string> done);
  // For the viewer. Errc::gone when access ended, Errc::forbidden when there never was any.
  base::Result<OpenedFile> open(AccountId account, MsgId message) const;

  base::Result<FileId> by_path(AccountId account, const std::string& path) const;
  base::Result<std::optional<FileStatus>> status(AccountId account, FileId file) const;
  base::Result<std::optional<FileAccessInfo>> info(AccountId account, MsgId message) const;

  // The owner's decisions. Without a peer revoke() takes everybody's access.
  void revoke(AccountId account, FileTarget target, std::optional<ContactId> peer,
              base::Completion<> done);
  void grant(AccountId account, FileTarget target, ContactId peer, GrantTerms terms,
             base::Completion<> done);
  void deny(AccountId account, FileTarget target, ContactId peer, base::Completion<> done);

  // A holder asks for access, again or for the first time.
  void request(AccountId account, FileTarget target, base::Completion<> done);
  // Call before a received file is forwarded to another chat: its recipient may then ask its owner.
  void forward(AccountId account, ChatId source, ChatId target, std::string prv_path,
               base::Completion<> done);

  // For a group. Fails for any other chat. With an address, prepares that member for grants.
  void prepare_group(AccountId account, ChatId chat, std::optional<std::string> member_addr,
                     base::Completion<> done);

  // Ends access windows that are over: destroys shares and emits events. Also runs by itself
  // within a second.
  void expire(AccountId account, base::Completion<> done);

  protection::OpenReads& open_reads() const { return *open_reads_; }

 private:
  kernel::Core& core_;
  std::unique_ptr<protection::OpenReads> open_reads_;
};

}  // namespace messaging
