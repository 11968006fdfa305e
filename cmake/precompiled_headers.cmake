# What nearly every file includes, compiled once for each kind of target instead of once a file. It halves the
# time of a build. A file still includes what it uses: clang, which the fuzzers and clang-tidy
# build with, sees no precompiled header.
set(RESTANTE_COMMON_HEADERS
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <utility> <variant> <vector>
  <absl/status/status.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/string_view.h>
  <absl/time/time.h>)

function(restante_header_owner name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPS" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  restante_warnings(${name})
  restante_sanitizers(${name})
endfunction()

# restante_precompiled(TARGET OWNER)
function(restante_precompiled target owner)
  if(TARGET ${owner})
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The first is what ccache needs to tell whether a file that uses one has changed; by the second all targets
  # define the same macros, without which the compiler would not use it.
  add_compile_options(-fpch-preprocess -pthread)
  restante_header_owner(library_headers HEADERS ${RESTANTE_COMMON_HEADERS}
    DEPS absl::status absl::statusor absl::strings absl::time)
  restante_header_owner(test_headers HEADERS ${RESTANTE_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>
    DEPS absl::status absl::statusor absl::strings absl::time GTest::gmock)
endif()
