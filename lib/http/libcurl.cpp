// SPDX-License-Identifier: Apache-2.0
#include "http/libcurl.hpp"

#include "sys/shared_library.hpp"

namespace flintctl::http {
namespace {

Result<Libcurl> open_libcurl() {
  const auto library = TRY(sys::SharedLibrary::open("libcurl.so.4", "libcurl4"));
  Libcurl curl;
#define FLINTCTL_CURL(member, symbol) \
  curl.member = TRY(library.function<decltype(curl.member)>(#symbol))
  FLINTCTL_CURL(global_init, curl_global_init);
  FLINTCTL_CURL(easy_init, curl_easy_init);
  FLINTCTL_CURL(easy_cleanup, curl_easy_cleanup);
  FLINTCTL_CURL(easy_reset, curl_easy_reset);
  FLINTCTL_CURL(easy_setopt, curl_easy_setopt);
  FLINTCTL_CURL(easy_getinfo, curl_easy_getinfo);
  FLINTCTL_CURL(easy_strerror, curl_easy_strerror);
  FLINTCTL_CURL(multi_init, curl_multi_init);
  FLINTCTL_CURL(multi_cleanup, curl_multi_cleanup);
  FLINTCTL_CURL(multi_add_handle, curl_multi_add_handle);
  FLINTCTL_CURL(multi_remove_handle, curl_multi_remove_handle);
  FLINTCTL_CURL(multi_perform, curl_multi_perform);
  FLINTCTL_CURL(multi_poll, curl_multi_poll);
  FLINTCTL_CURL(multi_wakeup, curl_multi_wakeup);
  FLINTCTL_CURL(multi_info_read, curl_multi_info_read);
  FLINTCTL_CURL(slist_append, curl_slist_append);
  FLINTCTL_CURL(slist_free_all, curl_slist_free_all);
  FLINTCTL_CURL(url, curl_url);
  FLINTCTL_CURL(url_cleanup, curl_url_cleanup);
  FLINTCTL_CURL(url_set, curl_url_set);
  FLINTCTL_CURL(url_get, curl_url_get);
  FLINTCTL_CURL(free, curl_free);
#undef FLINTCTL_CURL
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Error(Code::host_not_ready, "libcurl cannot be initialised");
  }
  return curl;
}

}  // namespace

Result<const Libcurl*> Libcurl::get() {
  static const Result<Libcurl> curl = open_libcurl();
  if (!curl) return Error(curl.error());
  return &curl.value();
}

}  // namespace flintctl::http
