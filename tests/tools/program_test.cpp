// What is the same for all verbs: exit codes, colours, versions; and that manual and completions know every option.
#include <ist/core.h>

#include <set>

#include "isthmus/console.h"
#include "program.h"

namespace {

using namespace tests;

const char* const kVerbs[] = {"inspect", "run", "diff", "doctor", "bench", "completion"};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << path;
  return text.str();
}

bool is_word(char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// "--json" of every line that declares an option in a help: two spaces, and perhaps "-h,", before it.
std::set<std::string> options_in_help(const std::string& help) {
  std::set<std::string> found;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("--");
    if ((at != 2 && at != 5) || !line.starts_with("  ")) continue;
    size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    found.insert(line.substr(at, end - at));
  }
  return found;
}

// "--json" anywhere in a text where a hyphen may have a backslash before it.
std::set<std::string> options_in(std::string text) {
  std::erase(text, '\\');
  std::set<std::string> found;
  for (size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
    size_t end = at + 2;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at + 2) found.insert(text.substr(at, end - at));
  }
  return found;
}

// The manual's section of a verb.
std::string section(const std::string& manual, std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const size_t begin = manual.find(".SH " + name + "\n");
  EXPECT_NE(begin, std::string::npos) << name;
  return manual.substr(begin, manual.find("\n.SH ", begin + 1) - begin);
}

TEST(Manual, HasTheOptionsThatTheProgramHas) {
  const std::string manual = text_of(ISTHMUS_TOOL_FOLDER "/isthmus.1");
  EXPECT_EQ(options_in_help(isthmus("--help").out), options_in(section(manual, "options of all verbs")));
  for (const char* verb : kVerbs) {
    std::set<std::string> in_help = options_in_help(isthmus(std::string(verb) + " --help").out);
    EXPECT_TRUE(in_help.erase("--help"));
    EXPECT_EQ(in_help, options_in(section(manual, verb))) << verb;
  }
}

TEST(Completion, KnowsEveryVerbAndItsOptions) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const ChildEnd end = isthmus("completion " + shell);
    EXPECT_EQ(end.exit_code, 0);
    for (const char* verb : kVerbs) {
      EXPECT_NE(end.out.find(verb), std::string::npos);
      for (const std::string& option : options_in_help(isthmus(std::string(verb) + " --help").out))
        EXPECT_NE(end.out.find(option.substr(2)), std::string::npos) << shell << " " << verb << " " << option;
    }
  }
}

TEST(Completion, OfBashAnswers) {
  const auto words = [](const std::string& typed, int at) {
    const ChildEnd end =
        doctor::run_child({"/bin/bash", "-c",
                           ". <('" ISTHMUS_PROGRAM "' completion bash); COMP_WORDS=(" + typed +
                               "); COMP_CWORD=" + std::to_string(at) + "; _isthmus; echo \"${COMPREPLY[@]}\""},
                          std::chrono::seconds(20));
    EXPECT_EQ(end.err, "");
    return end.out;
  };
  EXPECT_EQ(words("isthmus ins", 1), "inspect\n");
  EXPECT_EQ(words("isthmus run m.tcm k --arch ope", 5), "opengl\n");
  EXPECT_EQ(words("isthmus inspect --k", 2), "--kernel\n");
  EXPECT_EQ(words("isthmus --color ne", 2), "never\n");
}

using BashCompletion = InFolder;

TEST_F(BashCompletion, KnowsFiles) {
  write("two words.png", {});
  write("my_words.npy", {});
  const auto answers = [this](const std::string& typed, const std::string& breaks) {
    return doctor::run_child(
               {"/bin/bash", "-c",
                ". <('" ISTHMUS_PROGRAM "' completion bash); cd '" + path("") + "'; COMP_WORDBREAKS='" + breaks +
                    "'; COMP_WORDS=(isthmus run " + typed +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _isthmus; printf '<%s>' \"${COMPREPLY[@]}\""},
               std::chrono::seconds(20))
        .out;
  };
  EXPECT_EQ(answers("tw", "=@ "), "<two words.png>");
  EXPECT_EQ(answers("m.tcm k a =@ my", "=@ "), "<my_words.npy>");
  EXPECT_EQ(answers("m.tcm k 'a=@two w'", " "), "<a=@two words.png>");
  EXPECT_EQ(answers("m.tcm k a = @tw", "= "), "<@two words.png>");
  EXPECT_EQ(answers("m.tcm k --out a=my", " "), "<a=my_words.npy>");
  EXPECT_EQ(answers("m.tcm k --out a = my", "=@ "), "<my_words.npy>");
  EXPECT_EQ(answers("m.tcm k a=@none", " "), "<>");
}

