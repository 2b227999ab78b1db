// Parts of files and the disk: this program's fdatasync stands before libc's, and fails for blob
// files while a test wants it to.
#include "messaging/peering/part_sync.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include "messaging/model/vcard.h"
#include "messaging/peering/arriving_parts.h"
#include "tests/messaging/pictures.h"
#include "tests/support/world.h"

using namespace test;

namespace {

std::atomic<bool> blobs_fail{false};
std::atomic<int> blob_syncs{0};
std::atomic<int> blob_failures{0};
std::atomic<bool> blobs_wait{false};
std::counting_semaphore<> blob_reached{0};  // the disk, while blobs_wait

bool is_blob(int fd) {
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  return size > 0 &&
         std::string_view(path.data(), static_cast<std::size_t>(size)).find("/blobs/") !=
             std::string_view::npos;
}

}  // namespace

extern "C" int fdatasync(int fd) {
  if (is_blob(fd)) {
    if (blobs_fail) {
      ++blob_failures;
      errno = EIO;
      return -1;
    }
    if (blobs_wait) {
      blob_reached.release();
      blobs_wait.wait(true);
    }
    ++blob_syncs;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

namespace {

// Alice's message with a file of some parts, held back until the network is there again.
std::string send_file(World& world, ChatId chat, const TempDir& outside, std::size_t size) {
  std::string content;
  for (int i = 0; content.size() < size; ++i) content += "line " + std::to_string(i) + "\n";
  world.network.set({.cut = true});
  MessageDraft draft;
  draft.text = "the report";
  draft.file = outside.file("report.txt", content);
  world.alice.send(chat, draft);
  return content;
}

std::string received_by_bob(World& world, const TempDir& outside) {
  REQUIRE(world.until([&] { return world.bob.has_text("the report"); }));
  const MsgId got = *world.bob.find_text("the report");
  const std::string copy = outside.path() + "/copy.txt";
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().save_file(Peer::kAccount, got, copy, std::move(done));
  }));
  return read_file(copy);
}

}  // namespace

TEST_CASE("the parts of one deposit are synced together") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 3'000'000);  // 12 parts
  const int before = blob_syncs;
  world.network.set({});
  CHECK(received_by_bob(world, outside) == content);
  // Two deposits of seven parts, or some more that grow after the one that the cut network refused.
  CHECK(blob_syncs > before);
  CHECK(blob_syncs - before <= 6);
}

TEST_CASE("a part that was not synced is not acknowledged: what the disk forgets comes again") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 3'000'000);
  const auto dir = world.bob.engine().files().blob_dir(Peer::kAccount);
  REQUIRE(dir);
  blobs_fail = true;
  const int before = blob_failures;
  world.network.set({});
  const bool tried_twice = world.until([&] { return blob_failures >= before + 2; });
  for (const auto& file : std::filesystem::directory_iterator(*dir)) {
    std::filesystem::resize_file(file.path(), 0);
  }
  CHECK_FALSE(world.bob.has_text("the report"));
  blobs_fail = false;
  REQUIRE(tried_twice);
  CHECK(received_by_bob(world, outside) == content);
}

TEST_CASE("deposits that wait for the disk at the same time share a sync") {
  TempDir dir;
  const store::Blobs blobs(dir.path() + "/blobs");
  const store::Uuid account{1};
  const std::uint64_t size = crypto::sealed_size(1'000'000);
  auto first = blobs.receive(account, size);
  REQUIRE(first);
  const std::string name = first->name();
  messaging::peering::PartSync sync;
  constexpr auto kPatience = std::chrono::minutes(1);
  std::counting_semaphore<> good{0};
  const auto add = [&](store::SealedBlobWriter file) {
    sync.add(std::move(file), [&](base::Result<> synced) {
      if (synced) good.release();
    });
  };
  const int before = blob_syncs;
  blobs_wait = true;
  add(*std::move(first));
  CHECK(blob_reached.try_acquire_for(kPatience));
  for (int i = 0; i < 5; ++i) add(*blobs.resume(account, name, size));
  blobs_wait = false;
  blobs_wait.notify_all();
  for (int i = 0; i < 6; ++i) CHECK(good.try_acquire_for(kPatience));
  CHECK(blob_syncs - before == 2);
  sync.stop();
  bool refused = false;
  sync.add(*blobs.resume(account, name, size), [&](base::Result<> synced) { refused = !synced; });
  CHECK(refused);
}

