// isthmus completion: prints what a shell wants to know of this program's verbs and options.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "completion/scripts.h"
#include "console.h"
#include "verb.h"

VerbRun add_completion(CLI::App& command) {
  const auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "For which shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer(
      "Examples:\n"
      "  isthmus completion bash > ~/.local/share/bash-completion/completions/isthmus\n"
      "  isthmus completion fish > ~/.config/fish/completions/isthmus.fish");
  return [shell, program = command.get_parent()] {
    const std::string text = *shell == "bash"  ? tool::bash_completion(*program)
                             : *shell == "zsh" ? tool::zsh_completion(*program)
                                               : tool::fish_completion(*program);
    std::fputs(text.c_str(), stdout);
    return tool::kWell;
  };
}
