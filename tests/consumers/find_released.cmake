# Configures a project (PROJECT, in WORK) with TAICHI_C_API_INSTALL_DIR naming the folder of the released library.
cmake_minimum_required(VERSION 3.25)
if(NOT EXISTS "$ENV{IST_RELEASED_LIBRARY}")
  message("skipped: the released library is not there (IST_RELEASED_LIBRARY is '$ENV{IST_RELEASED_LIBRARY}').")
  return()
endif()
get_filename_component(folder "$ENV{IST_RELEASED_LIBRARY}/../.." ABSOLUTE)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK} -DTAICHI_C_API_INSTALL_DIR=${folder} ${CONFIGURE}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${WORK}/CMakeCache.txt found REGEX "^Taichi_DIR:")
if(NOT found MATCHES "=${folder}/")
  message(FATAL_ERROR "Not the released package but ${found}")
endif()
