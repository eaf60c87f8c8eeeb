# Makes the packages of a build (BUILD) and unpacks them without installing: WORK/tar from the archive, WORK/deb from all
# Debian packages, which have an epoch and a release.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CPACK} --config ${BUILD}/CPackConfig.cmake -B ${WORK}
    -D CPACK_DEBIAN_PACKAGE_EPOCH=1 -D CPACK_DEBIAN_PACKAGE_RELEASE=2
  OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
if(NOT result STREQUAL "0")
  message(FATAL_ERROR "cpack ends with ${result} and says\n${said}")
endif()

file(GLOB archives ${WORK}/*.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${archives} DESTINATION ${WORK}/unpacked)
file(GLOB folder ${WORK}/unpacked/*)
file(RENAME ${folder} ${WORK}/tar)
file(GLOB packages ${WORK}/*.deb)
foreach(package IN LISTS packages)
  execute_process(COMMAND dpkg-deb -x ${package} ${WORK}/deb COMMAND_ERROR_IS_FATAL ANY)
endforeach()
