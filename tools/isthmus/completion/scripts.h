// Completion scripts for shells, made from what the program itself declares.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tool {

// `app` is the whole program with its verbs.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace tool