TEST_CASE("the pictures of many cards wait for the disk together") {
  World world;
  std::vector<Vcard> cards;
  for (int i = 0; i < 20; ++i) {
    Vcard card;
    card.addr = "member" + std::to_string(i) + "@nowhere.example";
    put_picture(card, base::as_bytes(picture(std::to_string(i))), "image/png");
    cards.push_back(std::move(card));
  }
  const int before = blob_syncs;
  const auto contacts = answer<std::vector<ContactId>>([&](auto done) {
    world.bob.engine().contacts().import_vcard(Peer::kAccount, write_vcards(cards),
                                               std::move(done));
  });
  REQUIRE(contacts);
  CHECK(contacts->size() == 20);
  CHECK(files_of(world.bob) == 20);
  CHECK(blob_syncs - before <= 4);
}

TEST_CASE("parts of many threads are synced and answered once each, through a stop") {
  TempDir dir;
  const store::Blobs blobs(dir.path() + "/blobs");
  const store::Uuid account{1};
  const std::uint64_t size = crypto::sealed_size(100'000);
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::string> names;
  for (int i = 0; i < kThreads; ++i) {
    auto file = blobs.receive(account, size);
    REQUIRE(file);
    names.push_back(file->name());
  }
  const bool early = GENERATE(false, true);  // the stop comes while they add
  std::atomic<int> synced = 0;
  std::atomic<int> refused = 0;
  messaging::peering::PartSync sync;
  std::latch half(1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        auto file = blobs.resume(account, names[static_cast<std::size_t>(thread)], size);
        if (!file || !file->write_at(static_cast<std::uint64_t>(i), base::Bytes(1))) continue;
        if (thread == 0 && i == kEach / 2) half.count_down();
        sync.add(*std::move(file), [&](base::Result<> done) { ++(done.ok() ? synced : refused); });
      }
    });
  }
  half.wait();
  if (early) sync.stop();
  for (std::thread& thread : threads) thread.join();
  sync.stop();  // nobody waits any more
  CHECK(synced + refused == kThreads * kEach);
  CHECK(synced > 0);
  if (!early) CHECK(refused == 0);
}

TEST_CASE("a file arrives whole although its deposits overtake each other, get lost and double") {
  World world(7);
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 12'000'000);  // 46 parts
  world.alice.send(chat, "behind it");
  world.network.set({.lose_request = 0.1, .lose_reply = 0.1, .duplicate = 0.3, .reorder = true});
  REQUIRE(world.until([&] { return world.bob.has_text("behind it"); }));
  const ChatId at_bob = world.bob.chat_with_peer();
  CHECK(world.bob.texts(at_bob) == std::vector<std::string>{"the report", "behind it"});
  CHECK(received_by_bob(world, outside) == content);
}

TEST_CASE("several deposits of a file are under way, and a restart goes on from the first gap") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 9'000'000);  // 35 parts, 5 deposits
  Network& network = world.network;
  network.hold(true);
  network.set({});
  REQUIRE(world.until([&] { return network.newest_held("alice") > 0; }));
  const std::uint64_t first = network.newest_held("alice");
  network.release(first);
  REQUIRE(world.until([&] { return network.newest_held("alice") == first + 2; }));
  network.release(first + 2);  // overtakes the one before it, which nobody gets
  network.set({.cut = true});
  world.alice.restart();
  network.hold(false);
  network.set({});
  CHECK(received_by_bob(world, outside) == content);
}

TEST_CASE("files that their sender gave up in the middle do not keep others out") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  // As many as there may be: of each a part came, and never its message.
  auto begun = world.bob.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    for (std::size_t i = 0; i < peering::kMaxTransfers; ++i) {
      EDGE_CHECK(
          tx.db().run("INSERT INTO transfer(account_id, id, session_id, size, name, created_at)"
                      " SELECT 1, randomblob(16), id, 300000, hex(randomblob(16)), ?1 FROM session",
                      static_cast<std::int64_t>(i)));
    }
    return {};
  });
  REQUIRE(begun.ok());
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 600'000);
  world.network.set({});
  CHECK(received_by_bob(world, outside) == content);
}
