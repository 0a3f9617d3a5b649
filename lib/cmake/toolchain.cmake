# Compiler, linker and warnings. Warnings are for our own code only: third-party targets do not link
# flintctl_options.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD AND NOT FLINTCTL_FUZZ)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)
if(NOT FLINTCTL_SANITIZE AND NOT FLINTCTL_FUZZ)
  add_link_options(-static-libstdc++ -static-libgcc)  # a start is 0.7 ms shorter
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")  # line numbers; full debug information doubles the time
if(CMAKE_BUILD_TYPE STREQUAL Release)
  add_link_options(-s)
endif()
if(FLINTCTL_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(FLINTCTL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

add_library(flintctl_options INTERFACE)
target_include_directories(flintctl_options INTERFACE ${PROJECT_SOURCE_DIR}/lib)
target_compile_options(flintctl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor $<$<BOOL:${FLINTCTL_WERROR}>:-Werror>)
if(CMAKE_UNITY_BUILD)
  # It takes a .cpp that another includes for a header.
  target_compile_options(flintctl_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
