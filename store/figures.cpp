#include "store/figures.h"

#include "store/store.h"
#include "store/tables/outbox.h"

namespace store {

base::Result<StoreFigures> read_figures(Store& store) {
  EDGE_TRY(Reader reader, store.read());
  EDGE_TRY(auto figures,
           reader->one<StoreFigures>(
               "SELECT count(*) FILTER (WHERE state <> ?1), count(*) FILTER (WHERE state = ?1),"
               " coalesce(min(created_at) FILTER (WHERE state <> ?1), 0) FROM outbox",
               [](const Row& row) -> base::Result<StoreFigures> {
                 return StoreFigures{row.integer(0), row.integer(1), row.integer(2)};
               },
               OutboxState::stored));
  return figures.value_or(StoreFigures{});
}

}  // namespace store
