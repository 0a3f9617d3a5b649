# flintctl_room(NAME [DEPS room...] [LIBS target...]): one static library for each folder of lib/,
# and its unit tests from tests/unit/NAME as one executable, `unit_NAME`.
# DEPS are rooms below it (scripts/check-layers holds the order), LIBS third-party targets. SEPARATE:
# its files give one name different meanings and are never compiled together.
function(flintctl_room name)
  cmake_parse_arguments(ROOM "SEPARATE" "" "DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
  list(TRANSFORM ROOM_DEPS PREPEND flintctl_)
  if(NOT sources)
    add_library(flintctl_${name} INTERFACE)
    target_link_libraries(flintctl_${name} INTERFACE flintctl_options ${ROOM_DEPS} ${ROOM_LIBS} dep_fmt)
    return()
  endif()
  add_library(flintctl_${name} STATIC ${sources})
  target_link_libraries(flintctl_${name} PUBLIC flintctl_options ${ROOM_DEPS} dep_fmt)
  target_link_libraries(flintctl_${name} PRIVATE ${ROOM_LIBS})
  if(ROOM_SEPARATE)
    set_target_properties(flintctl_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()
