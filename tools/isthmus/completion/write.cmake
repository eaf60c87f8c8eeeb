# Writes what shells are to know of the program, as it says itself, into FOLDER: bash, zsh, fish. A program for another
# machine may not run here (PROGRAM may be an emulator and it); then there are none.
set(ENV{LD_LIBRARY_PATH} "${LIBRARIES}:$ENV{LD_LIBRARY_PATH}")
foreach(shell bash zsh fish)
  execute_process(COMMAND ${PROGRAM} completion ${shell} OUTPUT_VARIABLE text ERROR_VARIABLE error RESULT_VARIABLE result)
  if(result STREQUAL "0")
    file(WRITE ${FOLDER}/${shell} "${text}")
  else()
    file(REMOVE ${FOLDER}/${shell})
    message("There are no completions for ${shell}: the program ends with ${result}. ${error}")
  endif()
endforeach()
