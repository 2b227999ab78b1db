// A core event, as get_next_event answers it. Its JSON is made by core_event_json (event_json.h),
// which knows which events differ from the rule.
#pragma once

#include "rpc/json_types.h"

namespace rpc::shape {

struct Event : RawJson {
  static constexpr std::string_view kSchema = "Event";
  static constexpr std::string_view kJsonSchema =
      R"({"type":"object","properties":{"contextId":{"type":"integer","description":"the account; 0 for the daemon"},)"
      R"("event":{"type":"object","properties":{"kind":{"type":"string"}},"required":["kind"],)"
      R"("additionalProperties":true}},"required":["contextId","event"]})";
};

}  // namespace rpc::shape
