#include "gateway/cli/help_pages.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <functional>

#include "gateway/config/setting_rows.h"
#include "gateway/process/version.h"

namespace gateway::cli {
namespace {

constexpr std::string_view kExamples = "examples:";

// Calls `visit` for the app and for each command below it, with the words of the command: "",
// "groups", "groups add".
using Visit = std::function<void(const std::string& path, const CLI::App& app)>;
void visit_commands(const CLI::App& app, const std::string& path, const Visit& visit) {
  visit(path, app);
  for (const CLI::App* command : app.get_subcommands({})) {
    visit_commands(*command, path.empty() ? command->get_name() : path + " " + command->get_name(),
                   visit);
  }
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const std::string& name : option.get_lnames()) out.push_back("--" + name);
  for (const std::string& name : option.get_snames()) out.push_back("-" + name);
  return out;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// The flags of a command, and those of the program, which every command takes.
std::vector<const CLI::Option*> flags_of(const CLI::App& app, const CLI::App& root) {
  std::vector<const CLI::Option*> out;
  for (const CLI::App* each : {&app, &root}) {
    for (const CLI::Option* option : each->get_options({})) {
      const auto known = std::any_of(out.begin(), out.end(), [&](const CLI::Option* other) {
        return other->get_name() == option->get_name();
      });
      if (!names_of(*option).empty() && !known) out.push_back(option);
    }
    if (&app == &root) break;
  }
  return out;
}

// In single quotes, for any shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// Of all commands, as a list of patterns for `case`.
std::string value_flags(const CLI::App& root, std::string_view between) {
  std::vector<std::string> names;
  visit_commands(root, "", [&](const std::string&, const CLI::App& app) {
    for (const CLI::Option* option : app.get_options({})) {
      if (!takes_value(*option)) continue;
      for (const std::string& name : names_of(*option)) names.push_back(name);
    }
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return fmt::format("{}", fmt::join(names, between));
}

// bash and zsh walk over the words in the same way.
std::string walk(const CLI::App& root, std::string_view first, std::string_view current,
                 std::string_view words) {
  std::vector<std::string> paths;
  visit_commands(root, "", [&](const std::string& path, const CLI::App&) {
    // The path of a first command begins with a space, like the text that is compared.
    if (path.empty()) return;
    paths.push_back(shell_quoted(path.find(' ') == std::string::npos ? " " + path : path));
  });
  return fmt::format(
      R"(  local word at='' skip=0 i
  for ((i = {0}; i < {1}; i++)); do
    word=${{{2}[i]}}
    if ((skip)); then
      skip=0
      continue
    fi
    case $word in
    {3}) skip=1 ;;
    -*) ;;
    *)
      case "$at $word" in
      {4}) at=${{at:+$at }}$word ;;
      esac
      ;;
    esac
  done
)",
      first, current, words, value_flags(root, " | "), fmt::join(paths, " | "));
}

std::string bash_completion(const CLI::App& root) {
  std::string out =
      fmt::format(R"(# bash completion of privitty-edge, made by: privitty-edge completion bash
_privitty_edge() {{
{}  COMPREPLY=()
  ((skip)) && return # an option's value: files, by -o default
  local words=''
  case $at in
)",
                  walk(root, "1", "COMP_CWORD", "COMP_WORDS"));
  visit_commands(root, "", [&](const std::string& path, const CLI::App& app) {
    std::string words;
    for (const CLI::App* command : app.get_subcommands({})) words += command->get_name() + " ";
    for (const CLI::Option* option : flags_of(app, root)) {
      for (const std::string& name : names_of(*option)) words += name + " ";
    }
    words.pop_back();
    out += fmt::format("  {}) words={} ;;\n", shell_quoted(path), shell_quoted(words));
  });
  return out + R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _privitty_edge privitty-edge
)";
}

// "name:what it does", for _describe.
std::string described(std::string name, const std::string& doc) {
  std::string text;
  for (const char c : name + "\n" + doc) {
    if (c == ':' || c == '\\') text += '\\';
    text += c == '\n' ? ':' : c;
  }
  return shell_quoted(text);
}

std::string zsh_completion(const CLI::App& root) {
  std::string out = fmt::format(R"(#compdef privitty-edge
# zsh completion of privitty-edge, made by: privitty-edge completion zsh
_privitty_edge() {{
{}  if ((skip)); then
    _files
    return
  fi
  local -a edge_commands edge_options  # commands and options are zsh's own
  case $at in
)",
                                walk(root, "2", "CURRENT", "words"));
  visit_commands(root, "", [&](const std::string& path, const CLI::App& app) {
    out += fmt::format("  {})\n    edge_commands=(", shell_quoted(path));
    for (const CLI::App* command : app.get_subcommands({})) {
      out += described(command->get_name(), command->get_description()) + " ";
    }
    out += ")\n    edge_options=(";
    for (const CLI::Option* option : flags_of(app, root)) {
      for (const std::string& name : names_of(*option)) {
        out += described(name, option->get_description()) + " ";
      }
    }
    out += ")\n    ;;\n";
  });
  return out + R"(  esac
  local found=1
  ((${#edge_commands})) && _describe -t commands command edge_commands && found=0
  _describe -o -t options option edge_options && found=0
  ((found)) && _files
  return found
}
if [ "${funcstack[1]}" = _privitty_edge ]; then
  _privitty_edge "$@"
elif (($+functions[compdef])); then
  compdef _privitty_edge privitty-edge
fi
)";
}

std::string fish_completion(const CLI::App& root) {
  std::string paths;
  visit_commands(root, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) paths += " " + shell_quoted(path);
  });
  std::string out =
      fmt::format(R"(# fish completion of privitty-edge, made by: privitty-edge completion fish
function __privitty_edge_at
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case {}
                set skip 1
            case '-*'
            case '*'
                if contains -- (string join ' ' $path $word){}
                    set -a path $word
                end
        end
    end
    set -l at (string join ' ' $path)
    test "$at" = "$argv[1]"
end
)",
                  value_flags(root, " "), paths);
  visit_commands(root, "", [&](const std::string& path, const CLI::App& app) {
    const std::string at = fmt::format("complete -c privitty-edge -n {}",
                                       shell_quoted("__privitty_edge_at \"" + path + "\""));
    for (const CLI::App* command : app.get_subcommands({})) {
      out += fmt::format("{} -f -a {} -d {}\n", at, command->get_name(),
                         shell_quoted(command->get_description()));
    }
    for (const CLI::Option* option : flags_of(app, root)) {
      out += at;
      for (const std::string& name : option->get_lnames()) out += " -l " + name;
      for (const std::string& name : option->get_snames()) out += " -s " + name;
      if (takes_value(*option)) out += " -r";
      out += " -d " + shell_quoted(option->get_description()) + "\n";
    }
  });
  return out;
}

