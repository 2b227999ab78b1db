#include "base/completion.h"

#include "tests/support/catch.h"

TEST_CASE("a Completion answers once, and answers even when it is dropped") {
  std::vector<bool> answers;
  {
    base::Completion<int> done([&](base::Result<int> r) { answers.push_back(r.ok()); });
    done(4);
    done(5);
  }
  CHECK(answers == std::vector<bool>{true});
  {
    base::Completion<int> dropped([&](base::Result<int> r) { answers.push_back(r.ok()); });
  }
  CHECK(answers == std::vector<bool>{true, false});
  {
    base::Completion<int> first([&](base::Result<int> r) { answers.push_back(r.ok()); });
    base::Completion<int> second(std::move(first));
  }
  CHECK(answers.size() == 3);
}
