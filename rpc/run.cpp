#include "rpc/run.h"

#include <exception>

namespace rpc {
namespace {

// A batch whose answers grow over this is told so instead of filling the memory.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;

base::Result<std::string> run_now(const Method& method, Context& context, JsonValue params,
                                  RpcError& thrown) {
  try {
    return method.run_now(context, params);
  } catch (const std::exception& exception) {
    thrown = bug(method.name, exception.what());
  } catch (...) {
    thrown = bug(method.name, "something that is no exception");
  }
  return base::fail(base::Errc::internal, "");
}

}  // namespace

std::string call_answer(const Request& call, base::Result<std::string> result) {
  if (call.notification) return {};
  if (result) return result_answer(call.id, *result);
  return error_answer(call.id, to_rpc_error(std::move(result).error()));
}

Run::Run(Requests requests, Context context, Executor executor, std::shared_ptr<HeldAnswers> held,
         Answer answer)
    : context_(std::move(context)),
      executor_(std::move(executor)),
      held_(std::move(held)),
      batch_(requests.batch),
      calls_(std::move(requests.calls)),
      answers_(calls_.size()),
      open_(calls_.size()),
      answer_(std::move(answer)) {}

Run::~Run() { held_->bytes -= answer_bytes_; }

void Run::proceed() {
  {
    base::Lock lock(mutex_);
    if (running_) return;
    running_ = true;
  }
  while (true) {
    std::size_t index = 0;
    {
      base::Lock lock(mutex_);
      if (next_ == calls_.size()) break;
      const Method* method = context_.table->find(calls_[next_].method);
      if (method != nullptr && method->timing != Timing::commit && open_commits_ > 0) {
        running_ = false;  // finish() of the last commit goes on from here
        return;
      }
      index = next_++;
    }
    run_call(index);
  }
}

void Run::run_call(std::size_t index) {
  Request& call = calls_[index];
  if (call.invalid) return finish(index, Timing::now, error_answer(call.id, *call.invalid));
  const Method* method = context_.table->find(call.method);
  if (method == nullptr) {
    return finish(index, Timing::now,
                  error_answer(call.id, unknown_method(call.method, context_.table->names())));
  }
  if (auto refusal = refusal_of(*method, *context_.caller.access, call.params)) {
    return finish(index, Timing::now, error_answer(call.id, *refusal));
  }
  std::string_view full;
  {
    base::Lock lock(mutex_);
    if (answer_bytes_ > kMaxAnswerBytes) {
      full = "the answers of this batch are over 16 MiB already; ask for less at once";
    } else if (batch_ && held_->bytes > held_->most) {
      full = "busy: the answers of batches under way fill the memory for them; try again later";
    } else if (method->timing == Timing::commit) {
      ++open_commits_;
    }
  }
  if (!full.empty()) {
    return finish(index, Timing::now,
                  error_answer(call.id, {Code::internal, std::string(full)}));
  }
  Context context = context_;
  if (method->run_now != nullptr) {
    RpcError thrown;
    auto result = run_now(*method, context, JsonValue(call.params), thrown);
    return finish(index, Timing::now,
                  thrown.message.empty() ? call_answer(call, std::move(result))
                                         : error_answer(call.id, thrown));
  }
  base::Completion<std::string> done([self = shared_from_this(), index,
                                      timing = method->timing](base::Result<std::string> result) {
    self->finish(index, timing, call_answer(self->calls_[index], std::move(result)));
  });
  try {
    method->run_later(context, JsonValue(call.params), std::move(done));
  } catch (const std::exception& exception) {
    bug(method->name, exception.what());  // `done` went down with it and has answered
  } catch (...) {
    bug(method->name, "something that is no exception");
  }
}

void Run::finish(std::size_t index, Timing timing, std::string answer) {
  bool all = false;
  bool go_on = false;
  {
    base::Lock lock(mutex_);
    if (!calls_[index].notification) {
      answer_bytes_ += answer.size();
      held_->bytes += answer.size();
      answers_[index] = std::move(answer);
    }
    all = --open_ == 0;
    if (timing == Timing::commit) {
      go_on = --open_commits_ == 0 && !running_ && next_ < calls_.size();
    }
  }
  if (all) return send();
  if (go_on) executor_([self = shared_from_this()] { self->proceed(); });
}

void Run::send() {
  std::string out;
  {
    base::Lock lock(mutex_);
    if (!batch_) {
      out = std::move(answers_.front());
    } else {
      out.reserve(answer_bytes_ + answers_.size() + 2);
      for (const std::string& answer : answers_) {
        if (answer.empty()) continue;
        out += out.empty() ? '[' : ',';
        out += answer;
      }
      if (!out.empty()) out += ']';
    }
  }
  answer_(std::move(out));
}

}  // namespace rpc
