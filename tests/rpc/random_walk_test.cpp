// A random walk over the API with three accounts in one gateway, who have chats with each other and
// a group: messages, edits, reactions, deletions, reading, timers, restarts. A model says what each
// of them has to show in the end; and no call, also none that makes no sense, ends in an internal
// error.
//
// EDGE_TEST_SEED repeats a walk, which prints its seed.
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"

using nlohmann::json;

namespace {

constexpr int kPeople = 3;
constexpr int kRounds = 12;
constexpr int kStepsInRound = 25;
constexpr int kDelivered = 26, kRead = 28;

unsigned seed_of_walk() {
  const char* given = std::getenv("EDGE_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device()();
}

// A place is a chat that some people share: two of them, or all in the group.
using Place = std::set<int>;

struct Modelled {
  int author = 0;
  Place place;
  std::string text;
  bool edited = false;
  std::uint32_t timer = 0;
  std::map<int, std::string> reactions;
  std::set<int> gone;   // deleted at these
  std::set<int> seen;   // by these
  std::set<int> fresh;  // at these
};

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) {
    for (int who = 0; who < kPeople; ++who) {
      accounts_[who] = who == 0 ? json(1) : result(api(), "add_account");
      result(api(), "set_config", {accounts_[who], "displayname", name(who)});
    }
    for (int a = 0; a < kPeople; ++a) {
      for (int b = a + 1; b < kPeople; ++b) join(a, b);
    }
    group_ = {0, 1, 2};
    const json group = result(api(), "create_group_chat", {accounts_[0], "all of us", false});
    for (const int other : {1, 2}) {
      result(api(), "add_contact_to_chat", {accounts_[0], group, contacts_.at({0, other})});
    }
    chats_[{0, group_}] = group;
    send(0, group_);
    for (const int other : {1, 2}) {
      chats_[{other, group_}] = wait_for([&] { return chat_named(other, "all of us"); });
    }
  }

