// The methods of messages, drafts and files, in the shapes that clients know.
#include <algorithm>
#include <fstream>

#include "tests/rpc/known_shapes.h"

using nlohmann::json;

TEST_CASE_METHOD(KnownShapes, "a message to oneself is sent, listed and read in the known shapes") {
  const int chat = saved();
  const json id = ok("send_msg", {1, chat, {{"text", "Batch complete"}}});
  const json second = ok("misc_send_text_message", {1, chat, "two"});
  REQUIRE(id.is_number_integer());
  const std::string key = std::to_string(id.get<int>());
  const json messages = ok("get_messages", {1, {id, second, 999999}});
  CHECK(messages.size() == 3);
  for (const auto& message : messages) shape("MessageLoadResult", message);
  CHECK(messages[key]["text"] == "Batch complete");
  CHECK(messages[key]["state"] == 26);
  CHECK(messages["999999"]["kind"] == "loadingError");
  shape("Message", ok("get_message", {1, id}));
  shape("MessageInfo", ok("get_message_info_object", {1, id}));
  CHECK(ok("get_message_info", {1, id}).get<std::string>().find("Batch complete") !=
        std::string::npos);
  CHECK(ok("get_message_ids", {1, chat, false, false}) == json({id, second}));
  for (const auto& item : ok("get_message_list_items", {1, chat, false, true})) {
    shape("MessageListItem", item);
  }
  CHECK(ok("get_existing_msg_ids", {1, {id, 999999}}) == json::array({id}));
  shape("FullChat", ok("get_full_chat_by_id", {1, chat}));
  shape("BasicChat", ok("get_basic_chat_info", {1, chat}));
  CHECK(ok("can_send", {1, chat}) == true);
  CHECK(ok("get_chat_contacts", {1, chat}) == json({1}));
  const json entries = ok("get_chatlist_entries", {1, nullptr, nullptr, nullptr});
  CHECK(ok("get_chatlist_entries", {1}) == entries);
  CHECK(std::find(entries.begin(), entries.end(), chat) != entries.end());
  json asked = entries;
  asked.push_back(6);
  asked.push_back(4711);
  const json items = ok("get_chatlist_items_by_entries", {1, asked});
  for (const auto& item : items) shape("ChatListItemFetchResult", item);
  CHECK(items["6"]["kind"] == "ArchiveLink");
  CHECK(items["4711"]["kind"] == "Error");
  CHECK(ok("delete_messages", {1, {id}}).is_null());
  CHECK(ok("get_messages", {1, {id}})[key]["kind"] == "loadingError");
}

TEST_CASE_METHOD(KnownShapes,
                 "a message without text and file, or to no chat, is refused in words") {
  const json empty = error("send_msg", {1, saved(), {{"txt", "typo"}}});
  CHECK(empty["code"] == -32602);
  CHECK(empty["message"] == "data: a message needs text, file or location; ignored: txt");
  CHECK(error("send_msg", {1, 4711, {{"text", "x"}}})["code"] == -32603);
  CHECK(error("send_msg", {1, saved()})["message"] == "data: missing, expected an object");
}

TEST_CASE_METHOD(KnownShapes, "a draft is kept, shown, sent and dropped") {
  const int chat = saved();
  CHECK(ok("get_draft", {1, chat}).is_null());
  ok("misc_set_draft", {1, chat, "later"});
  const json draft = ok("get_draft", {1, chat});
  shape("Message", draft);
  CHECK(draft["state"] == 19);
  const json id = ok("misc_send_draft", {1, chat});
  CHECK(ok("get_message", {1, id})["text"] == "later");
  CHECK(ok("get_draft", {1, chat}).is_null());
  CHECK(error("misc_send_draft", {1, chat})["code"] == -32603);
}

TEST_CASE_METHOD(KnownShapes, "files go in by path and come out as they were, never over a file") {
  const std::string source = dir() / "report.csv";
  std::ofstream(source) << "a,b\n1,2\n";
  const int chat = saved();
  const json id = ok("send_msg", {1, chat, {{"text", "see"}, {"file", source}}});
  const json message = ok("get_message", {1, id});
  shape("Message", message);
  CHECK(message["fileName"] == "report.csv");
  CHECK(message["fileBytes"] == 8);
  const std::string copy = dir() / "copy.csv";
  CHECK(ok("save_msg_file", {1, id, copy}).is_null());
  std::ifstream in(copy);
  CHECK(std::string((std::istreambuf_iterator<char>(in)), {}) == "a,b\n1,2\n");
  CHECK(error("save_msg_file", {1, id, copy})["code"] == -32603);
  const json blob = ok("copy_to_blob_dir", {1, source});
  CHECK(ok("send_msg", {1, chat, {{"file", blob}, {"filename", "again.csv"}}}).is_number_integer());
  CHECK(blob.get<std::string>().starts_with(ok("get_blob_dir", {1}).get<std::string>()));
}

