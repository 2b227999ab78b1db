#!/usr/bin/env bash
# Fan-out of events to N subscribers, beside nginx's nchan and the least a server can do, in one run on loopback.
# Usage: bench/fanout.sh [N] [EVENTS]      prints one JSON line per measurement (see sse_load --help)
#   gateway           the daemon: POST /publish, durable, to N listeners of a channel, as fast as it takes them
#   gateway at 20k/s  the same at a fixed 20,000 deliveries per second, with calls of /rpc beside it (a line of their own)
#   hub               the gateway's front and hub with nothing behind them (event_server), both ways
#   nchan             nginx with libnginx-mod-nchan, both ways, when it is installed
#   floor             sse_floor: one send per delivery, both ways;   floor, merged: what waits goes in one send
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${EDGE_BIN:-$here/build/release/bin}
n=${1:-1000}
events=${2:-$((n >= 5000 ? 200 : 1000))}
seconds=${SECONDS_AT_RATE:-5}
rate=$(python3 -c "print(20000 / $n)")
at_rate=$((20000 * seconds / n))
ulimit -n "$(ulimit -Hn)"
folder=$(mktemp -d "${BENCH_DIR:-/tmp}/edge-fanout-XXXXXX")
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# start COMMAND…: a server on $port; sets server
start() {
  "$@" >/dev/null 2>"$folder/log" &
  server=$!
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "fanout.sh: $1 did not start: $(tail -3 "$folder/log")" >&2
  return 1
}
finish() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}
sub=/events pub=/publish
# load LABEL [further options]
load() {
  local label=$1
  shift
  timeout 180 "$bin/sse_load" --sub "http://127.0.0.1:$port$sub" --pub "http://127.0.0.1:$port$pub" \
    --n "$n" --events "$events" --src-ips 4 --size 200 --pid "$server" --label "$label" "$@" || true
}
fixed() { load "$1" --rate "$rate" --events "$at_rate" "${@:2}"; }

# The daemon, with its log on disk.
channel=(--pub-header 'Content-Type: application/json' --pub-body '{"channel":"bench","data":"{msg}"}' --pub-expect '"id"')
gateway() {
  port=$(free_port) sub='/events?channel=bench'
  start "$bin/privitty-edged" --listen "127.0.0.1:$port" --accounts "$folder/$1" --profile bench --log-level warning
  sleep 3 # it gives back what only its start needed; what connections cost is measured from there
}
gateway full
load "gateway" "${channel[@]}"
finish
gateway fixed
echo '{"jsonrpc":"2.0","id":1,"method":"get_config","params":[1,"addr"]}' >"$folder/call"
fixed "gateway at 20,000/s" "${channel[@]}" >"$folder/fixed.json"
# Once more, with 200 calls a second beside it while the events go out.
fixed "gateway at 20,000/s, with calls" "${channel[@]}" >"$folder/beside.json" &
beside=$!
sleep 3
calls=$("$bin/http_load" "$port" /rpc 4 $((seconds - 2)) "$folder/call" 200)
wait "$beside"
cat "$folder/fixed.json" "$folder/beside.json"
echo "{\"label\":\"/rpc beside it\",\"subscribers\":$n,\"calls\":$calls}"
finish
sub=/events

port=$(free_port)
start "$bin/event_server" "$port"
load "hub"
finish
port=$(free_port)
start "$bin/event_server" "$port"
fixed "hub at 20,000/s"
finish

module=/usr/lib/nginx/modules/ngx_nchan_module.so
if command -v nginx >/dev/null && [ -e "$module" ]; then
  port=$(free_port)
  sed "s/@PORT@/$port/" "$here/bench/nchan.conf" >"$folder/nchan.conf"
  sub=/sub/bench pub=/pub/bench
  for way in load fixed; do
    mkdir -p "$folder/nchan"
    start nginx -p "$folder/nchan" -c "$folder/nchan.conf" -g 'worker_processes 1; daemon off;'
    if [ "$way" = load ]; then load "nchan"; else fixed "nchan at 20,000/s"; fi
    finish
  done
  sub=/events pub=/publish
else
  echo "fanout.sh: nchan left out: apt-get install nginx libnginx-mod-nchan" >&2
fi

port=$(free_port)
start "$bin/sse_floor" "$port"
load "floor"
finish
port=$(free_port)
start "$bin/sse_floor" "$port"
fixed "floor at 20,000/s"
finish
port=$(free_port)
start "$bin/sse_floor" "$port" coalesce
load "floor, merged"
finish
