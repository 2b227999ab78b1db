#include "tests/support/zip.h"

#include <zlib.h>

#include <cstdint>

namespace test {
namespace {

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(value & 0xff);
    value >>= 8;
  }
}

std::string deflated(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string zip(const std::vector<ZipEntry>& entries) {
  std::string out;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    const std::string packed = deflated(entry.content);
    std::string facts;  // what both records say
    put(facts, 20, 2);  // needs version 2.0
    put(facts, 0, 2);
    put(facts, Z_DEFLATED, 2);
    put(facts, 0, 4);  // time and date
    put(facts,
        static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()),
                                         static_cast<uInt>(entry.content.size()))),
        4);
    put(facts, static_cast<std::uint32_t>(packed.size()), 4);
    put(facts, static_cast<std::uint32_t>(entry.content.size()), 4);
    put(facts, static_cast<std::uint32_t>(entry.name.size()), 2);
    put(facts, 0, 2);
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    directory += facts;
    put(directory, 0, 2 + 2 + 2 + 4);  // comment, disk, attributes
    put(directory, static_cast<std::uint32_t>(out.size()), 4);
    directory += entry.name;
    put(out, 0x04034b50, 4);
    out += facts + entry.name + packed;
  }
  const auto begin = static_cast<std::uint32_t>(out.size());
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, static_cast<std::uint32_t>(entries.size()), 2);
  put(out, static_cast<std::uint32_t>(entries.size()), 2);
  put(out, static_cast<std::uint32_t>(directory.size()), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace test
