// Groups' rows: the part of a group's or channel's chat that is not in the chat's own row, and its
// members. The state is one sealed value here, which messaging interprets.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "store/tables/chat_enums.h"
#include "store/tables/scope.h"

namespace store {

struct GroupRow {
  base::ChatId chat;
  Uuid uuid{};            // the same at every member
  bool promoted = false;  // members have received it
  bool self_present = false;
  std::optional<std::int64_t> image_blob;  // counted among the blob's uses by whoever sets it
  // Sealed:
  std::string name;
  std::string description;
  crypto::WipingBytes secret;  // of a channel by mail, which seals its posts; empty: none
};

base::Result<> insert_group(const Scope& scope, const GroupRow& row, base::ByteView state);
base::Result<> update_group(const Scope& scope, const GroupRow& row, base::ByteView state);
// The group with its members.
base::Result<> delete_group(const Scope& scope, base::ChatId chat);
base::Result<std::optional<GroupRow>> find_group(const Scope& scope, base::ChatId chat);
base::Result<std::optional<GroupRow>> find_group_by_uuid(const Scope& scope, const Uuid& uuid);
// Channels of this type (our own or others') that we are in and that have a secret, the newest
// chats first.
base::Result<std::vector<GroupRow>> list_secret_channels(const Scope& scope, ChatType type,
                                                         std::size_t most);
base::Result<base::Bytes> load_group_state(const Scope& scope, base::ChatId chat);

struct MemberRow {
  base::ContactId contact;
  bool present = false;
  std::optional<std::array<std::uint8_t, 16>> sent_state;  // digest of the state sent last
  base::UnixMillis sent_at = 0;
  std::optional<std::array<std::uint8_t, 32>> sent_image;  // hash of the picture sent last
};

// Makes the row, or changes whether the member is there.
base::Result<> set_member(const Scope& scope, base::ChatId chat, base::ContactId contact,
                          bool present);
base::Result<> set_member_sent(const Scope& scope, base::ChatId chat, const MemberRow& row);
base::Result<std::optional<MemberRow>> find_member(const Scope& scope, base::ChatId chat,
                                                   base::ContactId contact);
// By contact id, former ones too.
base::Result<std::vector<MemberRow>> list_members(const Scope& scope, base::ChatId chat);
// Whether a contact is or was in any group.
base::Result<bool> was_member(const Scope& scope, base::ContactId contact);
// Chats whose group a contact is in.
base::Result<std::vector<base::ChatId>> groups_of_contact(const Scope& scope,
                                                          base::ContactId contact);

}  // namespace store
