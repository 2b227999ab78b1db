#!/usr/bin/env bash
# Prints the data of every event with curl and reconnects where it was cut off; pipe it into jq.
#   PRIVITTY_URL=http://127.0.0.1:7200 listen.sh 'types=IncomingMsg' | jq .msg_id
set -u
url=${PRIVITTY_URL:-http://127.0.0.1:7200}
auth=(${PRIVITTY_API_KEY:+-H "X-API-Key: $PRIVITTY_API_KEY"}) # where the gateway asks for keys
query=$(IFS='&'; echo "$*")
last=
while true; do
  position=$last data=() reason=
  while IFS= read -r line; do
    case $line in
      id:*) position=${line#id: } ;;
      data:*) data+=("${line#data: }") ;;
      '' | :*) # the end of an event or a comment; a line that is cut off comes again
        [ ${#data[@]} -eq 0 ] || printf '%s\n' "${data[@]}"
        data=() last=$position
        ;;
      event:* | retry:* | *status:408 | *status:429) ;;
      *status:4??) # refused, and it would be again
        echo "refused with ${line##*status:}: ${line%status:*}$reason" >&2
        exit 1
        ;;
      *) reason=$line ;;
    esac
  done < <(curl -sSN "${auth[@]}" -w 'status:%{http_code}\n' ${last:+-H "Last-Event-ID: $last"} "$url/events?$query")
  sleep 1
done
