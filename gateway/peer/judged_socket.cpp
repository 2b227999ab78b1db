#include "gateway/peer/judged_socket.h"

#include <sys/socket.h>

namespace gateway {

curl_socket_t open_judged_socket(const AddressPolicy& policy, curlsocktype purpose,
                                 const curl_sockaddr& address, bool& forbidden) {
  if (purpose != CURLSOCKTYPE_IPCXN || !is_allowed(kind_of(address.addr), policy)) {
    forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

}  // namespace gateway