// Escapes a text for a manual page.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string page_head(std::string_view program, std::string_view what) {
  return fmt::format(".TH {} 1 \"\" \"{} {}\"\n.SH NAME\n{} \\- {}\n", program, program, version(),
                     roff(program), roff(what));
}

std::string option_entry(const CLI::Option& option) {
  const auto names = names_of(option);
  std::string head = names.empty() ? option.get_name() : fmt::format("{}", fmt::join(names, ", "));
  if (!names.empty() && takes_value(option)) head += " VALUE";
  std::string doc = option.get_description();
  if (!option.get_default_str().empty()) doc += " (default: " + option.get_default_str() + ")";
  if (!option.get_envname().empty()) doc += " (" + option.get_envname() + ")";
  return ".TP\n.B " + roff(head) + "\n" + roff(doc) + "\n";
}

std::string usage_of(const std::string& path, const CLI::App& app) {
  std::string out = "privitty-edge" + (path.empty() ? "" : " " + path);
  bool flags = false;
  for (const CLI::Option* option : app.get_options({})) {
    flags = flags || (!names_of(*option).empty() && option->get_name() != "--help");
  }
  if (flags) out += " [OPTIONS]";
  for (const CLI::Option* option : app.get_options({})) {
    if (!names_of(*option).empty()) continue;
    std::string name = option->get_name();
    if (option->get_items_expected_max() > 1) name += "...";
    out += option->get_required() ? " " + name : " [" + name + "]";
  }
  return out;
}

}  // namespace

void add_examples(CLI::App& command, const std::vector<std::string>& examples) {
  std::string text(kExamples);
  for (const std::string& example : examples) {
    const bool whole = example.find("privitty-edge") != std::string::npos;
    text += "\n  " + std::string(whole ? "" : "privitty-edge ") + example;
  }
  command.footer(text);
}

base::Result<std::string> completion(const CLI::App& app, std::string_view shell) {
  if (shell == "bash") return bash_completion(app);
  if (shell == "zsh") return zsh_completion(app);
  if (shell == "fish") return fish_completion(app);
  return base::fail(
      base::Errc::invalid_argument,
      "there is no completion for '" + std::string(shell) + "': SHELL is bash, zsh or fish");
}

std::string manual_page(const CLI::App& root) {
  std::string out = page_head("privitty-edge", "talks to the privitty-edged on this machine");
  out += ".SH SYNOPSIS\n.B privitty\\-edge\n[OPTIONS] COMMAND ...\n.SH OPTIONS\n";
  for (const CLI::Option* option : root.get_options({})) out += option_entry(*option);
  out += ".SH COMMANDS\n";
  visit_commands(root, "", [&](const std::string& path, const CLI::App& app) {
    // A command that only groups others is a heading in --help.
    if (path.empty() || app.get_require_subcommand_min() > 0) return;
    out += ".SS " + roff(usage_of(path, app)) + "\n" + roff(app.get_description()) + "\n";
    for (const CLI::Option* option : app.get_options({})) {
      if (option->get_name() != "--help") out += option_entry(*option);
    }
    const std::string footer = app.get_footer();
    if (footer.starts_with(kExamples)) {
      out += ".P\n.nf" + roff(footer.substr(kExamples.size())) + "\n.fi\n";
    }
  });
  out += ".SH EXIT STATUS\n.P\n" + roff(root.get_footer()) +
         "\n.SH SEE ALSO\n.BR privitty\\-edged (1)\n";
  return out;
}

std::string daemon_manual_page() {
  std::string out = page_head("privitty-edged", "a private messaging gateway");
  out += ".SH SYNOPSIS\n.B privitty\\-edged\n[OPTIONS]\n.SH OPTIONS\n";
  for (const SettingRow& row : setting_rows()) {
    std::string head = "--" + std::string(row.name);
    if (!row.value.empty()) head += " " + std::string(row.value);
    std::string doc(row.doc);
    if (!row.fallback.empty()) doc += " (default: " + std::string(row.fallback) + ")";
    if (!row.env.empty()) doc += " (" + std::string(row.env) + ")";
    out += ".TP\n.B " + roff(head) + "\n" + roff(doc) + "\n";
  }
  out += ".SH SEE ALSO\n.BR privitty\\-edge (1)\n";
  return out;
}

}  // namespace gateway::cli
