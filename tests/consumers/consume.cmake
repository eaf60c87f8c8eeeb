# Builds a project that uses Isthmus, in a folder of its own, and runs what it made as a user would.
# PROJECT: its folder, with a CMakeLists.txt or a Makefile; WORK: where to build; PREFIX, LIBDIR: the installation;
# CONFIGURE: further arguments of cmake; RUN: a command line after another, "|" between them; ENVIRONMENT: variables for all of it.
cmake_minimum_required(VERSION 3.25)

foreach(variable IN LISTS ENVIRONMENT)
  string(REGEX MATCH "^([^=]*)=(.*)$" _ "${variable}")
  set(ENV{${CMAKE_MATCH_1}} "${CMAKE_MATCH_2}")
endforeach()

function(must)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT result STREQUAL "0")
    list(JOIN ARGV " " line)
    message(FATAL_ERROR "${line}\nends with ${result} and says\n${said}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
if(EXISTS ${PROJECT}/CMakeLists.txt)
  must(${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK} ${CONFIGURE})
  must(${CMAKE_COMMAND} --build ${WORK} --parallel 2)
else()
  must(make -s -f ${PROJECT}/Makefile VPATH=${PROJECT} PREFIX=${PREFIX})
  set(ENV{LD_LIBRARY_PATH} ${PREFIX}/${LIBDIR})
endif()

string(REPLACE "|" ";" lines "${RUN}")
foreach(line IN LISTS lines)
  separate_arguments(command UNIX_COMMAND "${line}")
  must(${command})
endforeach()
