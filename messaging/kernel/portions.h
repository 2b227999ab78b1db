// Portions: applies an operation to many ids, some in each write, so that other writes run in
// between and no commit grows with the list.
//
// A portion that fails ends the call with its error; earlier portions stay committed, as after a
// crash. `apply` has to skip ids that are done already, so that the call can be repeated.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "messaging/kernel/core.h"

namespace messaging::kernel {

// `apply(tx, scope, state, ids)` returns Result<>. Called once even without ids, so that an unknown
// account is reported.
template <class Id, class F>
void in_portions(Core& core, AccountId account, std::vector<Id> ids, std::size_t portion, F apply,
                 base::Completion<> done) {
  struct Work {
    Core& core;
    AccountId account;
    std::vector<Id> ids;
    std::size_t portion;
    F apply;
    base::Completion<> done;
    std::size_t at = 0;

    static void next(std::shared_ptr<Work> work) {
      Work& w = *work;
      w.core.template write<void>(
          w.account,
          [work](store::Tx& tx, const store::Scope& scope,
                 const AccountState& state) -> base::Result<> {
            const std::span<const Id> rest = std::span(work->ids).subspan(work->at);
            return work->apply(tx, scope, state, rest.first(std::min(work->portion, rest.size())));
          },
          [work](base::Result<> applied) {
            work->at += std::min(work->portion, work->ids.size() - work->at);
            if (!applied || work->at == work->ids.size()) return work->done(std::move(applied));
            next(work);
          });
    }
  };
  Work::next(std::make_shared<Work>(
      Work{core, account, std::move(ids), portion, std::move(apply), std::move(done)}));
}

// Each id once, in order.
template <class Id>
std::vector<Id> each_once(std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace messaging::kernel
