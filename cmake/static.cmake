# libisthmus.a: the objects of the shared library in one archive, for programs that want no library beside them. Built
# and installed with IST_STATIC; without it, built when a target needs it.
add_library(isthmus_static STATIC)
foreach(part base aot contract vulkan gl_api gl llvm_host cpu cuda backends core interop)
  target_sources(isthmus_static PRIVATE $<TARGET_OBJECTS:isthmus_${part}>)
endforeach()
target_sources(isthmus_static PRIVATE $<TARGET_OBJECTS:taichi_c_api>)
set_target_properties(isthmus_static PROPERTIES
  OUTPUT_NAME isthmus LINKER_LANGUAGE CXX ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
if(NOT IST_STATIC)
  set_target_properties(isthmus_static PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

find_package(Threads REQUIRED)
target_link_libraries(isthmus_static
  PUBLIC isthmus_headers
  INTERFACE ${SPIRV_CROSS_GLSL_LIBRARY} ${SPIRV_CROSS_CORE_LIBRARY} ${MINIZIP_STATIC_LIBRARY} ${ZLIB_STATIC_LIBRARY}
            Threads::Threads ${CMAKE_DL_LIBS})
add_library(isthmus::static ALIAS isthmus_static)
