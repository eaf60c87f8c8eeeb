#!/bin/sh
# Runs a command where OpenGL is Mesa's zink and Vulkan is SwiftShader: the drivers here that have semaphores
# between both. IST_TEST_SWIFTSHADER_ICD names SwiftShader's manifest (vk_swiftshader_icd.json of Debian's package
# chromium-common; unpacked is enough).
if [ -z "${IST_TEST_SWIFTSHADER_ICD:-}" ]; then
  echo "IST_TEST_SWIFTSHADER_ICD is not set, so semaphores between OpenGL and Vulkan are not tested." >&2
  exit 1
fi
if [ ! -r "$IST_TEST_SWIFTSHADER_ICD" ]; then
  echo "IST_TEST_SWIFTSHADER_ICD ($IST_TEST_SWIFTSHADER_ICD) cannot be read." >&2
  exit 1
fi
unset VK_DRIVER_FILES
export VK_ICD_FILENAMES="$IST_TEST_SWIFTSHADER_ICD"
# zink takes a Vulkan device that is a CPU only when software rendering is asked for, and on SwiftShader it tells
# the versions of OpenGL 2.1 although it can do more.
export MESA_LOADER_DRIVER_OVERRIDE=zink GALLIUM_DRIVER=zink LIBGL_ALWAYS_SOFTWARE=1
export MESA_GL_VERSION_OVERRIDE=4.5 MESA_GLSL_VERSION_OVERRIDE=450 MESA_GLES_VERSION_OVERRIDE=3.2
export MESA_EXTENSION_OVERRIDE="+GL_ARB_compute_shader +GL_ARB_shader_image_load_store +GL_ARB_shader_image_size"
exec "$@"
