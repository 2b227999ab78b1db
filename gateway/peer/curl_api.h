// CurlApi: libcurl's functions, loaded when the first envelope leaves. Linked, libcurl would bring
// 30 libraries and 4 MiB into every daemon at its start, also into one that never sends.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "base/result.h"

namespace gateway {

struct CurlApi {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_recv) easy_recv;
  decltype(&::curl_easy_send) easy_send;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_socket_action) multi_socket_action;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_share_init) share_init;
  decltype(&::curl_share_setopt) share_setopt;
  decltype(&::curl_share_cleanup) share_cleanup;

  // Loads and readies libcurl once; it stays. Fails when the library is not installed.
  static base::Result<const CurlApi*> load();
};

struct CurlEasyDelete {
  const CurlApi* api = nullptr;
  void operator()(CURL* easy) const { api->easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDelete>;

struct CurlListDelete {
  const CurlApi* api = nullptr;
  void operator()(curl_slist* list) const { api->slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDelete>;

// What several transfers of one thread have in common. Destroyed after all of them.
struct CurlShareDelete {
  const CurlApi* api = nullptr;
  void operator()(CURLSH* share) const { api->share_cleanup(share); }
};
using CurlShare = std::unique_ptr<CURLSH, CurlShareDelete>;

// A failed append leaves the list as it was.
void append(CurlList& list, const char* line);

}  // namespace gateway
