include(GoogleTest)

# restante_library(NAME SRCS a.cc b.cc DEPS other_library absl::strings)
# Include paths start at the repository root: #include "common/base/secret.h".
function(restante_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  restante_warnings(${name})
  restante_sanitizers(${name})
  restante_precompiled(${name} library_headers)
endfunction()

# restante_program(NAME SRCS main.cc DEPS ...): one of the five programs.
function(restante_program name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  restante_warnings(${name})
  restante_sanitizers(${name})
  restante_precompiled(${name} library_headers)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(restante_programs ${name})
endfunction()

# restante_test(NAME LABEL unit SRCS x_test.cc DEPS library): one GoogleTest program,
# each of its tests a test of ctest. LABEL: unit, conformance, dialogue, fuzz, integration.
# unit, conformance, dialogue and fuzz also run under the sanitizers. Tests run with the repository's
# root as working directory: data files are opened as "tests/data/...".
function(restante_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main)
  restante_warnings(${name})
  restante_sanitizers(${name})
  restante_precompiled(${name} test_headers)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # Those that no sanitizer's preset runs are large, and wait there until somebody asks for them.
  if(NOT RESTANTE_SANITIZE OR NOT ARG_LABEL STREQUAL "integration")
    add_dependencies(restante_tests ${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 120
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
endfunction()

add_custom_target(restante_programs)
add_custom_target(restante_tests)
