// Members of what a server answered: "", 0 and false for one that is absent or of another type.
// What answers may be another program than was meant, or another version of it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace gateway::cli {

using Json = nlohmann::json;

std::string text_member(const Json& object, const char* name);
std::int64_t number_member(const Json& object, const char* name);
bool flag_member(const Json& object, const char* name);

}  // namespace gateway::cli
