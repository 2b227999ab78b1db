#include "store/lost_commits.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/log.h"
#include "store/commit_note.h"
#include "store/file.h"
#include "store/transaction.h"
#include "store/whole_file.h"

namespace store {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxReport = 8192;

std::string now_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

// Without its folder: /health/ready shows the text to every caller, and paths are not for them.
std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

std::string report_path(const std::string& database) { return database + ".lost"; }

std::string read_report(const std::string& database) {
  std::error_code error;
  if (fs::file_size(report_path(database), error) > kMaxReport || error) return "";
  std::ifstream in(report_path(database), std::ios::binary);
  std::string text(kMaxReport, '\0');  // not by an iterator, which throws when the disk cannot read
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// Deletes the oldest ones, so that a disk which breaks again and again is not filled.
void drop_old_logs(const fs::path& wal) {
  const std::string prefix = wal.filename().string() + ".damaged-";
  std::vector<fs::path> kept;
  std::error_code error;
  for (fs::directory_iterator entry(folder_of(wal.string()), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) kept.push_back(entry->path());
  }
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 0; i + kKeptLogs <= kept.size(); ++i) fs::remove(kept[i], error);
}

// Describes where the log was kept.
std::string keep_log(const std::string& database) {
  const std::string wal = database + "-wal";
  std::error_code error;
  const auto size = fs::file_size(wal, error);
  if (error || size == 0) return "There is no write-ahead log that could hold them.";
  drop_old_logs(wal);
  const std::string aside = fmt::format("{}.damaged-{}", wal, std::time(nullptr));
  // A name that is taken: another process found the same in this second.
  if (fs::copy_file(wal, aside, fs::copy_options::skip_existing, error); error) {
    fs::remove(aside, error);
    return fmt::format("Its write-ahead log could not be kept: {}.", error.message());
  }
  if (auto file = File::open(aside, File::Mode::read_write); !file || !file->sync()) {
    base::log::warning("{} may not survive a power cut: it could not be synced", aside);
  }
  return fmt::format("Its write-ahead log was kept as {}.", name_of(aside));
}

}  // namespace

LossCheck LossCheck::begin(std::string database) {
  auto noted = read_commit_note(database);
  return {.database = std::move(database), .noted = noted};
}

void LossCheck::compare(Connection* look, Health* health) const {
  base::Result<std::int64_t> found = std::int64_t{0};
  if (noted && look != nullptr) found = commit_number(*look);
  std::string report = read_report(database);
  bool written = true;
  // A number that cannot be read is damage of another kind, and reported as that.
  if (noted && found && *found < *noted) {
    const std::string mark = fmt::format("[{} of {}]", *found, *noted);
    if (report.find(mark) == std::string::npos) {
      report += fmt::format(
          "{} {}: acknowledged commits are missing: {} {}, each of one or more writes. {} Either "
          "the disk lost what it had synced, or an older copy was put back. What contacts had no "
          "acknowledgement of comes again, and sessions are renewed by themselves.\n",
          now_text(), name_of(database), *noted - *found, mark, keep_log(database));
      const auto kept = replace_file(report_path(database), base::as_bytes(report));
      written = kept.ok();
      if (!kept) {
        base::log::error("what is missing could not be written down: {}", kept.error().message);
      }
    }
  }
  while (!report.empty() && report.back() == '\n') report.pop_back();
  if (report.empty()) return;
  std::replace(report.begin(), report.end(), '\n', ' ');
  report += " This is reported until somebody removes " + name_of(report_path(database)) + ".";
  base::log::error("{}: {}", folder_of(database), report);
  if (health != nullptr) health->report_loss(report, written ? report_path(database) : "");
}

base::Result<> LossCheck::go_on(Connection& db) const {
  if (!noted) return {};
  EDGE_TRY(const std::int64_t found, commit_number(db));
  if (found >= *noted) return {};
  EDGE_TRY(Transaction transaction, Transaction::begin(db));
  EDGE_CHECK(set_commit_number(db, *noted));
  return transaction.commit();
}

base::Result<> settle_loss(const std::string& database, const std::string& aside) {
  if (::unlink(commit_note_path(database).c_str()) != 0 && errno != ENOENT) {
    return base::fail_errno(base::Errc::io, "remove " + commit_note_path(database), errno);
  }
  if (std::rename(report_path(database).c_str(), (aside + ".lost").c_str()) != 0 &&
      errno != ENOENT) {
    return base::fail_errno(base::Errc::io, "rename " + report_path(database), errno);
  }
  return {};
}

}  // namespace store
