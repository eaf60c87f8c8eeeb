# What `cmake --install` puts where. The folder can be moved afterwards: every path in it is relative to the file that
# says it. Components: isthmus (library, program, modules), dev (headers and package files), llvm (the plugin).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The release that this library stands in for; its own package says so, and takes every older 1.x.
set(IST_TAICHI_VERSION 1.7.4)

foreach(kind BINDIR LIBDIR INCLUDEDIR DATADIR MANDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}}")
    message(FATAL_ERROR "CMAKE_INSTALL_${kind} is '${CMAKE_INSTALL_${kind}}' but must be relative to the prefix.")
  endif()
endforeach()
set(IST_INSTALL_MODULES ${CMAKE_INSTALL_DATADIR}/isthmus/modules)
set(outputs ${PROJECT_BINARY_DIR}/package)
set(IST_INSTALL_FIND_MODULES ${CMAKE_INSTALL_DATADIR}/isthmus/cmake)

# --- isthmus -----------------------------------------------------------------------------------------------------------

foreach(package Taichi Isthmus)
  install(TARGETS taichi_c_api EXPORT ${package}Targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT isthmus
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT isthmus
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
endforeach()
target_include_directories(taichi_c_api INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

if(TARGET isthmus)
  file(RELATIVE_PATH to_library /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(isthmus PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
  install(TARGETS isthmus RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT isthmus)
  install(FILES ${PROJECT_SOURCE_DIR}/tools/isthmus/isthmus.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT isthmus OPTIONAL)
  foreach(completion bash-completion/completions/isthmus zsh/vendor-completions/_isthmus
          fish/vendor_completions.d/isthmus.fish)
    string(REGEX MATCH "^[a-z]+" shell ${completion})
    cmake_path(GET completion PARENT_PATH folder)
    cmake_path(GET completion FILENAME name)
    install(FILES ${outputs}/completion/${shell} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${name}
      COMPONENT isthmus OPTIONAL)
  endforeach()
endif()

# Modules to try things on: fields, graphs, a simulation, an image.
foreach(module fields.tcm graphs.tcm mpm88.tcm fractal)
  set(path ${PROJECT_SOURCE_DIR}/assets/modules/${module})
  if(IS_DIRECTORY ${path})
    install(DIRECTORY ${path} DESTINATION ${IST_INSTALL_MODULES} COMPONENT isthmus)
  else()
    install(FILES ${path} DESTINATION ${IST_INSTALL_MODULES} COMPONENT isthmus)
  endif()
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/THIRD_PARTY.md
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/isthmus COMPONENT isthmus)

# --- llvm --------------------------------------------------------------------------------------------------------------

if(TARGET isthmus_llvm)
  install(TARGETS isthmus_llvm LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT llvm)
endif()

# --- dev ---------------------------------------------------------------------------------------------------------------

install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/include/ ${PROJECT_SOURCE_DIR}/interop/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

foreach(package Taichi Isthmus)
  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/${package})
  configure_package_config_file(cmake/${package}Config.cmake.in ${outputs}/${package}Config.cmake
    INSTALL_DESTINATION ${destination}
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR IST_INSTALL_MODULES)
  install(FILES ${outputs}/${package}Config.cmake ${outputs}/${package}ConfigVersion.cmake
    DESTINATION ${destination} COMPONENT dev)
endforeach()
install(EXPORT TaichiTargets DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Taichi COMPONENT dev)
install(EXPORT IsthmusTargets NAMESPACE isthmus:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Isthmus COMPONENT dev)
write_basic_package_version_file(${outputs}/TaichiConfigVersion.cmake
  VERSION ${IST_TAICHI_VERSION} COMPATIBILITY SameMajorVersion)
write_basic_package_version_file(${outputs}/IsthmusConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES cmake/FindTaichi.cmake DESTINATION ${IST_INSTALL_FIND_MODULES} COMPONENT dev)

file(RELATIVE_PATH IST_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" IST_PC_PREFIX ${IST_PC_PREFIX})
foreach(name taichi_c_api isthmus isthmus-static)
  configure_file(cmake/${name}.pc.in ${outputs}/${name}.pc @ONLY)
endforeach()
set(pc_files ${outputs}/taichi_c_api.pc ${outputs}/isthmus.pc)
if(IST_STATIC)
  install(TARGETS isthmus_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
  list(APPEND pc_files ${outputs}/isthmus-static.pc)
endif()
install(FILES ${pc_files} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
# Nobody moves /usr, and pkg-config leaves its folders out only when they are written as the compiler knows them.
install(CODE "set(pc_folder \"${CMAKE_INSTALL_LIBDIR}/pkgconfig\")" COMPONENT dev)
install(SCRIPT cmake/usr_prefix.cmake COMPONENT dev)
