# edge_room(NAME SOURCES ... LINKS ... [PRIVATE_LINKS ...]): a room is a folder, a static library and
# a namespace of one name. Headers are included from the top of the tree: #include "store/writer.h".
function(edge_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(NOT ROOM_SOURCES)
    file(WRITE ${CMAKE_BINARY_DIR}/empty_${name}.cpp "")
    set(ROOM_SOURCES ${CMAKE_BINARY_DIR}/empty_${name}.cpp)
  endif()
  add_library(${name} STATIC ${ROOM_SOURCES})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS} edge_build_options)
endfunction()
