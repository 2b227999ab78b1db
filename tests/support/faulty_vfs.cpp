#include "tests/support/faulty_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"

using base::Bytes;

namespace {

constexpr std::size_t kSector = 512;

struct Pending {
  bool truncate = false;
  std::size_t offset = 0;  // or the new size
  Bytes data;
};

void apply(Bytes& image, const Pending& op) {
  if (op.truncate) {
    image.resize(op.offset);
    return;
  }
  image.resize(std::max(image.size(), op.offset + op.data.size()));
  std::copy(op.data.begin(), op.data.end(), image.begin() + static_cast<std::ptrdiff_t>(op.offset));
}

struct Disk {
  Bytes durable;
  std::vector<Pending> pending;
};

}  // namespace

struct FaultyVfs::State {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  mutable base::Mutex mutex;
  std::map<std::string, Disk> disks GUARDED_BY(mutex);
  std::optional<FaultRule> rule GUARDED_BY(mutex);
  std::uint64_t rule_count GUARDED_BY(mutex) = 0;
  std::uint64_t operations GUARDED_BY(mutex) = 0;
  std::uint64_t cut_at GUARDED_BY(mutex) = 0;
  bool cut GUARDED_BY(mutex) = false;

  bool dead() const {
    base::Lock lock(mutex);
    return cut;
  }

  // The code with which this operation fails; SQLITE_OK lets it through.
  int judge(FaultRule::Op op, const std::string& path, int code_when_cut) REQUIRES(mutex) {
    ++operations;
    if (cut_at != 0 && operations >= cut_at) cut = true;
    if (cut) return code_when_cut;
    if (!rule || rule->op != op || !path.ends_with(rule->suffix)) return SQLITE_OK;
    return rule->when(++rule_count) ? rule->code : SQLITE_OK;
  }
};

namespace {

using State = FaultyVfs::State;

// What SQLite allocates for us: this, and the real file behind it.
struct File {
  sqlite3_file base;
  State* state;
  std::string* path;  // nothing for files that are not tracked
  sqlite3_file* real;
};

File* cast(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return cast(file)->real; }
bool dead(sqlite3_file* file) { return cast(file)->state->dead(); }

int file_close(sqlite3_file* file) {
  File* f = cast(file);
  const int code = f->real->pMethods != nullptr ? f->real->pMethods->xClose(f->real) : SQLITE_OK;
  delete f->path;
  return code;
}

int file_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  if (dead(file)) return SQLITE_IOERR_READ;
  return real(file)->pMethods->xRead(real(file), out, size, offset);
}

int file_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  File* f = cast(file);
  if (f->path == nullptr) return f->real->pMethods->xWrite(f->real, data, size, offset);
  base::Lock lock(f->state->mutex);
  const int fault = f->state->judge(FaultRule::Op::write, *f->path, SQLITE_IOERR_WRITE);
  if (fault != SQLITE_OK) return fault;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  f->state->disks[*f->path].pending.push_back(
      {.offset = static_cast<std::size_t>(offset), .data = Bytes(bytes, bytes + size)});
  return f->real->pMethods->xWrite(f->real, data, size, offset);
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  File* f = cast(file);
  if (f->path == nullptr) return f->real->pMethods->xTruncate(f->real, size);
  base::Lock lock(f->state->mutex);
  const int fault = f->state->judge(FaultRule::Op::write, *f->path, SQLITE_IOERR_TRUNCATE);
  if (fault != SQLITE_OK) return fault;
  f->state->disks[*f->path].pending.push_back(
      {.truncate = true, .offset = static_cast<std::size_t>(size), .data = {}});
  return f->real->pMethods->xTruncate(f->real, size);
}

