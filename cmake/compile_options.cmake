set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT RESTANTE_FUZZ)
  # The base directory makes two checkouts of one commit share their objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_definitions(ASIO_STANDALONE ASIO_NO_DEPRECATED SPDLOG_FMT_EXTERNAL)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Asio 1.22 does not detect coroutines under clang by itself.
  add_compile_definitions(ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1)
endif()

# gcc 12 sees uninitialised values in moved variants and optionals where there are none, more of them
# the more it optimises: that one warning is off.
# restante_warnings() and restante_sanitizers() are for our own code only:
# generated protobuf code triples its compile time under UBSan.
function(restante_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
      -Wno-sign-conversion $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
      -Wswitch-enum -Werror)
  # Where it optimises, gcc 12 also sees writes out of bounds in joined strings where there are none.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND (RESTANTE_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Release"))
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
        -Wno-stringop-overread)
  endif()
endfunction()

function(restante_sanitizers target)
  if(NOT RESTANTE_SANITIZE)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fsanitize=${RESTANTE_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
  target_link_options(${target} PUBLIC -fsanitize=${RESTANTE_SANITIZE})
  if(RESTANTE_SANITIZE MATCHES "thread")
    # Protobuf's and Abseil's headers lay out their classes otherwise when they see the sanitizer;
    # Debian's libraries were built without it, and the two must agree.
    target_compile_options(${target} PRIVATE -U__SANITIZE_THREAD__
        $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endfunction()
