// WriteJob: one write, from its submission to its answer, whatever its answer's type. Within
// store/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/completion.h"
#include "base/function.h"
#include "base/result.h"

namespace store {

class Tx;

struct WriteJob {
  virtual ~WriteJob() = default;
  virtual base::Result<> run(Tx& tx) = 0;      // keeps its value or error
  virtual void refuse(base::Error error) = 0;  // keeps this error instead
  virtual void answer() = 0;                   // answers with what is kept
  virtual void fail(base::Error error) = 0;    // answers with the error
};

template <class T>
struct TypedWriteJob final : WriteJob {
  TypedWriteJob(base::UniqueFunction<base::Result<T>(Tx&)> f, base::Completion<T> d)
      : fn(std::move(f)), done(std::move(d)) {}
  base::Result<> run(Tx& tx) override {
    result.emplace(fn(tx));
    if (!*result) return result->error();
    return {};
  }
  void refuse(base::Error error) override { result.emplace(std::move(error)); }
  void answer() override {
    fn = nullptr;
    done(*std::move(result));
  }
  void fail(base::Error error) override {
    fn = nullptr;
    done(std::move(error));
  }
  base::UniqueFunction<base::Result<T>(Tx&)> fn;
  base::Completion<T> done;
  std::optional<base::Result<T>> result;
};

// A write that waits, and later one of a batch.
struct QueuedWrite {
  std::unique_ptr<WriteJob> job;
  std::uint64_t number = 0;  // in the order of acceptance
};

}  // namespace store
