#!/usr/bin/env bash
# Fan-out of events to N subscribers, beside the least a server can do, in one run on loopback.
# Usage: bench/fanout.sh [N] [EVENTS]      prints one JSON line per server (see sse_load --help)
#   hub            the gateway's front and hub (event_server), as fast as it publishes
#   hub at 20k/s   the same at a fixed 20,000 deliveries per second
#   floor          sse_floor: one send per delivery;   floor, merged: what waits goes in one send
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${EDGE_BIN:-$here/build/release/bin}
n=${1:-1000}
events=${2:-$((n >= 5000 ? 200 : 1000))}
ulimit -n "$(ulimit -Hn)"
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
trap cleanup EXIT

# start PROGRAM [WORDS]: a server on a free port, given as its first word; sets server and port
start() {
  local program=$1
  shift
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$bin/$program" "$port" "$@" >/dev/null 2>&1 &
  server=$!
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "fanout.sh: $program did not start" >&2
  return 1
}
finish() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}
# load LABEL [further options]
load() {
  local label=$1
  shift
  timeout 120 "$bin/sse_load" --sub "http://127.0.0.1:$port/events" --pub "http://127.0.0.1:$port/publish" \
    --n "$n" --events "$events" --src-ips 4 --size 200 --pid "$server" --label "$label" "$@"
}

start event_server
load "hub"
finish
start event_server
load "hub at 20,000/s" --rate "$(python3 -c "print(20000 / $n)")" --events "$((20000 * 5 / n))"
finish
start sse_floor
load "floor"
finish
start sse_floor coalesce
load "floor, merged"
finish
