// A struct lists its fields once (base/fields.h); JSON in both directions and JSON Schema follow.
// json_types.h says which C++ type is which JSON.
#pragma once

#include "rpc/json_read.h"
#include "rpc/json_schema.h"
#include "rpc/json_types.h"
#include "rpc/json_write.h"
