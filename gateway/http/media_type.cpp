#include "gateway/http/media_type.h"

#include <string>

#include "base/ascii.h"

namespace gateway {
namespace {

// In lower case, without its parameters.
std::string bare_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return base::lower_ascii(type);
}

}  // namespace

bool is_json_type(std::string_view content_type) {
  const std::string type = bare_type(content_type);
  for (const std::string_view json :
       {"application/json", "application/json-rpc", "application/jsonrequest", "text/json"}) {
    if (type == json) return true;
  }
  return type.ends_with("+json") && type.find_first_of(", \t") == std::string::npos;
}

bool is_form_type(std::string_view content_type) {
  const std::string type = bare_type(content_type);
  return type == "application/x-www-form-urlencoded" || type.starts_with("multipart/");
}

}  // namespace gateway
