# EDGE_MAIL: chat by e-mail. Without it neither the Rust library of openpgp/ nor what needs it is
# built: crypto/openpgp/, messaging/mail/ and gateway/mail/ are left out.
option(EDGE_MAIL "Build chat by e-mail, which needs cargo and rustc" ON)

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
