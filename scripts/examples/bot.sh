#!/usr/bin/env bash
# Answers every message with its own text: a bot in twenty lines of shell, with curl and jq.
# The gateway remembers what was marked as seen, so nothing is missed while the bot is away. PRIVITTY_URL says where it is.
set -uo pipefail
url=${PRIVITTY_URL:-http://127.0.0.1:7200}/rpc
auth=(${PRIVITTY_API_KEY:+-H "X-API-Key: $PRIVITTY_API_KEY"}) # where the gateway asks for keys

# rpc METHOD PARAMS: the result of a call; 2: it was refused, and would be again.
rpc() {
  local answer
  answer=$(jq -n --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, $method, $params}' |
    curl -sS "${auth[@]}" -w '\n%{http_code}' -H 'Content-Type: application/json' -d @- "$url") || return 1
  case ${answer##*$'\n'} in
    200) jq -ce .result <<<"${answer%$'\n'*}" ;;
    408 | 429 | 5*) return 1 ;;
    *) echo "refused with ${answer##*$'\n'}: ${answer%$'\n'*}" >&2 && return 2 ;;
  esac
}

while true; do
  numbers=$(rpc wait_next_msgs '[1]') || { [ $? -ne 2 ] || exit 1; sleep 1; } # the gateway is away
  for number in $(jq -r '.[]' <<<"$numbers"); do
    message=$(rpc get_message "[1,$number]") || break
    if jq -e '.fromId > 9 and (.isInfo | not)' <<<"$message" >/dev/null; then # of a contact, not of ourselves
      can=$(rpc can_send "$(jq -c '[1, .chatId]' <<<"$message")") || [ "$can" = false ] || break
      # A channel that we only read is not answered.
      [ "$can" = false ] || rpc send_msg "$(jq -c '[1, .chatId, {text: "You said: \(.text)"}]' <<<"$message")" >/dev/null || break
    fi
    rpc markseen_msgs "[1,[$number]]" >/dev/null
  done
done
