# Defences that the compiler and the linker add to every program that is not a sanitizer build.
# tests/hardening_test.py reads the finished programs and fails when one of them is missing.
include(CheckCXXCompilerFlag)

add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
check_cxx_compiler_flag(-fcf-protection EDGE_HAS_CF_PROTECTION)  # x86 alone
if(EDGE_HAS_CF_PROTECTION)
  add_compile_options(-fcf-protection)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Debian's compilers define it themselves in some builds; one definition decides.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
