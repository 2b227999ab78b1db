#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/world.h"

using namespace test;

namespace {

MessageDraft with_file(std::string path, std::string name = "") {
  MessageDraft draft;
  draft.file = std::move(path);
  draft.file_name = std::move(name);
  return draft;
}
base::Result<MsgId> try_send(World& world, MessageDraft draft) {
  return answer<MsgId>([&](auto done) {
    world.alice.engine().messages().send(Peer::kAccount, world.alice.saved_messages(),
                                         std::move(draft), std::move(done));
  });
}
base::Result<> save(World& world, MsgId message, const std::string& path) {
  return answer<void>([&](auto done) {
    world.alice.engine().messages().save_file(Peer::kAccount, message, path, std::move(done));
  });
}
std::size_t blobs_on_disk(World& world) {
  const auto dir = world.alice.engine().files().blob_dir(Peer::kAccount);
  std::size_t count = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(*dir, none)) {
    (void)entry;
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("an upload that fails says why, and not where the store lies") {
  World world;
  Files& files = world.alice.engine().files();
  auto begun = files.begin_upload(Peer::kAccount, "a.txt");
  REQUIRE(begun);
  REQUIRE((*begun)->append(base::as_bytes("bytes")));
  // As when the account is being removed: its folder goes first.
  const std::string folder = *files.blob_dir(Peer::kAccount);
  std::filesystem::remove_all(folder);
  std::ofstream(folder) << "no folder";
  const auto ended = answer<std::string>([&](auto done) { (*begun)->finish(std::move(done)); });
  const auto begun_again = files.begin_upload(Peer::kAccount, "a.txt");
  REQUIRE_FALSE(ended);
  REQUIRE_FALSE(begun_again);
  for (const base::Error& error : {ended.error(), begun_again.error()}) {
    INFO(error.message);
    CHECK_FALSE(error.message.empty());
    CHECK(error.message.find(world.alice.dir()) == std::string::npos);
  }
}

TEST_CASE("a file is sealed on disk and saved as it was") {
  World world;
  TempDir outside;
  std::string content(200'000, 'a');
  for (std::size_t i = 0; i < content.size(); i += 7) content[i] = static_cast<char>(i);
  content += "THE END OF THE REPORT";
  const auto sent = try_send(world, with_file(outside.file("report.csv", content)));
  REQUIRE(sent);
  const Message message = world.alice.message(*sent);
  REQUIRE(message.file);
  CHECK(message.type == Viewtype::file);
  CHECK(message.file->name == "report.csv");
  CHECK(message.file->media_type == "text/csv");
  CHECK(message.file->size == content.size());
  const std::string sealed = read_file(message.file->path);
  CHECK(sealed.size() > content.size());
  CHECK(sealed.find("THE END OF THE REPORT") == std::string::npos);

  const std::string copy = outside.path() + "/copy.csv";
  REQUIRE(save(world, *sent, copy));
  CHECK(read_file(copy) == content);
  struct stat info {};
  REQUIRE(stat(copy.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(save(world, *sent, copy).error().code == base::Errc::already_exists);
}

TEST_CASE("an empty file is a file") {
  World world;
  TempDir outside;
  const auto sent = try_send(world, with_file(outside.file("empty.txt", "")));
  REQUIRE(sent);
  CHECK(world.alice.message(*sent).file->size == 0);
  REQUIRE(save(world, *sent, outside.path() + "/copy"));
  CHECK(read_file(outside.path() + "/copy").empty());
}

TEST_CASE("the kind of a message follows the file's name, or the caller's word") {
  World world;
  TempDir outside;
  const std::string path = outside.file("photo.JPG", "no picture at all");
  CHECK(world.alice.message(*try_send(world, with_file(path))).type == Viewtype::image);
  CHECK(world.alice.message(*try_send(world, with_file(path, "song.mp3"))).type == Viewtype::audio);
  MessageDraft draft = with_file(path);
  draft.type = Viewtype::file;
  CHECK(world.alice.message(*try_send(world, draft)).type == Viewtype::image);
  draft.type = Viewtype::sticker;
  CHECK(world.alice.message(*try_send(world, draft)).type == Viewtype::sticker);
  draft.file.clear();
  draft.text = "no file";
  CHECK_FALSE(try_send(world, draft));
}

TEST_CASE("a blob path from an answer is sent without another copy") {
  World world;
  TempDir outside;
  const auto sent = try_send(world, with_file(outside.file("a.txt", "content")));
  const std::string path = world.alice.message(*sent).file->path;
  const auto again = try_send(world, with_file(path));
  REQUIRE(again);
  CHECK(world.alice.message(*again).file->path == path);
  CHECK(blobs_on_disk(world) == 1);

  // The file goes with the last message that shows it.
  const auto remove = [&](MsgId id) {
    return answer<void>([&](auto done) {
      world.alice.engine().messages().remove(Peer::kAccount, {id}, std::move(done));
    });
  };
  REQUIRE(remove(*sent));
  CHECK(save(world, *again, outside.path() + "/copy"));
  REQUIRE(remove(*again));
  CHECK(world.until([&] { return blobs_on_disk(world) == 0; }));
  CHECK(try_send(world, with_file(path)).error().code == base::Errc::not_found);
}

TEST_CASE("the daemon's own files, devices and missing files are refused, and leave nothing") {
  World world;
  TempDir outside;
  const std::string key = world.alice.dir() + "/master.key";
  const std::string link = outside.path() + "/link";
  std::filesystem::create_symlink(key, link);
  for (const std::string& path :
       {key, link, std::string("/proc/self/environ"), std::string("/dev/zero"),
        outside.path() + "/missing", outside.path(), std::string("relative.txt")}) {
    INFO(path);
    CHECK_FALSE(try_send(world, with_file(path)));
    CHECK_FALSE(answer<std::string>([&](auto done) {
      world.alice.engine().files().copy_in(Peer::kAccount, path, std::move(done));
    }));
  }
  CHECK(blobs_on_disk(world) == 0);
  CHECK(world.alice.texts(world.alice.saved_messages()).empty());
}

TEST_CASE("a file whose message cannot be sent leaves nothing on disk") {
  World world;
  TempDir outside;
  const auto refused = answer<MsgId>([&](auto done) {
    world.alice.engine().messages().send(
        Peer::kAccount, ChatId(4711), with_file(outside.file("a.txt", "content")), std::move(done));
  });
  REQUIRE_FALSE(refused);
  CHECK(world.until([&] { return blobs_on_disk(world) == 0; }));
}

TEST_CASE("a damaged blob is an error, and nothing half written stays") {
  World world;
  TempDir outside;
  const auto sent = try_send(world, with_file(outside.file("a.bin", std::string(150'000, 'x'))));
  const std::string path = world.alice.message(*sent).file->path;
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(100'000);
    const int sealed = file.get();
    file.seekp(100'000);
    file.put(static_cast<char>(sealed ^ 1));
  }
  const std::string copy = outside.path() + "/copy";
  const auto saved = save(world, *sent, copy);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().code == base::Errc::corrupt);
  CHECK_FALSE(std::filesystem::exists(copy));
}

TEST_CASE("a file that the store lost fails its message, and what waits behind it arrives") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  auto& accounts = world.alice.engine().accounts();
  REQUIRE(answer<void>([&](auto done) { accounts.stop_io(Peer::kAccount, std::move(done)); }));
  const MsgId sent =
      world.alice.send(chat, with_file(outside.file("report.csv", std::string(300'000, 'x'))));
  world.alice.send(chat, "behind it");
  const std::string stored = world.alice.message(sent).file->path;
  SECTION("all of it") { REQUIRE(std::filesystem::remove(stored)); }
  SECTION("its end") { std::filesystem::resize_file(stored, 100'000); }
  REQUIRE(answer<void>([&](auto done) { accounts.start_io(Peer::kAccount, std::move(done)); }));
  CHECK(world.until([&] { return world.bob.has_text("behind it"); }));
  CHECK(world.alice.state(sent) == MsgState::out_failed);
  CHECK(world.alice.message(sent).error.find("could not be read") != std::string::npos);
  CHECK(world.bob.texts(world.bob.chat_with_peer()) == std::vector<std::string>{"behind it"});
}

TEST_CASE("an upload becomes a blob for send_msg, and a dropped one leaves nothing") {
  World world;
  Files& files = world.alice.engine().files();
  {
    auto dropped = files.begin_upload(Peer::kAccount, "half.txt");
    REQUIRE(dropped);
    REQUIRE((*dropped)->append(base::as_bytes("half")));
  }
  CHECK(blobs_on_disk(world) == 0);
  auto upload = files.begin_upload(Peer::kAccount, "../../etc/pass\nwd.json");
  REQUIRE(upload);
  REQUIRE((*upload)->append(base::as_bytes("{\"a\":")));
  REQUIRE((*upload)->append(base::as_bytes("1}")));
  const auto path = answer<std::string>([&](auto done) { (*upload)->finish(std::move(done)); });
  REQUIRE(path);
  const auto sent = try_send(world, with_file(*path));
  REQUIRE(sent);
  CHECK(world.alice.message(*sent).file->name == "passwd.json");
  CHECK(world.alice.message(*sent).file->media_type == "application/json");

  auto attachment = files.open(Peer::kAccount, *sent);
  REQUIRE(attachment);
  CHECK(attachment->etag.front() == '"');
  CHECK(attachment->reader->size() == 7);
  std::array<std::uint8_t, 4> bytes{};
  CHECK(*attachment->reader->read_at(4, bytes) == 3);
  CHECK(base::as_text(bytes).substr(0, 3) == ":1}");
}

TEST_CASE("uploads nothing came to use are gone a day later, at the next start") {
  World world;
  auto upload = world.alice.engine().files().begin_upload(Peer::kAccount, "a.txt");
  REQUIRE((*upload)->append(base::as_bytes("x")));
  REQUIRE(answer<std::string>([&](auto done) { (*upload)->finish(std::move(done)); }));
  upload->reset();
  world.alice.restart();
  CHECK(blobs_on_disk(world) == 1);
  world.clock.advance(25 * 3600 * 1000);
  world.alice.restart();
  CHECK(blobs_on_disk(world) == 0);
}

TEST_CASE("a message without a file has none to save") {
  World world;
  const MsgId id = world.alice.send(world.alice.saved_messages(), "no file");
  CHECK(save(world, id, "/tmp/never-made").error().code == base::Errc::not_found);
  CHECK_FALSE(std::filesystem::exists("/tmp/never-made"));
}
