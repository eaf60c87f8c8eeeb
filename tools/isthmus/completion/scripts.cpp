// Options and verbs to the three languages; what a value is, is known by the name of its type. Names of kernels come
// from modules, which are untrusted: no script lets its shell expand them.
#include "scripts.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <sstream>
#include <vector>

namespace tool {
namespace {

enum class Takes { nothing, text, choice, path, kernel, operand };

struct Switch {
  std::string name;   // without dashes
  std::string about;  // one line
  Takes takes = Takes::nothing;
  std::vector<std::string> choices;
};

Takes taken(const std::string& type, bool a_value, bool a_choice) {
  if (!a_value) return Takes::nothing;
  if (a_choice) return Takes::choice;
  if (type.starts_with("NAME=")) return Takes::operand;
  if (type.starts_with("KERNEL")) return Takes::kernel;
  return type.starts_with("FILE") || type.starts_with("FOLDER") ? Takes::path : Takes::text;
}

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
    made.choices = choices_in(type);
    made.takes = taken(type, option->get_items_expected_max() > 0, !made.choices.empty());
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

// Options whose next word is their value, of all verbs.
std::string value_words(const CLI::App& app, const char* between) {
  std::vector<std::string> words;
  const auto add = [&](const CLI::App& owner) {
    for (const Switch& option : switches_of(owner))
      if (option.takes != Takes::nothing) words.push_back("--" + option.name);
  };
  add(app);
  for (const CLI::App* verb : verbs_of(app)) add(*verb);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return joined(words, between);
}

std::string bash_reply(const Switch& option) {
  switch (option.takes) {
    case Takes::choice:
      return "COMPREPLY=($(compgen -W '" + joined(option.choices) + "' -- \"$word\")); return";
    case Takes::path:
      return "_isthmus_files \"$word\"; return";
    case Takes::kernel:
      return "_isthmus_names '' \"$word\" -- \"${given[0]}\"; return";
    case Takes::operand:
      return "_isthmus_operand; return";
    default:
      return "return";
  }
}

std::string bash_values(const CLI::App& app, const std::string& verb) {
  std::string text;
  for (const Switch& option : switches_of(app))
    if (option.takes != Takes::nothing)
      text += "    " + verb + ":--" + option.name + ") " + bash_reply(option) + " ;;\n";
  return text;
}

std::string zsh_value(const Switch& option) {
  switch (option.takes) {
    case Takes::nothing:
      return "";
    case Takes::choice:
      return ":value:(" + joined(option.choices) + ")";
    case Takes::path:
      return ":file:_files";
    case Takes::kernel:
      return ":kernel:_isthmus_kernel";
    case Takes::operand:
      return ":argument:_isthmus_operand";
    default:
      return ":value: ";
  }
}

std::string zsh_arguments(const CLI::App& app, const char* indent) {
  std::string text;
  for (const Switch& option : switches_of(app)) {
    text += std::string(indent) + "'--" + option.name + "[" + escaped(option.about, "[]:") + "]" + zsh_value(option) +
            "' \\\n";
  }
  return text;
}

std::string fish_value(const Switch& option) {
  switch (option.takes) {
    case Takes::nothing:
      return "";
    case Takes::choice:
      return " -x -a '" + joined(option.choices) + "'";
    case Takes::path:
      return " -r -F";
    case Takes::kernel:
      return " -x -a '(__isthmus_kernels)'";
    case Takes::operand:
      return " -r -F -a '(__isthmus_arguments)'";
    default:
      return " -x";
  }
}

std::string fish_switches(const CLI::App& app, const std::string& condition) {
  std::string text;
  for (const Switch& option : switches_of(app)) {
    text += "complete -c isthmus" + condition + " -l " + option.name + fish_value(option) + " -d '" +
            escaped(option.about, "\\") + "'\n";
  }
  return text;
}

// Files: names with spaces are one answer each. Of NAME=@FILE the FILE is completed; what stands before it is part of
// an answer only for shells that do not take '=' and '@' for the end of a word. Words are seen as they are typed, so
// the few ways of quoting a path are undone by hand.
constexpr char kBashFunctions[] = R"(_isthmus_files() {
  local kept=
  if [[ $1 =~ ^([A-Za-z0-9_]*=@?|@)(.*)$ ]]; then
    kept=${BASH_REMATCH[1]}
    set -- "${BASH_REMATCH[2]}"
    if [[ $COMP_WORDBREAKS == *"${kept: -1}"* ]]; then kept=; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$kept" -f -- "$1")
}
_isthmus_plain() {
  plain=${1/#\~\//$HOME/}
  plain=${plain//[\\\"\']/}
}
_isthmus_names() {
  local suffix=$1 start=$2 name plain
  shift 2
  _isthmus_plain "${COMP_WORDS[0]}"
  while IFS= read -r name; do
    if [[ $name == "$start"* ]]; then COMPREPLY+=("$name$suffix"); fi
  done < <("$plain" inspect --names "$@" 2>/dev/null)
}
_isthmus_operand() {
  if [[ $before != *[=@] && $word != *[=@]* ]]; then
    _isthmus_names = "$word" --kernel "${given[1]}" -- "${given[0]}"
  fi
  if ((${#COMPREPLY[@]})); then
    compopt -o nospace 2>/dev/null
  else
    _isthmus_files "$word"
  fi
}
)";

constexpr char kZshFunctions[] = R"(_isthmus_given() {
  local -i at
  given=()
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      VALUES) at+=1 ;;
      -*) ;;
      *) given+=("${(Q)words[at]/#\~\//$HOME/}") ;;
    esac
  done
}
_isthmus_names() {
  local suffix=$1
  local -a names
  shift
  names=("${(@f)$("$program" inspect --names "$@" 2>/dev/null)}")
  names=(${names:#})
  compadd -S "$suffix" -a names
}
_isthmus_kernel() {
  local -a given
  _isthmus_given
  _isthmus_names ' ' -- "$given[1]"
}
_isthmus_operand() {
  local -a given
  _isthmus_given
  if compset -P 1 '*='; then
    compset -P 1 '@'
    _files
  else
    _isthmus_names '=' --kernel "$given[2]" -- "$given[1]"
  fi
}
)";

constexpr char kFishFunctions[] = R"(function __isthmus_given
    set -l skip
    set -l given
    for word in (commandline -opc)
        if set -q skip[1]
            set skip
        else if contains -- $word VALUES
            set skip yes
        else if not string match -q -- '-*' $word
            set -a given $word
        end
    end
    printf '%s\n' $given
end
function __isthmus_kernels
    set -l given (__isthmus_given)
    set -q given[3]; and $given[1] inspect --names -- $given[3] 2>/dev/null
end
function __isthmus_arguments
    set -l given (__isthmus_given)
    set -q given[4]; and $given[1] inspect --names --kernel $given[4] -- $given[3] 2>/dev/null | string replace -r '$' =
end
function __isthmus_run_argument
    set -l given (__isthmus_given)
    set -q given[4]; and __isthmus_arguments; or __isthmus_kernels
end
)";

std::string with_values(std::string text, const std::string& values) {
  return text.replace(text.find("VALUES"), std::strlen("VALUES"), values);
}

constexpr char kOrigin[] = "# Made by `isthmus completion";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string text = std::string(kOrigin) + " bash`.\n" + kBashFunctions + "_isthmus() {\n";
  text +=
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= words= plain i given=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      verb_words(app, " | ") +
      ") verb=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  for ((i++; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      value_words(app, " | ") +
      ") [[ ${COMP_WORDS[i + 1]} == = ]]; i=$((i + 2 - $?)) ;;\n"
      "      -*) ;;\n"
      "      *) _isthmus_plain \"${COMP_WORDS[i]}\"; given+=(\"$plain\") ;;\n"
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
      "  elif [[ $verb == run && ${#given[@]} -eq 1 ]]; then\n"
      "    _isthmus_names '' \"$word\" -- \"${given[0]}\"\n"
      "  elif [[ $verb == run && ${#given[@]} -gt 1 ]]; then\n"
      "    _isthmus_operand\n"
      "  else\n"
      "    _isthmus_files \"$word\"\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _isthmus isthmus\n";
  return text;
}

