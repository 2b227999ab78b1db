#include "store/commit_note.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "crypto/hash.h"
#include "store/counter.h"

namespace store {
namespace {

constexpr base::AccountId kStoreWide{0};
constexpr std::string_view kCommitCounter = "commit";
constexpr std::size_t kDigits = 20;
constexpr std::string_view kWord = "commit ";

// "commit 00000000000000000042 " and 32 digits that show a torn or damaged note. Always of one
// length, within one sector, so that it is written over in place.
std::string text_of(std::int64_t number) {
  const std::string line = fmt::format("{}{:020} ", kWord, number);
  return line + base::to_hex(crypto::blake2b<16>(base::as_bytes(line))) + "\n";
}

}  // namespace

std::string commit_note_path(const std::string& database) { return database + ".last_commit"; }

base::Result<CommitNote> CommitNote::open(const std::string& database) {
  const std::string path = commit_note_path(database);
  auto file = File::open(path, File::Mode::read_write);
  if (!file && file.error().code == base::Errc::not_found) {
    file = File::open(path, File::Mode::create_new);
    if (file) EDGE_CHECK(file->write_at(0, base::as_bytes(text_of(0))));
  }
  if (!file) return std::move(file).error();
  return CommitNote(*std::move(file));
}

void CommitNote::write(std::int64_t number) {
  const auto written = file_.write_at(0, base::as_bytes(text_of(number)));
  if (written || std::exchange(failed_, true)) return;
  base::log::warning(
      "commits are not noted, so that a loss would not be noticed at the next start: {}",
      written.error().message);
}

std::optional<std::int64_t> read_commit_note(const std::string& database) {
  const auto file = File::open(commit_note_path(database), File::Mode::read);
  if (!file) return std::nullopt;
  std::array<std::uint8_t, 128> bytes{};
  const auto size = file->read_at(0, bytes);
  if (!size) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), *size);
  std::int64_t number = 0;
  if (text.size() > kWord.size() + kDigits) {
    const char* const digits = text.data() + kWord.size();
    if (std::from_chars(digits, digits + kDigits, number).ec == std::errc() && number >= 0 &&
        text == text_of(number)) {
      return number;
    }
  }
  base::log::warning("{} cannot be read as a note of the last commit, and counts as none",
                     file->path());
  return std::nullopt;
}

base::Result<std::int64_t> commit_number(Connection& db) {
  return read_counter(db, kStoreWide, kCommitCounter);
}

base::Result<> set_commit_number(Connection& db, std::int64_t number) {
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(?,?,?) ON CONFLICT DO UPDATE SET "
             "value=excluded.value",
             kStoreWide, kCommitCounter, number));
  return {};
}

}  // namespace store