TEST_F(BashCompletion, KnowsNamesInModules) {
  const auto answers = [](const std::string& typed) {
    const ChildEnd end =
        doctor::run_child({"/bin/bash", "-c",
                           ". <('" ISTHMUS_PROGRAM "' completion bash); COMP_WORDBREAKS='=@ '; M='" +
                               module("fractal") + "'; COMP_WORDS=('" ISTHMUS_PROGRAM "' " + typed +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _isthmus; printf '<%s>' \"${COMPREPLY[@]}\""},
                          std::chrono::seconds(20));
    EXPECT_EQ(end.err, "");
    return end.out;
  };
  EXPECT_EQ(answers("run $M ''"), "<paint><count>");
  EXPECT_EQ(answers("run --arch vulkan $M pa"), "<paint>");
  EXPECT_EQ(answers("run --arch = vulkan \"\\\"$M\\\"\" p"), "<paint>") << "a quoted path";
  EXPECT_EQ(answers("run $M paint c_"), "<c_re=><c_im=>");
  EXPECT_EQ(answers("run $M paint width = 6 h"), "<height=>");
  EXPECT_EQ(answers("run $M paint --out im"), "<image=>");
  EXPECT_EQ(answers("run $M paint --out image = none"), "<>");
  EXPECT_EQ(answers("inspect $M --kernel p"), "<paint>");
  EXPECT_EQ(answers("inspect --kernel p"), "<>") << "of which module?";
  EXPECT_EQ(answers("run /no/such ''"), "<>");
  EXPECT_EQ(answers("run $M none none"), "<>");
}

TEST_F(BashCompletion, ExpandsNoNameOfAModule) {
  const std::string hostile = path("hostile"), spoilt = path("spoilt");
  std::filesystem::copy(module("fractal"), hostile);
  std::string metadata = text_of(hostile + "/metadata.json");
  const std::string name = "$(touch " + spoilt + ")";
  const size_t at = metadata.find("\"paint\"");
  ASSERT_NE(at, std::string::npos);
  metadata.replace(at, 7, "\"" + name + "\"");
  std::ofstream(hostile + "/metadata.json") << metadata;
  EXPECT_EQ(isthmus("inspect --names " + hostile).out, name + "\ncount\n");
  const ChildEnd end =
      doctor::run_child({"/bin/bash", "-c",
                         ". <('" ISTHMUS_PROGRAM "' completion bash); COMP_WORDS=('" ISTHMUS_PROGRAM "' run " +
                             hostile + " ''); COMP_CWORD=3; _isthmus; printf '<%s>' \"${COMPREPLY[@]}\""},
                        std::chrono::seconds(20));
  EXPECT_EQ(end.out, "<" + name + "><count>");
  EXPECT_FALSE(std::filesystem::exists(spoilt));
}

TEST(Program, SaysThatItsOutputIsLost) {
  const std::string fractal = module("fractal");
  const std::pair<std::string, int> verbs[] = {{"inspect " + fractal, 1},
                                               {"inspect --json " + fractal, 1},
                                               {"diff " + fractal + " " + module("edge"), 2},
                                               {"completion bash", 1},
                                               {"--version", 1},
                                               {"run --help", 1}};
  for (const auto& [arguments, code] : verbs) {
    for (const std::string to : {" >/dev/full", " >&-", " 0<&- >&-"}) {
      const ChildEnd end = isthmus(arguments + to);
      EXPECT_EQ(end.exit_code, code) << arguments << to;
      EXPECT_EQ(end.err, "isthmus: Not all of the output can be written.\n") << arguments << to;
    }
  }
  EXPECT_EQ(isthmus("diff " + fractal + " " + fractal + " >/dev/full").exit_code, 0) << "nothing was to be printed";
}

