#!/usr/bin/env bash
# Protected files from the first step to the last:
#   protected_file.sh license [URL]                 how the license stands; with a URL, gets it first
#   protected_file.sh invite                        prints the link by which a recipient joins
#   protected_file.sh join LINK                     at the recipient
#   protected_file.sh send ADDRESS FILE [MINUTES]   prints the file's id
#   protected_file.sh revoke ADDRESS FILE_ID
# PRIVITTY_URL says where the gateway is; FILE is a path on its machine. A license is got for the accounts
# directory PRIVITTY_ACCOUNTS (the daemon's default without) from the issuer PRIVITTY_LICENSE_ISSUER, the daemon's,
# and taken up by the daemon's next start.
set -euo pipefail
url=${PRIVITTY_URL:-http://127.0.0.1:7200}
auth=(${PRIVITTY_API_KEY:+-H "X-API-Key: $PRIVITTY_API_KEY"}) # where the gateway asks for keys
usage="usage: protected_file.sh license [URL] | invite | join LINK | send ADDRESS FILE [MINUTES] | revoke ADDRESS FILE_ID"

rpc() { # METHOD PARAMS: the result; an error ends the script with the gateway's own words
  local answer
  answer=$(curl -sS "$url/rpc" "${auth[@]}" -H 'Content-Type: application/json' \
    -d "$(jq -cn --arg m "$1" --argjson p "$2" '{jsonrpc: "2.0", id: 1, method: $m, params: $p}')") || return
  jq -c 'if .error then (.error.message? // .error) + "\n" | halt_error else .result end' <<<"$answer"
}

need() { # COUNT ARGUMENTS...: or the usage, and the end
  [ $# -gt "$1" ] || { echo "$usage" >&2 && exit 2; }
}

case ${1:-} in
  license)
    if [ -n "${2:-}" ]; then
      "${EDGE_CLI:-privitty-edge}" license activate "$2"
    elif [ "$(rpc privitty_license_get_status '[]')" = 5 ]; then # as the info it would be active
      echo "not needed: the gateway has no license issuer"
    else
      rpc privitty_license_get_info '[]' | jq -r 'fromjson | .status'
    fi
    exit
    ;;
  invite)
    rpc get_chat_securejoin_qr_code '[1, null]' | jq -r .
    exit
    ;;
  join)
    need 2 "$@"
    rpc secure_join "$(jq -cn --arg l "$2" '[1, $l]')" >/dev/null
    exit
    ;;
  send | revoke) need 3 "$@" ;;
  *) echo "$usage" >&2 && exit 2 ;;
esac

what=$1 address=$2 file=$3 minutes=${4:-0}
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
esac
