# Every third-party library, its room, and how it is linked. Static where Debian ships an archive: a
# start costs 3 ms instead of 18. libdevmapper and ISA-L exist only as shared objects. libcurl,
# libext2fs, libblkid, libsystemd, libkmod and libnftables are opened with dlopen by the command that
# needs them (lib/sys/shared_library.hpp).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# flintctl_static(NAME ARCHIVE...): an interface target from archives, in link order.
function(flintctl_static name)
  add_library(${name} INTERFACE)
  foreach(archive IN LISTS ARGN)
    find_library(FLINTCTL_LIB_${archive} NAMES lib${archive}.a REQUIRED)
    target_link_libraries(${name} INTERFACE ${FLINTCTL_LIB_${archive}})
  endforeach()
endfunction()

add_library(dep_fmt INTERFACE)                  # every room: lib/core/fmt_library.cpp says how
flintctl_static(dep_crypto crypto)              # archive, oci: sha256
target_link_libraries(dep_crypto INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
add_library(dep_isal INTERFACE)                 # archive: gzip
find_library(FLINTCTL_LIB_isal NAMES isal REQUIRED)
target_link_libraries(dep_isal INTERFACE ${FLINTCTL_LIB_isal})
flintctl_static(dep_zstd zstd)                  # archive, image: zstd
flintctl_static(dep_lzma lzma)                  # image: xz kernels
flintctl_static(dep_lz4 lz4)                    # image: lz4 kernels
flintctl_static(dep_seccomp seccomp)            # archive: the extractor's filter of system calls
flintctl_static(dep_yaml yaml-cpp)              # data

add_library(dep_devmapper INTERFACE)            # devmapper
find_library(FLINTCTL_LIB_devmapper NAMES devmapper REQUIRED)
target_link_libraries(dep_devmapper INTERFACE ${FLINTCTL_LIB_devmapper})

pkg_check_modules(GRPC REQUIRED grpc++ protobuf)
add_library(dep_grpc INTERFACE)                 # containerd
# The archives depend on each other in circles; pkg-config names them all for a static link.
set(grpc_static "")
foreach(library IN LISTS GRPC_STATIC_LIBRARIES)
  find_library(FLINTCTL_LIB_${library} NAMES lib${library}.a)
  if(FLINTCTL_LIB_${library})
    list(APPEND grpc_static ${FLINTCTL_LIB_${library}})
  endif()
endforeach()
target_link_libraries(dep_grpc INTERFACE
  -Wl,--start-group ${grpc_static} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS})
