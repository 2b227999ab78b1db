#include "gateway/cli/backup.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "crypto/wiping.h"
#include "gateway/cli/print.h"
#include "gateway/http/sse_lines.h"
#include "gateway/text/given_text.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMaxPassphrase = 1024;
constexpr base::Millis kEventPatience = 10'000;

void say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

// Reads one line of the terminal without echo.
class Unseen {
 public:
  Unseen() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!known_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~Unseen() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool known_;
};

Result<std::string> ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  std::fflush(stderr);
  std::string line;
  {
    const Unseen unseen;
    for (int c = std::fgetc(stdin); c != EOF && c != '\n'; c = std::fgetc(stdin)) {
      line += static_cast<char>(c);
      if (line.size() > kMaxPassphrase) break;
    }
  }
  std::fputc('\n', stderr);
  line = std::string(first_line(line));  // as from a file
  if (line.empty()) return fail(Errc::invalid_argument, "no passphrase was typed");
  return line;
}

Result<std::string> from_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return base::fail_errno(Errc::io, "--passphrase-file " + path, errno);
  std::string line;
  std::getline(file, line);
  const std::string_view passphrase = first_line(line);
  if (passphrase.empty()) {
    return fail(Errc::invalid_argument,
                "--passphrase-file " + path + ": its first line holds no passphrase");
  }
  return std::string(passphrase);
}

// Nothing: without one.
Result<std::optional<std::string>> passphrase_of(const BackupRequest& request,
                                                 const PassphraseVariable& variable, bool twice) {
  if (request.no_passphrase) return std::optional<std::string>();
  std::string passphrase;
  if (!request.passphrase_file.empty()) {
    EDGE_TRY(passphrase, from_file(request.passphrase_file));
  } else if (const auto set = variable()) {
    passphrase = first_line(*set);
  } else if (::isatty(STDIN_FILENO) != 0) {
    EDGE_TRY(passphrase, ask("Passphrase of the backup: "));
    if (twice) {
      EDGE_TRY(const std::string again, ask("The same again: "));
      if (again != passphrase) return fail(Errc::invalid_argument, "the two are not the same");
    }
  }
  if (passphrase.empty()) {
    return fail(Errc::invalid_argument,
                "no passphrase is given: use --passphrase-file FILE or "
                "PRIVITTY_BACKUP_PASSPHRASE, or --no-passphrase for a file that anybody can open");
  }
  if (passphrase.size() > kMaxPassphrase) {
    return fail(Errc::invalid_argument, "the passphrase has more than 1,024 bytes");
  }
  return std::optional<std::string>(std::move(passphrase));
}

// An absolute path, because the daemon has another working folder.
Result<std::string> whole_path(const std::string& file) {
  std::error_code error;
  const auto path = std::filesystem::absolute(file, error);
  if (error) return fail(Errc::io, file + ": " + error.message());
  return path.lexically_normal().string();
}

// The newest position of the account's events.
std::string position_of(const Context& context, const std::string& target) {
  SseLines lines([](const SseEvent&) {});
  // A stream begins with its position; without one the file's name is not found, and no more.
  (void)context.client.stream(target, "", [&](std::string_view bytes) {
    lines.feed(bytes);
    return lines.last_id().empty();
  });
  return lines.last_id();
}

// The file that the daemon wrote since `position`: of a folder it alone knows the name.
std::string file_written(const Context& context, const std::string& target,
                         const std::string& position, const std::string& otherwise) {
  std::string path;
  SseLines lines([&](const SseEvent& event) {
    const auto data = Json::parse(event.data, nullptr, false);
    if (data.is_object()) path = text_member(data, "path");
  });
  const base::SystemClock clock;
  const base::Millis until = clock.uptime() + kEventPatience;
  if (position.empty()) return otherwise;
  (void)context.client.stream(
      target, position,
      [&](std::string_view bytes) {
        lines.feed(bytes);
        return path.empty();
      },
      [&] { return clock.uptime() < until; });
  return path.empty() ? otherwise : path;
}

Json json_of(const std::optional<std::string>& passphrase) {
  return passphrase ? Json(*passphrase) : Json();
}

}  // namespace

Result<> backup(const Context& context, const BackupRequest& request,
                const PassphraseVariable& variable) {
  EDGE_TRY(const std::string path, whole_path(request.file));
  EDGE_TRY(auto passphrase, passphrase_of(request, variable, true));
  const std::string written =
      "/events?types=ImexFileWritten&account_id=" + std::to_string(context.account);
  const std::string position = position_of(context, written);
  auto done = context.client.call("export_backup", {context.account, path, json_of(passphrase)});
  if (passphrase) crypto::wipe(passphrase->data(), passphrase->size());
  if (!done) return std::move(done).error();
  const std::string file = file_written(context, written, position, path);
  if (context.json) {
    say(Json{{"account", context.account}, {"path", file}}.dump());
  } else {
    say("account " + std::to_string(context.account) + " is in " + plain(file));
  }
  return {};
}

Result<> restore(const Context& context, const BackupRequest& request,
                 const PassphraseVariable& variable) {
  EDGE_TRY(const std::string path, whole_path(request.file));
  EDGE_TRY(const auto passphrase, passphrase_of(request, variable, false));
  Json account = context.account;
  const auto import = [&]() -> Result<> {
    EDGE_CHECK(context.client.call("import_backup", {account, path, json_of(passphrase)}));
    return {};
  };
  auto done = import();
  // As Delta Chat words it, so that its clients know it too.
  const bool in_use = !done && done.error().message.find(
                                   "Cannot import backups to accounts in use") != std::string::npos;
  if (in_use && !request.account_named) {
    EDGE_TRY(account, context.client.call("add_account", Json::array()));
    done = import();
    // Json::array: braces around one Json value are a copy of it to some compilers.
    if (!done) (void)context.client.call("remove_account", Json::array({account}));
  }
  if (!done) return done;
  EDGE_TRY(const auto addr, context.client.call("get_config", {account, "addr"}));
  if (context.json) {
    say(Json{{"account", account}, {"addr", addr}}.dump());
  } else {
    say("account " + account.dump() + " is " + (addr.is_string() ? addr.get<std::string>() : "?"));
  }
  return {};
}

}  // namespace gateway::cli
