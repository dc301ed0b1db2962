# How a folder becomes a library, a program or a test. One line in a folder's CMakeLists.txt says all of it:
#   slipway_library(platform/json USES platform/base dep_json)
# The link list is the include rule of DESIGN.md; scripts/check-includes compares both with the sources.

option(SLIPWAY_STATIC "link the agent and the command fully statically" ON)
option(SLIPWAY_CRASH_POINTS "compile the named crash points in (preset crash)" OFF)
option(SLIPWAY_STRIP "strip the programs (presets release and crash)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(SLIPWAY_CCACHE ccache)
if(SLIPWAY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLIPWAY_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${SLIPWAY_CCACHE})
endif()

# Linked privately by our own code only, never by third parties.
add_library(slipway_settings INTERFACE)
target_include_directories(slipway_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(slipway_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wimplicit-fallthrough -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast> $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  -ffunction-sections -fdata-sections)
target_compile_definitions(slipway_settings INTERFACE FMT_HEADER_ONLY $<$<BOOL:${SLIPWAY_CRASH_POINTS}>:SLIPWAY_CRASH_POINTS>)
target_link_options(slipway_settings INTERFACE -Wl,--gc-sections -Wl,--as-needed)

set(SLIPWAY_SMALL_FLAGS "" CACHE STRING "optimisation of what is to be small rather than fast (presets release and crash)")
separate_arguments(SLIPWAY_SMALL_OPTIONS UNIX_COMMAND "${SLIPWAY_SMALL_FLAGS}")

# slipway_library(FOLDER [SMALL] [SOURCES ...] USES other/folders dep_names ...): every .cpp directly in FOLDER, or SOURCES.
# SMALL: it waits more than it works, so its size counts: the agent has all of it in memory, on every machine.
function(slipway_library folder)
  cmake_parse_arguments(arg "SMALL" "" "SOURCES;USES" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER arg_SOURCES EXCLUDE REGEX "/main\\.cpp$")
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  if(arg_SMALL)
    target_compile_options(${name} PRIVATE ${SLIPWAY_SMALL_OPTIONS})
  endif()
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(${name} PUBLIC ${uses} PRIVATE slipway_settings)
endfunction()

# slipway_make_static(TARGET): one file that runs on any Linux of its architecture, at any address; packed relocations are
# a megabyte less. The check reads the symbols, so they are stripped after it (slipway_strip), never by the linker.
function(slipway_make_static target)
  if(WIN32)
    return()
  endif()
  target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/platform/os/linux/nss_guard.c)
  target_link_directories(${target} BEFORE PRIVATE ${SLIPWAY_STATIC_LIBRARIES})
  set_target_properties(${target} PROPERTIES SKIP_BUILD_RPATH ON) # start code of a static program refuses to meet one
  target_link_options(${target} PRIVATE -static-pie -Wl,-z,pack-relative-relocs -Wl,-z,now)
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_SOURCE_DIR}/scripts/cmake/check_static.sh ${CMAKE_NM} $<TARGET_FILE:${target}>)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/scripts/cmake/check_static.sh)
endfunction()

function(slipway_strip target)
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM COMMAND ${CMAKE_STRIP} $<TARGET_FILE:${target}>)
endfunction()

# slipway_program(NAME [STATIC] SOURCES ... USES ...): lands in build/<preset>/bin. The target `programs` builds all.
add_custom_target(programs)
function(slipway_program name)
  cmake_parse_arguments(arg "STATIC" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(${name} PRIVATE slipway_settings ${uses})
  if(arg_STATIC AND SLIPWAY_STATIC)
    slipway_make_static(${name})
  endif()
  if(SLIPWAY_STRIP)
    slipway_strip(${name})
  endif()
  add_dependencies(programs ${name})
endfunction()

# slipway_test(FOLDER [SOURCES ...] USES ...): every *_test.cpp in tests/FOLDER becomes one Catch2 program, run by ctest.
# scripts/test counts its test cases.
function(slipway_test folder)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  add_executable(test_${name} ${sources} ${arg_SOURCES})
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(test_${name} PRIVATE slipway_settings catch_main ${uses})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${folder} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${folder} PROPERTIES LABELS catch2 TIMEOUT 300)
endfunction()

# slipway_script_test(NAME COMMAND program arguments... [SERIAL] [TIMEOUT seconds]): a test that is not a Catch2 program,
# often `python3 tests/run_python.py FILE`. It runs in the root of the tree, with Debian's own tools in PATH, and finds the
# programs through SLIPWAY_BIN and those of the crash preset through SLIPWAY_CRASH_BIN. Exit code 0 is passed; it counts as
# one test unless its last line is 'N passed, N failed, N skipped'. SERIAL: nothing else runs beside it.
function(slipway_script_test name)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "COMMAND" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  list(TRANSFORM arg_COMMAND REPLACE "^python3$" "/usr/bin/python3" AT 0) # Debian's, which has the modules of scripts/setup
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS script TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} ENVIRONMENT
    "SLIPWAY_BIN=${CMAKE_BINARY_DIR}/bin;SLIPWAY_CRASH_BIN=${CMAKE_SOURCE_DIR}/build/crash/bin;PATH=/usr/sbin:/usr/bin:/sbin:/bin")
endfunction()
