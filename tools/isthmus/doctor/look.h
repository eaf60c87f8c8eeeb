// Looks at what is here: in a process of its own, as drivers are loaded for it. Prints one line of JSON for each thing
// as soon as it is known, so that what comes before a crash is kept.
#pragma once

namespace doctor {

// {"vulkan": {...}} for each device, {"problem": "..."} when there is none.
void look_at_vulkan();

// {"gl": {...}} for each context of OpenGL and OpenGL ES, {"problem": "..."} when there is no EGL, and
// {"display": "...", "problem": "..."} for what makes no context.
void look_at_gl();

}  // namespace doctor
