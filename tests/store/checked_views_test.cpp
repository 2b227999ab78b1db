#include "store/checked_views.h"

#include "tests/support/catch.h"

using store::CheckedViews;

TEST_CASE("a statement brings the checked views that it names, each once, and no other") {
  CheckedViews views;
  views.add("pet", "SELECT *, 1 AS intact FROM main.pet");
  views.add("tag", "SELECT *, 1 AS intact FROM main.tag");
  const std::string pet = "checked_pet AS NOT MATERIALIZED (SELECT *, 1 AS intact FROM main.pet)";
  const std::string tag = "checked_tag AS NOT MATERIALIZED (SELECT *, 1 AS intact FROM main.tag)";
  CHECK(views.expand("SELECT a.id FROM checked_pet a JOIN checked_pet b") ==
        "WITH " + pet + " SELECT a.id FROM checked_pet a JOIN checked_pet b");
  CHECK(views.expand("DELETE FROM pet WHERE id IN(SELECT pet FROM checked_tag)") ==
        "WITH " + tag + " DELETE FROM pet WHERE id IN(SELECT pet FROM checked_tag)");
  CHECK(views.expand("WITH one AS (SELECT 1) SELECT * FROM one, checked_tag, checked_pet") ==
        "WITH " + tag + ", " + pet +
            ", one AS (SELECT 1) SELECT * FROM one, checked_tag, checked_pet");
  CHECK(views.expand("WITH RECURSIVE n(i) AS (SELECT 1) SELECT * FROM n, checked_pet") ==
        "WITH RECURSIVE " + pet + ", n(i) AS (SELECT 1) SELECT * FROM n, checked_pet");
  CHECK_FALSE(views.expand("SELECT * FROM pet"));
  CHECK_FALSE(views.expand("SELECT * FROM unchecked_pet, checked_pets, checked_"));
  CHECK_FALSE(views.expand(""));
}
