// Looks at what is here: in a process of its own, as drivers are loaded for it. Prints one line of JSON for each thing
// as soon as it is known, so that what comes before a crash is kept.
#pragma once

namespace doctor {

// {"vulkan": {...}} for each device, {"problem": "..."} when there is none.
void look_at_vulkan();

// {"gl": {...}} for each context of OpenGL and OpenGL ES, {"problem": "..."} when there is no EGL, and
// {"display": "...", "problem": "..."} for what makes no context.
void look_at_gl();

// {"arch": {"name", "devices", "problem"}} for vulkan, opengl, gles, cpu and cuda: what runtimes can be made on; the
// problem is "" where there is a device.
void look_at_archs();

}  // namespace doctor
