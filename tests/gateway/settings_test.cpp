#include "gateway/config/settings.h"

#include <iterator>

#include "gateway/config/setting_rows.h"
#include "tests/gateway/settings_world.h"
#include "tests/support/source.h"

using namespace settings_tests;  // NOLINT: the cases below are its

TEST_CASE("without settings the daemon serves loopback from the user's folder") {
  const auto settings = good({});
  CHECK(settings.listen.text() == "127.0.0.1:7200");
  CHECK(settings.accounts == "/home/ada/.local/share/privitty");
  CHECK(settings.profile == "till7");
  CHECK(settings.key.key_file == "/home/ada/.local/share/privitty/master.key");
  CHECK(settings.key.beside_store);
  CHECK_FALSE(settings.restricted_paths());
  CHECK(settings.warnings.empty());
}

TEST_CASE("a flag beats the environment, the environment the file, the file the default") {
  const Folder folder;
  const auto config = folder.write("edge.conf",
                                   "# as installed\n\nlisten = 127.0.0.1:1\n profile=from file \n"
                                   "accounts = /srv/file\n");
  auto around = home();
  around.environment["PRIVITTY_CONFIG"] = config;
  around.environment["PRIVITTY_LISTEN"] = "127.0.0.1:2";
  around.environment["PRIVITTY_ACCOUNTS"] = "";  // empty is unset
  const auto settings = good({"--listen", "127.0.0.1:3"}, around);
  CHECK(settings.listen.port == 3);
  CHECK(settings.profile == "from file");
  CHECK(settings.accounts == "/srv/file");
  CHECK(good({}, around).listen.port == 2);
  around.environment.erase("PRIVITTY_LISTEN");
  CHECK(good({}, around).listen.port == 1);
  CHECK(good({"--listen=127.0.0.1:4"}, around).listen.port == 4);
}

TEST_CASE("a wrong value is named by the place it came from") {
  CHECK(fault({"--listen", "7200"}).rfind("--listen '7200': expected HOST:PORT", 0) == 0);
  auto around = home();
  around.environment["PRIVITTY_LISTEN"] = "localhost:99999";
  CHECK(fault({}, around).rfind("PRIVITTY_LISTEN 'localhost:99999': expected HOST:PORT", 0) == 0);
  const Folder folder;
  const auto config = folder.write("edge.conf", "\nlog-level = loud\n");
  CHECK(fault({"--config", config}).rfind(config + ":2 (log-level): expected debug", 0) == 0);
  CHECK(fault({"--public-url", "edge.example"}).rfind("--public-url: ", 0) == 0);
  CHECK(fault({"--profile", std::string(65, 'x')}).rfind("--profile: ", 0) == 0);
  CHECK(fault({"--allow-host", "a:80"}).rfind("--allow-host: ", 0) == 0);
  around = home();
  around.environment["PRIVITTY_ALLOW_ANONYMOUS"] = "maybe";
  CHECK(fault({}, around) == "PRIVITTY_ALLOW_ANONYMOUS: expected 1 or 0, not 'maybe'");
}

TEST_CASE("an unknown flag is refused with the nearest name") {
  CHECK(fault({"--lisen", "127.0.0.1:1"}) == "unknown flag --lisen; did you mean --listen?");
  CHECK(fault({"--acounts=x"}) == "unknown flag --acounts; did you mean --accounts?");
  CHECK(fault({"--quantum"}) == "unknown flag --quantum; see --help");
  CHECK(fault({"serve"}).rfind("unexpected argument 'serve'", 0) == 0);
  CHECK_FALSE(fault({"--listen"}).empty());
  CHECK(fault({"--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2"}) ==
        "--listen is given more than once; give it once");
}

