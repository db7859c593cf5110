# artery_module(NAME folder [THREADS] DEPS modules... LIBS third-party targets... TEST_DEPS modules...)
#
# One module, one folder below src/, one static library `artery_NAME`. Sources are the folder's *.cc; `*_test.cc`
# become one GoogleTest program `NAME_test`, `*_bench.cc` one micro-benchmark program `NAME_bench`.
# DEPS is what the layer check (tools/check_layers) compares the includes with; TEST_DEPS is for tests and benchmarks.
# THREADS marks a module whose unit tests start threads: `make check` runs them under the thread sanitizer too.
function(artery_module name folder)
  cmake_parse_arguments(arg "THREADS" "" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cc)
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")

  list(TRANSFORM arg_DEPS PREPEND artery_ OUTPUT_VARIABLE deps)
  list(TRANSFORM arg_TEST_DEPS PREPEND artery_ OUTPUT_VARIABLE test_deps)
  if(sources)
    add_library(artery_${name} STATIC ${sources})
    target_include_directories(artery_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(artery_${name} PUBLIC ${deps} ${arg_LIBS} fmt::fmt Threads::Threads
                          PRIVATE artery_warnings artery_hardening)
  else()
    add_library(artery_${name} INTERFACE)
    target_include_directories(artery_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(artery_${name} INTERFACE ${deps} ${arg_LIBS} fmt::fmt Threads::Threads)
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE artery_${name} ${test_deps} GTest::gtest_main artery_warnings
                          artery_hardening)
    set(labels unit)
    if(arg_THREADS)
      list(APPEND labels threads)
    endif()
    artery_test(unit.${name} COMMAND ${name}_test LABELS ${labels})
  endif()
  if(benches)
    artery_bench(${name}_bench SOURCES ${benches} DEPS ${name} ${arg_TEST_DEPS} LIBS benchmark::benchmark_main)
  endif()
endfunction()
