// Transaction: BEGIN IMMEDIATE, undone at the end of its scope unless committed; commit() is called
// once. For start-up, rekey and repair; everything else goes through the Writer. One thread at a
// time.
#pragma once

#include <utility>

#include "base/result.h"
#include "store/connection.h"

namespace store {

class Transaction {
 public:
  static base::Result<Transaction> begin(Connection& db) {
    EDGE_CHECK(db.run("BEGIN IMMEDIATE"));
    return Transaction(db);
  }
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (db_ != nullptr && db_->in_transaction()) (void)db_->run("ROLLBACK");
  }
  base::Result<> commit() {
    EDGE_CHECK(db_->run("COMMIT"));
    db_ = nullptr;
    return {};
  }

 private:
  explicit Transaction(Connection& db) : db_(&db) {}
  Connection* db_;
};

}  // namespace store
