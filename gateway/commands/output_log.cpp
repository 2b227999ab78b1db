#include "gateway/commands/output_log.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "gateway/commands/output_file_name.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kIndexEvery = 64 * 1024;  // bytes between places that are remembered

store::RecordPlace place_of(const std::string& run) { return {"commands", run}; }

}  // namespace

// One file. All but path, run, number and first are guarded by the log's mutex.
struct OutputLog::Segment {
  std::string run;
  std::uint64_t number = 0;
  std::uint64_t first = 0;
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t synced = 0;      // so much of it is on the disk; of an earlier daemon all of it
  base::UnixMillis written = 0;  // when it was last appended to
  bool indexed = true;           // false: of an earlier daemon, and not looked into yet
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      places;  // number, offset; every now and then
};

OutputLog::~OutputLog() = default;

base::Result<std::unique_ptr<OutputLog>> OutputLog::open(const std::string& dir,
                                                         const store::Vault& vault,
                                                         const std::set<std::string>& known) {
  std::unique_ptr<OutputLog> out(new OutputLog(dir, vault));
  EDGE_CHECK(out->adopt_files(known));
  return out;
}

base::Result<> OutputLog::adopt_files(const std::set<std::string>& known) {
  base::Lock lock(mutex_);
  std::error_code error;
  const auto now = base::SystemClock().now();
  const auto clock_now = fs::file_time_type::clock::now();
  for (const auto& file : fs::directory_iterator(dir_, error)) {
    const std::string path = file.path().string();
    const auto name = parse_output_file_name(file.path().filename().string());
    if (!name) continue;
    if (!known.contains(name->run)) {
      (void)::unlink(path.c_str());
      continue;
    }
    std::error_code unknown;
    auto segment = std::make_shared<Segment>();
    segment->run = name->run;
    segment->number = name->file;
    segment->first = name->first;
    segment->path = path;
    segment->size = segment->synced = file.file_size(unknown);
    if (unknown) continue;
    const auto age = clock_now - file.last_write_time(unknown);
    segment->written = now - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
    segment->indexed = false;
    bytes_ += segment->size;
    oldest_.emplace(segment->first, segment);
  }
  if (error) return base::fail_errno(base::Errc::io, "read the folder " + dir_, error.value());
  for (const auto& [first, segment] : oldest_) outputs_[segment->run].segments.push_back(segment);
  for (auto& [run, output] : outputs_) {
    for (const SegmentPtr& segment : output.segments) {
      if (segment->number != output.next_file) output.lost = base::EventId(segment->first - 1);
      output.next_file = segment->number + 1;
    }
    output.last = base::EventId(output.segments.back()->first);
  }
  return {};
}

base::Result<base::EventId> OutputLog::newest(const std::string& run) const {
  std::string path;
  std::uint64_t size = 0;
  {
    base::Lock lock(mutex_);
    const auto found = outputs_.find(run);
    if (found == outputs_.end() || found->second.segments.empty()) return base::EventId();
    const Segment& segment = *found->second.segments.back();
    path = segment.path;
    size = segment.size;
  }
  EDGE_TRY(const store::File file, store::File::open(path, store::File::Mode::read));
  store::RecordScan scan(file, 0, size);
  std::uint64_t newest = 0;
  for (;;) {
    EDGE_TRY(const auto record, scan.next());
    if (!record) break;
    newest = std::max(newest, record->number);
    const auto plain = store::open_record(vault_, place_of(run), *record);
    const auto entries = plain ? decode_entries(record->number, *plain) : std::nullopt;
    if (entries && !entries->empty()) newest = std::max(newest, entries->back().id.value);
  }
  return base::EventId(newest);
}

void OutputLog::append(const std::string& run, std::span<const OutputEntry> entries) {
  if (entries.empty()) return;
  base::Lock lock(mutex_);
  Output& output = outputs_[run];
  auto appended = append_record(run, output, entries);
  if (!appended) {
    // Deletes the oldest output to make room for the newest.
    if (!oldest_.empty()) drop_oldest();
    appended = append_record(run, output, entries);
  }
  output.last = entries.back().id;
  if (appended) return;
  if (!output.loss_reported) {
    base::log::warning("output of {} is not kept: {}", run, appended.error().message);
  }
  output.loss_reported = true;
  output.lost = entries.back().id;
  output.file.reset();
  ++output.next_file;
}

