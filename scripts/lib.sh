# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, never run.
# Sets `root` (the project) and gives say, die, compilers and the preset checks.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
[ -t 2 ] || say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# How many compilers may run at once: the processors, but no more than memory allows at 1.5 GiB each.
# JOBS=n in the environment wins.
compilers() {
  if [ -n "${JOBS:-}" ]; then
    echo "$JOBS"
    return
  fi
  local cpus kib limit count
  cpus=$(nproc)
  kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max) # a container's own limit
  if [ "$limit" != max ] && [ $((limit / 1024)) -lt "$kib" ]; then
    kib=$((limit / 1024))
  fi
  count=$((kib / (1536 * 1024)))
  [ "$count" -ge 1 ] || count=1
  [ "$count" -le "$cpus" ] || count=$cpus
  echo "$count"
}

# needs_clang PRESET: whether the preset compiles with clang, which plain setup does not install.
needs_clang() {
  case $1 in
    asan | tsan | clang | fuzz) return 0 ;;
    *) return 1 ;;
  esac
}

check_preset() {
  case $1 in
    release | shipped | dev | asan | tsan | clang | fuzz) ;;
    *) die "unknown preset '$1': use release, shipped, dev, asan, tsan, clang or fuzz" ;;
  esac
}
