// What the kernel knows of this process, under the names that Prometheus' clients use everywhere.
// Reads /proc: some milliseconds with thousands of descriptors, so not for the loop's thread.
#pragma once

#include "gateway/metrics/text.h"

namespace gateway {

void write_process_figures(MetricsText& out);

}  // namespace gateway
