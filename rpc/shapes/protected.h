// Protected files as the privitty_* methods show them.
#pragma once

#include "messaging/api/protected_files.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct EncryptedFile {
  static constexpr std::string_view kSchema = "PrivittyEncryptedFile";
  std::string encrypted_path;
  base::FileId file_id;
  static constexpr auto fields() {
    return std::tuple(
        base::field("encrypted_path", &EncryptedFile::encrypted_path, "to be sent with send_msg"),
        base::field("file_id", &EncryptedFile::file_id, "the protected file, in this account"));
  }
};

struct FileDisplayStatus {
  static constexpr std::string_view kSchema = "PrivittyFileDisplayStatus";
  std::string state_str;
  bool allow_download = false;
  bool allow_forward = false;
  bool is_forwarded = false;
  std::int64_t expiry_time_ms = 0;
  static constexpr auto fields() {
    using S = FileDisplayStatus;
    return std::tuple(
        base::field("state_str", &S::state_str,
                    "active, requested, waiting_owner_action, expired, revoked, denied, deleted, "
                    "none; not_found: a file of which nobody said whose it is"),
        base::field("allow_download", &S::allow_download, "it may be saved decrypted"),
        base::field("allow_forward", &S::allow_forward, "it may be forwarded, once"),
        base::field("is_forwarded", &S::is_forwarded, "it came from somebody but its owner"),
        base::field("expiry_time_ms", &S::expiry_time_ms, "Unix milliseconds, 0 never"));
  }
};

struct FileShared {
  static constexpr std::string_view kSchema = "PrivittyFileShared";
  base::ContactId contact_id;
  std::string contact_name;
  std::string contact_addr;
  std::string status;
  std::int64_t expiry_time = 0;
  bool download_allowed = false;
  bool forward_allowed = false;
  static constexpr auto fields() {
    using S = FileShared;
    return std::tuple(base::field("contactId", &S::contact_id, "who has access; 1 is this account"),
                      base::field("contactName", &S::contact_name, "their name"),
                      base::field("contactAddr", &S::contact_addr, "their address"),
                      base::field("status", &S::status, "as state_str"),
                      base::field("expiryTime", &S::expiry_time, "Unix milliseconds, 0 never"),
                      base::field("downloadAllowed", &S::download_allowed, ""),
                      base::field("forwardAllowed", &S::forward_allowed, ""));
  }
};

struct FileForwarded {
  static constexpr std::string_view kSchema = "PrivittyFileForwarded";
  base::ContactId contact_id;
  std::string contact_name;
  std::string contact_addr;
  std::string status;
  std::int64_t expiry_time = 0;
  bool download_allowed = false;
  static constexpr auto fields() {
    using S = FileForwarded;
    return std::tuple(base::field("contactId", &S::contact_id, "to whom it was forwarded"),
                      base::field("contactName", &S::contact_name, "their name"),
                      base::field("contactAddr", &S::contact_addr, "their address"),
                      base::field("status", &S::status, "as state_str"),
                      base::field("expiryTime", &S::expiry_time, "Unix milliseconds, 0 never"),
                      base::field("downloadAllowed", &S::download_allowed, ""));
  }
};

struct FileInfo {
  static constexpr std::string_view kSchema = "PrivittyFileInfo";
  std::string owner_name;
  std::string owner_addr;
  std::optional<FileShared> shared;
  std::vector<FileShared> members;
  std::vector<FileForwarded> forwarded;
  static constexpr auto fields() {
    return std::tuple(
        base::field("ownerName", &FileInfo::owner_name, "whose file it is"),
        base::field("ownerAddr", &FileInfo::owner_addr, "their address"),
        base::field("shared", &FileInfo::shared,
                    "who has it from its owner; of several, who needs attention "
                    "first"),
        base::field("members", &FileInfo::members,
                    "at the owner of a group's file: everybody who was given it, as it "
                    "stands for each"),
        base::field("forwarded", &FileInfo::forwarded, "who has it from them"));
  }
};

FileDisplayStatus to_shape(messaging::FileStatus status);
FileInfo to_shape(messaging::FileAccessInfo info);

}  // namespace rpc::shape
