#!/usr/bin/env bash
# Prints the data of every event with curl and reconnects where it was cut off; pipe it into jq.
#   EDGE_URL=http://127.0.0.1:7200 listen.sh 'types=IncomingMsg' | jq .msg_id
set -u
url=${EDGE_URL:-http://127.0.0.1:7200}
query=$(IFS='&'; echo "$*")
last=
while true; do
  while IFS= read -r line; do
    case $line in
      id:*) last=${line#id: } ;;
      data:*) printf '%s\n' "${line#data: }" ;;
    esac
  done < <(curl -sN ${last:+-H "Last-Event-ID: $last"} "$url/events?$query")
  sleep 1
done
