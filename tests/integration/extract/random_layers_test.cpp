// SPDX-License-Identifier: Apache-2.0
// Layers that nobody thought of: random members over few names, so that they meet.
#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"

namespace flintctl::archive {
namespace {

using testing::TarBuilder;
using testing::TarMember;

class RandomLayers {
 public:
  explicit RandomLayers(unsigned seed) : random_(seed) {}

  std::vector<std::string> make() {
    std::vector<std::string> layers(1 + below(3));
    for (auto& layer : layers) layer = make_layer();
    return layers;
  }

 private:
  unsigned below(unsigned bound) {
    return std::uniform_int_distribution<unsigned>(0, bound - 1)(random_);
  }
  bool one_in(unsigned count) { return below(count) == 0; }

  std::string path() {
    static constexpr std::array letters = {"a", "b", "c"};
    static constexpr std::array odd = {"./", "/", "a/../", "b//", "c/./"};
    std::string path = one_in(8) ? odd[below(odd.size())] : "";
    const unsigned depth = 1 + below(3);
    for (unsigned i = 0; i < depth; ++i)
      path += (i == 0 ? "" : "/") + std::string(letters[below(3)]);
    return path;
  }

  /// Mostly a name that no folder has, so that most layers can be applied.
  std::string leaf() {
    static constexpr std::array letters = {"f", "g", "h"};
    return one_in(12) ? path() : path() + "/" + letters[below(3)];
  }

  /// Mostly one that was made.
  std::string link_target() {
    if (made_.empty() || one_in(20)) return leaf();
    return made_[below(static_cast<unsigned>(made_.size()))];
  }

  std::string in_folder(const std::string& name) {
    const std::string folder = path();
    return one_in(3) ? name : folder + "/" + name;
  }

  std::string make_layer() {
    TarBuilder tar;
    const unsigned members = 4 + below(16);
    for (unsigned i = 0; i < members; ++i) tar.add(member());
    return tar.finish();
  }

  TarMember member() {
    static constexpr std::array<std::int64_t, 6> modes = {0644, 0755, 04755, 02775, 01777, 0};
    static constexpr std::array<std::int64_t, 5> ids = {0, 0, 1000, 65534, 3'000'000'000};
    TarMember member;
    member.name = leaf();
    member.mode = modes[below(modes.size())];
    member.uid = ids[below(ids.size())];
    member.gid = ids[below(ids.size())];
    member.mtime = below(1'700'000'000);
    set_kind(member);
    set_extensions(member);
    return member;
  }

  void set_kind(TarMember& member) {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        member.type = '5';
        member.name = path();
        break;
      case 4:
      case 5:
        member.type = '2';
        member.link = one_in(4) ? "../" + path() : path();
        break;
      case 6:
      case 7:
        member.type = '1';
        member.link = link_target();
        break;
      case 8:
        member.name = in_folder(std::string(".wh.") + "abfg"[below(4)]);
        break;
      case 9:
        member.name = in_folder(".wh..wh..opq");
        break;
      case 10:
        member.type = one_in(2) ? '6' : '3';
        member.major = below(300);
        member.minor = below(300);
        break;
      default:
        member.data = std::string(below(700), 'x');
        made_.push_back(member.name);
    }
  }

  void set_extensions(TarMember& member) {
    if (one_in(6)) {
      member.pax.emplace_back("mtime", std::to_string(below(1'600'000'000)) + "." +
                                           std::to_string(below(1'000'000'000)));
    }
    const bool plain = member.type == '0' || member.type == '5';
    if (plain && one_in(8)) {
      member.pax.emplace_back("SCHILY.xattr.user.note", std::string(1 + below(20), 'v'));
    }
  }

  std::mt19937 random_;
  std::vector<std::string> made_;
};

/// FLINTCTL_SEED begins elsewhere, FLINTCTL_SEEDS tries more.
unsigned setting(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

TEST_CASE("random layers give the same tree as by containerd") {
  const unsigned first = setting("FLINTCTL_SEED", 1);
  const unsigned count = setting("FLINTCTL_SEEDS", 30);
  unsigned applied = 0;
  for (unsigned seed = first; seed < first + count; ++seed) {
    INFO("seed " << seed);
    if (same_tree(RandomLayers(seed).make()) > 0) ++applied;
  }
  // Most must be layers that can be applied, or the comparison says little.
  CHECK(applied > count / 4);
}

}  // namespace
}  // namespace flintctl::archive