base::Result<> OutputLog::append_record(const std::string& run, Output& output,
                                        std::span<const OutputEntry> entries) {
  if (output.file && output.file->size() >= bounds_.file_bytes) output.file.reset();
  if (!output.file) {
    auto segment = std::make_shared<Segment>();
    segment->run = run;
    segment->number = output.next_file;
    segment->first = entries.front().id.value;
    segment->path = dir_ + "/" + output_file_name({run, segment->number, segment->first});
    EDGE_TRY(auto file, store::RecordFile::create(segment->path));
    output.file = std::make_unique<store::RecordFile>(std::move(file));
    ++output.next_file;
    output.segments.push_back(segment);
    oldest_.emplace(segment->first, std::move(segment));
  }
  Segment& segment = *output.segments.back();
  const std::uint64_t offset = output.file->size();
  EDGE_CHECK(output.file->append(vault_, place_of(run), entries.front().id.value,
                                 encode_entries(entries)));
  if (segment.places.empty() || offset - segment.places.back().second >= kIndexEvery) {
    segment.places.emplace_back(entries.front().id.value, offset);
  }
  segment.size = output.file->size();
  segment.written = base::SystemClock().now();
  bytes_ += segment.size - offset;
  keep_bounds();
  return {};
}

void OutputLog::finish(const std::string& run) {
  base::Lock lock(mutex_);
  const auto found = outputs_.find(run);
  if (found != outputs_.end()) found->second.file.reset();
}

base::Result<> OutputLog::sync() {
  std::vector<SegmentPtr> segments;
  {
    base::Lock lock(mutex_);
    for (const auto& [first, segment] : oldest_) segments.push_back(segment);
  }
  return sync(std::move(segments));
}

base::Result<> OutputLog::sync(const std::string& run) {
  std::vector<SegmentPtr> segments;
  {
    base::Lock lock(mutex_);
    const auto found = outputs_.find(run);
    if (found == outputs_.end()) return {};
    segments.assign(found->second.segments.begin(), found->second.segments.end());
  }
  return sync(std::move(segments));
}

// Through descriptors of its own: those of the writer are the runner's.
base::Result<> OutputLog::sync(std::vector<SegmentPtr> segments) {
  bool any = false;
  for (const SegmentPtr& segment : segments) {
    std::uint64_t size = 0;
    {
      base::Lock lock(mutex_);
      size = segment->size;
      if (segment->synced == size) continue;
    }
    auto file = store::File::open(segment->path, store::File::Mode::read);
    if (!file && file.error().code == base::Errc::not_found) continue;  // the oldest output goes
    EDGE_CHECK(file);
    EDGE_CHECK(file->sync());
    any = true;
    base::Lock lock(mutex_);
    segment->synced = std::max(segment->synced, size);
  }
  if (!any) return {};
  return store::sync_dir(dir_);
}

// Deletes the file; a reader that has it open reads on.
void OutputLog::drop_oldest() {
  const SegmentPtr segment = oldest_.begin()->second;
  oldest_.erase(oldest_.begin());
  (void)::unlink(segment->path.c_str());
  bytes_ -= segment->size;
  Output& output = outputs_[segment->run];
  std::erase(output.segments, segment);
  if (output.segments.empty()) {
    output.file.reset();
    output.lost = output.last;
  } else {
    output.lost = std::max(output.lost, base::EventId(output.segments.front()->first - 1));
  }
}

void OutputLog::keep_bounds() {
  while (bytes_ > bounds_.bytes && oldest_.size() > 1) drop_oldest();
}

void OutputLog::set_bounds(const OutputBounds& bounds) {
  base::Lock lock(mutex_);
  bounds_ = bounds;
  keep_bounds();
}

void OutputLog::tidy(base::UnixMillis now) {
  base::Lock lock(mutex_);
  while (!oldest_.empty() && now - oldest_.begin()->second->written > bounds_.age) drop_oldest();
}