TEST_CASE("a configuration file with a fault is refused by line") {
  const Folder folder;
  const auto fault_of = [&](const std::string& text) {
    return fault({"--config", folder.write("edge.conf", text)});
  };
  const std::string place = "--config: " + (folder.path / "edge.conf").string();
  CHECK(fault_of("listen\n") == place + ":1: expected a line `name = value`");
  CHECK(fault_of("\nlisten_ = 1:1\n") ==
        place + ":2: no setting has the name 'listen_'; did you mean listen?");
  CHECK(fault_of("profile = a\nprofile = b\n") == place + ":2: profile was already set by " +
                                                      (folder.path / "edge.conf").string() +
                                                      ":1 (profile)");
  CHECK(fault_of("config = /etc/other\n") ==
        place + ":1: config is given as a flag or variable alone, not in a file");
  CHECK(fault_of("stdio = true\n") == place + ":1: stdio is given as a flag alone, not in a file");
  CHECK(fault_of(std::string(70'000, '#')).find("larger than 64 KiB") != std::string::npos);
  CHECK(fault({"--config", "/nowhere/edge.conf"}).find("No such file") != std::string::npos);
  CHECK(fault({"--config", folder.path}).find("cannot be read") != std::string::npos);
}

TEST_CASE("a relay's settings are switches and sizes, and one without effect is refused") {
  auto around = home();
  around.environment["PRIVITTY_RELAY"] = "1";
  const auto settings = good({"--relay-open", "--relay-max-mib", "2048"}, around);
  CHECK(settings.relay);
  CHECK(settings.relay_open);
  CHECK(settings.relay_max_mib == 2048);
  CHECK(settings.relay_mailbox_mib == 256);
  around.environment["PRIVITTY_RELAY"] = "0";
  CHECK_FALSE(good({}, around).relay);
  CHECK(fault({"--relay-open"}).find("--relay") != std::string::npos);
  CHECK(fault({"--relay-token-file", "/t"}).find("--relay-url") != std::string::npos);
  CHECK(good({"--relay-url", "https://r.example/"}).relay_url->text() == "https://r.example");
  CHECK_FALSE(fault({"--relay-url", "ftp://r.example"}).empty());
}

TEST_CASE("a relay that no large file would fit through is refused") {
  for (const char* setting : {"--relay-max-mib", "--relay-mailbox-mib"}) {
    CHECK(fault({"--relay", setting, "3"}).find("from 4 to") != std::string::npos);
    CHECK(good({"--relay", setting, "4"}).relay);
  }
}

TEST_CASE(
    "with --api-keys any address may be served, paths are restricted, and anonymity is refused") {
  const auto settings = good({"--listen", "0.0.0.0:0", "--api-keys", "/etc/edge/keys.json"});
  CHECK(settings.api_keys == fs::path("/etc/edge/keys.json"));
  CHECK(settings.restricted_paths());
  CHECK(fault({"--api-keys", "keys.json", "--allow-anonymous"}).find("contradict") !=
        std::string::npos);
}

TEST_CASE("--cors takes origins, several at once too, and without one it needs keys") {
  const auto settings = good({"--cors", "https://a.example", "http://b.example:3000"});
  CHECK(settings.cors.origins ==
        std::vector<std::string>{"https://a.example", "http://b.example:3000"});
  CHECK_FALSE(settings.cors.any);
  CHECK(fault({"--cors"}).find("--api-keys") != std::string::npos);
  CHECK(fault({"--cors", "--log-level", "info"}).find("--api-keys") != std::string::npos);
  CHECK(good({"--cors", "--api-keys", "/k"}).cors.any);
  auto around = home();
  around.environment["PRIVITTY_CORS"] = "https://a.example, https://b.example";
  CHECK(good({}, around).cors.origins.size() == 2);
  around.environment["PRIVITTY_CORS"] = "*";
  CHECK(good({"--api-keys", "/k"}, around).cors.any);
  for (const char* bad : {"null", "a.example", "https://a.example/", "https://a.example/x",
                          "HTTPS://a.example", "https://", "://a", "https://a b", "https://*.a"}) {
    INFO(bad);
    CHECK(fault({"--cors", bad}).find("expected an origin") != std::string::npos);
  }
}

TEST_CASE("limits are numbers, and half a certificate is refused") {
  const auto settings = good({"--rate-limit", "50/200", "--key-rate-limit", "5",
                              "--max-connections", "100", "--max-connections-per-address", "10"});
  CHECK(settings.request_limits.local_too);
  CHECK(settings.request_limits.address->per_second == 50);
  CHECK(settings.request_limits.address->burst == 200);
  CHECK(settings.request_limits.key->burst == 20);
  CHECK(settings.max_connections == 100);
  CHECK(settings.max_connections_per_address == 10);
  CHECK_FALSE(good({"--rate-limit", "0"}).request_limits.address);
  CHECK_FALSE(good({}).request_limits.local_too);
  for (const char* bad : {"", "x", "-1", "5/", "/5", "5/0", "0/5", "1.5", "99999999"}) {
    INFO(bad);
    CHECK_FALSE(fault({"--rate-limit", bad}).empty());
  }
  CHECK_FALSE(fault({"--max-connections", "0"}).empty());
  CHECK(fault({"--tls-cert", "/a"}).find("without --tls-key") != std::string::npos);
  CHECK(fault({"--tls-key", "/a"}).find("without --tls-cert") != std::string::npos);
  CHECK(good({"--log-format", "json"}).log_format == base::log::Format::json);
  CHECK_FALSE(fault({"--log-format", "xml"}).empty());
}

TEST_CASE("an address that is not loopback needs a decision") {
  const auto refused = fault({"--listen", "0.0.0.0:7200"});
  CHECK(refused.find("--allow-anonymous") != std::string::npos);
  CHECK(refused.find("--peer-listen") != std::string::npos);
  for (const char* address : {"[::]:7200", "192.168.1.5:1", "edge.example:7200"}) {
    CAPTURE(address);
    CHECK_FALSE(fault({"--listen", address}).empty());
    CHECK(fault({"--listen", address, "--allow-anonymous"}).empty());
  }
  for (const char* address : {"[::1]:7200", "localhost:0", "127.1.2.3:1"}) {
    CAPTURE(address);
    CHECK(fault({"--listen", address}).empty());
  }
  // Peers alone may be let in: they need no key.
  CHECK(good({"--peer-listen", "0.0.0.0:7300"}).peer_listen->port == 7300);
  auto around = home();
  around.environment["PRIVITTY_ALLOW_ANONYMOUS"] = "1";
  CHECK(fault({"--listen", "0.0.0.0:7200"}, around).empty());
}

TEST_CASE(
    "a wildcard address without a public URL puts the host name into invites, with a warning") {
  const auto settings = good({"--listen", "0.0.0.0:0", "--allow-anonymous"});
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].find("--public-url") != std::string::npos);
  CHECK(public_url_for(settings, {"0.0.0.0", 7200}, home()).text() == "http://till7:7200");
  const auto named =
      good({"--listen", "0.0.0.0:0", "--allow-anonymous", "--public-url", "https://edge.example/"});
  CHECK(named.warnings.empty());
  CHECK(public_url_for(named, {"0.0.0.0", 7200}, home()).text() == "https://edge.example");
  CHECK(public_url_for(good({}), {"127.0.0.1", 7205}, home()).text() == "http://127.0.0.1:7205");
}

TEST_CASE("callers' paths are bound to the files folders where strangers may call") {
  auto around = home();
  around.environment["PRIVITTY_FILES"] = "/data:/srv/in:";
  const auto settings = good({"--allow-anonymous"}, around);
  CHECK(settings.restricted_paths());
  CHECK(settings.files == std::vector<fs::path>{"/data", "/srv/in"});
  CHECK(good({"--allow-anonymous", "--files", "/a", "--files", "/b:c"}, around).files ==
        std::vector<fs::path>{"/a", "/b:c"});
  around = home();
  CHECK(good({"--allow-anonymous"}, around).files.empty());
  around.container = true;
  CHECK(good({"--allow-anonymous"}, around).files == std::vector<fs::path>{"/data"});
  CHECK(good({}, around).files.empty());
  CHECK(good({"--files", "/a"}).warnings.size() == 1);
}

TEST_CASE("the store's key comes from the first place that has one") {
  const Folder folder;
  auto around = home();
  around.root = folder.path;
  CHECK(good({"--key-file", "/media/key"}, around).key.key_file == "/media/key");
  CHECK_FALSE(good({"--key-file", "/media/key"}, around).key.beside_store);
  CHECK(good({"--accounts", "/a/", "--key-file", "/a/my.key"}, around).key.beside_store);
  CHECK(good({"--passphrase-file", "/media/phrase"}, around).key.passphrase_file ==
        "/media/phrase");
  CHECK(fault({"--passphrase-file", "/p", "--key-file", "/k"}, around).find("both") !=
        std::string::npos);

  const auto secret = folder.write("run/secrets/privitty_key", "x");
  CHECK(good({}, around).key.key_file == secret);
  CHECK_FALSE(good({}, around).key.beside_store);
  const auto credential = folder.write("credentials/privitty_key", "x");
  around.environment["CREDENTIALS_DIRECTORY"] = folder.path / "credentials";
  CHECK(good({}, around).key.key_file == credential);
}

TEST_CASE("the default folder follows XDG, then the container, then the home") {
  const Folder folder;
  auto around = home();
  around.root = folder.path;
  fs::create_directories(folder.path / "var/lib/privitty");
  CHECK(good({}, around).accounts == "/home/ada/.local/share/privitty");
  around.container = true;
  CHECK(good({}, around).accounts == folder.path / "var/lib/privitty");
  around.environment["XDG_DATA_HOME"] = "/xdg";
  CHECK(good({}, around).accounts == "/xdg/privitty");
  Surroundings bare;
  bare.host_name = "x";
  bare.root = "/nowhere";
  CHECK(fault({}, bare).rfind("--accounts: ", 0) == 0);
}

TEST_CASE("a variable that looks mistyped is warned of, a stranger's is not") {
  auto around = home();
  around.environment["PRIVITTY_LISTN"] = "127.0.0.1:1";
  around.environment["PRIVITTY_EDGED_SERVICE_HOST"] = "10.0.0.1";
  around.environment["PRIVITTY_URL"] = "http://127.0.0.1:7200";
  const auto settings = good({}, around);
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].find("PRIVITTY_LISTEN") != std::string::npos);
}

