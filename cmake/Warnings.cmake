# One interface target that every room links: warnings as errors, sanitizers, hardening.
add_library(edge_build_options INTERFACE)
target_compile_options(edge_build_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wunused -Wformat=2 -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(edge_build_options INTERFACE -Wthread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13 AND
   NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # When g++ 12 optimises, it sees overlaps, overreads and unset values inside the standard library's
  # own string, vector and optional that cannot be (GCC bug 105651 and its kin). clang, valgrind and
  # the unoptimised build still look.
  target_compile_options(edge_build_options INTERFACE
    -Wno-restrict -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()
if(EDGE_SANITIZE)
  add_compile_options(-fsanitize=${EDGE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EDGE_SANITIZE})
else()
  include(Hardening)
endif()
if(EDGE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_program(EDGE_MOLD mold)
if(EDGE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(EDGE_CCACHE ccache)
if(EDGE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EDGE_CCACHE})
endif()
