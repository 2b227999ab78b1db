// make_image FILE: writes the source that defines kStoreImage (store_image.h). Part of the build.
#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

#include "store/first_rows.h"
#include "store/schema/whole.sql.h"

namespace {

constexpr std::size_t kGap = 16;           // zeros that end a part
constexpr std::size_t kWriteVersion = 18;  // where a database's header says how it is written
constexpr std::size_t kReadVersion = 19;
constexpr unsigned char kWriteAheadLog = 2;

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};

std::vector<unsigned char> empty_store() {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(":memory:", &raw);
  const std::unique_ptr<sqlite3, Close> db(raw);
  if (code != SQLITE_OK) return {};
  const std::string sql =
      fmt::format("PRAGMA page_size=4096; BEGIN; {} {} PRAGMA user_version={}; COMMIT",
                  store::schema::kWhole, store::first_rows_sql(), store::schema::kWholeUpTo);
  if (sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "make_image: %s\n", sqlite3_errmsg(raw));
    return {};
  }
  sqlite3_int64 size = 0;
  unsigned char* const data = sqlite3_serialize(raw, "main", &size, 0);
  if (data == nullptr) return {};
  std::vector<unsigned char> out(data, data + size);
  sqlite3_free(data);
  out.at(kWriteVersion) = out.at(kReadVersion) = kWriteAheadLog;
  return out;
}

struct Part {
  std::size_t at;
  std::size_t end;
};

std::vector<Part> parts_of(const std::vector<unsigned char>& image) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (image[i] == 0) continue;
    if (parts.empty() || i - parts.back().end >= kGap) parts.push_back({i, i});
    parts.back().end = i + 1;
  }
  return parts;
}

std::string source_of(const std::vector<unsigned char>& image) {
  std::string parts;
  std::string bytes;
  for (const Part& part : parts_of(image)) {
    parts += fmt::format("{{{},{}}},\n", part.at, part.end - part.at);
    for (std::size_t i = part.at; i < part.end; ++i) bytes += fmt::format("{},", image[i]);
    bytes += '\n';
  }
  return fmt::format(
      "// Written by the build (make_image.cpp).\n#include \"store/image/store_image.h\"\n"
      "namespace store {{\nnamespace {{\nconstexpr StoreImage::Part kImageParts[] = {{\n{}}};\n"
      "constexpr std::uint8_t kImageBytes[] = {{\n{}}};\n}}  // namespace\n"
      "const StoreImage kStoreImage{{{}, kImageParts, kImageBytes}};\n}}  // namespace store\n",
      parts, bytes, image.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<unsigned char> image = empty_store();
  if (argc != 2 || image.empty()) return 1;
  std::ofstream file(argv[1], std::ios::binary);
  file << source_of(image);
  return file.flush() ? 0 : 1;
}
