#!/usr/bin/env bash
# Sends a text to a contact by address: send.sh ADDRESS TEXT…   (PRIVITTY_URL says where the gateway is)
set -euo pipefail
url=${PRIVITTY_URL:-http://127.0.0.1:7200}
auth=(${PRIVITTY_API_KEY:+-H "X-API-Key: $PRIVITTY_API_KEY"}) # where the gateway asks for keys
[ $# -ge 2 ] || { echo "usage: send.sh ADDRESS TEXT…" >&2; exit 2; }
address=$1
shift

rpc() { # METHOD PARAMS: the result; an error ends the script with the gateway's own words
  curl -sS --fail-with-body "$url/rpc" "${auth[@]}" -H 'Content-Type: application/json' \
    -d "$(jq -cn --arg m "$1" --argjson p "$2" '{jsonrpc: "2.0", id: 1, method: $m, params: $p}')" |
    jq 'if .error then (.error.message? // .error) + "\n" | halt_error else .result end'
}

contact=$(rpc lookup_contact_id_by_addr "$(jq -cn --arg a "$address" '[1, $a]')")
[ "$contact" != null ] || { echo "no contact has the address $address: join it first" >&2; exit 1; }
chat=$(rpc create_chat_by_contact_id "[1, $contact]")
rpc send_msg "$(jq -cn --argjson c "$chat" --arg t "$*" '[1, $c, {text: $t}]')"
