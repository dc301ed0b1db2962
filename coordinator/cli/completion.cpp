#include "coordinator/cli/completion.h"

#include "coordinator/cli/commands.h"

namespace slipway::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

std::vector<std::string> names_of(const Word& word) {
    std::vector<std::string> names;
    for (const Word& inside : word.inside) names.push_back(inside.name);
    return names;
}

/// Calls for each command with the commands above it: "", "job", "job run".
template <typename Function>
void walk(const Word& word, const std::string& path, Function function) {
    function(path, word);
    for (const Word& inside : word.inside)
        walk(inside, path.empty() ? inside.name : path + " " + inside.name, function);
}

// The path is walked word by word, so that an option's value is never taken for a command.
std::string bash_body(const Word& root) {
    std::string out =
        "  local path=\"\" word next\n  for word in \"${words[@]:1:$((cword - 1))}\"; do\n"
        "    next=\"${path:+$path }$word\"\n    case \"$next\" in\n      ";
    std::string paths;
    walk(root, "", [&](const std::string& path, const Word&) {
        if (!path.empty()) paths += (paths.empty() ? "" : "|") + ("\"" + path + "\"");
    });
    out += paths + ") path=\"$next\" ;;\n    esac\n  done\n  local commands=\"\" options=\"" + joined(root.options) +
           "\"\n  case \"$path\" in\n";
    walk(root, "", [&](const std::string& path, const Word& word) {
        out += "    \"" + path + "\") commands=\"" + joined(names_of(word)) + "\"; options=\"$options " +
               (path.empty() ? "" : joined(word.options)) + "\" ;;\n";
    });
    return out + "  esac\n";
}

std::string bash(const Word& root) {
    return "# slipway completion bash; use: source <(slipway completion bash)\n_slipway() {\n"
           "  local words=(\"${COMP_WORDS[@]}\") cword=$COMP_CWORD cur=\"${COMP_WORDS[COMP_CWORD]}\"\n" +
           bash_body(root) +
           "  if [[ $cur == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
           "  elif [[ -n $commands ]]; then\n    COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
           "  else\n    COMPREPLY=($(compgen -f -- \"$cur\"))\n  fi\n}\n"
           "complete -o filenames -F _slipway slipway\n";
}

std::string zsh(const Word& root) {
    std::string body = bash_body(root);
    // zsh counts arrays from 1, with the program's name first.
    const std::string slice = "\"${words[@]:1:$((cword - 1))}\"";
    body.replace(body.find(slice), slice.size(), "${words[2,CURRENT-1]}");
    return "#compdef slipway\n# slipway completion zsh; use: source <(slipway completion zsh)\n_slipway() {\n" + body +
           "  if [[ $words[CURRENT] == -* ]]; then\n    compadd -- ${=options}\n"
           "  elif [[ -n $commands ]]; then\n    compadd -- ${=commands}\n  else\n    _files\n  fi\n}\n"
           "compdef _slipway slipway\n";
}

std::string fish_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out + "'";
}

std::string fish(const Word& root) {
    std::string out =
        "# slipway completion fish; use: slipway completion fish | source\n"
        "function __slipway_path\n  set -l path\n  for word in (commandline -opc)[2..-1]\n"
        "    set -l next (string join ' ' -- $path $word)\n    switch \"$next\"\n      case";
    walk(root, "", [&](const std::string& path, const Word&) {
        if (!path.empty()) out += " " + fish_quoted(path);
    });
    out += "\n        set path $next\n    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n";
    walk(root, "", [&](const std::string& path, const Word& word) {
        const std::string here = "complete -c slipway -n " + fish_quoted("__slipway_path " + fish_quoted(path));
        for (const Word& inside : word.inside)
            out += here + " -f -a " + inside.name + " -d " + fish_quoted(inside.help) + "\n";
        for (const std::string& option : word.options)
            out += here + (option.starts_with("--") ? " -l " + option.substr(2) : " -s " + option.substr(1)) + "\n";
    });
    return out;
}

}  // namespace

std::string completion_script(const Word& root, std::string_view shell) {
    if (shell == "bash") return bash(root);
    if (shell == "zsh") return zsh(root);
    return fish(root);
}

Result<ExitCode> run(Context& context, const CompletionCommand& command) {
    context.screen.out << completion_script(context.words, command.shell);
    return ExitCode::done;
}

}  // namespace slipway::cli
