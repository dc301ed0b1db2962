# Each third-party library is one dep_<name> target, declared here and nowhere else.
# libcurl is made by scripts/build-deps from Debian's source (its own archive cannot be linked statically) and lies in the
# cache; everything else is Debian's package. A static link takes the .a of the same name, for OpenSSL the lean one that
# scripts/build-deps makes too (SLIPWAY_STATIC_LIBRARIES).

find_package(Threads REQUIRED)

set(SLIPWAY_DEPS_PREFIX "" CACHE PATH "where scripts/setup put what Debian has no usable static archive of")
if(NOT SLIPWAY_DEPS_PREFIX)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/build-deps --prefix OUTPUT_VARIABLE deps_prefix
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(SLIPWAY_DEPS_PREFIX ${deps_prefix})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/scripts/build-deps)
endif()
if(NOT WIN32 AND NOT EXISTS ${SLIPWAY_DEPS_PREFIX}/lib/libcurl.a)
  message(FATAL_ERROR "libcurl is not in ${SLIPWAY_DEPS_PREFIX}. Run scripts/setup: it installs and builds what is missing.")
endif()

# slipway_system_library(NAME [NEEDS ...]): -lNAME with its needs behind it, which a static link insists on.
function(slipway_system_library name)
  cmake_parse_arguments(arg "" "" "NEEDS" ${ARGN})
  add_library(system_${name} INTERFACE IMPORTED GLOBAL)
  set_target_properties(system_${name} PROPERTIES IMPORTED_LIBNAME ${name} INTERFACE_LINK_LIBRARIES "${arg_NEEDS}")
endfunction()

set(SLIPWAY_STATIC_LIBRARIES ${SLIPWAY_DEPS_PREFIX}/openssl/lib)

slipway_system_library(crypto NEEDS Threads::Threads)
slipway_system_library(ssl NEEDS system_crypto)
slipway_system_library(cares)
slipway_system_library(attr)
slipway_system_library(acl NEEDS system_attr)
foreach(name nettle lzma zstd lz4 bz2 z)
  slipway_system_library(${name})
endforeach()
slipway_system_library(archive NEEDS system_nettle system_acl system_lzma system_zstd system_lz4 system_bz2 system_z)
slipway_system_library(m)
slipway_system_library(sqlite3 NEEDS system_m Threads::Threads)
slipway_system_library(yaml-cpp)
slipway_system_library(systemd)

add_library(built_curl STATIC IMPORTED GLOBAL)
set_target_properties(built_curl PROPERTIES
  IMPORTED_LOCATION ${SLIPWAY_DEPS_PREFIX}/lib/libcurl.a INTERFACE_COMPILE_DEFINITIONS CURL_STATICLIB
  INTERFACE_INCLUDE_DIRECTORIES ${SLIPWAY_DEPS_PREFIX}/include INTERFACE_LINK_LIBRARIES "system_ssl;system_crypto;system_cares")

# slipway_dependency(NAME [libraries ...]): what a folder writes as dep_NAME in its USES. One without libraries is
# header-only; it stands here so that the link list of a folder names all that it includes.
function(slipway_dependency name)
  add_library(dep_${name} INTERFACE)
  target_link_libraries(dep_${name} INTERFACE ${ARGN})
endfunction()

slipway_dependency(json)
slipway_dependency(valijson)
slipway_dependency(cli11)
slipway_dependency(ssl system_ssl system_crypto)
slipway_dependency(curl built_curl)
slipway_dependency(archive system_archive)
slipway_dependency(sqlite system_sqlite3)
slipway_dependency(yaml system_yaml-cpp)
slipway_dependency(asio Threads::Threads system_ssl system_crypto)
slipway_dependency(systemd system_systemd)
