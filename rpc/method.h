// A method is one row: name, doc, handler, scope, errors. Its parameters and its result are the
// types of the handler; dispatch, validation, rpc.discover, docs/api.md and the fuzz target all
// read the row.
//
//   Result<R> handler(Context&, const P&)                  answers now, from a snapshot
//   void handler(Context&, P, base::Completion<R>)         answers later, from any thread
//   std::optional<R> recall(Context&, const P&)            beside the first: from memory, or
//   nothing
//
// P lists its fields in the order of positional parameters; trailing nullable ones may be left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/completion.h"
#include "rpc/context.h"
#include "rpc/json_fields.h"
#include "rpc/permission.h"

namespace rpc {

// The accounts that a method touches if its parameters name none; otherwise it touches those. A key
// for some accounts may not run `all`, and sees no other account by `visible`.
enum class TouchedAccounts {
  all,      // every account, or the daemon as a whole
  visible,  // its handler keeps to the accounts that Caller::access covers
  none,     // no account's data
};

// Whether a fuzz target may call it with any parameters: not if it waits, or writes outside the
// store. A row without this stops the fuzz target at its start.
enum class Fuzz { unclassified, safe, unsafe };

// When the answer comes, which decides what a batch waits for: `parked` methods wait for news.
enum class Timing { now, commit, parked };

struct ParamInfo {
  std::string_view name;
  std::string_view doc;
  bool required = true;
  std::string type;
  std::string schema;
};

struct MethodInfo {  // the parts of a row that the documentation needs
  std::vector<ParamInfo> params;
  std::string result_type;
  std::string result_schema;
};

struct Row {
  KeyScope scope = KeyScope::read;
  Fuzz fuzz = Fuzz::unclassified;
  std::vector<base::Errc> errors = {};
  bool parked = false;
  TouchedAccounts touches = TouchedAccounts::all;
};

struct Method {
  std::string_view name;
  std::string_view doc;
  Row row;
  Timing timing = Timing::now;
  base::Result<std::string> (*run_now)(Context&, JsonValue params) = nullptr;
  // The same result if memory alone gives it, else nothing (rpc/recall.h).
  std::optional<std::string> (*recall)(Context&, JsonValue params) = nullptr;
  void (*run_later)(Context&, JsonValue params, base::Completion<std::string>) = nullptr;
  MethodInfo (*describe)(SchemaBook&) = nullptr;
  bool names_account = false;   // some parameter is or holds an AccountId
  bool passes_json_on = false;  // some parameter is AnyJson: read from the text, not from the tree
  // The permission that the parameters need beyond `access`, in words, or nothing
  // (rpc/permission.h).
  std::optional<std::string> (*lacking)(const Access& access, JsonValue params) = nullptr;
};

class MethodTable {
 public:
  // Names are unique; a second row with the same name is a bug and throws.
  explicit MethodTable(std::vector<Method> methods);

  const Method* find(std::string_view name) const;
  const std::vector<Method>& methods() const { return methods_; }  // by name
  std::vector<std::string_view> names() const;

