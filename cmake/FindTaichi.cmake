# For projects that say where the C-API is by TAICHI_C_API_INSTALL_DIR, a CMake or an environment variable, and then call
# find_package(Taichi). CMake itself never reads that variable: put the folder of this file into CMAKE_MODULE_PATH. The
# variable names an installed Isthmus or the released library's folder; without it, this file's own installation is meant.
# Gives taichi_c_api and Taichi::Runtime.
if(TAICHI_C_API_INSTALL_DIR)
  set(_taichi_place "${TAICHI_C_API_INSTALL_DIR}")
elseif(DEFINED ENV{TAICHI_C_API_INSTALL_DIR})
  set(_taichi_place "$ENV{TAICHI_C_API_INSTALL_DIR}")
else()
  get_filename_component(_taichi_place "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
endif()

# A folder that an earlier run has found must not win over the one named now.
set(Taichi_DIR Taichi_DIR-NOTFOUND)
set(_taichi_version ${Taichi_FIND_VERSION})
set(_taichi_range "")
if(Taichi_FIND_VERSION_RANGE)
  set(_taichi_version ${Taichi_FIND_VERSION_RANGE})
  set(_taichi_range HANDLE_VERSION_RANGE)
endif()
find_package(Taichi ${_taichi_version} QUIET CONFIG PATHS "${_taichi_place}" NO_DEFAULT_PATH)
if(TARGET taichi_c_api AND NOT TARGET Taichi::Runtime)
  add_library(Taichi::Runtime INTERFACE IMPORTED)
  set_target_properties(Taichi::Runtime PROPERTIES INTERFACE_LINK_LIBRARIES taichi_c_api)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Taichi
  REQUIRED_VARS Taichi_CONFIG VERSION_VAR Taichi_VERSION ${_taichi_range}
  REASON_FAILURE_MESSAGE "There is no TaichiConfig.cmake of a fitting version below '${_taichi_place}' (TAICHI_C_API_INSTALL_DIR).")
unset(_taichi_place)
unset(_taichi_version)
unset(_taichi_range)
