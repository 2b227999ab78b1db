# EDGE_MAIL: chat by e-mail. Without it neither the Rust library of openpgp/ nor what needs it is
# built: crypto/openpgp/, messaging/mail/ and gateway/mail/ are left out.
option(EDGE_MAIL "Build chat by e-mail, which needs cargo and rustc" ON)
# The library is the same for all presets of a checkout, so that it is built once.
set(EDGE_CARGO_TARGET ${CMAKE_SOURCE_DIR}/build/cargo CACHE PATH "Where cargo builds the library of openpgp/")
set(EDGE_OPENPGP_LIBRARY "" CACHE FILEPATH "A libedge_openpgp.a that was built elsewhere from this openpgp/, instead of cargo")
set(EDGE_CARGO_OLDEST 1.88 CACHE STRING "The oldest rustc that is used")
mark_as_advanced(EDGE_CARGO_OLDEST)

# edge_mail_sources(VARIABLE REGEX): without mail, removes what matches from a room's sources.
function(edge_mail_sources variable regex)
  if(NOT EDGE_MAIL)
    list(FILTER ${variable} EXCLUDE REGEX "${regex}")
    set(${variable} ${${variable}} PARENT_SCOPE)
  endif()
endfunction()

# edge_knows_mail(FILE...): files that are compiled in both kinds of build and differ. They see
# EDGE_MAIL defined in a build with mail; no other file does.
function(edge_knows_mail)
  if(EDGE_MAIL)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS EDGE_MAIL)
  endif()
endfunction()

# edge_find_cargo(CARGO RUSTC): Debian's own, or those in the PATH, whichever are new enough. A rustc that
# does not belong to its cargo may be another version in each crate's folder, hence pairs.
function(edge_find_cargo cargo_variable rustc_variable)
  set(found "")
  foreach(folder /usr/bin "")
    unset(cargo CACHE)
    unset(rustc CACHE)
    if(folder)
      find_program(cargo cargo PATHS ${folder} NO_DEFAULT_PATH)
      find_program(rustc rustc PATHS ${folder} NO_DEFAULT_PATH)
    else()
      find_program(cargo cargo)
      find_program(rustc rustc)
    endif()
    if(cargo AND rustc)
      execute_process(COMMAND ${rustc} --version OUTPUT_VARIABLE text ERROR_QUIET
                      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/openpgp)
      if(text MATCHES "^rustc ([0-9]+\\.[0-9]+\\.[0-9]+)")
        if(CMAKE_MATCH_1 VERSION_GREATER_EQUAL EDGE_CARGO_OLDEST)
          set(${cargo_variable} ${cargo} PARENT_SCOPE)
          set(${rustc_variable} ${rustc} PARENT_SCOPE)
          unset(cargo CACHE)
          unset(rustc CACHE)
          return()
        endif()
        string(APPEND found " ${rustc} is ${CMAKE_MATCH_1}.")
      endif()
    endif()
  endforeach()
  unset(cargo CACHE)
  unset(rustc CACHE)
  if(NOT found)
    set(found " None was found.")
  endif()
  message(FATAL_ERROR "chat by e-mail needs cargo and rustc ${EDGE_CARGO_OLDEST} or newer.${found}\n"
    "Run scripts/setup, which installs rustc-web and cargo-web of Debian's security updates, or build without "
    "it: cmake -DEDGE_MAIL=OFF")
endfunction()
