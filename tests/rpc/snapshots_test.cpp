// One answer reads one snapshot, whatever it shows and however much: what is written meanwhile is
// in all of an answer or in none of it.
#include <fstream>

#include "store/readers.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

// Account 1 and account 2 of one gateway, joined; account 1 has a chat with messages of both that
// quote each other, files and a protected file, a group, an archived chat and a draft.
class Talk : public OneGateway {
 public:
  Talk() {
    ok("set_config", {1, "displayname", "Ada"});
    other_ = ok("add_account").get<int>();
    ok("set_config", {other_, "displayname", "Bob"});
    const std::string link = ok("get_chat_securejoin_qr_code", {1, nullptr});
    theirs_ = ok("secure_join", {other_, link});
    until([&] { return ok("get_contact_ids", {1, 0, "Bob"}).size() == 1; });
    bob_ = ok("get_contact_ids", {1, 0, "Bob"})[0];
    chat_ = ok("create_chat_by_contact_id", {1, bob_});
    const int first = send(1, chat_, {{"text", "first"}});
    send(1, chat_, {{"text", "again"}, {"quotedMessageId", first}});
    send(1, chat_, {{"text", "see this"}, {"file", file("plan.txt")}});
    const json made =
        ok("privitty_send_file", {1, chat_, bob_, file("secret.txt"), true, false, 0});
    secret_ = send(1, chat_, {{"file", made["encrypted_path"]}, {"viewtype", "File"}});
    send(other_, theirs_, {{"text", "from the other"}});
    until([&] { return ok("search_messages", {1, "from the other", nullptr}).size() == 1; });
    const int theirs = ok("search_messages", {1, "from the other", nullptr})[0];
    send(1, chat_, {{"text", "quite so"}, {"quotedMessageId", theirs}});
    const int group = ok("create_group_chat", {1, "Shift 2", false});
    ok("add_contact_to_chat", {1, group, bob_});
    ok("misc_set_draft", {1, chat_, "half a thought", nullptr, nullptr, first, nullptr});
    ok("set_chat_visibility", {1, ok("create_chat_by_contact_id", {1, 1}), "Archived"});
  }

  json ok(std::string_view method, json params = json::array()) {
    return result(service(), method, std::move(params));
  }
  // The answer, and how many snapshots were read for it.
  json counted(std::string_view method, json params, std::uint64_t& snapshots) {
    const std::uint64_t before = store::readers_taken_by_this_thread();
    json answer = ok(method, std::move(params));
    snapshots = store::readers_taken_by_this_thread() - before;
    return answer;
  }

  int chat() const { return chat_; }
  int bob() const { return bob_; }
  int secret() const { return secret_; }

 private:
  int send(int account, int chat, const json& message) {
    return ok("send_msg", {account, chat, message});
  }
  std::string file(const std::string& name) {
    std::ofstream(dir() / name) << "content of " << name;
    return dir() / name;
  }
  template <class F>
  void until(F holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!holds()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      ok("sleep", {0.01});
    }
  }

  int other_ = 0, chat_ = 0, theirs_ = 0, bob_ = 0, secret_ = 0;
};

}  // namespace

TEST_CASE_METHOD(Talk, "messages, chat list entries and contacts are each one snapshot's") {
  std::uint64_t snapshots = 0;
  const json ids = ok("get_message_ids", {1, chat(), false, false});
  REQUIRE(ids.size() >= 6);
  const json messages = counted("get_messages", {1, ids}, snapshots);
  CHECK(snapshots == 1);
  CHECK(messages.size() == ids.size());
  const json secret = messages[std::to_string(this->secret())];
  CHECK(secret["privittyFileInfo"]["shared"]["contactId"] == bob());
  std::size_t quoting = 0;
  for (const auto& message : messages) {
    CHECK(message["kind"] == "message");
    if (message.contains("quote") && message["quote"].is_object()) {
      CHECK(message["quote"]["kind"] == "WithMessage");
      ++quoting;
    }
  }
  CHECK(quoting == 2);

  CHECK(counted("get_message", {1, this->secret()}, snapshots)["privittyFileInfo"] ==
        secret["privittyFileInfo"]);
  CHECK(snapshots == 1);

  const json entries = ok("get_chatlist_entries", {1, nullptr, nullptr, nullptr});
  CHECK(entries.size() >= 4);
  CHECK(entries[0] == 6);
  const json items = counted("get_chatlist_items_by_entries", {1, entries}, snapshots);
  CHECK(snapshots == 1);
  CHECK(items.size() == entries.size());
  CHECK(items["6"]["kind"] == "ArchiveLink");
  CHECK(items[std::to_string(chat())]["summaryText1"] == "Draft");

  CHECK(counted("get_contacts", {1, 2, nullptr}, snapshots).size() == 2);
  CHECK(snapshots == 1);
  CHECK(counted("get_contacts_by_ids", {1, {1, 5, bob()}}, snapshots).size() == 3);
  CHECK(snapshots == 1);
  CHECK(counted("get_blocked_contacts", {1}, snapshots).empty());
  CHECK(snapshots == 1);
  CHECK(counted("get_draft", {1, chat()}, snapshots)["quote"]["kind"] == "WithMessage");
  CHECK(snapshots == 1);
  CHECK(
      counted("get_chat_encryption_info", {1, chat()}, snapshots).get<std::string>().find("Bob") !=
      std::string::npos);
  CHECK(snapshots == 1);

  const auto file_of = [&](const json& message) {
    const std::uint64_t before = store::readers_taken_by_this_thread();
    const auto opened = engine().files().open_unprotected(
        base::AccountId(1), base::MsgId(message["id"].get<std::uint32_t>()));
    snapshots = store::readers_taken_by_this_thread() - before;
    return opened ? opened->name : opened.error().message;
  };
  for (const auto& message : messages) {
    if (message["fileName"] == "plan.txt") CHECK(file_of(message) == "plan.txt");
    if (message["fileName"] == "plan.txt") CHECK(snapshots == 1);
  }
  CHECK(file_of(secret).find("is a protected one") != std::string::npos);
  CHECK(snapshots == 1);

  CHECK(counted("message_ids_to_search_results", {1, ids}, snapshots).size() == ids.size());
  CHECK(snapshots == 1);
  CHECK(counted("get_message_notification_info", {1, ids[0]}, snapshots)["chatName"] == "Bob");
  CHECK(snapshots == 1);
}
