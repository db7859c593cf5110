# Warnings are errors. The list is docs/decisions' and style's; GCC knows more of them than clang does.
add_library(artery_warnings INTERFACE)
target_compile_options(artery_warnings INTERFACE
  -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wswitch-enum -Wmissing-declarations -Wredundant-decls
  -Wdouble-promotion -Wextra-semi -Wundef -Wvla)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(artery_warnings INTERFACE
    -Wuseless-cast -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override -Wimplicit-fallthrough=5)
endif()

add_library(artery_hardening INTERFACE)
target_compile_options(artery_hardening INTERFACE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
target_compile_definitions(artery_hardening INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT ARTERY_SANITIZE)
  target_compile_definitions(artery_hardening INTERFACE _FORTIFY_SOURCE=3)
endif()