  void step() {
    const int who = pick(kPeople);
    const Place place = any_place_of(who);
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        return send(who, place);
      case 3:
        return edit(who, place);
      case 4:
      case 5:
        return react(who, place);
      case 6:
        return delete_here(who, place);
      case 7:
        return delete_for_all(who, place);
      case 8:
      case 9:
        return see(who, place);
      case 10:
        return notice(who, place);
      default:
        return make_nonsense(who, place);
    }
  }

  // Everything has arrived everywhere.
  void settle() {
    for (const auto& entry : chats_) {
      const int who = entry.first.first;
      const Place& place = entry.first.second;
      std::string differs;
      test::eventually([&] {
        differs = difference(who, place, entry.second);
        return differs.empty();
      });
      INFO(name(who) << "'s chat of " << place.size() << ": " << differs);
      REQUIRE(differs.empty());
    }
  }

  // One after the other, so that it is known which counts.
  void set_timer() {
    const int who = pick(kPeople);
    const Place place = any_place_of(who);
    const std::uint32_t seconds = timers_[place] == 0 ? 86'400 : pick(2) == 0 ? 3600 : 0;
    timers_[place] = seconds;
    result(api(), "set_chat_ephemeral_timer", {accounts_[who], chats_.at({who, place}), seconds});
    settle();
  }

  void restart() { gateway_.restart(); }

 private:
  rpc::Dispatcher& api() { return gateway_.service(); }
  static std::string name(int who) { return std::string(1, static_cast<char>('a' + who)); }
  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

  Place any_place_of(int who) {
    std::vector<Place> places;
    for (const auto& [key, chat] : chats_) {
      if (key.first == who) places.push_back(key.second);
    }
    return places[static_cast<std::size_t>(pick(static_cast<int>(places.size())))];
  }

  template <class F>
  json wait_for(F&& found) {
    json value;
    REQUIRE(test::eventually([&] {
      value = found();
      return !value.is_null();
    }));
    return value;
  }

  json chat_named(int who, const std::string& wanted) {
    for (const json& id : result(api(), "get_chatlist_entries", {accounts_[who], 0, "", nullptr})) {
      const json chat = result(api(), "get_basic_chat_info", {accounts_[who], id});
      if (chat["name"] == wanted) return id;
    }
    return nullptr;
  }

  void join(int a, int b) {
    const json link = result(api(), "get_chat_securejoin_qr_code", {accounts_[a], nullptr});
    chats_[{b, {a, b}}] = result(api(), "secure_join", {accounts_[b], link});
    const auto contact = [&](int who, int other) {
      return wait_for([&]() -> json {
        const json ids = result(api(), "get_contact_ids", {accounts_[who], 0, name(other)});
        if (ids.empty()) return nullptr;
        const json found = result(api(), "get_contact", {accounts_[who], ids[0]});
        return found["isVerified"] ? ids[0] : json();
      });
    };
    contacts_[{b, a}] = contact(b, a);
    contacts_[{a, b}] = contact(a, b);
    chats_[{a, {a, b}}] =
        result(api(), "create_chat_by_contact_id", {accounts_[a], contacts_.at({a, b})});
  }

  // Any call, which may be refused but meets no bug.
  json tried(const std::string& method, const json& params) {
    json answer = call(api(), method, params);
    if (answer.contains("error")) {
      const std::string message = answer["error"]["message"];
      INFO(method << params.dump() << ": " << message);
      CHECK(message.find("log id") == std::string::npos);
    }
    return answer;
  }

  // The message's number at one account: texts begin with a word that is the message's own.
  static std::string word_of(const std::string& text) { return text.substr(0, text.find(' ')); }
  json id_of(int who, const std::string& word) {
    const json known = ids_[{who, word}];
    return known;
  }

  void send(int who, const Place& place) {
    Modelled message;
    message.author = who;
    message.place = place;
    message.timer = timers_[place];
    const std::string word = "m" + std::to_string(messages_.size());
    message.text = word + " by " + name(who);
    for (const int other : place) {
      if (other != who) message.fresh.insert(other);
    }
    ids_[{who, word}] = result(api(), "misc_send_text_message",
                               {accounts_[who], chats_.at({who, place}), message.text});
    messages_.emplace(word, std::move(message));
  }

  // A message that this one has.
  std::string any_message(int who, const Place& place, bool own) {
    std::vector<std::string> words;
    for (const auto& [word, message] : messages_) {
      if (message.place == place && !message.gone.contains(who) && ids_.contains({who, word}) &&
          (!own || message.author == who)) {
        words.push_back(word);
      }
    }
    return words.empty() ? ""
                         : words[static_cast<std::size_t>(pick(static_cast<int>(words.size())))];
  }

  void edit(int who, const Place& place) {
    const std::string word = any_message(who, place, true);
    if (word.empty()) return;
    Modelled& message = messages_.at(word);
    message.text = word + " edited " + std::to_string(++count_);
    message.edited = true;
    result(api(), "send_edit_request", {accounts_[who], id_of(who, word), message.text});
  }

  void react(int who, const Place& place) {
    const std::string word = any_message(who, place, false);
    if (word.empty()) return;
    static const char* const kEmojis[] = {"👍", "🔥", ""};
    const std::string emoji = kEmojis[pick(3)];
    const json reactions = emoji.empty() ? json::array() : json::array({emoji});
    result(api(), "send_reaction", {accounts_[who], id_of(who, word), reactions});
    messages_.at(word).reactions[who] = emoji;
  }

  void delete_here(int who, const Place& place) {
    const std::string word = any_message(who, place, false);
    if (word.empty()) return;
    // Not before it has arrived everywhere: what is deleted is not sent any more.
    if (messages_.at(word).author == who) settle();
    result(api(), "delete_messages", {accounts_[who], json::array({id_of(who, word)})});
    messages_.at(word).gone.insert(who);
    messages_.at(word).fresh.erase(who);
  }

  void delete_for_all(int who, const Place& place) {
    const std::string word = any_message(who, place, true);
    if (word.empty()) return;
    result(api(), "delete_messages_for_all", {accounts_[who], json::array({id_of(who, word)})});
    Modelled& message = messages_.at(word);
    message.gone = place;
    message.fresh.clear();
  }

  void see(int who, const Place& place) {
    const std::string word = any_message(who, place, false);
    if (word.empty()) return;
    result(api(), "markseen_msgs", {accounts_[who], json::array({id_of(who, word)})});
    Modelled& message = messages_.at(word);
    if (message.author == who) return;
    message.seen.insert(who);
    message.fresh.erase(who);
  }

  void notice(int who, const Place& place) {
    settle();  // so that it is known what is noticed
    result(api(), "marknoticed_chat", {accounts_[who], chats_.at({who, place})});
    for (auto& [word, message] : messages_) {
      if (message.place == place) message.fresh.erase(who);
    }
  }

  // Calls that mean nothing: refused, and nothing changes.
  void make_nonsense(int who, const Place& place) {
    const json account = accounts_[who];
    const json chat = chats_.at({who, place});
    const std::string word = any_message(who, place, false);
    const json message = word.empty() ? json(4711) : id_of(who, word);
    if (!word.empty() && messages_.at(word).author != who) {
      CHECK(tried("send_edit_request", {account, message, "not mine"}).contains("error"));
      CHECK(tried("delete_messages_for_all", {account, json::array({message})}).contains("error"));
    }
    CHECK(tried("get_message", {account, 4'000'000}).contains("error"));
    CHECK(tried("send_reaction", {account, 4'000'000, json::array({"x"})}).contains("error"));
    CHECK(tried("set_chat_ephemeral_timer", {account, 4'000'000, 5}).contains("error"));
    CHECK(tried("send_msg", {4'000'000, chat, json{{"text", "x"}}}).contains("error"));
    tried("get_message_info", {account, message});
    tried("get_message_info_object", {account, message});
    tried("get_full_chat_by_id", {account, chat});
    tried("get_chatlist_items_by_entries", {account, json::array({chat})});
    tried("search_messages", {account, word.empty() ? "m" : word, chat});
    tried("get_fresh_msgs", {account});
    tried("get_message_reactions", {account, message});
    tried("estimate_auto_deletion_count", {account, false, 60});
    tried("make_vcard", {account, json::array({1})});
  }

  // "" when this one's chat shows what the model says.
  std::string difference(int who, const Place& place, const json& chat) {
    const json account = accounts_[who];
    const json list = result(api(), "get_message_ids", {account, chat, false, false});
    const json loaded = result(api(), "get_messages", {account, list});
    std::set<std::string> shown;
    std::size_t fresh = 0;
    for (const json& id : list) {
      const json message = loaded[std::to_string(id.get<std::uint32_t>())];
      if (message["kind"] != "message") return "a message that does not load: " + message.dump();
      if (message["isInfo"]) continue;
      const std::string text = message["text"];
      const std::string word = word_of(text);
      const auto known = messages_.find(word);
      if (known == messages_.end()) return "unknown: " + text;
      ids_[{who, word}] = id;
      shown.insert(word);
      if (message["state"] == 10) ++fresh;
      // What is deleted meanwhile is gone when it is looked at again.
      const json info = tried("get_message_info_object", {account, id});
      if (!info.contains("result")) return word + " went meanwhile";
      const std::string fault = fault_of(who, known->second, message, info["result"]);
      if (!fault.empty()) return word + ": " + fault;
    }
    std::size_t expected_fresh = 0;
    for (const auto& [word, message] : messages_) {
      if (message.place != place) continue;
      if (shown.contains(word) == message.gone.contains(who)) {
        return word + (shown.contains(word) ? " is still there" : " is not there");
      }
      if (message.fresh.contains(who)) ++expected_fresh;
    }
    if (fresh != expected_fresh) {
      return std::to_string(fresh) + " fresh, not " + std::to_string(expected_fresh);
    }
    if (result(api(), "get_fresh_msg_cnt", {account, chat}) != expected_fresh) {
      return "get_fresh_msg_cnt counts otherwise";
    }
    if (result(api(), "get_chat_ephemeral_timer", {account, chat}) != timers_[place]) {
      return "another timer";
    }
    return "";
  }

  static std::string fault_of(int who, const Modelled& model, const json& message,
                              const json& info) {
    if (message["text"] != model.text) return "text " + message["text"].dump();
    if (message["isEdited"] != model.edited) return "isEdited";
    std::map<std::string, int> wanted;
    for (const auto& [by, emoji] : model.reactions) {
      if (!emoji.empty()) ++wanted[emoji];
    }
    std::map<std::string, int> got;
    if (!message["reactions"].is_null()) {
      for (const json& one : message["reactions"]["reactions"]) got[one["emoji"]] = one["count"];
    }
    if (got != wanted) return "reactions " + message["reactions"].dump();
    if (model.author == who) {
      const int state = message["state"];
      const bool pair = model.place.size() == 2;
      if (state < kDelivered) return "state " + std::to_string(state);
      if (pair && (state == kRead) != !model.seen.empty()) return "state " + std::to_string(state);
    }
    const json timer = info["ephemeralTimer"];
    const std::uint32_t seconds =
        timer["kind"] == "enabled" ? timer["duration"].get<std::uint32_t>() : 0;
    return seconds == model.timer ? "" : "timer " + timer.dump();
  }

  OneGateway gateway_;
  std::mt19937 random_;
  std::map<int, json> accounts_;
  std::map<std::pair<int, int>, json> contacts_;
  std::map<std::pair<int, Place>, json> chats_;
  std::map<Place, std::uint32_t> timers_;
  Place group_;
  std::map<std::string, Modelled> messages_;
  std::map<std::pair<int, std::string>, json> ids_;
  int count_ = 0;
};

}  // namespace

TEST_CASE("three accounts walk at random, and each shows what the model says") {
  const unsigned seed = seed_of_walk();
  INFO("EDGE_TEST_SEED=" << seed);
  Walk walk(seed);
  walk.settle();
  for (int round = 0; round < kRounds; ++round) {
    for (int step = 0; step < kStepsInRound; ++step) walk.step();
    if (round % 4 == 1) walk.restart();
    walk.settle();
    if (round % 3 == 0) walk.set_timer();
  }
}
