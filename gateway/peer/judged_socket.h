// The socket of an outgoing transfer, opened only to an allowed address. The check sees the address
// itself, after the name was resolved, and the connection goes to that address.
#pragma once

#include <curl/curl.h>

#include "gateway/peer/address.h"

namespace gateway {

// CURL_SOCKET_BAD when the address is not allowed; `forbidden` then says so.
curl_socket_t open_judged_socket(const AddressPolicy& policy, curlsocktype purpose,
                                 const curl_sockaddr& address, bool& forbidden);

}  // namespace gateway
