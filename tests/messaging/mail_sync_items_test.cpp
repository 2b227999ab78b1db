// What devices of one account report to each other (form/sync_items.h), as Delta Chat 2.57 writes
// it.
#include <array>
#include <catch2/catch.hpp>

#include "messaging/mail/form/sync_items.h"

using namespace messaging;
using namespace messaging::mail;

namespace {

constexpr std::string_view kContact = "2B53F0121712E342CAAE53FDE9C94778A0398E39";

std::string with(const std::string& data) {
  return "{\"items\":[\n{\"timestamp\":1796054379,\"data\":" + data + "}\n]}";
}

std::string altered(const std::string& action) {
  return with("{\"AlterChat\":{\"id\":{\"ContactFingerprint\":\"" + std::string(kContact) +
              "\"},\"action\":" + action + "}}");
}

SyncItem of_contact(SyncAction action) {
  return SyncChat{*Fingerprint::from_hex(kContact), "", std::move(action)};
}

}  // namespace

TEST_CASE("items are written as Delta Chat's devices write them, and read") {
  const std::string id = "17e2138b-1d6f-42df-be58-20fe4b6f0015@localhost";
  const std::string copy = "8fcb9482-55e2-497f-8acf-abce08aee261@localhost";
  const std::string group = "3XdTk-Qbsi7oHmcBZQvPs8J_";
  const std::string word = "AzTM2IyKTZ5XeRUqOj75YMSXAzTM2IyKTZ5XeRUqOj7";
  const crypto::WipingBytes secret(word.begin(), word.end());
  const std::vector<std::pair<std::string, SyncItem>> items{
      {with(
           R"({"AddQrToken":{"invitenumber":"K_PLTzJOZiD664IvOCJApSYN","auth":"AzTM2IyKTZ5XeRUqOj75YMSX","grpid":null}})"),
       SyncToken{"K_PLTzJOZiD664IvOCJApSYN", "AzTM2IyKTZ5XeRUqOj75YMSX"}},
      {with(R"({"AddQrToken":{"invitenumber":"a","auth":"b","grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"}})"),
       SyncToken{"a", "b", group}},
      {with(R"({"DeleteQrToken":{"invitenumber":"a","auth":"b","grpid":null}})"),
       SyncToken{"a", "b", "", false}},
      {altered(R"("Block")"), of_contact(SyncBlock{true})},
      {altered(R"("Unblock")"), of_contact(SyncBlock{false})},
      {altered(R"("Accept")"), of_contact(SyncAccept())},
      {altered(R"("Delete")"), of_contact(SyncDelete())},
      {altered(R"({"SetVisibility":"Pinned"})"), of_contact(SyncVisibility{Visibility::pinned})},
      {altered(R"({"SetVisibility":"Normal"})"), of_contact(SyncVisibility{Visibility::normal})},
      {altered(R"({"SetMuted":"NotMuted"})"), of_contact(SyncMute{0})},
      {altered(R"({"SetMuted":"Forever"})"), of_contact(SyncMute{-1})},
      {altered(
           R"({"SetMuted":{"Until":{"secs_since_epoch":1796058012,"nanos_since_epoch":168000000}}})"),
       of_contact(SyncMute{1796058012168})},
      {altered(R"({"SetDescription":"Pumps \"3\" and 4"})"),
       of_contact(SyncDescription{"Pumps \"3\" and 4"})},
      {altered(R"({"Rename":"Bobby"})"), of_contact(SyncName{"Bobby"})},
      {with(
           R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"CreateGroupEncrypted":"Gruppe \"1\""}}})"),
       SyncChat{{}, group, SyncGroup{"Gruppe \"1\""}}},
      {with(
           R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"SetPgpContacts":[["2B53F0121712E342CAAE53FDE9C94778A0398E39","bob2@rig.test"]]}}})"),
       SyncChat{{}, group, SyncMembers{{{*Fingerprint::from_hex(kContact), "bob2@rig.test"}}}}},
      {with(
           R"({"AlterChat":{"id":{"Grpid":"3XdTk-Qbsi7oHmcBZQvPs8J_"},"action":{"CreateOutBroadcast":{"chat_name":"News","secret":"AzTM2IyKTZ5XeRUqOj75YMSXAzTM2IyKTZ5XeRUqOj7"}}}})"),
       SyncChat{{}, group, SyncChannel{"News", secret}}},
      {with(R"({"Config":{"key":"Selfavatar","val":"iVBORw0KGgo="}})"),
       SyncPicture{{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}}},
      {with(R"({"Config":{"key":"Selfavatar","val":""}})"), SyncPicture{}},
      {with(R"({"Config":{"key":"Displayname","val":"Alice Neu"}})"),
       SyncSetting{"displayname", "Alice Neu"}},
      {with(R"({"Config":{"key":"MdnsEnabled","val":"0"}})"), SyncSetting{"mdns_enabled", "0"}},
      {with("{\"SaveMessage\":{\"src\":\"" + id + "\",\"dest\":\"" + copy + "\"}}"),
       SyncSaved{id, copy}},
      {with("{\"DeleteMessages\":{\"msgs\":[\"" + id + "\",\"" + copy + "\"]}}"),
       SyncRemoved{{id, copy}}},
  };
  for (const auto& [json, item] : items) {
    INFO(json);
    CHECK(write_sync_items({item}, 1796054379) == json);
    CHECK(read_sync_items(json) == std::vector<SyncItem>{item});
  }
  std::vector<SyncItem> all;
  for (const auto& [json, item] : items) all.push_back(item);
  CHECK(read_sync_items(write_sync_items(all, 1)) == all);
}

