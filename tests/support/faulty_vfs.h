// FaultyVfs: a SQLite VFS over the system's one, for disks that fail and power that goes.
//
// Power loss: of every database and log file it remembers what the disk surely holds (the content
// at the last sync) and what was written since. cut_power() makes every further call fail; when all
// connections are closed, lose_unsynced() leaves in each file the synced content plus a random part
// of what came later: each write kept, dropped, or torn at sectors of 512 bytes.
//
// Faults: inject() lets chosen writes or syncs fail with a SQLite code until heal().
//
// Safe from any thread. Outlives the connections that use it; its name is unique per object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct FaultRule {
  enum class Op { write, sync };
  Op op = Op::write;
  std::string suffix = {};  // of the file's name; "" every file
  int code = 0;             // SQLITE_FULL, SQLITE_IOERR_FSYNC, ...
  // Asked with the number of this operation since inject(), from 1.
  std::function<bool(std::uint64_t)> when = [](std::uint64_t) { return true; };
};

class FaultyVfs {
 public:
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  const std::string& name() const;

  void inject(FaultRule rule);
  void heal();

  // Writes, truncations and syncs so far.
  std::uint64_t operations() const;
  // The power goes at that operation, counted from now: it and all later ones fail.
  void cut_power_at(std::uint64_t operation);
  void cut_power();
  bool power_is_cut() const;
  // Every connection must be closed. The power is back afterwards.
  void lose_unsynced(std::uint64_t seed);

  struct State;

 private:
  std::unique_ptr<State> state_;
};
