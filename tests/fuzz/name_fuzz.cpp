// room: messaging
// Names and texts as strangers send them: what is kept of a name is plain and stays as it is when
// it is made plain again, and folding for search is bounded and ends.
#include "base/bytes.h"
#include "base/unicode.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;

namespace {

bool is_plain(std::string_view name) {
  for (; !name.empty(); name.remove_prefix(1)) {
    if (base::layout_control_size(name) > 0) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = base::as_text(base::ByteView(data, size));

  const std::string folded = base::folded(text);
  expect(folded.size() <= 3 * text.size(), "folding is bounded");
  expect(base::folded(folded) == folded, "what is folded stays as it is");
  expect(base::is_utf8(folded) == base::is_utf8(text), "folding keeps UTF-8");

  const std::string name = messaging::plain_name(text);
  expect(name.size() <= messaging::kMaxName && base::is_utf8(name), "a name is bounded UTF-8");
  expect(is_plain(name), "a name has no controls");
  expect(name.empty() || !base::is_blank(name), "a name can be seen");
  expect(messaging::plain_name(name) == name, "a plain name stays as it is");
  const auto given = messaging::given_name("name", text);
  expect(!given || *given == name, "what callers give is made plain in the same way");

  const std::string file = messaging::plain_file_name(text);
  expect(!file.empty() && file.size() <= 255 && base::is_utf8(file), "a file has a name");
  expect(is_plain(file) && file.find('/') == std::string::npos, "which is one part of a path");
  expect(messaging::plain_file_name(file) == file, "and stays as it is");
  return 0;
}
