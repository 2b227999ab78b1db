// How the value of a setting is written, wherever it stands: quotes, remarks, case, paths.
#include <iterator>

#include "gateway/config/setting_rows.h"
#include "gateway/config/settings.h"
#include "tests/gateway/settings_world.h"
#include "tests/support/source.h"

using namespace settings_tests;  // NOLINT: the cases below are its

TEST_CASE("--expire-after takes a duration, and says what it expected of anything else") {
  constexpr base::Millis kAnHour = 3600 * base::Millis{1000};
  CHECK(good({}).expire_after == 14 * 24 * kAnHour);
  CHECK(good({"--expire-after", "36h"}).expire_after == 36 * kAnHour);
  CHECK(good({"--expire-after", "90s"}).expire_after == 90'000);
  for (const char* wrong : {"14", "d", "0d", "-1d", "59s", "366d", "1w", "1.5h", "14 d"}) {
    CAPTURE(wrong);
    CHECK(fault({"--expire-after", wrong}).find("1m to 365d") != std::string::npos);
  }
}

TEST_CASE("words are taken in any case") {
  using base::log::Level;
  auto around = home();
  around.environment["PRIVITTY_LOG_LEVEL"] = "INFO";
  around.environment["PRIVITTY_LOG_FORMAT"] = "Json";
  around.environment["PRIVITTY_RELAY"] = "True";
  around.environment["PRIVITTY_PEERS_PUBLIC_ONLY"] = "YES";
  around.environment["PRIVITTY_ALLOW_ANONYMOUS"] = "Off";
  const auto settings = good({"--expire-after", "36H"}, around);
  CHECK(settings.log_level == Level::info);
  CHECK(settings.log_format == base::log::Format::json);
  CHECK(settings.relay);
  CHECK(settings.peers_public_only);
  CHECK_FALSE(settings.allow_anonymous);
  CHECK(settings.expire_after == 36 * 3600 * base::Millis{1000});
  for (const auto& [word, level] :
       {std::pair{"DEBUG", Level::debug}, std::pair{"Warning", Level::warning},
        std::pair{"ERROR", Level::error}, std::pair{"oFF", Level::off}}) {
    CHECK(good({"--log-level", word}).log_level == level);
  }
  CHECK(good({"--license-url", "HTTPS://license.example/x"}).license_url ==
        "HTTPS://license.example/x");
}

TEST_CASE("what follows a value at the end of its line does not belong to it") {
  auto around = home();
  around.environment["PRIVITTY_LISTEN"] = "127.0.0.1:9\r\n";
  around.environment["PRIVITTY_ACCOUNTS"] = "/srv/a\n";
  around.environment["PRIVITTY_LICENSE_ISSUER"] = "\r\n";  // nothing at all
  const auto settings = good({"--profile", "till\r"}, around);
  CHECK(settings.listen.port == 9);
  CHECK(settings.accounts == "/srv/a");
  CHECK(settings.profile == "till");
  CHECK_FALSE(settings.license_issuer);
}

TEST_CASE("a byte order mark before a configuration file is skipped, UTF-16 is named") {
  const Folder folder;
  CHECK(good({"--config", folder.write("edge.conf", "\xef\xbb\xbfprofile = bob\r\n")}).profile ==
        "bob");
  const auto wide = folder.write("wide.conf", std::string("\xff\xfep\0r\0", 6));
  CHECK(fault({"--config", wide}).find("UTF-16; save it as UTF-8") != std::string::npos);
}

TEST_CASE("a ~ that no shell expanded is refused wherever a path may stand") {
  for (const char* flag : {"--accounts", "--files", "--api-keys", "--key-file", "--passphrase-file",
                           "--config", "--relay-token-file", "--ice-servers-file"}) {
    CAPTURE(flag);
    const auto message = fault({flag, "~/x"});
    CHECK(message.starts_with(std::string(flag) +
                              ": no shell has put a home folder in the place of ~"));
  }
  CHECK(
      fault({"--tls-cert", "~/c.pem", "--tls-key", "/k.pem"}).starts_with("--tls-cert: no shell"));
  auto around = home();
  around.environment["PRIVITTY_ACCOUNTS"] = "~/x";
  CHECK(fault({}, around).starts_with("PRIVITTY_ACCOUNTS: no shell"));
  const Folder folder;
  const auto config = folder.write("edge.conf", "accounts = ~ada/x\n");
  CHECK(fault({"--config", config}).starts_with(config + ":1 (accounts): no shell"));
  CHECK(good({"--accounts", "./~x"}).accounts.filename() == "~x");
}

TEST_CASE("a $ that no shell expanded is refused wherever a path may stand") {
  auto around = home();
  around.environment["PRIVITTY_ACCOUNTS"] = "${HOME}/x";
  CHECK(fault({}, around).starts_with("PRIVITTY_ACCOUNTS: no shell has put a value in the place"));
  CHECK(good({"--accounts", "./$x"}).accounts.filename() == "$x");
}

TEST_CASE("quotation marks around a value are no part of it, and a remark behind it is refused") {
  auto around = home();  // docker's --env-file keeps them
  around.environment["PRIVITTY_ACCOUNTS"] = "\"/srv/a\"";
  around.environment["PRIVITTY_LOG_LEVEL"] = " 'info' ";
  around.environment["PRIVITTY_FILES"] = "\"/data:/srv/files\"";
  around.environment["PRIVITTY_RELAY_URL"] = "\"\"";  // nothing at all
  const auto settings = good({}, around);
  CHECK(settings.accounts == "/srv/a");
  CHECK(settings.files == std::vector<std::filesystem::path>{"/data", "/srv/files"});
  CHECK(settings.log_level == base::log::Level::info);
  CHECK_FALSE(settings.relay_url);
  const Folder folder;
  const auto of_file = [&](const std::string& text) {
    return good({"--config", folder.write("edge.conf", text)});
  };
  CHECK(of_file("accounts = \"/srv/a # b\"\r\n").accounts == "/srv/a # b");
  CHECK(of_file("allow-host = \"a.example\", 'b.example'\n").allow_hosts ==
        std::vector<std::string>{"a.example", "b.example"});
  CHECK(of_file("profile = Pump \"3\"\n").profile == "Pump \"3\"");
  CHECK(of_file("profile = Pump#3\n").profile == "Pump#3");
  const auto remark = folder.write("remark.conf", "accounts = /srv/a # where it lies\n");
  CHECK(
      fault({"--config", remark}).find("remark.conf:1 (accounts): a remark is a line of its own") !=
      std::string::npos);
  CHECK(good({"--profile", "\"Till\""}).profile == "\"Till\"");  // a shell has read flags
}

TEST_CASE("a value that a row cannot read is refused for every row that reads one") {
  for (const auto& row : gateway::setting_rows()) {
    CAPTURE(row.name);
    gateway::Settings settings;
    const std::vector<gateway::GivenValue> nothing{{"\x01", "--" + std::string(row.name)}};
    const auto read = row.set(settings, nothing);
    // A path may have any name.
    if (row.value == "DIR" || row.value == "FILE") continue;
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.starts_with("--" + std::string(row.name)));
  }
}
