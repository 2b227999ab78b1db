// What is wrong with a command line, in words for the person who wrote it.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace gateway::cli {

// What the parser says, and the nearest command or flag for a word that it did not know.
std::string usage_fault(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv);

}  // namespace gateway::cli