TEST_CASE("a hint names a variable of the daemon's own, also where only its ending is missing") {
  const auto hint = [](const std::string& name) {
    auto around = home();
    around.environment[name] = "x";
    const auto warnings = good({}, around).warnings;
    return warnings.empty() ? "" : warnings.front().substr(warnings.front().find("did you mean "));
  };
  CHECK(hint("PRIVITTY_API_KEYS") == "did you mean PRIVITTY_API_KEYS_FILE?");
  CHECK(hint("PRIVITTY_KEY") == "did you mean PRIVITTY_KEY_FILE?");
  CHECK(hint("PRIVITTY_PASSPHRASE") == "did you mean PRIVITTY_PASSPHRASE_FILE?");
  CHECK(hint("PRIVITTY_RELAY_TOKEN") == "did you mean PRIVITTY_RELAY_TOKEN_FILE?");
  CHECK(hint("PRIVITTY_ACCOUNT") == "did you mean PRIVITTY_ACCOUNTS?");
  CHECK(hint("PRIVITTY_API_KEYZ").find("PRIVITTY_API_KEY?") == std::string::npos);
  CHECK(hint("PRIVITTY_").empty());
}

TEST_CASE("a daemon without keys says what PRIVITTY_API_KEY is, one with keys does not") {
  auto around = home();
  around.environment["PRIVITTY_API_KEY"] = "/srv/keys.json";
  const auto open = good({}, around);
  REQUIRE(open.warnings.size() == 1);
  CHECK(open.warnings[0].find("serves without keys") != std::string::npos);
  CHECK(open.warnings[0].find("PRIVITTY_API_KEYS_FILE") != std::string::npos);
  CHECK(good({"--api-keys", "/srv/keys.json"}, around).warnings.empty());
}

