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
  if(EDGE_UNITY)
    edge_unity(${name})
  endif()
endfunction()

# The sources of a folder are compiled together: each header is read once a folder instead of once a
# file. Names in anonymous namespaces must differ within a folder for it, except in files that a room
# lists with edge_alone(). Groups of at most EDGE_UNITY_FILES files keep both processors busy to the
# end.
function(edge_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  list(SORT sources)
  set(folder none)
  set(count 0)
  foreach(source ${sources})
    get_filename_component(in ${source} DIRECTORY)
    if(NOT in STREQUAL folder)
      set(folder ${in})
      set(count 0)
    endif()
    math(EXPR group "${count} / ${EDGE_UNITY_FILES}")
    math(EXPR count "${count} + 1")
    file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${in})
    if(IS_ABSOLUTE ${in})
      file(RELATIVE_PATH label ${CMAKE_SOURCE_DIR} ${in})
    endif()
    string(REPLACE "/" "_" label "${label}_${group}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${label})
  endforeach()
endfunction()

# Files that are compiled one by one all the same.
function(edge_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
