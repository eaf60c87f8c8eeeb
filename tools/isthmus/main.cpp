// The command line program `isthmus`: a table of verbs, and what is the same for all of them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>

#include "verb.h"

namespace {

constexpr Verb kVerbs[] = {
    {"doctor", "what is here, and how pixels get from each device and context to each other", add_doctor},
};

constexpr int kUsageError = 2;

int complain(const std::string& sentence, const CLI::App& app) {
  std::fprintf(stderr, "isthmus: %s\n\n%s", sentence.c_str(), app.help().c_str());
  return kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Looks at Taichi modules, and at how this machine shares what they make.", "isthmus");
  app.require_subcommand(1);
  VerbRun run;
  for (const Verb& verb : kVerbs) {
    CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
    sub->callback([&run, made = verb.add(*sub)] { run = made; });
  }
  const auto has_name = [&](const Verb& verb) { return std::string(argv[1]) == verb.name; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(std::begin(kVerbs), std::end(kVerbs), has_name))
    return complain("There is no verb '" + std::string(argv[1]) + "'.", app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    return complain(error.what(), chosen.empty() ? app : *chosen.front());
  }
  return run();
}
