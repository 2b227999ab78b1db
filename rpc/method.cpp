#include "rpc/method.h"

#include <algorithm>
#include <stdexcept>

namespace rpc {

using base::Errc;
using base::fail;

MethodTable::MethodTable(std::vector<Method> methods) : methods_(std::move(methods)) {
  const auto by_name = [](const Method& a, const Method& b) { return a.name < b.name; };
  std::sort(methods_.begin(), methods_.end(), by_name);
  for (std::size_t i = 1; i < methods_.size(); ++i) {
    if (methods_[i].name == methods_[i - 1].name) {
      throw std::logic_error(fmt::format("two rows are named {}", methods_[i].name));
    }
  }
}

const Method* MethodTable::find(std::string_view name) const {
  const auto at = std::lower_bound(
      methods_.begin(), methods_.end(), name,
      [](const Method& method, std::string_view wanted) { return method.name < wanted; });
  return at != methods_.end() && at->name == name ? &*at : nullptr;
}

std::vector<std::string_view> MethodTable::names() const {
  std::vector<std::string_view> names;
  names.reserve(methods_.size());
  for (const Method& method : methods_) names.push_back(method.name);
  return names;
}

namespace detail {

base::Error unknown_param(const std::string& name, const std::vector<std::string_view>& known) {
  return fail(Errc::invalid_argument,
              known.empty()
                  ? fmt::format("{}: no such parameter; the method takes none", name.substr(0, 64))
                  : fmt::format("{}: no such parameter; expected {}", name.substr(0, 64),
                                quoted_list(known.data(), known.size())));
}

base::Error too_many_params(std::size_t most, std::size_t got) {
  return fail(Errc::invalid_argument,
              fmt::format("params: expected at most {} parameters, got {}", most, got));
}

}  // namespace detail
}  // namespace rpc
