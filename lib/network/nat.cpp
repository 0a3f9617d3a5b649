// SPDX-License-Identifier: Apache-2.0
#include "network/nat.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/unique_fd.hpp"
#include "network/nat_rules.hpp"
#include "sys/host.hpp"
#include "sys/shared_library.hpp"

namespace flintctl::network {
namespace {

constexpr std::string_view table_prefix = "flintctl-";

/// The functions of libnftables that this room calls.
struct Library {
  decltype(&nft_ctx_new) create = nullptr;
  decltype(&nft_ctx_free) free = nullptr;
  decltype(&nft_ctx_output_set_flags) set_flags = nullptr;
  decltype(&nft_ctx_buffer_output) buffer_output = nullptr;
  decltype(&nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&nft_ctx_get_output_buffer) output = nullptr;
  decltype(&nft_ctx_get_error_buffer) error = nullptr;
  decltype(&nft_run_cmd_from_buffer) run = nullptr;
};

Result<Library> load_library() {
  const auto shared = TRY(sys::SharedLibrary::open("libnftables.so.1", "libnftables1"));
  Library library;
  library.create = TRY(shared.function<decltype(library.create)>("nft_ctx_new"));
  library.free = TRY(shared.function<decltype(library.free)>("nft_ctx_free"));
  library.set_flags = TRY(shared.function<decltype(library.set_flags)>("nft_ctx_output_set_flags"));
  library.buffer_output =
      TRY(shared.function<decltype(library.buffer_output)>("nft_ctx_buffer_output"));
  library.buffer_error =
      TRY(shared.function<decltype(library.buffer_error)>("nft_ctx_buffer_error"));
  library.output = TRY(shared.function<decltype(library.output)>("nft_ctx_get_output_buffer"));
  library.error = TRY(shared.function<decltype(library.error)>("nft_ctx_get_error_buffer"));
  library.run = TRY(shared.function<decltype(library.run)>("nft_run_cmd_from_buffer"));
  return library;
}

/// The reason in libnftables' words: "Error: Could not process rule: Operation not supported".
Error explain(std::string_view said, const std::string& what) {
  std::string line(said.substr(0, said.find('\n')));
  // After the place in the input, which is not the reader's: "internal:0:0-0: Error: …".
  if (const auto at = line.find("Error: "); at != std::string::npos) line.erase(0, at + 7);
  if (line.find("not permitted") != std::string::npos) {
    return Error(Code::permission_denied, fmt::format("{}: {}", what, line))
        .with_hint("run the command with sudo");
  }
  if (line.find("not supported") != std::string::npos) return no_nftables(what, line);
  return {Code::unknown, fmt::format("{}: {}", what, line)};
}

/// "inet filter/forward".
std::string chain_text(const data::Value& chain) {
  return fmt::format("{} {}/{}", chain.string_or("family"), chain.string_or("table"),
                     chain.string_or("name"));
}

/// The kernel has netfilter's netlink family. libnftables ends the whole process without it.
bool kernel_has_netfilter() {
  const auto can_open = [] {
    return static_cast<bool>(
        UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)));
  };
  return can_open() || (sys::load_module("nf_tables") && can_open());
}

}  // namespace

Error no_nftables(const std::string& what, std::string_view why) {
  return Error(Code::host_not_ready, fmt::format("{}: {}", what, why))
      .with_hint(
          "use a kernel with nf_tables for IPv4, or do without translation: --no-nat, "
          "or nat = false in [network] of host.toml");
}

struct Nftables::Impl {
  Library library;
  nft_ctx* context = nullptr;  ///< null where the kernel has no netfilter

  explicit Impl(Library loaded) : library(loaded) {
    if (!kernel_has_netfilter()) return;
    context = library.create(NFT_CTX_DEFAULT);
    library.buffer_output(context);
    library.buffer_error(context);
    library.set_flags(context, NFT_CTX_OUTPUT_JSON);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (context != nullptr) library.free(context);
  }

  /// Runs a command, as text or as JSON; what it prints as JSON.
  Result<data::Value> run(const std::string& command, const std::string& what) const {
    if (context == nullptr) return no_nftables(what, "the kernel has no netfilter");
    TRY(sys::require_root(what));  // libnftables would say so on stderr, whatever the buffers
    const int status = library.run(context, command.c_str());
    // Both buffers are emptied by reading them, so that the next command does not see them.
    const std::string error = library.error(context);
    const std::string output = library.output(context);
    if (status != 0) return explain(error, what);
    if (output.empty()) return data::Value();
    return data::parse_json(output).context(what);
  }

