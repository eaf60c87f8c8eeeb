// What a verb of the program is: one file, one line in the table of main.cpp.
#pragma once

#include <functional>

namespace CLI {
class App;
}

// The program's work once the arguments have been read; returns its exit code: 0 all is well, 1 something is not,
// 2 wrong use. (diff has those of diff(1).)
using VerbRun = std::function<int()>;

struct Verb {
  const char* name;
  const char* summary;
  // Declares the verb's options on its own command; what it returns is called when they have been read.
  VerbRun (*add)(CLI::App& command);
  // The exit code for what no verb can help: no memory, nowhere to print to.
  int trouble = 1;
};

VerbRun add_bench(CLI::App& command);
VerbRun add_completion(CLI::App& command);
VerbRun add_diff(CLI::App& command);
VerbRun add_doctor(CLI::App& command);
VerbRun add_inspect(CLI::App& command);
VerbRun add_run(CLI::App& command);
