// CheckedViews: the views through which statements read tables (row_macs.h), put into each
// statement that names one, in front of it as `WITH … AS NOT MATERIALIZED`. SQLite treats such a
// table expression as a view; a connection that reads needs no schema of its own for them, which
// would cost more than all the statements that a short-lived connection runs.
//
// Immutable once made; safe from any thread. Within store/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace store {

class CheckedViews {
 public:
  // `select`: the rows of checked_<table>.
  void add(std::string_view table, std::string_view select);
  // The statement with the views that it names; nothing when it names none.
  std::optional<std::string> expand(std::string_view sql) const;

 private:
  std::map<std::string, std::string, std::less<>> definitions_;  // by the view's name
};

}  // namespace store