  Result<std::vector<std::string>> tables() const {
    const auto listing = TRY(run("list tables ip", "listing nftables tables"));
    std::vector<std::string> names;
    const data::Value* entries = listing.find("nftables");
    for (const data::Value& entry : entries == nullptr ? data::Array() : entries->elements()) {
      if (const data::Value* table = entry.find("table")) names.push_back(table->string_or("name"));
    }
    return names;
  }

  /// Chains with a hook, as objects of libnftables-json(5).
  Result<std::vector<data::Value>> base_chains() const {
    const auto listing = TRY(run("list chains", "listing nftables chains"));
    std::vector<data::Value> chains;
    const data::Value* entries = listing.find("nftables");
    for (const data::Value& entry : entries == nullptr ? data::Array() : entries->elements()) {
      const data::Value* chain = entry.find("chain");
      if (chain != nullptr && chain->find("hook") != nullptr) chains.push_back(*chain);
    }
    return chains;
  }
};

Nftables::Nftables(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Nftables::Nftables(Nftables&&) noexcept = default;
Nftables& Nftables::operator=(Nftables&&) noexcept = default;
Nftables::~Nftables() = default;

Result<Nftables> Nftables::open() {
  const Library library = TRY(load_library());
  return Nftables(std::make_unique<Impl>(library));
}

Result<NatState> Nftables::state(const Nat& nat) {
  const auto tables = TRY(impl_->tables());
  if (std::find(tables.begin(), tables.end(), nat_table(nat.bridge)) == tables.end()) {
    return NatState::absent;
  }
  const auto listing = TRY(impl_->run(fmt::format("list table ip {}", nat_table(nat.bridge)),
                                      "reading the nftables table"));
  const auto objects = listed_objects(listing);
  if (objects == nat_objects(nat)) return NatState::present;
  return has_our_chain(objects, nat) ? NatState::different : NatState::foreign;
}

Result<> Nftables::try_out(const Nat& nat) {
  TRY(impl_->run(data::to_json(nat_trial(nat)),
                 fmt::format("trying the nftables table {}", nat_table(nat.bridge))));
  return {};
}

Result<> Nftables::apply(const Nat& nat) {
  TRY(impl_->run(data::to_json(nat_commands(nat)),
                 fmt::format("writing the nftables table {}", nat_table(nat.bridge))));
  return {};
}

Result<> Nftables::remove(const std::string& bridge) {
  const auto having = TRY(bridges());
  if (std::find(having.begin(), having.end(), bridge) == having.end()) return {};
  const std::string table = nat_table(bridge);
  TRY(impl_->run(fmt::format("add table ip {0}; delete table ip {0}", table),
                 fmt::format("removing the nftables table {}", table)));
  return {};
}

Result<std::vector<std::string>> Nftables::bridges() {
  std::vector<std::string> bridges;
  const auto tables = impl_->tables();
  // A kernel without nftables has no tables.
  if (!tables && tables.error().code() == Code::host_not_ready) return bridges;
  if (!tables) return tables.error();
  for (const std::string& name : *tables) {
    if (name.starts_with(table_prefix)) bridges.push_back(name.substr(table_prefix.size()));
  }
  return bridges;
}

Result<std::vector<std::string>> Nftables::translating_chains() {
  std::vector<std::string> names;
  for (const data::Value& chain : TRY(impl_->base_chains())) {
    if (chain.string_or("type") != "nat" || chain.string_or("hook") != "postrouting" ||
        chain.string_or("table").starts_with(table_prefix)) {
      continue;
    }
    names.push_back(chain_text(chain));
  }
  return names;
}

Result<std::vector<std::string>> Nftables::dropping_chains() {
  std::vector<std::string> names;
  for (const data::Value& chain : TRY(impl_->base_chains())) {
    if (chain.string_or("hook") != "forward" || chain.string_or("policy") != "drop" ||
        chain.string_or("family") == "bridge") {
      continue;
    }
    names.push_back(chain_text(chain));
  }
  return names;
}

std::string nat_table(const std::string& bridge) { return std::string(table_prefix) + bridge; }

}  // namespace flintctl::network
