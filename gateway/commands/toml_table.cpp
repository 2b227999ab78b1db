#include "gateway/commands/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/commands/words.h"
#include "gateway/text/nearest.h"

namespace gateway::commands {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kDurations{
    {{"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

// "30s": a whole number and a unit, together within the limits.
std::optional<std::uint64_t> measured(std::string_view text, std::span<const Unit> units,
                                      std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  const std::string_view word = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == word; });
  if (unit == units.end() || number > most / unit->factor) return std::nullopt;
  const std::uint64_t out = number * unit->factor;
  return out < least || out > most ? std::nullopt : std::optional(out);
}

// The largest unit in which the number is whole.
std::string in_units(std::uint64_t number, std::span<const Unit> units) {
  const auto fits = [&](const Unit& unit) { return number % unit.factor == 0; };
  const auto unit = std::find_if(units.rbegin(), units.rend(), fits);
  return unit == units.rend() ? fmt::format("{}", number)
                              : fmt::format("{}{}", number / unit->factor, unit->name);
}

std::string shown_node(const toml::node& node) {
  constexpr std::size_t kMost = 64;
  if (const auto* text = node.as_string()) {
    const std::string& value = text->get();
    if (find_unfit(value) == std::string_view::npos && value.size() <= kMost) {
      return fmt::format("\"{}\"", value);
    }
    return fmt::format("a text of {} bytes", value.size());
  }
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_array()) return "an array";
  if (node.is_table()) return "a table";
  return node.is_floating_point() ? "a number with a fraction" : "a date or time";
}

}  // namespace

const toml::node* TomlTable::node(std::string_view name) {
  known_.emplace_back(name);
  return table_.get(name);
}

void TomlTable::mistake(std::string_view name, std::string_view what) {
  if (fault_) return;
  fault_ = base::fail(base::Errc::invalid_argument, place(name) + std::string(what));
}

std::string TomlTable::place(std::string_view name) const {
  const toml::node* node = name.empty() ? nullptr : table_.get(name);
  const auto line = (node == nullptr ? table_.source() : node->source()).begin.line;
  std::string out = fmt::format("{}:{}: ", file_, std::max(line, toml::source_index{1}));
  if (!where_.empty()) out += where_ + ": ";
  if (!name.empty()) out.append(name).append(": ");
  return out;
}

std::optional<std::string> TomlTable::text(std::string_view name) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const auto* text = found->as_string();
  if (text == nullptr) {
    mistake(name, fmt::format("expected a text in quotes, not {}", shown_node(*found)));
    return std::nullopt;
  }
  if (find_unfit(text->get()) != std::string_view::npos || text->get().size() > kMaxLineBytes) {
    mistake(name, fmt::format("expected one line of text, {} bytes at most, without control "
                              "characters",
                              kMaxLineBytes));
    return std::nullopt;
  }
  return text->get();
}

std::string TomlTable::required_text(std::string_view name) {
  if (table_.get(name) == nullptr) {
    known_.emplace_back(name);
    mistake("", fmt::format("expected a member '{}', and there is none", name));
    return "";
  }
  auto out = text(name);
  if (out && out->empty()) mistake(name, "expected a text, not an empty one");
  return std::move(out).value_or("");
}

std::optional<bool> TomlTable::flag(std::string_view name) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_boolean()) return value->get();
  mistake(name, fmt::format("expected true or false, not {}", shown_node(*found)));
  return std::nullopt;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view name, std::int64_t least,
                                               std::int64_t most) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_integer();
  if (value != nullptr && value->get() >= least && value->get() <= most) return value->get();
  mistake(name, fmt::format("expected an integer from {} to {}, not {}", least, most,
                            shown_node(*found)));
  return std::nullopt;
}

std::optional<base::Millis> TomlTable::duration(std::string_view name, base::Millis least,
                                                base::Millis most) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const auto low = static_cast<std::uint64_t>(least), high = static_cast<std::uint64_t>(most);
  if (const auto* text = found->as_string()) {
    if (const auto value = measured(text->get(), kDurations, low, high)) {
      return static_cast<base::Millis>(*value);
    }
  }
  mistake(name,
          fmt::format("expected a duration from \"{}\" to \"{}\" (s, m, h, d), not {}",
                      in_units(low, kDurations), in_units(high, kDurations), shown_node(*found)));
  return std::nullopt;
}

std::optional<std::uint64_t> TomlTable::size(std::string_view name, std::uint64_t least,
                                             std::uint64_t most) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* text = found->as_string()) {
    if (const auto value = measured(text->get(), kSizes, least, most)) return value;
  }
  mistake(name, fmt::format("expected a size from \"{}\" to \"{}\" (B, KiB, MiB, GiB), not {}",
                            in_units(least, kSizes), in_units(most, kSizes), shown_node(*found)));
  return std::nullopt;
}

std::optional<std::vector<std::string>> TomlTable::texts(std::string_view name, std::size_t most) {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    mistake(name, fmt::format("expected an array of texts, not {}", shown_node(*found)));
    return std::nullopt;
  }
  if (array->size() > most) {
    mistake(name, fmt::format("expected {} texts at most, not {}", most, array->size()));
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr || find_unfit(text->get()) != std::string_view::npos ||
        text->get().size() > kMaxLineBytes) {
      mistake(name, fmt::format("expected texts of one line, not {}", shown_node(item)));
      return std::nullopt;
    }
    out.push_back(text->get());
  }
  return out;
}

const toml::table* TomlTable::table(std::string_view name) {
  const toml::node* found = node(name);
  if (found == nullptr) return nullptr;
  if (!found->is_table()) {
    mistake(name, fmt::format("expected a table, not {}", shown_node(*found)));
    return nullptr;
  }
  return found->as_table();
}

std::vector<const toml::table*> TomlTable::tables(std::string_view name, std::size_t most) {
  const toml::node* found = node(name);
  std::vector<const toml::table*> out;
  if (found == nullptr) return out;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    mistake(name, fmt::format("expected tables [[{}]], with two brackets, not {}", name,
                              shown_node(*found)));
    return out;
  }
  if (array->size() > most) {
    mistake(name, fmt::format("expected {} at most, not {}", most, array->size()));
    return out;
  }
  for (const toml::node& item : *array) {
    if (!item.is_table()) {
      mistake(name, fmt::format("expected tables [[{}]], not {}", name, shown_node(item)));
      return {};
    }
    out.push_back(item.as_table());
  }
  return out;
}

base::Result<> TomlTable::done() {
  for (const auto& [key, value] : table_) {
    const std::string_view name = key.str();
    if (fault_ || std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto hint = nearest(name, std::vector<std::string_view>(known_.begin(), known_.end()));
    const bool fit = find_unfit(name) == std::string_view::npos && name.size() <= 64;
    fault_ = base::fail(base::Errc::invalid_argument,
                        fmt::format("{}:{}: {}{}no member has the name {}{}", file_,
                                    std::max(key.source().begin.line, toml::source_index{1}),
                                    where_, where_.empty() ? "" : ": ",
                                    fit ? fmt::format("'{}'", name) : "that stands here",
                                    hint.empty() ? "" : fmt::format("; did you mean '{}'?", hint)));
  }
  if (fault_) return *fault_;
  return {};
}

}  // namespace gateway::commands
