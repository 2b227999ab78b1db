// What a Content-Type says of a body.
#pragma once

#include <string_view>

namespace gateway {

// JSON under each of its names: application/json, what JSON-RPC clients send ("JSON-RPC over HTTP":
// application/json-rpc, application/jsonrequest), text/json, and types that end with +json. A page
// of another origin can send none of them without a preflight.
bool is_json_type(std::string_view content_type);

// What a browser's form and curl -F, -d and --data-binary send: the bytes would be those of the
// form, or a file without its line ends.
bool is_form_type(std::string_view content_type);

}  // namespace gateway
