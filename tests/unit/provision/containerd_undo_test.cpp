// SPDX-License-Identifier: Apache-2.0
// What the two containerd steps leave alone when they are undone.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/unique_fd.hpp"
#include "place.hpp"
#include "provision/containerd_step.hpp"
#include "provision/containerd_system.hpp"
#include "provision/plan.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

constexpr auto block_of_ours =
    "# BEGIN flintctl: made by 'flintctl provision', taken back by 'flintctl provision reset'\n"
    "[plugins.'io.containerd.snapshotter.v1.devmapper']\npool_name = 'pool'\n";

UniqueFd serve(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

/// The host's containerd whose configuration got our table, with what it was before beside it.
struct System : Place {
  std::string config = paths.etc + "/containerd/config.toml";
  Plan plan{paths, services};

  System() {
    plan.add(std::make_unique<SystemContainerdStep>(paths, SystemContainerd(), services));
    write(config + ".flintctl-bak", "version = 2\n");
    auto record = Record::open(paths.record());
    REQUIRE(record);
    REQUIRE(record->put({"containerd-system", "table", config, {}}));
  }
  Result<> reset() {
    return plan.reset(Data::remove, [](const UndoReport&) {});
  }
};

}  // namespace

TEST_CASE("a table whose marks are not whole is refused, and its backup stays") {
  System host;
  const auto text =
      GENERATE(as<std::string>(), block_of_ours, "version = 2\n[plugins.x]\n# END flintctl\n");
  host.write(host.config, text);
  const auto reset = host.reset();
  REQUIRE_FALSE(reset);
  CHECK(reset.error().code() == Code::aborted);
  CHECK(reset.error().text().find(host.config) != std::string::npos);
  CHECK(Place::read(host.config) == text);
  CHECK(sys::exists(host.config + ".flintctl-bak"));
  // Somebody takes it out, and changes something else.
  host.write(host.config, "version = 3\n");
  REQUIRE(host.reset());
  CHECK(sys::exists(host.config + ".flintctl-bak"));
  CHECK(host.recorded() == 0);
}

TEST_CASE("a backup that says what the file says goes") {
  System host;
  host.write(host.config, "version = 2\n");
  REQUIRE(host.reset());
  CHECK_FALSE(sys::exists(host.config + ".flintctl-bak"));
}

TEST_CASE("a failed restart says whether the old configuration is in use") {
  const auto text = [](const Result<>& restored) {
    return failed_restart("containerd.service", Error(Code::unknown, "is masked"), restored).text();
  };
  CHECK(text({}).find("was restarted with that") != std::string::npos);
  CHECK(text(Error(Code::unknown, "is masked")).find("could not be restarted") !=
        std::string::npos);
}

TEST_CASE("a state folder in which somebody serves a socket stays") {
  Place place;
  const std::string folder = place.root + "/run/c";
  REQUIRE(sys::make_directories(folder));
  ContainerdStep step(place.paths, PrivateContainerd(), place.services);
  const Change change{"containerd", "state", folder, {}};
  Notes notes;
  {
    const UniqueFd server = serve(folder + "/containerd.sock");
    REQUIRE(step.undo(change, Data::remove, notes));
    CHECK(notes.size() == 1);
    CHECK(sys::exists(folder + "/containerd.sock"));
  }
  REQUIRE(step.undo(change, Data::remove, notes));
  CHECK_FALSE(sys::exists(folder));
}
