# Each third-party library is one dep_<name> target, declared here and nowhere else.
# libcurl is made by scripts/setup from Debian's source (its own archive cannot be linked statically) and lies in the
# cache; everything else is Debian's package. With -static the linker takes the .a of the same names.

find_package(Threads REQUIRED)

set(SLIPWAY_DEPS_PREFIX "" CACHE PATH "where scripts/setup put what Debian has no usable static archive of")
if(NOT SLIPWAY_DEPS_PREFIX)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/build-deps --prefix OUTPUT_VARIABLE deps_prefix
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(SLIPWAY_DEPS_PREFIX ${deps_prefix})
endif()

function(slipway_dependency name)
  cmake_parse_arguments(arg "" "" "INCLUDES;LIBRARIES" ${ARGN})
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE ${arg_INCLUDES})
  target_link_libraries(dep_${name} INTERFACE ${arg_LIBRARIES})
endfunction()

slipway_dependency(json)
slipway_dependency(ssl LIBRARIES ssl crypto Threads::Threads)
slipway_dependency(curl INCLUDES ${SLIPWAY_DEPS_PREFIX}/include
                   LIBRARIES ${SLIPWAY_DEPS_PREFIX}/lib/libcurl.a dep_ssl cares)
slipway_dependency(archive LIBRARIES archive nettle acl attr lzma zstd lz4 bz2 z)
slipway_dependency(sqlite LIBRARIES sqlite3)
slipway_dependency(yaml LIBRARIES yaml-cpp)
slipway_dependency(asio LIBRARIES Threads::Threads dep_ssl)
slipway_dependency(systemd LIBRARIES systemd)
