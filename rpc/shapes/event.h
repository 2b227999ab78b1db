// A core event, as get_next_event answers it. Its JSON is made by core_event_json (event_json.h),
// which knows which events differ from the rule.
#pragma once

#include "rpc/json_schema.h"

namespace rpc::shape {

struct Event : RawJson {
  static constexpr std::string_view kSchema = "Event";
  // "EventType" in the book: the union of the kinds.
  static std::string json_schema(SchemaBook& book);
};

}  // namespace rpc::shape
