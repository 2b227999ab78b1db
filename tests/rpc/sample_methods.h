// A small table that needs no engine: the arithmetic of the JSON-RPC specification's examples, and
// methods that fail, throw or answer on request.
#pragma once

#include <stdexcept>
#include <vector>

#include "rpc/method.h"

namespace sample {

using base::Completion;
using base::Errc;
using base::fail;
using base::Result;
using rpc::Context;

struct Two {
  std::int64_t minuend = 0;
  std::int64_t subtrahend = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("minuend", &Two::minuend, "from"),
                      base::field("subtrahend", &Two::subtrahend, "what"));
  }
};
inline Result<std::int64_t> subtract(Context&, const Two& p) { return p.minuend - p.subtrahend; }

struct Three {
  std::int64_t a = 0;
  std::optional<std::int64_t> b;
  std::optional<std::int64_t> c;
  static constexpr auto fields() {
    return std::tuple(base::field("a", &Three::a, ""), base::field("b", &Three::b, ""),
                      base::field("c", &Three::c, ""));
  }
};
inline Result<std::int64_t> sum(Context&, const Three& p) {
  return p.a + p.b.value_or(0) + p.c.value_or(0);
}

inline Result<std::pair<std::string, std::uint32_t>> get_data(Context&, const rpc::NoParams&) {
  return std::pair(std::string("hello"), 5U);
}

inline int updates = 0;
inline Result<> update(Context&, const Three& p) {
  updates += static_cast<int>(p.a);
  return {};
}

struct Text {
  std::string text;
  static constexpr auto fields() { return std::tuple(base::field("text", &Text::text, "")); }
};
inline Result<> refuse(Context&, const Text& p) { return fail(Errc::not_found, p.text); }
inline Result<> break_down(Context&, const Text& p) { throw std::runtime_error(p.text); }
inline Result<> slip(Context&, const Text& p) { return fail(Errc::internal, p.text); }
inline Result<std::string> echo(Context&, const Text& p) { return p.text; }

// Writes are held until the test commits them; reads see what is committed.
inline std::vector<std::pair<std::string, Completion<>>> held;
inline std::string committed;
inline void write(Context&, Text p, Completion<> done) {
  held.emplace_back(std::move(p.text), std::move(done));
}
inline Result<std::string> read(Context&, const rpc::NoParams&) { return committed; }
inline void commit_all() {
  auto batch = std::move(held);
  held.clear();
  for (auto& [text, done] : batch) committed += text;
  for (auto& [text, done] : batch) done(Result<>());
}
inline void forget(Context&, Text, Completion<>) {}  // drops its answer
inline void throw_later(Context&, Text p, Completion<>) { throw std::runtime_error(p.text); }

struct Ids {
  base::ChatId chat_id;
  std::vector<base::MsgId> message_ids;
  static constexpr auto fields() {
    return std::tuple(base::field("chat_id", &Ids::chat_id, "the chat"),
                      base::field("message_ids", &Ids::message_ids, "the messages"));
  }
};
inline Result<std::uint32_t> count(Context&, const Ids& p) {
  return static_cast<std::uint32_t>(p.message_ids.size());
}

inline const rpc::MethodTable& table() {
  static const rpc::MethodTable made = [] {
    const rpc::Row safe{.fuzz = rpc::Fuzz::safe};
    std::vector<rpc::Method> rows;
    rows.push_back(rpc::method<&subtract>("subtract", "Subtracts.", safe));
    rows.push_back(rpc::method<&sum>("sum", "Adds.", safe));
    rows.push_back(rpc::method<&get_data>("get_data", "Data.", safe));
    rows.push_back(rpc::method<&update>("update", "Counts.", safe));
    rows.push_back(rpc::method<&refuse>("refuse", "Fails.", safe));
    rows.push_back(rpc::method<&break_down>("break_down", "Throws.", safe));
    rows.push_back(rpc::method<&slip>("slip", "Fails by a bug.", safe));
    rows.push_back(rpc::method<&echo>("echo", "Echoes.", safe));
    rows.push_back(rpc::method<&write>("write", "Writes.", safe));
    rows.push_back(rpc::method<&read>("read", "Reads.", safe));
    rows.push_back(rpc::method<&forget>("forget", "Never answers.", safe));
    rows.push_back(rpc::method<&throw_later>("throw_later", "Throws.", safe));
    rows.push_back(rpc::method<&count>("count", "Counts.", safe));
    return rpc::MethodTable(std::move(rows));
  }();
  return made;
}

}  // namespace sample
