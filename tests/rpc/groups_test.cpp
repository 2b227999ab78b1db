// Groups and channels of one gateway over the real methods: shapes, lines and errors. With members:
// tests/messaging/groups_test.cpp and tests/e2e/groups_test.py.
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

class GroupsGateway : public OneGateway {
 public:
  json ok(std::string_view method, json params) {
    return result(service(), method, std::move(params));
  }
  std::string error(std::string_view method, json params) {
    const json answer = call(service(), method, std::move(params));
    REQUIRE(answer.contains("error"));
    return answer["error"]["message"];
  }
  void shape(std::string_view schema, const json& value) {
    CHECK(reference_.fault(schema, value) == "");
  }

 private:
  SchemaCheck reference_ = SchemaCheck::reference();
};

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(GroupsGateway, "a group has the shapes that clients know") {
  const int chat = ok("create_group_chat", {1, "Shift 2", false});
  const json full = ok("get_full_chat_by_id", {1, chat});
  shape("FullChat", full);
  shape("BasicChat", ok("get_basic_chat_info", {1, chat}));
  CHECK(full["chatType"] == "Group");
  CHECK(full["contactIds"] == json({1}));
  CHECK(full["pastContactIds"] == json::array());
  CHECK(full["isUnpromoted"] == true);
  CHECK(full["isEncrypted"] == true);
  CHECK(full["selfInGroup"] == true);
  CHECK(full["canSend"] == true);
  const json items = ok("get_chatlist_items_by_entries", {1, {chat}});
  shape("ChatListItemFetchResult", items[std::to_string(chat)]);
  CHECK(items[std::to_string(chat)]["isGroup"] == true);
  CHECK(items[std::to_string(chat)]["isSelfInGroup"] == true);

  // Nobody is notified of changes before the first message.
  CHECK(ok("set_chat_name", {1, chat, "Shift 3"}).is_null());
  CHECK(ok("get_message_ids", {1, chat, false, false}).size() == 1);  // that it is encrypted
  const int msg = ok("misc_send_text_message", {1, chat, "anybody here?"});
  CHECK(ok("get_message", {1, msg})["state"] == 26);
  CHECK(ok("get_basic_chat_info", {1, chat})["isUnpromoted"] == false);
  CHECK(ok("set_chat_name", {1, chat, "Shift 4"}).is_null());
  CHECK(ok("set_chat_description", {1, chat, "night"}).is_null());
  CHECK(ok("get_chat_description", {1, chat}) == "night");
  CHECK(ok("leave_group", {1, chat}).is_null());
  const json ids = ok("get_message_ids", {1, chat, true, false});
  REQUIRE(ids.size() == 4);
  const char* const types[] = {"ChatE2ee", "GroupNameChanged", "GroupDescriptionChanged",
                               "MemberRemovedFromGroup"};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const json line = ok("get_message", {1, ids[i]});
    shape("Message", line);
    CHECK(line["systemMessageType"] == types[i]);
    CHECK(line["isInfo"] == true);
    if (i == 0) continue;  // the chat's own line; the others are ours
    CHECK(line["fromId"] == 1);
    CHECK(line["infoContactId"] == 1);
    CHECK(line["state"] == 26);
  }
  CHECK(ok("get_full_chat_by_id", {1, chat})["selfInGroup"] == false);
  CHECK(ok("can_send", {1, chat}) == false);
  CHECK(ok("get_past_chat_contacts", {1, chat}) == json({1}));
  CHECK(says(error("misc_send_text_message", {1, chat, "x"}), "not a member"));
  CHECK(ok("delete_chat", {1, chat}).is_null());
  CHECK(says(error("get_full_chat_by_id", {1, chat}), std::to_string(chat)));
}

TEST_CASE_METHOD(GroupsGateway, "a channel has the shapes that clients know") {
  const int chat = ok("create_broadcast", {1, "News"});
  const json full = ok("get_full_chat_by_id", {1, chat});
  shape("FullChat", full);
  CHECK(full["chatType"] == "OutBroadcast");
  CHECK(full["contactIds"] == json::array());
  CHECK(full["isUnpromoted"] == false);
  CHECK(ok("can_send", {1, chat}) == true);
  const std::string link = ok("get_chat_securejoin_qr_code", {1, chat});
  const json own = ok("check_qr", {1, link});
  shape("Qr", own);
  CHECK(own["kind"] == "withdrawJoinBroadcast");
  CHECK(own["name"] == "News");
  CHECK(says(error("leave_group", {1, chat}), "delete_chat"));
}

TEST_CASE_METHOD(GroupsGateway, "what cannot be done with a group is refused with words") {
  const int saved = ok("create_chat_by_contact_id", {1, 1});
  const int chat = ok("create_group_chat", {1, "Crew", false});
  CHECK(says(error("create_group_chat", {1, "  ", false}), "Invalid chat name"));
  CHECK(says(error("create_group_chat", {1, std::string(300, 'x'), false}), "256"));
  CHECK(says(error("set_chat_name", {1, saved, "x"}), "neither a group nor a channel"));
  CHECK(says(error("leave_group", {1, saved}), "neither a group nor a channel"));
  CHECK(says(error("add_contact_to_chat", {1, chat, 5}), "cannot be added"));
  CHECK(says(error("add_contact_to_chat", {1, chat, 1234}), "1234"));
  CHECK(says(error("set_chat_description", {1, chat, std::string(5000, 'x')}), "4096"));
  CHECK(says(error("set_chat_profile_image", {1, chat, "/nowhere.png"}), "/nowhere.png"));
  CHECK(says(error("get_chat_securejoin_qr_code", {1, saved}), "not a group"));
  const std::string link = ok("get_chat_securejoin_qr_code", {1, chat});
  shape("Qr", ok("check_qr", {1, link}));
  CHECK(ok("check_qr", {1, link})["kind"] == "withdrawVerifyGroup");
  CHECK(ok("set_config_from_qr", {1, link}).is_null());
  CHECK(ok("check_qr", {1, link})["kind"] == "reviveVerifyGroup");
  CHECK(says(error("secure_join", {1, link}), "own"));
  CHECK(ok("get_similar_chat_ids", {1, chat}) == json::array());
}
