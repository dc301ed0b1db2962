# How a folder becomes a library, a program or a test. One line in a folder's CMakeLists.txt says all of it:
#   slipway_library(platform/json USES platform/base dep_json)
# The link list is the include rule of DESIGN.md; scripts/check-includes compares both with the sources.

option(SLIPWAY_STATIC "link the agent and the command fully statically" ON)
option(SLIPWAY_CRASH_POINTS "compile the named crash points in (preset crash)" OFF)

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
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  -ffunction-sections -fdata-sections -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_compile_definitions(slipway_settings INTERFACE FMT_HEADER_ONLY $<$<BOOL:${SLIPWAY_CRASH_POINTS}>:SLIPWAY_CRASH_POINTS>)
target_link_options(slipway_settings INTERFACE -Wl,--gc-sections -Wl,--as-needed)

# slipway_library(FOLDER [SOURCES ...] USES other/folders dep_names ...): every .cpp directly in FOLDER, or SOURCES.
function(slipway_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER arg_SOURCES EXCLUDE REGEX "/main\\.cpp$")
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(${name} PUBLIC ${uses} PRIVATE slipway_settings)
endfunction()

# slipway_program(NAME [STATIC] SOURCES ... USES ...)
function(slipway_program name)
  cmake_parse_arguments(arg "STATIC" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(${name} PRIVATE slipway_settings ${uses})
  if(arg_STATIC AND SLIPWAY_STATIC)
    slipway_make_static(${name})
  endif()
endfunction()

# slipway_test(FOLDER USES ...): every *_test.cpp in tests/FOLDER becomes one Catch2 program, run by ctest.
function(slipway_test folder)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  add_executable(test_${name} ${sources} ${arg_SOURCES})
  string(REPLACE "/" "_" uses "${arg_USES}")
  target_link_libraries(test_${name} PRIVATE slipway_settings catch_main ${uses})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${folder} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()
