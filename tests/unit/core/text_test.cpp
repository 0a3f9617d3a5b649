// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include "support/catch.hpp"

using namespace flintctl;

TEST_CASE("text of others loses what a terminal obeys, and nothing else") {
  CHECK(printable("a b-\u00e9\u20ac\U0001F680") == "a b-\u00e9\u20ac\U0001F680");
  CHECK(printable("a\tb\r\nc") == "a b  c");
  CHECK(printable("\x1b[2J\x07\x7f") == "?[2J??");
  CHECK(printable(std::string_view("a\0b", 3)) == "a?b");
  CHECK(printable("\u009b2J") == "?2J");  // CSI of C1, in UTF-8
  CHECK(printable("\x9b"
                  "2J") == "?2J");                      // and in the eight-bit sets of old
  CHECK(printable("\xc0\x9b\xe0\x80\x9b") == "?????");  // and written too long
  CHECK(printable("\u202egnp.exe\u2066") == "?gnp.exe?");
  CHECK(printable("\xf4\x90\x80\x80\xe2\x82") == "??????");
}

TEST_CASE("text of others is cut between two characters") {
  CHECK(printable("abcd", 4) == "abcd");
  CHECK(printable("abcde", 4) == "abcd…");
  CHECK(printable("abc\u20ac", 4) == "abc…");
  CHECK(printable(std::string(201, 'x')) == std::string(200, 'x') + "…");
}

TEST_CASE("text of several lines keeps breaks that cannot be taken for a new message") {
  CHECK(printable_lines("it says:\n  one\n  \x1b[2Jtwo", 100) == "it says:\n  one\n  ?[2Jtwo");
  CHECK(printable_lines("a\nhint: run this", 100) == "a hint: run this");
  CHECK(printable_lines("ab\n  cd\n  ef", 6) == "ab\n  c…");
}
