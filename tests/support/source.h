// Where the project's own files lie for a test that reads one: a path from the project's root, as
// "docs/api.md". Only source.cpp is compiled with the root's name, so that objects are the same in
// every checkout and a compiler cache serves them all.
#pragma once

#include <string>
#include <string_view>

namespace test {

std::string source_path(std::string_view from_root);

}  // namespace test
