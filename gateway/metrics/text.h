// MetricsText: Prometheus' text format (version 0.0.4): a family's HELP and TYPE, then its samples.
// Whatever a label's value is, it cannot break a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/counter.h"

namespace gateway {

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Begins a family; its samples follow before the next one begins.
  void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { begin(name, help, "histogram"); }
  // A family of one sample without labels.
  template <class Value>
  void counter(std::string_view name, std::string_view help, const Value& value) {
    counter(name, help);
    sample(value);
  }
  template <class Value>
  void gauge(std::string_view name, std::string_view help, const Value& value) {
    gauge(name, help);
    sample(value);
  }
  template <class Value>
  void histogram(std::string_view name, std::string_view help, const Value& value) {
    histogram(name, help);
    sample(value);
  }

  void sample(std::uint64_t value, Labels labels = {});
  void sample(double value, Labels labels = {});
  // In seconds, with the buckets added up as the format wants them.
  void sample(const base::Histogram::Reading& reading, Labels labels = {});

  const std::string& text() const { return out_; }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, Labels labels, std::string_view bound, std::string_view value);

  std::string out_;
  std::string name_;
};

}  // namespace gateway
