// StoreImage: the database file of an empty store, as the build made it of schema/whole.sql.h
// (make_image.cpp). A new store begins as a copy: to run a hundred statements would take most of a
// first start.
//
// It has the tables, the rows of store_meta, application_id and user_version, and the mark of a
// database with a write-ahead log; no key, no counter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace store {

struct StoreImage {
  // Bytes of the file that follow each other; all others are zero.
  struct Part {
    std::uint32_t at;
    std::uint32_t size;
  };
  std::size_t size;
  std::span<const Part> parts;
  std::span<const std::uint8_t> bytes;  // of all parts
};

extern const StoreImage kStoreImage;

}  // namespace store
