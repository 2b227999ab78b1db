// Parameters that several methods share, and short names for handlers. A method with parameters
// besides an account or a chat has a struct that derives from OfAccount or OfChat.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "messaging/api/engine.h"
#include "rpc/json_fields.h"
#include "rpc/method.h"

namespace rpc {

using base::AccountId;
using base::ChatId;
using base::Completion;
using base::ContactId;
using base::Errc;
using base::fail;
using base::MsgId;
using base::Result;

// Each id once, so that a repeated id is looked up once.
template <class Id>
std::vector<Id> distinct(std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

struct OfAccount {
  AccountId account_id;
  static constexpr auto fields() {
    return std::tuple(
        base::field("account_id", &OfAccount::account_id, "the account; 1 is the edge's own"));
  }
};

struct OfChat : OfAccount {
  ChatId chat_id;
  static constexpr auto fields(std::string_view doc = "the chat") {
    return base::with_fields(OfAccount::fields(), base::field("chat_id", &OfChat::chat_id, doc));
  }
};

struct OfMaybeChat : OfAccount {
  std::optional<ChatId> chat_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("chat_id", &OfMaybeChat::chat_id,
                                                              "null: the account itself"));
  }
};

struct OfMessage : OfAccount {
  MsgId message_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("message_id", &OfMessage::message_id, "the message"));
  }
};

struct OfMessages : OfAccount {
  std::vector<MsgId> message_ids;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("message_ids", &OfMessages::message_ids, "the messages; at most 100,000"));
  }
};

struct OfContact : OfAccount {
  ContactId contact_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("contact_id", &OfContact::contact_id, "the contact"));
  }
};

struct OfAddr : OfAccount {
  std::string addr;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("addr", &OfAddr::addr, "an address, in full"));
  }
};

struct OfLink : OfAccount {
  std::string qr;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("qr", &OfLink::qr, "an invite link, or any scanned text"));
  }
};

inline messaging::Engine& engine_of(const Context& context) { return *context.engine; }

// Each file of methods adds its rows.
void add_account_methods(std::vector<Method>& table);
void add_config_methods(std::vector<Method>& table);
void add_transport_methods(std::vector<Method>& table);
void add_contact_methods(std::vector<Method>& table);
void add_card_methods(std::vector<Method>& table);
void add_chat_methods(std::vector<Method>& table);
void add_group_methods(std::vector<Method>& table);
void add_chat_list_methods(std::vector<Method>& table);
void add_message_methods(std::vector<Method>& table);
void add_send_methods(std::vector<Method>& table);
void add_draft_methods(std::vector<Method>& table);
void add_backup_methods(std::vector<Method>& table);
void add_file_methods(std::vector<Method>& table);
void add_join_methods(std::vector<Method>& table);
void add_event_methods(std::vector<Method>& table);
void add_channel_methods(std::vector<Method>& table);
void add_command_methods(std::vector<Method>& table);
void add_protected_methods(std::vector<Method>& table);
void add_file_access_methods(std::vector<Method>& table);
void add_device_methods(std::vector<Method>& table);
void add_license_methods(std::vector<Method>& table);
void add_change_methods(std::vector<Method>& table);
void add_location_methods(std::vector<Method>& table);
void add_sticker_methods(std::vector<Method>& table);
void add_webxdc_methods(std::vector<Method>& table);
void add_call_methods(std::vector<Method>& table);
void add_misc_methods(std::vector<Method>& table);
void add_found_message_methods(std::vector<Method>& table);
void add_not_offered_methods(std::vector<Method>& table);

}  // namespace rpc
