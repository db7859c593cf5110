# artery_test(NAME COMMAND program [argument...] LABELS label... [TIMEOUT seconds] [ENVIRONMENT NAME=value...] [SERIAL])
#
# One ctest test. Labels say what it is, and so who runs it: unit, sim, crash, system (`make test` runs all); unit and
# sim also run under the address sanitizer, threads under the thread sanitizer. The target `tests_LABEL` builds what the
# tests of a label need, so that a sanitizer run does not build the rest.
# A GoogleTest program leaves its report in results/NAME.xml, by which tools/run_tests counts every case by itself.
# SERIAL keeps a test that measures or loads the machine from running beside others.
set(ARTERY_TEST_LABELS unit sim crash system threads)
foreach(label IN LISTS ARTERY_TEST_LABELS)
  add_custom_target(tests_${label})
endforeach()

function(artery_test name)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_LABELS)
    message(FATAL_ERROR "artery_test(${name}): name at least one of the labels ${ARTERY_TEST_LABELS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} RUN_SERIAL "${arg_SERIAL}"
    ENVIRONMENT "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/results/${name}.xml;${arg_ENVIRONMENT}")

  list(GET arg_COMMAND 0 program)
  foreach(label IN LISTS arg_LABELS)
    if(NOT label IN_LIST ARTERY_TEST_LABELS)
      message(FATAL_ERROR "artery_test(${name}): label ${label} is none of ${ARTERY_TEST_LABELS}")
    endif()
    if(TARGET ${program})
      add_dependencies(tests_${label} ${program})
    endif()
  endforeach()
endfunction()

# artery_pytest(NAME folder-or-file LABELS label... [TIMEOUT seconds] [SERIAL])
#
# Python tests that drive the real program, whose path they find in ARTERY_PROGRAM. tools/setup makes build/venv.
function(artery_pytest name path)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "LABELS" ${ARGN})
  set(serial "")
  if(arg_SERIAL)
    set(serial SERIAL)
  endif()
  artery_test(${name} LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT} ${serial}
    COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python -m pytest -q -p no:cacheprovider
            --rootdir=${CMAKE_SOURCE_DIR}/tests --junitxml=${CMAKE_BINARY_DIR}/results/${name}.xml
            ${CMAKE_CURRENT_SOURCE_DIR}/${path}
    ENVIRONMENT ARTERY_PROGRAM=${CMAKE_BINARY_DIR}/artery PYTHONDONTWRITEBYTECODE=1)
  foreach(label IN LISTS arg_LABELS)
    add_dependencies(tests_${label} artery artery-plant)
  endforeach()
endfunction()

# artery_fuzz(NAME DEPS modules... [SOURCES file...])
#
# One libFuzzer harness: NAME.cc and other sources beside the call, its seed corpus in corpus/NAME/. The target `fuzzers`
# builds all.
add_custom_target(fuzzers)

function(artery_fuzz name)
  cmake_parse_arguments(arg "" "" "DEPS;SOURCES" ${ARGN})
  list(TRANSFORM arg_DEPS PREPEND artery_ OUTPUT_VARIABLE deps)
  add_executable(fuzz_${name} ${name}.cc ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${deps} artery_warnings)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(fuzz_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
  add_dependencies(fuzzers fuzz_${name})
endfunction()
