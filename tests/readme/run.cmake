# Runs the example and compares what it prints with what README.md promises.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
set(expected "")
foreach(value RANGE 100 119)
  string(APPEND expected "${value} ")
endforeach()
if(NOT result STREQUAL "0" OR NOT printed STREQUAL expected)
  message(FATAL_ERROR "The example ends with ${result} and prints '${printed}', not '${expected}'")
endif()
