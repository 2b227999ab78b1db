// Gives back memory that only the start needed: free heap, and the pages of code and constants that
// loading, relocating and initialising 15 libraries touched (half of what an idle daemon would
// hold). They are clean pages of files: what is used again comes back from the page cache.
#pragma once

namespace gateway {

// Once everything is built; other threads may run.
void trim_after_start();

}  // namespace gateway
