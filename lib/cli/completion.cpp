// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <fmt/format.h>

namespace flintctl::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> command_names(const Outline& node) {
  std::vector<std::string> names;
  for (const auto& child : node.commands) names.push_back(child.name);
  return names;
}

/// One case branch for each command: its words when the path so far is `path`.
void add_cases(std::string& text, const Outline& node, const std::string& path) {
  text += fmt::format("    '{}') commands='{}'; flags='{}' ;;\n", path, joined(command_names(node)),
                      joined(node.flags));
  for (const auto& child : node.commands) {
    add_cases(text, child, path.empty() ? child.name : path + " " + child.name);
  }
}

/// Single quotes inside a single-quoted fish or shell word.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string("\\'") : std::string(1, letter);
  return result + "'";
}

void add_fish_lines(std::string& text, const Outline& root, const Outline& node,
                    const std::string& condition) {
  for (const auto& child : node.commands) {
    text += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", root.name, quoted(condition),
                        child.name, quoted(child.summary));
  }
  for (const auto& flag : node.flags) {
    text +=
        fmt::format("complete -c {} -n {} -l {}\n", root.name, quoted(condition), flag.substr(2));
  }
  for (const auto& child : node.commands) {
    add_fish_lines(text, root, child,
                   &node == &root ? "__fish_seen_subcommand_from " + child.name
                                  : condition + "; and __fish_seen_subcommand_from " + child.name);
  }
}

}  // namespace

std::string bash_completion(const Outline& root) {
  std::string cases;
  add_cases(cases, root, "");
  return fmt::format(R"(# bash completion for {0}
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} chain= commands= flags= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    _{0}_words "$chain"
    [[ " $commands " == *" $word "* ]] && chain="${{chain:+$chain }}$word"
  done
  _{0}_words "$chain"
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
_{0}_words() {{
  case $1 in
{1}  esac
}}
complete -o filenames -F _{0} {0}
)",
                     root.name, cases);
}

std::string zsh_completion(const Outline& root) {
  // zsh runs bash's completion functions as they are.
  return fmt::format("#compdef {0}\nautoload -U +X bashcompinit && bashcompinit\n", root.name) +
         bash_completion(root);
}

std::string fish_completion(const Outline& root) {
  std::string text = fmt::format("# fish completion for {}\n", root.name);
  add_fish_lines(text, root, root, "__fish_use_subcommand");
  return text;
}

}  // namespace flintctl::cli
