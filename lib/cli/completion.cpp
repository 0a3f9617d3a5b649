// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

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

/// "vms:vm images:image": what else the commands are called, and their names.
std::vector<std::string> other_names(const Outline& node) {
  std::vector<std::string> pairs;
  for (const auto& child : node.commands) {
    for (const auto& alias : child.aliases) pairs.push_back(alias + ":" + child.name);
  }
  return pairs;
}

/// One case branch for each command: its words when the path so far is `path`.
void add_cases(std::string& text, const Outline& node, const std::string& path) {
  text += fmt::format("    '{}') commands='{}'; aliases='{}'; flags='{}' ;;\n", path,
                      joined(command_names(node)), joined(other_names(node)), joined(node.flags));
  for (const auto& child : node.commands) {
    add_cases(text, child, path.empty() ? child.name : path + " " + child.name);
  }
}

/// The values of each flag; those of a flag that differ between commands are offered together.
using Values = std::map<std::string, std::vector<std::string>>;
void collect_values(Values& all, const Outline& node) {
  for (const auto& [flag, values] : node.values) {
    for (const auto& value : values) {
      auto& known = all[flag];
      if (std::find(known.begin(), known.end(), value) == known.end()) known.push_back(value);
    }
  }
  for (const auto& child : node.commands) collect_values(all, child);
}

std::string value_cases(const Outline& root) {
  Values all;
  collect_values(all, root);
  std::string text;
  for (const auto& [flag, values] : all) {
    text += fmt::format("    {}) values='{}' ;;\n", flag, joined(values));
  }
  return text;
}

/// Single quotes inside a single-quoted fish or shell word.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string("\\'") : std::string(1, letter);
  return result + "'";
}

void add_fish_flags(std::string& text, const Outline& root, const Outline& node,
                    const std::string& condition, const Values& all) {
  for (const auto& flag : node.flags) {
    text += fmt::format("complete -c {} -n {} -l {}", root.name, quoted(condition), flag.substr(2));
    const auto values = all.find(flag);
    text += values == all.end() ? "\n" : fmt::format(" -x -a {}\n", quoted(joined(values->second)));
  }
}

void add_fish_lines(std::string& text, const Outline& root, const Outline& node,
                    const std::string& condition, const Values& all) {
  for (const auto& child : node.commands) {
    text += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", root.name, quoted(condition),
                        child.name, quoted(child.summary));
  }
  add_fish_flags(text, root, node, condition, all);
  for (const auto& child : node.commands) {
    std::string seen = "__fish_seen_subcommand_from " + child.name;
    for (const auto& alias : child.aliases) seen += " " + alias;
    add_fish_lines(text, root, child, &node == &root ? seen : condition + "; and " + seen, all);
  }
}

}  // namespace

std::string bash_completion(const Outline& root) {
  std::string cases;
  add_cases(cases, root, "");
  return fmt::format(R"(# bash completion for {0}
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  local chain= commands= aliases= flags= values= word pair i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    _{0}_words "$chain"
    for pair in $aliases; do [[ $word == "${{pair%%:*}}" ]] && word=${{pair#*:}}; done
    [[ " $commands " == *" $word "* ]] && chain="${{chain:+$chain }}$word"
  done
  _{0}_words "$chain"
  # bash makes three words of --flag=value.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $before == '=' ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  _{0}_values "$before"
  if [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ $current == -* ]]; then
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
_{0}_values() {{
  case $1 in
{2}  esac
}}
complete -o filenames -F _{0} {0}
)",
                     root.name, cases, value_cases(root));
}

std::string zsh_completion(const Outline& root) {
  // zsh runs bash's completion functions as they are.
  return fmt::format("#compdef {0}\nautoload -U +X bashcompinit && bashcompinit\n", root.name) +
         bash_completion(root);
}

std::string fish_completion(const Outline& root) {
  std::string text = fmt::format("# fish completion for {}\n", root.name);
  Values all;
  collect_values(all, root);
  add_fish_lines(text, root, root, "__fish_use_subcommand", all);
  return text;
}

}  // namespace flintctl::cli