void OutputLog::remove(const std::string& run) {
  base::Lock lock(mutex_);
  const auto found = outputs_.find(run);
  if (found == outputs_.end()) return;
  for (const SegmentPtr& segment : found->second.segments) {
    (void)::unlink(segment->path.c_str());
    bytes_ -= segment->size;
    oldest_.erase(segment->first);
  }
  outputs_.erase(found);
}

std::uint64_t OutputLog::bytes() const {
  base::Lock lock(mutex_);
  return bytes_;
}

// Reads the heads of a file's records, once.
base::Result<> OutputLog::index(const SegmentPtr& segment) const {
  std::uint64_t size = 0;
  {
    base::Lock lock(mutex_);
    if (segment->indexed) return {};
    size = segment->size;
  }
  EDGE_TRY(const store::File file, store::File::open(segment->path, store::File::Mode::read));
  store::RecordScan scan(file, 0, size);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (;;) {
    EDGE_TRY(const auto record, scan.next(true));
    if (!record) break;
    if (places.empty() || record->offset - places.back().second >= kIndexEvery) {
      places.emplace_back(record->number, record->offset);
    }
  }
  base::Lock lock(mutex_);
  segment->places = std::move(places);
  segment->indexed = true;
  return {};
}

// The file that holds, or may hold, the first line after `after`.
std::optional<OutputLog::Place> OutputLog::find(const std::string& run, base::EventId after) const {
  base::Lock lock(mutex_);
  const auto found = outputs_.find(run);
  if (found == outputs_.end()) return std::nullopt;
  const Output& output = found->second;
  Place out;
  out.lost = output.lost;
  out.last = output.last;
  for (const SegmentPtr& segment : output.segments) {
    if (out.segment && segment->first > after.value + 1) break;
    out.segment = segment;
  }
  if (!out.segment) return out;
  out.end = out.segment->size;
  for (const auto& [number, offset] : out.segment->places) {
    if (number > after.value + 1) break;
    out.offset = offset;
  }
  return out;
}

base::Result<OutputPage> OutputLog::read(const std::string& run, base::EventId after,
                                         std::size_t limit, std::size_t bytes) const {
  OutputPage out;
  out.reached = after;
  std::size_t size = 0;
  int vanished = 0;  // files that went while they were looked for
  for (;;) {
    auto place = find(run, out.reached);
    if (!place || !place->segment) {
      if (place) out.floor = std::max(out.floor, place->lost);
      out.at_end = true;
      return out;
    }
    const SegmentPtr segment = place->segment;
    auto indexed = index(segment);
    auto file = indexed ? store::File::open(segment->path, store::File::Mode::read)
                        : base::Result<store::File>(std::move(indexed).error());
    if (!file) {
      if (file.error().code == base::Errc::not_found && ++vanished < 100) continue;
      return std::move(file).error();
    }
    place = find(run, out.reached);  // with its index
    if (!place || place->segment != segment) continue;
    out.floor = std::max(out.floor, place->lost);
    store::RecordScan scan(*file, place->offset, place->end);
    bool damaged = false;
    for (;;) {
      EDGE_TRY(const auto record, scan.next());
      if (!record) break;
      const auto plain = store::open_record(vault_, place_of(run), *record);
      auto entries = plain ? decode_entries(record->number, *plain) : std::nullopt;
      if (damaged) out.floor = std::max(out.floor, base::EventId(record->number - 1));
      damaged = !entries;
      if (damaged) continue;
      for (OutputEntry& entry : *entries) {
        if (entry.id <= out.reached) continue;
        if (out.entries.size() >= limit || (size >= bytes && !out.entries.empty())) return out;
        size += entry.piece.text.size() + sizeof(OutputEntry);
        out.reached = entry.id;
        out.entries.push_back(std::move(entry));
      }
    }
    base::Lock lock(mutex_);
    const auto found = outputs_.find(run);
    SegmentPtr following;
    if (found != outputs_.end()) {
      for (const SegmentPtr& each : found->second.segments) {
        if (each->first > segment->first) {
          following = each;
          break;
        }
      }
    }
    if (following == nullptr) {
      if (damaged) out.floor = std::max(out.floor, place->last);
      out.at_end = true;
      return out;
    }
    if (damaged) out.floor = std::max(out.floor, base::EventId(following->first - 1));
    out.reached = std::max(out.reached, base::EventId(following->first - 1));
  }
}

}  // namespace gateway::commands
