// SPDX-License-Identifier: Apache-2.0
//
// A stream that has no descriptor is closed: glibc leaves in it what malloc(3) has found there, which may look like
// somebody's number. Then a program is told a file of that number.
//
//   memory_streams MAKER    open_memstream, open_wmemstream, fmemopen, fopencookie; quiet: open_memstream, and no
//                           program, nor any number in what was freed

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

#include "starts.h"

namespace {

constexpr int file = 3;

/// What is freed of every size that a stream may have, full of the number; volatile, or it would not be written.
void fill_the_heap() {
  for (std::size_t size = 200; size < 900; size += 16) {
    volatile int* const words = static_cast<int*>(std::malloc(size));
    for (std::size_t i = 0; i < size / sizeof(int); ++i) words[i] = file;
    std::free(const_cast<int*>(words));
  }
}

FILE* open_stream(const std::string& maker) {
  static char* text;
  static wchar_t* wide_text;
  static std::size_t size;
  if (maker == "open_wmemstream") return open_wmemstream(&wide_text, &size);
  if (maker == "fmemopen") return fmemopen(nullptr, 64, "w+");
  if (maker == "fopencookie") return fopencookie(nullptr, "r", {});
  return open_memstream(&text, &size);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::string maker = arguments[1];
  // The way that streams are closed is chosen when the first is.
  std::fclose(std::fopen("/etc/passwd", "r"));
  if (open("/etc/passwd", O_RDONLY) != file) return 2;
  if (maker != "quiet") fill_the_heap();
  std::fclose(open_stream(maker));
  if (maker == "quiet") return 0;
  return start_lister("fork", {file}) ? 0 : 1;
}
