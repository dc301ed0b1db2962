#include <catch2/catch.hpp>

#include "tests/suites/store_suite.h"

using namespace slipway;
using namespace slipway::store;
using namespace slipway::store::suite;

TEST_CASE("counters begin at 0 and keep what they are set to") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    CHECK(must(transaction->counter(Counter::fence)) == 0);
    must(transaction->set_counter(Counter::fence, 5));
    must(transaction->set_counter(Counter::fence, 6));
    must(transaction->set_counter(Counter::restored_fence, 1'000'006));
    CHECK(must(transaction->counter(Counter::fence)) == 6);
    must(transaction->commit());
    auto reader = must(fixture.store->read());
    CHECK(must(reader->counter(Counter::fence)) == 6);
    CHECK(must(reader->counter(Counter::restored_fence)) == 1'000'006);
    CHECK(must(reader->counter(Counter::restore_epoch)) == 0);
}

TEST_CASE("an idempotency key answers for its token until it is old") {
    EACH_STORE(fixture);
    auto transaction = must(fixture.store->begin());
    const IdempotencyRecord record{7, "key", std::string(64, 'a'), {100}, 201, "{\"id\":1}", "/api/v1/jobs/1"};
    must(transaction->insert(record));
    CHECK(transaction->insert(record).error().reason == "name_taken");
    CHECK_FALSE(must(transaction->idempotency(8, "key")));
    const auto read = must(transaction->idempotency(7, "key"));
    REQUIRE(read);
    CHECK(read->token_row == 7);
    CHECK(read->key == "key");
    CHECK(read->request_sha256 == record.request_sha256);
    CHECK(read->created == Time{100});
    CHECK(read->status == 201);
    CHECK(read->body == record.body);
    CHECK(read->location == record.location);
    must(transaction->remove_idempotency_before({100}));
    CHECK(must(transaction->idempotency(7, "key")));
    must(transaction->remove_idempotency_before({101}));
    CHECK_FALSE(must(transaction->idempotency(7, "key")));
}

TEST_CASE("audit records are numbered from 1 without gaps and listed newest first") {
    EACH_STORE(fixture);
    {
        auto lost = must(fixture.store->begin());
        core::AuditRecord record;
        must(lost->append(record));
    }
    auto transaction = must(fixture.store->begin());
    CHECK_FALSE(must(transaction->last_audit()));
    for (std::int64_t number = 1; number <= 5; ++number) {
        core::AuditRecord record{0, {number}, "token:ops", "[::1]", "job_created", "job:1", "queued", "hash"};
        must(transaction->append(record));
        CHECK(record.seq == number);
    }
    must(transaction->commit());
    auto reader = must(fixture.store->read());
    CHECK(must(reader->last_audit())->seq == 5);
    const auto page = must(reader->audit({.limit = 2, .before_row = 5}));
    REQUIRE(page.size() == 2);
    CHECK(page[0].seq == 4);
    CHECK(page[1].seq == 3);
    CHECK(page[0].time == Time{4});
    CHECK(page[0].actor == "token:ops");
    CHECK(page[0].address == "[::1]");
    CHECK(page[0].action == "job_created");
    CHECK(page[0].object == "job:1");
    CHECK(page[0].result == "queued");
    CHECK(page[0].hash == "hash");
}
