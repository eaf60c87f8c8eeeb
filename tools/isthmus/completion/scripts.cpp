// Options and verbs to the three languages; what takes a file is known by the name of its value's type.
#include "scripts.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <vector>

namespace tool {
namespace {

struct Switch {
  std::string name;   // without dashes
  std::string about;  // one line
  bool takes_value = false;
  bool takes_path = false;
  std::vector<std::string> choices;
};

// What stands in the braces of "WHEN:{auto,always,never}".
std::vector<std::string> choices_in(const std::string& type) {
  const size_t open = type.find('{'), close = type.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream words(type.substr(open + 1, close - open - 1));
  for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  return choices;
}

std::vector<Switch> switches_of(const CLI::App& app) {
  std::vector<Switch> switches;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option->get_group().empty()) continue;
    const std::string type = option->get_type_name();
    Switch made;
    made.name = option->get_lnames().front();
    made.about = option->get_description();
    made.takes_value = option->get_items_expected_max() > 0;
    made.takes_path = type.starts_with("FILE") || type.starts_with("FOLDER") || type.starts_with("NAME=FILE");
    made.choices = choices_in(type);
    switches.push_back(std::move(made));
  }
  return switches;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string option_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const Switch& option : switches_of(app)) words.push_back("--" + option.name);
  return joined(words);
}

std::string verb_words(const CLI::App& app, const char* between = " ") {
  std::vector<std::string> words;
  for (const CLI::App* verb : verbs_of(app)) words.push_back(verb->get_name());
  return joined(words, between);
}

// For single quotes: characters that mean something inside them get a backslash; a quote ends them and begins others.
std::string escaped(const std::string& text, const std::string& special) {
  std::string made;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) made += '\\';
    made += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return made;
}

std::string bash_values(const CLI::App& app, const std::string& verb) {
  std::string text;
  for (const Switch& option : switches_of(app)) {
    if (!option.takes_value) continue;
    std::string reply = "return";
    if (option.takes_path) reply = "_isthmus_files \"$word\"; return";
    if (!option.choices.empty())
      reply = "COMPREPLY=($(compgen -W '" + joined(option.choices) + "' -- \"$word\")); return";
    text += "    " + verb + ":--" + option.name + ") " + reply + " ;;\n";
  }
  return text;
}

std::string zsh_arguments(const CLI::App& app, const char* indent) {
  std::string text;
  for (const Switch& option : switches_of(app)) {
    text += std::string(indent) + "'--" + option.name + "[" + escaped(option.about, "[]:") + "]";
    if (!option.choices.empty())
      text += ":value:(" + joined(option.choices) + ")";
    else if (option.takes_path)
      text += ":file:_files";
    else if (option.takes_value)
      text += ":value: ";
    text += "' \\\n";
  }
  return text;
}

std::string fish_switches(const CLI::App& app, const std::string& condition) {
  std::string text;
  for (const Switch& option : switches_of(app)) {
    text += "complete -c isthmus" + condition + " -l " + option.name;
    if (!option.choices.empty())
      text += " -x -a '" + joined(option.choices) + "'";
    else if (option.takes_path)
      text += " -r -F";
    else if (option.takes_value)
      text += " -x";
    text += " -d '" + escaped(option.about, "\\") + "'\n";
  }
  return text;
}

// Names with spaces are one answer each. Of NAME=@FILE the FILE is completed; what stands before it is part of an
// answer only for shells that do not take '=' and '@' for the end of a word.
constexpr char kBashFiles[] =
    "_isthmus_files() {\n"
    "  local kept=\n"
    "  if [[ $1 =~ ^([A-Za-z0-9_]*=@?|@)(.*)$ ]]; then\n"
    "    kept=${BASH_REMATCH[1]}\n"
    "    set -- \"${BASH_REMATCH[2]}\"\n"
    "    if [[ $COMP_WORDBREAKS == *\"${kept: -1}\"* ]]; then kept=; fi\n"
    "  fi\n"
    "  mapfile -t COMPREPLY < <(compgen -P \"$kept\" -f -- \"$1\")\n"
    "}\n";

constexpr char kOrigin[] = "# Made by `isthmus completion";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string text = std::string(kOrigin) + " bash`.\n" + kBashFiles + "_isthmus() {\n";
  text +=
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= words= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      verb_words(app, " | ") +
      ") verb=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case $verb:$before in\n";
  text += bash_values(app, "*");
  for (const CLI::App* verb : verbs_of(app)) text += bash_values(*verb, verb->get_name());
  text += "  esac\n  case $verb in\n    '') words='" + verb_words(app) + " " + option_words(app) + "' ;;\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "    " + verb->get_name() + ") words='" + option_words(*verb) + "' ;;\n";
  text +=
      "  esac\n"
      "  if [[ -z $verb || $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  else\n"
      "    _isthmus_files \"$word\"\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _isthmus isthmus\n";
  return text;
}

std::string zsh_completion(const CLI::App& app) {
  std::string text = "#compdef isthmus\n" + std::string(kOrigin) + " zsh`.\n_isthmus() {\n";
  text += "  local context state state_descr line\n  typeset -A opt_args\n  local -a verbs\n  _arguments -C \\\n" +
          zsh_arguments(app, "    ") + "    '1:verb:->verb' \\\n    '*::argument:->arguments'\n";
  text += "  case $state in\n    verb)\n      verbs=(\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "        '" + verb->get_name() + ":" + escaped(verb->get_description(), ":") + "'\n";
  text += "      )\n      _describe verb verbs ;;\n    arguments)\n      case $words[1] in\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "        " + verb->get_name() + ")\n          _arguments \\\n" + zsh_arguments(*verb, "            ") +
            "            '*:file:_files' ;;\n";
  return text + "      esac ;;\n  esac\n}\n_isthmus \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string text = std::string(kOrigin) + " fish`.\n" + fish_switches(app, "");
  for (const CLI::App* verb : verbs_of(app)) {
    text += "complete -c isthmus -n __fish_use_subcommand -f -a " + verb->get_name() + " -d '" +
            escaped(verb->get_description(), "\\") + "'\n";
    text += fish_switches(*verb, " -n '__fish_seen_subcommand_from " + verb->get_name() + "'");
  }
  return text;
}

}  // namespace tool
