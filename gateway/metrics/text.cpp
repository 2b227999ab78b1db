#include "gateway/metrics/text.h"

#include <fmt/format.h>

namespace gateway {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void MetricsText::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  out_.append("# HELP ").append(name).append(" ");
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::line(std::string_view suffix, Labels labels, std::string_view bound,
                       std::string_view value) {
  out_.append(name_).append(suffix);
  if (labels.size() > 0 || !bound.empty()) {
    char before = '{';
    const auto label = [&](std::string_view name, std::string_view text) {
      out_ += before;
      out_.append(name).append("=\"");
      append_escaped(out_, text, true);
      out_ += '"';
      before = ',';
    };
    for (const auto& [name, text] : labels) label(name, text);
    if (!bound.empty()) label("le", bound);
    out_ += '}';
  }
  out_.append(" ").append(value).append("\n");
}

void MetricsText::sample(std::uint64_t value, Labels labels) {
  line("", labels, "", fmt::to_string(value));
}

void MetricsText::sample(double value, Labels labels) {
  line("", labels, "", fmt::format("{}", value));
}

void MetricsText::sample(const base::Histogram::Reading& reading, Labels labels) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < base::Histogram::kBounds.size(); ++i) {
    below += reading.counts[i];
    const double bound = static_cast<double>(base::Histogram::kBounds[i]) / 1e9;
    line("_bucket", labels, fmt::format("{}", bound), fmt::to_string(below));
  }
  below += reading.counts.back();
  line("_bucket", labels, "+Inf", fmt::to_string(below));
  line("_sum", labels, "", fmt::format("{}", static_cast<double>(reading.nanos) / 1e9));
  line("_count", labels, "", fmt::to_string(below));
}

}  // namespace gateway
