#!/usr/bin/env bash
# Sends a protected file to a contact by address and can take it back:
#   protected_file.sh send ADDRESS FILE [MINUTES]   prints the file's id
#   protected_file.sh revoke ADDRESS FILE_ID
# EDGE_URL says where the gateway is. FILE is a path on the gateway's machine.
set -euo pipefail
url=${EDGE_URL:-http://127.0.0.1:7200}
usage="usage: protected_file.sh send ADDRESS FILE [MINUTES] | revoke ADDRESS FILE_ID"
what=${1:?$usage} address=${2:?$usage} file=${3:?$usage} minutes=${4:-0}

rpc() { # METHOD PARAMS: the result; an error ends the script with the gateway's own words
  curl -sS --fail-with-body "$url/rpc" -H 'Content-Type: application/json' \
    -d "$(jq -cn --arg m "$1" --argjson p "$2" '{jsonrpc: "2.0", id: 1, method: $m, params: $p}')" |
    jq -c 'if .error then .error.message | halt_error else .result end'
}

contact=$(rpc lookup_contact_id_by_addr "$(jq -cn --arg a "$address" '[1, $a]')")
[ "$contact" != null ] || { echo "no contact has the address $address: join it first" >&2; exit 1; }
chat=$(rpc create_chat_by_contact_id "[1, $contact]")
case $what in
  send)
    made=$(rpc privitty_send_file \
      "$(jq -cn --argjson c "$chat" --argjson p "$contact" --arg f "$(realpath "$file")" --argjson m "$minutes" \
        '[1, $c, $p, $f, false, false, $m]')")
    prv=$(jq -r .encrypted_path <<<"$made")
    rpc send_msg "$(jq -cn --argjson c "$chat" --arg f "$prv" '[1, $c, {file: $f, viewtype: "File"}]')" >/dev/null
    rm -- "$prv" # the gateway has its own copy
    jq .file_id <<<"$made"
    ;;
  revoke) rpc privitty_revoke_file_access "[1, $chat, $file, $contact]" >/dev/null ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
