// SPDX-License-Identifier: Apache-2.0
#include "provision/text_diff.hpp"

#include <string>

#include "support/catch.hpp"

using flintctl::provision::unified_diff;

TEST_CASE("equal texts have no diff") {
  CHECK(unified_diff("a\nb\n", "a\nb\n", "x", "y").empty());
  CHECK(unified_diff("", "", "x", "y").empty());
}

TEST_CASE("a changed line stands in three lines of context") {
  CHECK(
      unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "old", "new") ==
      "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST_CASE("a new file is all additions") {
  CHECK(unified_diff("", "a\nb\n", "/dev/null", "f") ==
        "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
}

TEST_CASE("changes far apart are hunks of their own, near ones share one") {
  const std::string before = "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nb\n";
  const std::string after = "A\n1\n2\n3\n4\n5\n6\n7\n8\n9\nB\n";
  CHECK(unified_diff(before, after, "x", "y") ==
        "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -8,4 +8,4 @@\n 7\n 8\n 9\n-b\n+B\n");
  CHECK(unified_diff("a\n1\n2\nb\n", "A\n1\n2\nB\n", "x", "y") ==
        "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n-b\n+B\n");
}
