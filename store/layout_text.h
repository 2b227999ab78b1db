// A SchemaLayout as text, so that a start need not run the schema to know which columns the rows'
// MACs cover (schema/layout.h). Within store/.
//
// A line for each table: its name, the owner's column or `-`, the key's columns with commas between
// them, then the covered columns. Behind a sealed one stands `*`; behind one that came after the
// MAC `=` and, in hex, the value that is left out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/row_layout.h"

namespace store {

std::string layout_text(const SchemaLayout& layout);
// `whole`: the statements of the same schema, one a line (Migration::whole).
base::Result<SchemaLayout> layout_from(std::string_view text, std::string_view whole);

}  // namespace store
