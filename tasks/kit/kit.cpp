#include "tasks/kit/kit.h"

#include <iostream>

namespace slipway::tasks {

std::string Kit::input(std::string_view name) const {
    std::string variable = "INPUT_";
    for (const char c : name) variable.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    const auto found = environment.find(variable);
    return found == environment.end() ? std::string() : found->second;
}

Result<std::string> Kit::path(std::string_view name) const {
    const std::string value = input(name);
    if (value.starts_with('/')) return value;
    const auto directory = environment.find("PWD");
    if (value.empty() || directory == environment.end() || !directory->second.starts_with('/'))
        return fail(Code::invalid, "input " + std::string(name) + " is no path that can be followed: " + value);
    return directory->second + "/" + value;
}

void print(std::string_view line) { std::cout << line << std::endl; }

int exit_code_of(const Error& error) {
    std::cerr << "error: " << error.message << std::endl;
    if (error.reason == "archive_refused") return 65;
    if (error.code == Code::disk_full) return 73;
    return error.code == Code::invalid ? 64 : 1;
}

}  // namespace slipway::tasks
