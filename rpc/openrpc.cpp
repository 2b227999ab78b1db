#include <fmt/format.h>

#include "rpc/error.h"
#include "rpc/service.h"

namespace rpc {
namespace {

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
  detail::append_key(out, name, false);
  append_json_string(out, text);
}

std::string param_json(const ParamInfo& param) {
  std::string out = R"({"name":)";
  append_json_string(out, param.name);
  append_text_member(out, "description", param.doc);
  out += fmt::format(R"(,"required":{},"schema":{}}})", param.required, param.schema);
  return out;
}

// One entry per code that the method may answer besides what any method may.
std::string errors_json(const Method& method) {
  std::string out;
  for (const base::Errc errc : method.row.errors) {
    out += out.empty() ? "[" : ",";
    out += fmt::format(R"({{"code":{},"message":)", static_cast<int>(code_of(errc)));
    append_json_string(out, meaning_of(errc));
    out += R"(,"data":)";
    append_json_string(out, base::name_of(errc));
    out += '}';
  }
  return out.empty() ? "[]" : out + "]";
}

std::string method_json(const Method& method, const MethodInfo& info) {
  std::string out = R"({"name":)";
  append_json_string(out, method.name);
  append_text_member(out, "description", method.doc);
  out += R"(,"params":[)";
  for (std::size_t i = 0; i < info.params.size(); ++i) {
    if (i != 0) out += ',';
    out += param_json(info.params[i]);
  }
  out += fmt::format(R"(],"result":{{"name":"result","required":true,"schema":{}}})",
                     info.result_schema);
  out += fmt::format(R"(,"errors":{},"paramStructure":"either","x-scope":"{}"}})",
                     errors_json(method), name_of(method.row.scope));
  return out;
}

}  // namespace

std::string openrpc_document(const MethodTable& table) {
  SchemaBook book;
  std::string out =
      R"({"openrpc":"1.2.6","info":{"title":"Privitty Edge JSON-RPC","version":"1"},)";
  out += R"("methods":[)";
  bool first = true;
  for (const Method& method : table.methods()) {
    if (!std::exchange(first, false)) out += ',';
    out += method_json(method, method.describe(book));
  }
  out += R"(],"components":{"schemas":{)";
  first = true;
  for (const auto& [name, schema] : book) {
    detail::append_key(out, name, std::exchange(first, false));
    out += schema;
  }
  out += "}}}";
  return out;
}

}  // namespace rpc
