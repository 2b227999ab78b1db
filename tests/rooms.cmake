# The test programs of the rooms, and the fuzz targets. Included by CMakeLists.txt unless
# EDGE_ROOM_TESTS is off.
find_package(Catch2 2 REQUIRED)

add_library(catch_main STATIC support/catch_main.cpp support/source.cpp)
set_source_files_properties(support/source.cpp PROPERTIES COMPILE_DEFINITIONS EDGE_SOURCE_ROOT="${CMAKE_SOURCE_DIR}")
target_link_libraries(catch_main PUBLIC Catch2::Catch2)
target_include_directories(catch_main PUBLIC ${CMAKE_SOURCE_DIR})

add_library(test_support INTERFACE)
target_link_libraries(test_support INTERFACE catch_main edge_build_options)

# A SQLite VFS that loses power and fills the disk (support/faulty_vfs.h).
add_library(faulty_vfs STATIC support/faulty_vfs.cpp)
target_link_libraries(faulty_vfs PUBLIC base PkgConfig::SQLITE PRIVATE edge_build_options)
# Two gateways and a network that loses things (support/world.h).
add_library(world STATIC EXCLUDE_FROM_ALL support/world.cpp support/zip.cpp)
target_link_libraries(world PUBLIC messaging catch_main PRIVATE PkgConfig::ZLIB edge_build_options)

# Tests are not what is measured, and a test's own code is little: without optimisation a release
# compiles them in half the time. The rooms they are linked with are built as they ship.
set(test_options "")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(test_options -O0 -U_FORTIFY_SOURCE)
endif()

# Tests of what EDGE_MAIL leaves out, and fuzz targets of it, are known by their names.
set(EDGE_MAIL_TESTS "/tests/[a-z]+/(imap|mail|mime|openpgp|smtp)[a-z0-9_]*\\.cpp$")

# A room has one program; each of its files is a test of its own, so that a run shows how far it is,
# files of a room run beside each other, and a failure names its file.
foreach(room base crypto store messaging rpc gateway)
  file(GLOB sources CONFIGURE_DEPENDS ${room}/*.cpp)
  edge_mail_sources(sources "${EDGE_MAIL_TESTS}")
  add_executable(${room}_tests ${sources})
  target_link_libraries(${room}_tests PRIVATE ${room} test_support)
  target_precompile_headers(${room}_tests PRIVATE support/catch.h)
  target_compile_options(${room}_tests PRIVATE ${test_options})
  if(EDGE_SANITIZE)
    target_compile_definitions(${room}_tests PRIVATE EDGE_SANITIZED)
  endif()
  if(EDGE_UNITY)
    edge_unity(${room}_tests)
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${room}/*_test.cpp)
  edge_mail_sources(files "${EDGE_MAIL_TESTS}")
  foreach(file ${files})
    get_filename_component(file ${file} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${file})
    set(name ${room}.${name})
    add_test(NAME ${name} COMMAND ${room}_tests -w NoTests --filenames-as-tags "[#${file}]~[.]")
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS ${room})
  endforeach()
endforeach()
# Those that take longest begin first.
set_tests_properties(gateway.hub_churn PROPERTIES COST 100)
# What most files of these two include is read once.
target_precompile_headers(messaging_tests PRIVATE support/world.h)
target_precompile_headers(rpc_tests PRIVATE rpc/one_gateway.h)
target_link_libraries(store_tests PRIVATE faulty_vfs PkgConfig::SQLITE)
target_link_libraries(messaging_tests PRIVATE world)
target_link_libraries(crypto_tests PRIVATE nlohmann_json::nlohmann_json)

# Device commands have a program of their own: a helper process that starts commands has to be forked
# before there are threads, and a sanitizer run of it alone takes seconds.
file(GLOB sources CONFIGURE_DEPENDS commands/*.cpp)
add_executable(commands_tests ${sources})
target_link_libraries(commands_tests PRIVATE gateway test_support)
target_precompile_headers(commands_tests PRIVATE support/catch.h)
target_compile_options(commands_tests PRIVATE ${test_options})
if(EDGE_UNITY)
  edge_unity(commands_tests)
endif()
add_test(NAME commands COMMAND commands_tests)
set_tests_properties(commands PROPERTIES TIMEOUT 900)

# Fuzz targets: fuzz/NAME.cpp holds LLVMFuzzerTestOneInput, fuzz/corpus/NAME/ its inputs. Under clang
# with the fuzz preset they are libFuzzer programs; everywhere else a main() runs them over their
# corpus as an ordinary test. The first line of each says `// room: NAME`.
file(GLOB fuzz_targets CONFIGURE_DEPENDS fuzz/*_fuzz.cpp)
edge_mail_sources(fuzz_targets "${EDGE_MAIL_TESTS}")
foreach(source ${fuzz_targets})
  get_filename_component(name ${source} NAME_WE)
  file(STRINGS ${source} first LIMIT_COUNT 1)
  string(REGEX REPLACE "^// room: *" "" room "${first}")
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${room} edge_build_options)
  if(EDGE_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${name} -runs=20000 -max_total_time=20 ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  else()
    target_sources(${name} PRIVATE fuzz/replay_main.cpp)
    add_test(NAME ${name} COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  endif()
endforeach()
