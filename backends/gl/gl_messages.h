// The driver's messages (KHR_debug) on our own contexts, where validation is asked for.
#pragma once

#include "gl_api/gl_functions.h"

namespace ist::gl {

// From now on errors of the current context are told as lines "validation: ...", other messages at level debug. The
// context has GL_KHR_debug.
void log_messages(const Functions& gl);

}  // namespace ist::gl