std::string zsh_completion(const CLI::App& app) {
  std::string text = "#compdef isthmus\n" + std::string(kOrigin) + " zsh`.\n" +
                     with_values(kZshFunctions, value_words(app, " | ")) + "_isthmus() {\n";
  text +=
      "  local program=${(Q)words[1]/#\\~\\//$HOME/}\n  local context state state_descr line\n  typeset -A opt_args\n  "
      "local -a verbs\n  _arguments -C \\\n" +
      zsh_arguments(app, "    ") + "    '1:verb:->verb' \\\n    '*::argument:->arguments'\n";
  text += "  case $state in\n    verb)\n      verbs=(\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "        '" + verb->get_name() + ":" + escaped(verb->get_description(), ":") + "'\n";
  text += "      )\n      _describe verb verbs ;;\n    arguments)\n      case $words[1] in\n";
  for (const CLI::App* verb : verbs_of(app))
    text += "        " + verb->get_name() + ")\n          _arguments \\\n" + zsh_arguments(*verb, "            ") +
            (verb->get_name() == "run" ? "            '1:module:_files' '2:kernel:_isthmus_kernel' "
                                         "'*:argument:_isthmus_operand' ;;\n"
                                       : "            '*:file:_files' ;;\n");
  return text + "      esac ;;\n  esac\n}\n_isthmus \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string text = std::string(kOrigin) + " fish`.\n" + with_values(kFishFunctions, value_words(app, " ")) +
                     fish_switches(app, "") +
                     "complete -c isthmus -n '__fish_seen_subcommand_from run' -a '(__isthmus_run_argument)'\n";
  for (const CLI::App* verb : verbs_of(app)) {
    text += "complete -c isthmus -n __fish_use_subcommand -f -a " + verb->get_name() + " -d '" +
            escaped(verb->get_description(), "\\") + "'\n";
    text += fish_switches(*verb, " -n '__fish_seen_subcommand_from " + verb->get_name() + "'");
  }
  return text;
}

}  // namespace tool
