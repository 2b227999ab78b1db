#include "gateway/cli/json_members.h"

namespace gateway::cli {
namespace {

const Json* find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string text_member(const Json& object, const char* name) {
  const Json* const found = find(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_member(const Json& object, const char* name) {
  const Json* const found = find(object, name);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool flag_member(const Json& object, const char* name) {
  const Json* const found = find(object, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

}  // namespace gateway::cli
