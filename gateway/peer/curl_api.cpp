// The macros that check curl_easy_setopt's types would replace the names asked for below.
#define CURL_DISABLE_TYPECHECK
#include "gateway/peer/curl_api.h"

#include <dlfcn.h>

#include <string>

namespace gateway {
namespace {

base::Result<CurlApi> load_api() {
  void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    // glibc keeps one for each thread. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char* const why = ::dlerror();
    return base::fail(base::Errc::unavailable,
                      std::string("nothing can be sent without libcurl (Debian's libcurl4): ") +
                          (why == nullptr ? "not found" : why));
  }
  CurlApi api{};
  bool whole = true;
  const auto find = [&](auto& function, const char* name) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    whole = whole && function != nullptr;
  };
  find(api.global_init, "curl_global_init");
  find(api.easy_init, "curl_easy_init");
  find(api.easy_cleanup, "curl_easy_cleanup");
  find(api.easy_reset, "curl_easy_reset");
  find(api.easy_perform, "curl_easy_perform");
  find(api.easy_setopt, "curl_easy_setopt");
  find(api.easy_getinfo, "curl_easy_getinfo");
  find(api.easy_recv, "curl_easy_recv");
  find(api.easy_send, "curl_easy_send");
  find(api.easy_strerror, "curl_easy_strerror");
  find(api.slist_append, "curl_slist_append");
  find(api.slist_free_all, "curl_slist_free_all");
  find(api.multi_init, "curl_multi_init");
  find(api.multi_cleanup, "curl_multi_cleanup");
  find(api.multi_setopt, "curl_multi_setopt");
  find(api.multi_add_handle, "curl_multi_add_handle");
  find(api.multi_remove_handle, "curl_multi_remove_handle");
  find(api.multi_socket_action, "curl_multi_socket_action");
  find(api.multi_info_read, "curl_multi_info_read");
  find(api.share_init, "curl_share_init");
  find(api.share_setopt, "curl_share_setopt");
  find(api.share_cleanup, "curl_share_cleanup");
  if (!whole || api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return base::fail(base::Errc::unavailable, "the libcurl installed cannot be used");
  }
  return api;
}

}  // namespace

base::Result<const CurlApi*> CurlApi::load() {
  static const base::Result<CurlApi> api = load_api();
  if (!api) return api.error();
  return &*api;
}

void append(CurlList& list, const char* line) {
  if (curl_slist* const longer = list.get_deleter().api->slist_append(list.get(), line)) {
    static_cast<void>(list.release());
    list.reset(longer);
  }
}

}  // namespace gateway
