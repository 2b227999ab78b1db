// Download on demand: files that stay on the mail server until somebody asks for them.
#include "tests/messaging/mail_world.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

std::string heavy(std::size_t size) {
  std::string text(size, '\0');
  std::mt19937 random(11);
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct Limited : MailWorld {
  Limited() : bobs(join(bob, alice)), alices(alice.chat_with_peer()) {
    alice.set_config("download_limit", "200000");
  }

  // The message at alice, whose file is not there.
  MsgId send_large(const std::string& text, std::size_t size = 300'000) {
    MessageDraft draft;
    draft.file = folder.file("large.bin", heavy(size));
    draft.text = text;
    bob.send(bobs, draft);
    REQUIRE(until([&] { return alice.has_text(text); }));
    return *alice.find_text(text);
  }
  // The same, of which the mail with the file is not in the mailbox yet.
  std::pair<MsgId, base::Bytes> send_without_file(const std::string& text) {
    servers.hold(box(), true);
    MessageDraft draft;
    draft.file = folder.file("large.bin", heavy(300'000));
    draft.text = text;
    bob.send(bobs, draft);
    REQUIRE(until([&] { return outbox(bob) == 0 && servers.count(box()) == 2; }));
    auto file = servers.take_newest(box());  // the text lies before it
    servers.hold(box(), false);
    REQUIRE(until([&] { return alice.has_text(text); }));
    return {*alice.find_text(text), std::move(file)};
  }
  bool becomes(MsgId message, DownloadState state) {
    return until([&] { return alice.message(message).download == state; });
  }
  void download(MsgId message) {
    REQUIRE(answer<void>([&](auto done) {
      alice.engine().messages().download(Peer::kAccount, message, std::move(done));
    }));
  }
  std::string box() const { return addr(alice); }
  // Until nothing but what is left lies in alice's mailbox, and she knows where.
  bool settled(std::size_t left) {
    return until(
        [&] { return outbox(bob) == 0 && servers.count(box()) == left && places_known() == left; });
  }
  std::size_t places_known() {
    auto reader = alice.store().read();
    REQUIRE(reader);
    return static_cast<std::size_t>(
        reader->connection().integer("SELECT count(*) FROM mail_left").value_or(-1).value_or(-1));
  }
  bool has_file(MsgId message) {
    const auto file = alice.engine().files().open(Peer::kAccount, message);
    if (!file) return false;
    std::string bytes(file->reader->size(), '\0');
    const auto read =
        file->reader->read_at(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return read && bytes == heavy(bytes.size()) && bytes.size() == 300'000;
  }

  TempDir folder;
  ChatId bobs, alices;
};

}  // namespace

TEST_CASE("a file over the download limit stays on the server until somebody asks for it") {
  Limited world;
  const MsgId message = world.send_large("a large one");
  REQUIRE(world.becomes(message, DownloadState::available));
  REQUIRE(world.settled(1));
  const Message waits = world.alice.message(message);
  CHECK_FALSE(waits.file);
  REQUIRE(waits.awaited);
  CHECK(waits.awaited->name == "large.bin");
  CHECK(waits.awaited->size == 300'000);
  CHECK(waits.awaited_type == Viewtype::file);
  CHECK(waits.type == Viewtype::text);
  world.restart(world.alice, world.alices_mails());
  CHECK(world.alice.message(message).download == DownloadState::available);
  world.alice.forget_events();
  world.download(message);
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
  const Message done = world.alice.message(message);
  CHECK(done.type == Viewtype::file);
  CHECK_FALSE(done.awaited);
  CHECK(world.alice.events_of<MsgsChanged>().size() >= 2);
  CHECK(world.alice.texts(world.alices).size() == 1);
  world.download(message);  // nothing is left to do
  CHECK(world.alice.message(message).download == DownloadState::done);
}

TEST_CASE("without a limit, and below it, files come by themselves") {
  Limited world;
  const std::string limit = GENERATE("0", "", "10000000");
  world.alice.set_config("download_limit", limit);
  const MsgId message = world.send_large("comes");
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
}

TEST_CASE("a download goes on after a restart, and once the line is there again") {
  Limited world;
  const MsgId message = world.send_large("later");
  REQUIRE(world.becomes(message, DownloadState::available));
  REQUIRE(world.settled(1));
  world.alices_mails().cut(true);
  world.download(message);
  REQUIRE(world.until([&] { return world.alices_mails().fetches() > 0; }));
  CHECK(world.alice.message(message).download == DownloadState::in_progress);
  world.stop(world.alice, world.alices_mails());
  world.alices_mails().cut(false);
  world.start(world.alice, world.alices_mails());
  world.clock.advance(61'000);  // it is looked after every minute
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
}

TEST_CASE("a file may be asked for before its mail is there") {
  Limited world;
  auto [message, file] = world.send_without_file("early");
  REQUIRE(world.becomes(message, DownloadState::available));
  world.download(message);
  CHECK(world.alice.message(message).download == DownloadState::in_progress);
  SECTION("and is taken when it comes") {}
  SECTION("after a restart too") { world.restart(world.alice, world.alices_mails()); }
  world.servers.put(world.box(), std::move(file));
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
}

TEST_CASE("a file that its server has no more fails in words, and may be asked for again") {
  Limited world;
  const MsgId message = world.send_large("gone");
  REQUIRE(world.becomes(message, DownloadState::available));
  REQUIRE(world.settled(1));
  const auto kept = world.servers.next(world.box(), 1);
  REQUIRE(kept);
  world.servers.clear(world.box());
  for (int i = 0; i < 2; ++i) {
    world.download(message);
    REQUIRE(world.becomes(message, DownloadState::failure));
    CHECK(world.alice.message(message).error.find("server") != std::string::npos);
  }
  // It comes after all.
  world.alice.set_config("download_limit", "0");
  world.servers.put(world.box(), kept->text);
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.alice.message(message).error.empty());
  CHECK(world.has_file(message));
}

TEST_CASE("a file whose mail never comes fails in words, and is there once it comes after all") {
  Limited world;
  world.alice.set_config("download_limit", "0");
  auto [message, file] = world.send_without_file("without its file");
  REQUIRE(world.becomes(message, DownloadState::in_progress));
  world.download(message);  // it may be on its way
  CHECK(world.alice.message(message).download == DownloadState::in_progress);
  SECTION("after an hour") {
    SECTION("of a daemon that runs") { world.clock.advance(3'601'000); }
    SECTION("at the next start") {
      world.stop(world.alice, world.alices_mails());
      world.clock.advance(3'601'000);
      world.start(world.alice, world.alices_mails());
      world.clock.advance(660'000);  // nothing expires before mail could come
    }
    world.alice.forget_events();
    world.clock.advance(61'000);
  }
  SECTION("when somebody asks for it before, in vain") {
    world.clock.advance(601'000);
    world.alice.forget_events();
    world.download(message);
  }
  REQUIRE(world.becomes(message, DownloadState::failure));
  CHECK(world.alice.message(message).error.find("server") != std::string::npos);
  CHECK(world.until([&, shown = message] {
    return times(world.alice, MsgsChanged{world.alices, shown}) > 0;
  }));
  world.servers.put(world.box(), std::move(file));
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
}

TEST_CASE("a file that was asked for before its mail is there does not wait for ever") {
  Limited world;
  const MsgId message = world.send_without_file("asked for").first;
  REQUIRE(world.becomes(message, DownloadState::available));
  world.clock.advance(3'700'000);  // nobody waits for it
  CHECK(world.alice.message(message).download == DownloadState::available);
  world.download(message);
  REQUIRE(world.alice.message(message).download == DownloadState::in_progress);
  world.restart(world.alice, world.alices_mails());
  world.clock.advance(3'701'000);
  world.clock.advance(61'000);
  REQUIRE(world.becomes(message, DownloadState::failure));
  world.download(message);  // and says so again
  CHECK(world.alice.message(message).download == DownloadState::failure);
}

TEST_CASE("a mailbox that is numbered anew loses no file") {
  Limited world;
  const MsgId message = world.send_large("renumbered");
  REQUIRE(world.becomes(message, DownloadState::available));
  REQUIRE(world.settled(1));
  const auto line = world.alices_mails().line();
  REQUIRE(line);
  world.servers.number_anew();
  SECTION("that is asked for after it was looked at again") {
    world.alices_mails().look_again(*line, world.box());
    world.bob.send(world.bobs, "behind it");
    REQUIRE(world.until([&] { return world.alice.has_text("behind it"); }));
    CHECK(world.alice.message(message).download == DownloadState::available);
    world.download(message);
  }
  SECTION("that is asked for before") {
    world.alices_mails().receiver()->cursor_moved(*line, {2, 1});
    world.download(message);
    REQUIRE(world.until(
        [&] { return world.alice.message(message).download != DownloadState::in_progress; }));
    world.alices_mails().look_again(*line, world.box());
  }
  REQUIRE(world.becomes(message, DownloadState::done));
  CHECK(world.has_file(message));
}

TEST_CASE("a mail that is too large for any download is reported") {
  Limited world;
  const MsgId message = world.send_large("huge");
  REQUIRE(world.becomes(message, DownloadState::available));
  REQUIRE(world.settled(1));
  const auto lies = world.servers.next(world.box(), 1);
  const auto line = world.alices_mails().line();
  REQUIRE(lies);
  REQUIRE(line);
  messaging::mail::MailHead head;
  head.place = {1, 77};
  head.size = 50u << 20;
  const auto judge = [&] {
    const auto wishes = answer<std::vector<messaging::mail::MailWish>>(
        [&](auto done) { world.alices_mails().receiver()->judge(*line, {head}, std::move(done)); });
    REQUIRE(wishes);
    return wishes->front();
  };
  SECTION("at its message, where it has the file of one") {
    const std::string text(lies->text.begin(), lies->text.end());
    const std::string block = text.substr(0, text.find("\r\n\r\n") + 4);
    head.headers.assign(block.begin(), block.end());
    CHECK(judge() == messaging::mail::MailWish::later);
    CHECK(world.becomes(message, DownloadState::failure));
    CHECK(world.alice.message(message).error.find("50.0 MiB") != std::string::npos);
  }
  SECTION("else in the device chat, once") {
    const std::string block =
        "Message-ID: <huge@example.org>\r\nFrom: <carol@example.org>\r\nChat-Version: 1.0\r\n"
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; "
        "boundary=b\r\n\r\n";
    head.headers.assign(block.begin(), block.end());
    CHECK(judge() == messaging::mail::MailWish::take);
    for (int i = 0; i < 2; ++i) world.alices_mails().receiver()->missed(*line, head, "too large");
    REQUIRE(world.until([&] { return !world.alice.search("carol@example.org").empty(); }));
    const auto found = world.alice.search("carol@example.org");
    REQUIRE(found.size() == 1);
    CHECK(world.alice.message(found.front()).text.find("50.0 MiB") != std::string::npos);
  }
}