TEST_CASE("a profile is a plain name") {
  CHECK(good({"--profile", " Till\u202e 7 "}).profile == "Till 7");
  for (const char* blank : {" ", "\u200b", "a\nb", ""}) {
    CHECK(fault({"--profile", blank}).starts_with("--profile: expected a name of 1 to 64 bytes"));
  }
}

TEST_CASE("help and version win over everything else and need nothing") {
  Surroundings bare;
  CHECK(read_settings({"--help", "--listen", "x"}, bare)->ask == Invocation::Ask::help);
  CHECK(read_settings({"--version"}, bare)->ask == Invocation::Ask::version);
  const auto help = gateway::settings_help();
  for (const auto& row : gateway::setting_rows()) {
    CAPTURE(row.name);
    CHECK((help.find("--" + std::string(row.name) + " ") != std::string::npos ||
           help.find("--" + std::string(row.name) + "\n") != std::string::npos));
  }
}

TEST_CASE("docs/operations.md lists every setting with its flag and variable, and no other") {
  std::ifstream in(::test::source_path("docs/operations.md"), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::size_t listed = 0;
  for (std::size_t at = text.find("\n| `--"); at != std::string::npos;
       at = text.find("\n| `--", at + 1)) {
    ++listed;
  }
  CHECK(listed == gateway::setting_rows().size());
  for (const auto& row : gateway::setting_rows()) {
    CAPTURE(row.name);
    std::string line = "\n| `--" + std::string(row.name);
    const std::string value(row.value);
    if (row.value_may_lack) {
      line += " [" + value + "]";
    } else if (!value.empty()) {
      line += " " + value;
    }
    line += row.env.empty() ? "` | |" : "` | `" + std::string(row.env) + "` |";
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("over stdio the folder is the other server's, and HTTP is served when it is asked for") {
  Surroundings bare;
  bare.host_name = "till7";
  bare.root = "/nowhere";
  CHECK(good({"--stdio"}, bare).accounts == "accounts");
  CHECK_FALSE(good({"--stdio"}, bare).serves_http);
  CHECK(good({"--stdio"}, bare).log_level == base::log::Level::warning);
  CHECK(good({"--stdio", "--log-level", "info"}, bare).log_level == base::log::Level::info);
  CHECK(good({"--stdio", "--listen", "127.0.0.1:0"}, bare).serves_http);
  CHECK(good({}).serves_http);
  Surroundings named = home();
  named.environment["DC_ACCOUNTS_PATH"] = "mine";
  named.environment["PRIVITTY_ACCOUNTS"] = "/service";
  // Against the working folder, which a daemon does not leave.
  CHECK(good({"--stdio"}, named).accounts == std::filesystem::absolute("mine").string());
  CHECK(good({"--stdio", "--accounts", "given"}, named).accounts ==
        std::filesystem::absolute("given").string());
  CHECK(good({}, named).accounts == "/service");
  named.environment.erase("DC_ACCOUNTS_PATH");
  CHECK(good({"--stdio"}, named).accounts == "/service");
}

TEST_CASE("under the name of Delta Chat's server its arguments alone are taken") {
  using gateway::DropIn;
  CHECK(gateway::is_drop_in("/usr/bin/deltachat-rpc-server"));
  CHECK(gateway::is_drop_in("deltachat-rpc-server"));
  CHECK_FALSE(gateway::is_drop_in("/usr/bin/privitty-edged"));
  CHECK_FALSE(gateway::is_drop_in("deltachat-rpc-server/privitty-edged"));
  CHECK(gateway::read_drop_in_arguments({})->ask == DropIn::Ask::serve);
  CHECK(gateway::read_drop_in_arguments({"--version"})->ask == DropIn::Ask::version);
  CHECK(gateway::read_drop_in_arguments({"--openrpc"})->ask == DropIn::Ask::openrpc);
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--foo"}, {""}, {"--version", "--openrpc"}, {"x"}}) {
    CHECK_FALSE(gateway::read_drop_in_arguments(wrong).ok());
  }
  CHECK(read_settings({"--openrpc"}, home())->ask == Invocation::Ask::openrpc);
}
