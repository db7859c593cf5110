# artery_bench(NAME SOURCES file... DEPS modules... [LIBS third-party targets...])
#
# One benchmark program, built by the target `benches` only and run by tools/bench. A program that drives a whole node
# finds it in ARTERY_PROGRAM; run without arguments it prints the figures that docs/claims.md quotes.
add_custom_target(benches)

function(artery_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  list(TRANSFORM arg_DEPS PREPEND artery_ OUTPUT_VARIABLE deps)
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${deps} ${arg_LIBS} artery_warnings artery_hardening)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/benches)
  add_dependencies(benches ${name})
endfunction()
