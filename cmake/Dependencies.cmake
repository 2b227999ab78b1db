# Everything comes from Debian 12 packages; scripts/setup installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(MINIZIP REQUIRED IMPORTED_TARGET minizip)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
# Its package has no pkg-config file.
find_path(EDGE_WSLAY_INCLUDE wslay/wslay.h REQUIRED)
find_library(EDGE_WSLAY_LIBRARY wslay REQUIRED)
add_library(edge_wslay INTERFACE)
target_include_directories(edge_wslay SYSTEM INTERFACE ${EDGE_WSLAY_INCLUDE})
target_link_libraries(edge_wslay INTERFACE ${EDGE_WSLAY_LIBRARY})
# Only headers.
pkg_check_modules(TOMLPLUSPLUS REQUIRED tomlplusplus>=3.3)
# Only its headers: the library is loaded when it is needed (gateway/tls/openssl_api.h).
pkg_check_modules(OPENSSL REQUIRED openssl>=3.0)
# Of the benchmarks alone.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

# Linked into the programs where the packages have an archive: the loader spends more of a start on
# looking up their names across twenty libraries than the store takes to open.
function(edge_link_archive target name)
  find_library(EDGE_ARCHIVE_${name} lib${name}.a)
  if(EDGE_ARCHIVE_${name})
    set_target_properties(${target} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${EDGE_ARCHIVE_${name}};${ARGN}")
  endif()
endfunction()
edge_link_archive(PkgConfig::SODIUM sodium Threads::Threads)
edge_link_archive(PkgConfig::SQLITE sqlite3 Threads::Threads m)
edge_link_archive(PkgConfig::UTF8PROC utf8proc)
edge_link_archive(PkgConfig::RE2 re2 Threads::Threads)
edge_link_archive(PkgConfig::ZLIB z)
edge_link_archive(PkgConfig::MINIZIP minizip PkgConfig::ZLIB)
edge_link_archive(PkgConfig::NETTLE nettle)