TEST_CASE_METHOD(KnownShapes, "a chat's first unread message, and chats marked fresh and noticed") {
  ok("marknoticed_all_chats", {1});  // a new account has a message that welcomes
  const json first = ok("add_device_message", {1, "a", {{"text", "one"}}});
  const json second = ok("add_device_message", {1, "b", {{"text", "two"}}});
  const int chat = ok("get_message", {1, first})["chatId"];
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}) == first);
  CHECK(ok("marknoticed_all_chats", {1}).is_null());
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}).is_null());
  CHECK(ok("get_fresh_msg_cnt", {1, chat}) == 0);
  CHECK(ok("markfresh_chat", {1, chat}).is_null());
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}) == second);
  CHECK(ok("get_fresh_msg_cnt", {1, chat}) == 1);
  CHECK(ok("get_message", {1, first})["state"] == 13);
  ok("markseen_msgs", {1, {second}});
  ok("markfresh_chat", {1, chat});
  CHECK(ok("get_message", {1, second})["state"] == 10);
  // Nothing was received in Saved messages.
  ok("send_msg", {1, saved(), {{"text", "note"}}});
  ok("markfresh_chat", {1, saved()});
  CHECK(ok("get_fresh_msg_cnt", {1, saved()}) == 0);
  error("markfresh_chat", {1, 4711});
  error("get_first_unread_message_of_chat", {1, 4711});
}

TEST_CASE_METHOD(KnownShapes, "messages are shown as search results and in notifications") {
  const json note = ok("send_msg", {1, saved(), {{"text", "Pump 3\nruns hot"}}});
  const json update = ok("add_device_message", {1, "a", {{"text", "update"}}});
  const json results = ok("message_ids_to_search_results", {1, {note, update, note, 999999}});
  CHECK(results.size() == 2);
  for (const auto& result : results) shape("MessageSearchResult", result);
  const json found = results[std::to_string(note.get<int>())];
  CHECK(found["message"] == "Pump 3\nruns hot");
  CHECK(found["authorId"] == 1);
  CHECK(found["chatId"] == saved());
  CHECK(found["chatName"] == "Saved messages");
  const json shown = ok("get_message_notification_info", {1, note});
  shape("MessageNotificationInfo", shown);
  CHECK(shown["summaryText"] == "Pump 3 runs hot");
  CHECK(shown["chatName"] == "Saved messages");
  CHECK(shown["summaryPrefix"].is_null());
  error("get_message_notification_info", {1, 999999});
}

TEST_CASE_METHOD(KnownShapes, "messages older than a span are counted, but for Saved messages") {
  ok("send_msg", {1, saved(), {{"text", "note"}}});  // the device chat has one that welcomes
  CHECK(ok("estimate_auto_deletion_count", {1, false, 3600}) == 0);
  until([&] { return ok("estimate_auto_deletion_count", {1, false, 0}) == 1; });
  CHECK(ok("estimate_auto_deletion_count", {1, true, 3600}) == 0);
  CHECK(error("estimate_auto_deletion_count", {1, false, -1})["code"] == -32602);
}

TEST_CASE_METHOD(KnownShapes, "reactions to a message, its edit and its deletion for all") {
  const json id = ok("send_msg", {1, saved(), {{"text", "Pump 3 runs hot"}}});
  CHECK(ok("get_message_reactions", {1, id}).is_null());
  CHECK(ok("send_reaction", {1, id, {"👍", "🔥"}}) == id);
  const json reactions = ok("get_message_reactions", {1, id});
  shape("Reactions", reactions);
  CHECK(reactions["reactionsByContact"]["1"] == json({"👍", "🔥"}));
  CHECK(reactions["reactions"][0] == json({{"count", 1}, {"emoji", "👍"}, {"isFromSelf", true}}));
  shape("Message", ok("get_message", {1, id}));
  CHECK(ok("get_message", {1, id})["reactions"] == reactions);
  ok("send_reaction", {1, id, json::array()});
  CHECK(ok("get_message_reactions", {1, id}).is_null());
  CHECK(error("send_reaction", {1, id, {"a\nb"}})["message"].get<std::string>().find(
            "reaction: expected emojis") != std::string::npos);
  CHECK(ok("send_edit_request", {1, id, "Pump 4 runs hot"}).is_null());
  CHECK(ok("get_message", {1, id})["text"] == "Pump 4 runs hot");
  CHECK(ok("get_message", {1, id})["isEdited"] == true);
  CHECK(error("send_edit_request", {1, id, " "})["code"] == -32602);
  const json device = ok("add_device_message", {1, "a", {{"text", "one"}}});
  error("send_edit_request", {1, device, "mine"});
  error("delete_messages_for_all", {1, {id, device}});
  CHECK(ok("delete_messages_for_all", {1, {id}}).is_null());
  CHECK(ok("get_existing_msg_ids", {1, {id, device}}) == json::array({device}));
}