int file_sync(sqlite3_file* file, int) {
  File* f = cast(file);
  if (f->path == nullptr) return SQLITE_OK;
  base::Lock lock(f->state->mutex);
  const int fault = f->state->judge(FaultRule::Op::sync, *f->path, SQLITE_IOERR_FSYNC);
  if (fault != SQLITE_OK) return fault;
  Disk& disk = f->state->disks[*f->path];
  for (const Pending& op : disk.pending) apply(disk.durable, op);
  disk.pending.clear();
  return SQLITE_OK;  // the disk is ours: a real sync would only take time
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (dead(file)) return SQLITE_IOERR_FSTAT;
  return real(file)->pMethods->xFileSize(real(file), size);
}
int file_lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int file_unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int file_reserved(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int file_control(sqlite3_file* file, int op, void* arg) {
  return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int file_sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int file_device(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int file_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  if (dead(file)) return SQLITE_IOERR_SHMMAP;
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int file_shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void file_shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int file_shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods kMethods = {
    2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,   file_reserved,    file_control,   file_sector,
    file_device, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr,
    nullptr};

State* state_of(sqlite3_vfs* vfs) { return static_cast<State*>(vfs->pAppData); }

Bytes content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

int vfs_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  State* state = state_of(vfs);
  File* f = cast(file);
  f->base.pMethods = nullptr;
  f->state = state;
  f->path = nullptr;
  f->real = reinterpret_cast<sqlite3_file*>(f + 1);
  f->real->pMethods = nullptr;
  if (state->dead()) return SQLITE_CANTOPEN;
  const int code = state->real->xOpen(state->real, path, f->real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  if (path != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
    f->path = new std::string(path);
    base::Lock lock(state->mutex);
    if (!state->disks.contains(*f->path)) {
      state->disks[*f->path].durable = content_of(*f->path);
    }
  }
  f->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* path, int sync_dir) {
  State* state = state_of(vfs);
  base::Lock lock(state->mutex);
  if (state->cut) return SQLITE_IOERR_DELETE;
  state->disks.erase(path);
  return state->real->xDelete(state->real, path, sync_dir);
}

int vfs_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  State* state = state_of(vfs);
  if (state->dead()) return SQLITE_IOERR_ACCESS;
  return state->real->xAccess(state->real, path, flags, out);
}

int vfs_full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return state_of(vfs)->real->xFullPathname(state_of(vfs)->real, path, size, out);
}
int vfs_random(sqlite3_vfs* vfs, int size, char* out) {
  return state_of(vfs)->real->xRandomness(state_of(vfs)->real, size, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int us) {
  return state_of(vfs)->real->xSleep(state_of(vfs)->real, us);
}
int vfs_time(sqlite3_vfs* vfs, double* out) {
  return state_of(vfs)->real->xCurrentTime(state_of(vfs)->real, out);
}
int vfs_last_error(sqlite3_vfs* vfs, int size, char* out) {
  return state_of(vfs)->real->xGetLastError(state_of(vfs)->real, size, out);
}
int vfs_time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return state_of(vfs)->real->xCurrentTimeInt64(state_of(vfs)->real, out);
}

}  // namespace

FaultyVfs::FaultyVfs() : state_(std::make_unique<State>()) {
  static std::atomic<int> number{0};
  State& s = *state_;
  s.name = "faulty-" + std::to_string(++number);
  s.real = sqlite3_vfs_find(nullptr);
  s.vfs.iVersion = 2;
  s.vfs.szOsFile = static_cast<int>(sizeof(File)) + s.real->szOsFile;
  s.vfs.mxPathname = s.real->mxPathname;
  s.vfs.zName = s.name.c_str();
  s.vfs.pAppData = &s;
  s.vfs.xOpen = vfs_open;
  s.vfs.xDelete = vfs_delete;
  s.vfs.xAccess = vfs_access;
  s.vfs.xFullPathname = vfs_full_path;
  s.vfs.xRandomness = vfs_random;
  s.vfs.xSleep = vfs_sleep;
  s.vfs.xCurrentTime = vfs_time;
  s.vfs.xGetLastError = vfs_last_error;
  s.vfs.xCurrentTimeInt64 = vfs_time64;
  sqlite3_vfs_register(&s.vfs, 0);
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& FaultyVfs::name() const { return state_->name; }

void FaultyVfs::inject(FaultRule rule) {
  base::Lock lock(state_->mutex);
  state_->rule = std::move(rule);
  state_->rule_count = 0;
}

void FaultyVfs::heal() {
  base::Lock lock(state_->mutex);
  state_->rule.reset();
}

std::uint64_t FaultyVfs::operations() const {
  base::Lock lock(state_->mutex);
  return state_->operations;
}

void FaultyVfs::cut_power_at(std::uint64_t operation) {
  base::Lock lock(state_->mutex);
  state_->operations = 0;
  state_->cut_at = operation;
}

void FaultyVfs::cut_power() {
  base::Lock lock(state_->mutex);
  state_->cut = true;
}

bool FaultyVfs::power_is_cut() const { return state_->dead(); }

void FaultyVfs::lose_unsynced(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  base::Lock lock(state_->mutex);
  for (auto& [path, disk] : state_->disks) {
    Bytes image = disk.durable;
    for (const Pending& op : disk.pending) {
      const auto choice = random() % 3;
      if (choice == 0) continue;
      if (choice == 1 || op.truncate) {
        apply(image, op);
        continue;
      }
      for (std::size_t at = 0; at < op.data.size(); at += kSector) {
        if (random() % 2 == 0) continue;
        const auto begin = op.data.begin() + static_cast<std::ptrdiff_t>(at);
        const auto size = std::min(kSector, op.data.size() - at);
        apply(image, {.offset = op.offset + at,
                      .data = Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))});
      }
    }
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(image.data()),
              static_cast<std::streamsize>(image.size()));
    out.close();
    std::remove((path + "-shm").c_str());
  }
  state_->disks.clear();
  state_->cut = false;
  state_->cut_at = 0;
}