 private:
  std::vector<Method> methods_;
};

struct NoParams {
  static constexpr auto fields() { return std::tuple<>(); }
};

namespace detail {

base::Error unknown_param(const std::string& name, const std::vector<std::string_view>& known);
base::Error too_many_params(std::size_t most, std::size_t got);

template <class P>
std::vector<std::string_view> param_names() {
  std::vector<std::string_view> names;
  base::for_each_field_of<P>([&](const auto& field) { names.push_back(field.name); });
  return names;
}

// Positional or named, as sent; absent when `params` is null.
template <class P>
base::Result<P> read_params(JsonValue params) {
  constexpr std::size_t count = std::tuple_size_v<decltype(P::fields())>;
  if (params.is_array() && params.size() > count) return too_many_params(count, params.size());
  std::optional<base::Error> error;
  if (params.is_object()) {
    const auto known = param_names<P>();
    params.for_each_member([&](const std::string& name, JsonValue) {
      if (!error && std::find(known.begin(), known.end(), name) == known.end()) {
        error = unknown_param(name, known);
      }
    });
  }
  P read{};
  std::size_t index = 0;
  base::for_each_field(read, [&](const auto& field, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    std::optional<JsonValue> value;
    if (params.is_array() && index < params.size()) value = params.at(index);
    if (params.is_object()) value = params.find(field.name);
    ++index;
    if (error) return;
    if (!value) {
      if constexpr (!IsOptional<Member>) error = below(field.name, missing(expected<Member>()));
      return;
    }
    auto result = read_json<Member>(*value);
    if (result) {
      member = std::move(*result);
    } else {
      error = below(field.name, std::move(result).error());
    }
  });
  if (error) return std::move(*error);
  return read;
}

template <class R>
base::Result<std::string> write_result(base::Result<R> result) {
  if (!result) return std::move(result).error();
  if constexpr (std::is_void_v<R>) {
    return std::string("null");
  } else {
    std::string out;
    append_json(out, *result);
    return out;
  }
}

template <class Handler>
struct HandlerTypes;
template <class R, class P>
struct HandlerTypes<base::Result<R> (*)(Context&, const P&)> {
  using Params = P;
  using Result = R;
  static constexpr bool kNow = true;
};
template <class R, class P>
struct HandlerTypes<void (*)(Context&, P, base::Completion<R>)> {
  using Params = P;
  using Result = R;
  static constexpr bool kNow = false;
};

template <class P>
constexpr bool takes_any_json() {
  bool any = false;
  base::for_each_field_of<P>([&](const auto& field) {
    using Member = typename std::remove_cvref_t<decltype(field)>::type;
    any = any || std::is_same_v<Member, AnyJson> || std::is_same_v<Member, std::optional<AnyJson>>;
  });
  return any;
}

template <auto kHandler>
base::Result<std::string> run_now(Context& context, JsonValue params) {
  using Types = HandlerTypes<decltype(kHandler)>;
  EDGE_TRY(const auto read, read_params<typename Types::Params>(params));
  return write_result<typename Types::Result>(kHandler(context, read));
}

template <class Recall>
struct RecallTypes;
template <class R, class P>
struct RecallTypes<std::optional<R> (*)(Context&, const P&)> {
  using Params = P;
};

template <auto kRecall>
std::optional<std::string> recall(Context& context, JsonValue params) {
  const auto read = read_params<typename RecallTypes<decltype(kRecall)>::Params>(params);
  if (!read) return std::nullopt;
  const auto result = kRecall(context, *read);
  if (!result) return std::nullopt;
  std::string out;
  append_json(out, *result);
  return out;
}

template <auto kHandler>
void run_later(Context& context, JsonValue params, base::Completion<std::string> done) {
  using Types = HandlerTypes<decltype(kHandler)>;
  using R = typename Types::Result;
  auto read = read_params<typename Types::Params>(params);
  if (!read) return done(std::move(read).error());
  kHandler(context, std::move(*read),
           base::Completion<R>([done = std::move(done)](base::Result<R> result) mutable {
             done(write_result<R>(std::move(result)));
           }));
}

template <class P, class R>
MethodInfo describe(SchemaBook& book) {
  MethodInfo info;
  base::for_each_field_of<P>([&](const auto& field) {
    using Member = typename std::remove_cvref_t<decltype(field)>::type;
    info.params.push_back(ParamInfo{field.name, field.doc, !IsOptional<Member>, type_name<Member>(),
                                    schema_of<Member>(book)});
  });
  info.result_type = type_name<R>();
  info.result_schema = schema_of<R>(book);
  return info;
}

}  // namespace detail

template <auto kHandler>
Method method(std::string_view name, std::string_view doc, Row row) {
  using Types = detail::HandlerTypes<decltype(kHandler)>;
  Method made{name, doc, std::move(row)};
  made.describe = &detail::describe<typename Types::Params, typename Types::Result>;
  made.names_account = holds_account<typename Types::Params>();
  made.passes_json_on = detail::takes_any_json<typename Types::Params>();
  made.lacking = &lacking_for<typename Types::Params>;
  if constexpr (Types::kNow) {
    made.run_now = &detail::run_now<kHandler>;
  } else {
    made.timing = made.row.parked ? Timing::parked : Timing::commit;
    made.run_later = &detail::run_later<kHandler>;
  }
  return made;
}

// The row of a read that memory answers too, for some parameters at least: without the store,
// without a lock that anybody holds while it waits, in a time that does not grow with what is
// stored.
template <auto kRecall>
Method recalled(Method made) {
  made.recall = &detail::recall<kRecall>;
  return made;
}

}  // namespace rpc
