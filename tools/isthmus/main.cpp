// The command line program `isthmus`: a table of verbs, and what is the same for all of them.
#include <fcntl.h>
#include <ist/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>

#include "bench/worker.h"
#include "console.h"
#include "verb.h"

namespace {

constexpr Verb kVerbs[] = {
    {"inspect", "what is in a module: kernels, arguments, tasks, bindings, sizes, needs", add_inspect},
    {"run", "launches a kernel or a graph, with numbers, arrays and pictures", add_run},
    {"diff", "what differs between two modules", add_diff, 2},
    {"doctor", "what is here, and how pixels get from each device and context to each other", add_doctor},
    {"bench", "how long launches, loads and frames take here, beside the same work done by hand", add_bench},
    {"completion", "completion for a shell", add_completion},
};

std::string version_text() {
  const uint32_t library = ist_version(), api = ti_get_version();
  const auto part = [](uint32_t version, uint32_t unit) { return std::to_string(version / unit % 100); };
  return "isthmus " ISTHMUS_VERSION "\nlibrary " + part(library, 10000) + "." + part(library, 100) + "." +
         part(library, 1) + "\nTaichi C-API " + std::to_string(api / 1000000) + "." +
         std::to_string(api / 1000 % 1000) + "." + std::to_string(api % 1000);
}

int refuse(const std::string& sentence, const CLI::App& app) {
  tool::complain(sentence);
  std::fprintf(stderr, "\n%s", app.help().c_str());
  return tool::kUsage;
}

// Descriptors that were closed would be given to files and devices, which would then be printed into.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) == -1) ::open("/dev/null", O_RDONLY);
}

// `code`, if all that was printed got where it was to go.
int finished(int code, int trouble) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  tool::complain("Not all of the output can be written.");
  return trouble;
}

int run_verb(const VerbRun& run, int trouble) {
  try {
    return finished(run(), trouble);
  } catch (const std::bad_alloc&) {
    tool::complain("There is not enough memory for this.");
    return trouble;
  }
}

void add_common(CLI::App& app) {
  app.set_version_flag("--version", version_text, "Print the versions of the program, the library and the C-API");
  app.add_option_function<std::string>(
         "--color",
         [](const std::string& when) {
           tool::set_color(when == "always"  ? tool::ColorWhen::always
                           : when == "never" ? tool::ColorWhen::never
                                             : tool::ColorWhen::automatic);
         },
         "Colours in what is printed; by itself: on a terminal, unless NO_COLOR is set")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->trigger_on_parse();
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  // Of the bench: it starts this program again for each contestant.
  if (ist::bench::is_worker(argc, argv)) return ist::bench::run_worker(argv);
  CLI::App app("Looks at Taichi modules, runs them, and tells how this machine shares what they make.", "isthmus");
  app.require_subcommand(1);
  add_common(app);
  VerbRun run;
  int trouble = tool::kFailed;
  for (const Verb& verb : kVerbs) {
    CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
    sub->fallthrough();
    sub->callback([&, of_verb = verb.trouble, made = verb.add(*sub)] {
      run = made;
      trouble = of_verb;
    });
  }
  const auto has_name = [&](const Verb& verb) { return std::string(argv[1]) == verb.name; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(std::begin(kVerbs), std::end(kVerbs), has_name))
    return refuse("There is no verb '" + std::string(argv[1]) + "'.", app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return finished(app.exit(asked), tool::kFailed);
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    return refuse(error.what(), chosen.empty() ? app : *chosen.front());
  }
  return run_verb(run, trouble);
}
