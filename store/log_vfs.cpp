#include "store/log_vfs.h"

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>

#include "base/mutex.h"

namespace store {
namespace {

constexpr std::size_t kRoom = 128 * 1024;  // 31 pages; a longer commit is written in several calls

struct Vfs : sqlite3_vfs {
  sqlite3_vfs* real = nullptr;
  std::string name;
};

// What SQLite allocates for a log: this, and the real file behind it.
struct LogFile : sqlite3_file {
  sqlite3_file* real;
  std::uint8_t* gathered;  // kRoom bytes, from the first write on
  std::size_t size;        // of them in use
  sqlite3_int64 begin;     // their place in the file
};

LogFile& log_of(sqlite3_file* file) { return *static_cast<LogFile*>(file); }

// What could not be written is dropped: its commit fails.
int write_gathered(LogFile& log) {
  if (log.size == 0) return SQLITE_OK;
  const auto size = static_cast<int>(log.size);
  log.size = 0;
  return log.real->pMethods->xWrite(log.real, log.gathered, size, log.begin);
}

// What was not synced belongs to no commit.
int log_close(sqlite3_file* file) {
  delete[] log_of(file).gathered;
  return log_of(file).real->pMethods->xClose(log_of(file).real);
}

int log_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  const auto length = static_cast<std::size_t>(size);
  const bool follows = offset == log.begin + static_cast<sqlite3_int64>(log.size);
  if (log.size > 0 && (!follows || length > kRoom - log.size)) {
    if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  }
  if (log.gathered == nullptr) log.gathered = new (std::nothrow) std::uint8_t[kRoom];
  if (log.gathered == nullptr || length > kRoom) {
    return log.real->pMethods->xWrite(log.real, data, size, offset);
  }
  if (log.size == 0) log.begin = offset;
  std::memcpy(log.gathered + log.size, data, length);
  log.size += length;
  return SQLITE_OK;
}

int log_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  return log.real->pMethods->xRead(log.real, out, size, offset);
}

int log_truncate(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  return log.real->pMethods->xTruncate(log.real, size);
}

int log_sync(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  return log.real->pMethods->xSync(log.real, flags);
}

int log_size(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  return log.real->pMethods->xFileSize(log.real, size);
}

int log_lock(sqlite3_file* file, int level) {
  return log_of(file).real->pMethods->xLock(log_of(file).real, level);
}
int log_unlock(sqlite3_file* file, int level) {
  return log_of(file).real->pMethods->xUnlock(log_of(file).real, level);
}
int log_reserved(sqlite3_file* file, int* out) {
  return log_of(file).real->pMethods->xCheckReservedLock(log_of(file).real, out);
}
int log_control(sqlite3_file* file, int op, void* arg) {
  return log_of(file).real->pMethods->xFileControl(log_of(file).real, op, arg);
}
int log_sector(sqlite3_file* file) {
  return log_of(file).real->pMethods->xSectorSize(log_of(file).real);
}
int log_device(sqlite3_file* file) {
  return log_of(file).real->pMethods->xDeviceCharacteristics(log_of(file).real);
}

// Version 1: a log has no shared memory and is not mapped.
constexpr sqlite3_io_methods kLogMethods = {
    1,        log_close,  log_read,     log_write,   log_truncate, log_sync,   log_size,
    log_lock, log_unlock, log_reserved, log_control, log_sector,   log_device, nullptr,
    nullptr,  nullptr,    nullptr,      nullptr,     nullptr};

void on_rollback(void* db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(static_cast<sqlite3*>(db), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  if (file != nullptr && file->pMethods == &kLogMethods) log_of(file).size = 0;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const real = static_cast<Vfs*>(vfs)->real;
  if ((flags & SQLITE_OPEN_WAL) == 0) return real->xOpen(real, path, file, flags, out_flags);
  auto* const log = new (static_cast<void*>(file)) LogFile{};
  log->real = reinterpret_cast<sqlite3_file*>(log + 1);
  log->real->pMethods = nullptr;
  const int code = real->xOpen(real, path, log->real, flags, out_flags);
  if (code == SQLITE_OK) {
    log->pMethods = &kLogMethods;
  } else if (log->real->pMethods != nullptr) {
    log->real->pMethods->xClose(log->real);
  }
  return code;
}

}  // namespace

std::string log_vfs(const std::string& name) {
  static base::Mutex mutex;
  static std::map<std::string, std::unique_ptr<Vfs>> made;  // SQLite refers to them
  base::Lock lock(mutex);
  if (const auto found = made.find(name); found != made.end()) return found->second->name;
  sqlite3_vfs* const real = sqlite3_vfs_find(name.empty() ? nullptr : name.c_str());
  if (real == nullptr) return name;
  auto vfs = std::make_unique<Vfs>();
  static_cast<sqlite3_vfs&>(*vfs) = *real;  // its other calls are used as they are
  vfs->real = real;
  vfs->name = std::string("log over ") + real->zName;
  vfs->zName = vfs->name.c_str();
  vfs->pNext = nullptr;
  vfs->szOsFile = real->szOsFile + static_cast<int>(sizeof(LogFile));
  vfs->xOpen = open_file;
  sqlite3_vfs_register(vfs.get(), 0);
  return made.emplace(name, std::move(vfs)).first->second->name;
}

void drop_log_at_rollback(sqlite3* db) { sqlite3_rollback_hook(db, on_rollback, db); }

}  // namespace store
