// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "daemon.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

/// Another client (ctr) in the middle of a write: it has sent some bytes and waits for more.
class OpenWrite {
 public:
  OpenWrite(const std::string& name_space, const std::string& ref, std::string_view bytes) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end(ends[0]);
    input_.reset(ends[1]);
    sys::SpawnOptions options;
    options.argv = {sys::find_program("ctr").value(),
                    "--address",
                    daemon().address(),
                    "--namespace",
                    name_space,
                    "content",
                    "ingest",
                    ref};
    options.environment = {"PATH=/usr/bin:/bin"};
    options.descriptors = {{read_end.get(), 0}};
    options.die_with_parent = true;
    auto process = sys::Process::spawn(options);
    require_ok(process);
    process_ = std::make_unique<sys::Process>(std::move(*process));
    require_ok(sys::write_all(input_.get(), bytes));
  }
  OpenWrite(const OpenWrite&) = delete;
  OpenWrite& operator=(const OpenWrite&) = delete;
  ~OpenWrite() { kill(); }

  /// Ends it as a SIGKILL does: the bytes stay, uncommitted.
  void kill() {
    if (!process_) return;
    static_cast<void>(process_->signal(SIGKILL));
    static_cast<void>(process_->wait());
    process_.reset();
  }

 private:
  UniqueFd input_;
  std::unique_ptr<sys::Process> process_;
};

/// Waits until containerd lists the ingest: it announces that nowhere.
std::uint64_t await_ingest(Client& client, const std::string& ref) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto ingests = client.content_ingests();
    require_ok(ingests);
    for (const auto& ingest : *ingests) {
      if (ingest.ref == ref) return ingest.offset;
    }
    ::poll(nullptr, 0, 20);
  }
  FAIL("no ingest " << ref);
  return 0;
}

}  // namespace

TEST_CASE("a reference that another client writes is waited for, then reported as locked") {
  const auto patient = client_of("ingest-lock");
  OpenWrite other("ingest-lock", "busy", "other bytes");
  await_ingest(*patient, "busy");
  const auto hasty = connect(daemon().address(), "ingest-lock", std::chrono::seconds(2));
  require_ok(hasty);
  const auto result = (*hasty)->content_write("busy", "mine", digest_of("mine"), {});
  CHECK(code_of(result) == Code::aborted);
  CHECK(result.error().text().find("locked") != std::string::npos);

  other.kill();  // and its bytes, which are not ours, must not spoil our write
  require_ok(patient->lease_create("l", {}));
  require_ok(patient->with_lease("l")->content_write("busy", "mine", digest_of("mine"), {}));
  CHECK(patient->content_read(digest_of("mine"), 100).value() == "mine");
  CHECK(patient->content_ingests()->empty());
}

TEST_CASE("other bytes of the same length under our reference are replaced") {
  const auto client = client_of("ingest-stale");
  {
    OpenWrite other("ingest-stale", "stale", "eleven byte");
    await_ingest(*client, "stale");
  }
  const std::string bytes = "ELEVEN BYTE";
  require_ok(client->lease_create("l", {}));
  require_ok(client->with_lease("l")->content_write("stale", bytes, digest_of(bytes), {}));
  CHECK(client->content_read(digest_of(bytes), 100).value() == bytes);
}

TEST_CASE("an unfinished write is listed and can be discarded") {
  const auto client = client_of("ingest-abort");
  {
    OpenWrite other("ingest-abort", "left", "abc");
    await_ingest(*client, "left");
  }
  REQUIRE(client->content_ingests()->size() == 1);
  require_ok(client->content_abort("left"));
  CHECK(client->content_ingests()->empty());
  CHECK(code_of(client->content_abort("left")) == Code::not_found);
}
