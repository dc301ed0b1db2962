#include "tests/bench/load/user.h"

#include <utility>

namespace slipway::bench {
namespace {

constexpr std::size_t opening_max = 32;

}  // namespace

User::User(World& world, std::uint16_t port, std::string token, std::size_t connections)
    : world_(world), port_(port), authorization_("Authorization: Bearer " + token + "\r\n"), lines_(connections) {}

void User::open(std::function<void()> opened) {
    const auto begin = [this](std::size_t line, Crowd::Through through) { open_line(line, std::move(through)); };
    crowd_ = std::make_unique<Crowd>(lines_.size(), opening_max, begin, std::move(opened));
    crowd_->start();
}

void User::open_line(std::size_t line, std::function<void()> opened) {
    lines_[line] = connect(*world_.loop, world_.peer(port_, line), nullptr, [this, opened](Result<> done) {
        if (!done) return world_.give_up(done.error());
        opened();
    });
}

void User::ask(std::size_t line, RequestText request, std::function<void(Answer)> got) {
    request.more = authorization_;
    std::string text = to_text(request);
    auto take = [this, path = std::string(request.path), got = std::move(got)](Result<Answer> answer) {
        if (!answer) return world_.give_up(std::move(answer).error().within(path));
        if (answer->status / 100 != 2)
            return world_.give_up({Code::invalid, path + " was answered " + std::to_string(answer->status) + ": " +
                                                      answer->body.substr(0, 300)});
        got(*std::move(answer));
    };
    if (lines_[line]->is_open()) return lines_[line]->ask(text, std::move(take));
    // The coordinator closes a line on which nothing was asked for long.
    open_line(line, [this, line, text = std::move(text), take = std::move(take)] { lines_[line]->ask(text, take); });
}

void User::post_job(std::size_t line, std::string_view body, std::function<void(Answer)> got) {
    ask(line, {.path = "/api/v1/jobs", .body = body}, std::move(got));
}

}  // namespace slipway::bench