TEST_CASE("a setting's value keeps its lines, and further fields are read over") {
  CHECK(read_sync_items(with(R"({"Config":{"key":"Selfstatus","val":"stat\nus","more":[1]}})")) ==
        std::vector<SyncItem>{SyncSetting{"selfstatus", "stat\nus"}});
  CHECK(read_sync_items(R"({"items":[],"more":{}})").empty());
}

TEST_CASE("items that cannot be read are left out, and cost no others") {
  for (const std::string& bad : {
           with(R"({"AddQrToken":{"invitenumber":"a"}})"),
           with(R"({"AddQrToken":{"invitenumber":"a","auth":1}})"),
           with(R"({"AddQrToken":{"invitenumber":"a b","auth":"c"}})"),
           with(R"({"AddQrToken":{"invitenumber":"a","auth":"b","grpid":"../x"}})"),
           with("{\"AddQrToken\":{\"invitenumber\":\"" + std::string(1000, 'a') +
                "\",\"auth\":\"b\"}}"),
           with(R"({"Later":{"x":1}})"),
           with(R"({"AlterChat":{"id":{"ContactAddr":"bob@example.net"},"action":"Block"}})"),
           with(R"({"AlterChat":{"id":{"ContactFingerprint":"12"},"action":"Block"}})"),
           altered(R"("Burn")"),
           altered(R"({"SetVisibility":"Hidden"})"),
           altered(R"({"SetMuted":{"Until":{"secs_since_epoch":99999999999999999}}})"),
           altered(R"({"SetMuted":{"Until":{"secs_since_epoch":0}}})"),
           altered("{\"Rename\":\"" + std::string(5000, 'x') + "\"}"),
           altered(R"({"Rename":7})"),
           altered("{\"SetDescription\":\"" + std::string(5000, 'x') + "\"}"),
           altered(R"({"SetDescription":7})"),
           altered(R"({"SetPgpContacts":[["zz","bob@x"]]})"),
           with(R"({"Config":{"key":"Addr","val":"me@elsewhere"}})"),
           with(R"({"Config":{"key":"BccSelf","val":"0"}})"),
           with("{\"Config\":{\"key\":\"Selfstatus\",\"val\":\"" +
                std::string(kMaxSyncValue + 1, 'x') + "\"}}"),
           with(R"({"SaveMessage":{"src":"","dest":"b@c"}})"),
           with(R"({"DeleteMessages":{"msgs":[]}})"),
           with(R"({"DeleteMessages":{"msgs":"a@b"}})"),
           std::string("{\"badname\":[]}"),
           std::string("{bad json}"),
           std::string("[]"),
           std::string(),
           "{\"items\":" + std::string(100'000, '['),
       }) {
    INFO(bad.substr(0, 200));
    CHECK(read_sync_items(bad).empty());
  }
  const std::string mixed =
      R"({"items":[{"timestamp":1,"data":{"Later":1}},{"data":{"Config":{"key":"Displayname","val":"A"}}},7]})";
  CHECK(read_sync_items(mixed) == std::vector<SyncItem>{SyncSetting{"displayname", "A"}});
}

TEST_CASE("more items than a mail may have are none") {
  const std::string one = R"({"timestamp":1,"data":{"Config":{"key":"Displayname","val":"A"}}})";
  const auto many = [&](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + one;
    return "{\"items\":[" + list + "]}";
  };
  CHECK(read_sync_items(many(kMaxSyncItems)).size() == kMaxSyncItems);
  CHECK(read_sync_items(many(kMaxSyncItems + 1)).empty());
  std::string ids;
  for (std::size_t i = 0; i <= kMaxSyncList; ++i)
    ids += (i == 0 ? "" : ",") + std::string("\"a@b\"");
  CHECK(read_sync_items(with("{\"DeleteMessages\":{\"msgs\":[" + ids + "]}}")).empty());
}

TEST_CASE("logins are read as Delta Chat's devices write them") {
  const std::string json =
      R"({"transports":[{"configured":{"addr":"Other@rig.test","imap":[{"connection":{"host":"127.0.0.1",)"
      R"("port":27433,"security":"Tls"},"user":"other@rig.test"},{"connection":{"host":"imap.rig.test",)"
      R"("port":143,"security":"Starttls"},"user":"other@rig.test"}],"imap_user":"",)"
      R"("imap_password":"s3cret+\"other","smtp":[{"connection":{"host":"127.0.0.1","port":20232,)"
      R"("security":"Plain"},"user":""}],"smtp_user":"o","smtp_password":"",)"
      R"("certificate_checks":"AcceptInvalidCertificates2","oauth2":false},)"
      R"("entered":{"addr":"other@rig.test","imap":{"server":"127.0.0.1","port":27433,"folder":"",)"
      R"("security":"Ssl","user":"","password":"s3cret"},"smtp":{"server":"","port":0,)"
      R"("security":"Automatic","user":"","password":""},"certificate_checks":"Strict","oauth2":false},)"
      R"("timestamp":1796091626,"is_published":false}],)"
      R"("removed_transports":[{"addr":"gone@rig.test","timestamp":1796091627}]})";
  const auto items = read_sync_items(with("{\"Transports\":" + json + "}"));
  REQUIRE(items.size() == 1);
  const auto* said = std::get_if<SyncLogins>(&items[0]);
  REQUIRE(said != nullptr);
  REQUIRE(said->logins.size() == 1);
  const SyncLogin& one = said->logins[0];
  const std::string word = "s3cret+\"other";
  const crypto::WipingBytes password(word.begin(), word.end());
  CHECK(one.login.addr == "other@rig.test");
  CHECK(one.login.imap ==
        MailServer{"127.0.0.1", 27433, MailSecurity::tls, "other@rig.test", password});
  CHECK(one.login.smtp == MailServer{"127.0.0.1", 20232, MailSecurity::plain, "o", password});
  CHECK(one.login.any_certificate);
  CHECK_FALSE(one.entered.any_certificate);
  CHECK(one.entered.imap.host == "127.0.0.1");
  CHECK(one.entered.imap.security == MailSecurity::tls);
  CHECK(one.entered.imap.password.empty());
  CHECK(one.entered.smtp == LoginRequest::Server{});
  CHECK(one.changed == 1796091626);
  CHECK_FALSE(one.published);
  CHECK(said->removed == std::vector<SyncRemovedLogin>{{"gone@rig.test", 1796091627}});
  CHECK_FALSE(said->primary);
  CHECK(said->reported == 1796054379);
  // What we write is read as it was.
  SyncLogins ours = *said;
  ours.primary = SyncPrimaryLogin{"other@rig.test", 1796091628};
  const auto again = read_sync_items(write_sync_items({ours}, ours.reported));
  REQUIRE(again.size() == 1);
  CHECK(std::get<SyncLogins>(again[0]) == ours);
}

TEST_CASE("logins that cannot be used are left out") {
  const auto with_login = [](const std::string& addr, const std::string& host,
                             const std::string& port, const std::string& password) {
    const std::string server = "[{\"connection\":{\"host\":\"" + host + "\",\"port\":" + port +
                               ",\"security\":\"Tls\"},\"user\":\"\"}]";
    return with("{\"Transports\":{\"transports\":[{\"configured\":{\"addr\":\"" + addr +
                "\",\"imap\":" + server + ",\"imap_password\":\"" + password +
                "\",\"smtp\":" + server + "},\"timestamp\":1}],\"removed_transports\":[]}}");
  };
  CHECK(read_sync_items(with_login("a@b.test", "b.test", "993", "pw")).size() == 1);
  for (const auto& [addr, host, port, password] : std::vector<std::array<std::string, 4>>{
           {"a@b.test\\r\\nX: y", "b.test", "993", "pw"},
           {"a@b.test", "b.test/x", "993", "pw"},
           {"a@b.test", "", "993", "pw"},
           {"a@b.test", "b.test", "0", "pw"},
           {"a@b.test", "b.test", "65536", "pw"},
           {"a@b.test", "b.test", "-1", "pw"},
           {"a@b.test", "b.test", "993", ""},
           {"a@b.test", "b.test", "993", "p\\r\\nw"},
           {"a@b.test", "b.test", "993", std::string(1001, 'p')},
           {"", "b.test", "993", "pw"}}) {
    INFO(addr << " " << host << " " << port << " " << password.size());
    CHECK(read_sync_items(with_login(addr, host, port, password)).empty());
  }
  for (const std::string other :
       {"[]", "{}", "{\"transports\":1}", "{\"transports\":[1]}", "\"x\""}) {
    CHECK(read_sync_items(with("{\"Transports\":" + other + "}")).empty());
  }
}