TEST(Printable, IsOneLineThatDoesNothing) {
  EXPECT_EQ(tool::printable("a\nb\tc\033[31m\x7f"), "a?b?c?[31m?");
  EXPECT_EQ(tool::printable("\u0080\u009b31m\u009f"), "??31m?");
  EXPECT_EQ(tool::printable("\u2028\u2029\u202a\u202e\u2066\u2069"), "??????");
  EXPECT_EQ(tool::printable("\u00a0\u00e4\u2027\u202f\u2065\u206a\u4e2d"),
            "\u00a0\u00e4\u2027\u202f\u2065\u206a\u4e2d");
  EXPECT_EQ(tool::printable("\xc2"), "\xc2");
  EXPECT_EQ(tool::printable("\xe2\x80"), "\xe2\x80");
  EXPECT_EQ(tool::printable(std::string("\0", 1)), "?");
}

TEST(Program, TellsItsVersions) {
  const ChildEnd end = isthmus("--version");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.out.find("isthmus "), 0u);
  EXPECT_NE(end.out.find("\nlibrary " + std::to_string(IST_VERSION / 10000) + "." +
                         std::to_string(IST_VERSION / 100 % 100) + "." + std::to_string(IST_VERSION % 100) + "\n"),
            std::string::npos)
      << end.out;
  EXPECT_NE(end.out.find("\nTaichi C-API 1.7.0\n"), std::string::npos) << end.out;
}

TEST(Program, EveryVerbHasHelpWithExamples) {
  for (const char* verb : kVerbs) {
    const ChildEnd end = isthmus(std::string(verb) + " --help");
    EXPECT_EQ(end.exit_code, 0) << verb;
    EXPECT_NE(end.out.find("Examples:\n  isthmus " + std::string(verb)), std::string::npos) << end.out;
  }
}

TEST(Program, WrongUseIsTwo) {
  for (const char* wrong :
       {"inspect", "inspect --nothing", "inspect a b", "run", "run only_a_module", "run a b --arch metal",
        "run a b --repeat 0", "run a b --device x", "diff a", "diff a b c", "bench --rounds 0",
        "bench --only no_such_row", "completion tcsh", "--color purple inspect a", "inspect a --color"}) {
    SCOPED_TRACE(wrong);
    const ChildEnd end = isthmus(wrong);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_EQ(end.out, "");
    EXPECT_EQ(end.err.find("isthmus: "), 0u) << end.err;
    EXPECT_NE(end.err.find("Usage:"), std::string::npos) << end.err;
  }
}

TEST(Program, ColoursAreForTerminals) {
  const std::string inspect = "inspect " + module("fractal");
  EXPECT_EQ(isthmus(inspect).out.find('\033'), std::string::npos);
  EXPECT_EQ(isthmus("inspect /no/such").err.find('\033'), std::string::npos);
  EXPECT_NE(isthmus(inspect + " --color=always").out.find("\033[1m"), std::string::npos);
  EXPECT_NE(isthmus("--color always inspect /no/such").err.find("\033[31m"), std::string::npos);
  EXPECT_EQ(isthmus(inspect + " --color=never").out.find('\033'), std::string::npos);
  EXPECT_EQ(isthmus(inspect + " --json --color=always").out.find('\033'), std::string::npos) << "JSON has none";
}

TEST(Bench, PrintsRowsAndMeasures) {
  EXPECT_NE(isthmus("bench --list").out.find("mpm88_frame"), std::string::npos);
  const ChildEnd end =
      isthmus("bench --json --quick --rounds 1 --only launch_wait --only map_unmap --modules " ISTHMUS_MODULES);
  EXPECT_EQ(end.exit_code, 0) << end.err;
  const Json json = parsed(end);
  ASSERT_EQ(json["rows"].size(), 2u);
  EXPECT_EQ(json["rows"][0]["name"], "launch_wait");
  EXPECT_GT(json["rows"][0]["subjects"]["library"]["median"].get<double>(), 0);
  EXPECT_GT(json["rows"][0]["subjects"]["raw"]["median"].get<double>(), 0);
}

TEST(Bench, SaysWhatIsMissing) {
  const ChildEnd end = isthmus("bench --quick --modules /no/such/folder");
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_NE(end.err.find("/no/such/folder"), std::string::npos) << end.err;
}

}  // namespace
