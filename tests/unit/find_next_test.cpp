// SPDX-License-Identifier: Apache-2.0
//
// Look-ups in the link map agree with the loader's own.

#include "shim/host/find_next.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "catalogue/call.h"

namespace cloexec {
namespace {

TEST(FindNext, AgreesWithDlsymForEveryNameOfTheCatalogue) {
  unsigned found = 0;
#define X_TIME64(name, family, method)
#define X_WATCH(name)
#define X_WATCH_TIME64(name)
#define X(name, family, method)                                              \
  if (const void* expected = dlsym(RTLD_NEXT, #name); expected != nullptr) { \
    EXPECT_EQ(find_next(#name), expected) << #name;                          \
    ++found;                                                                 \
  }
#include "catalogue/interposed.def"
#undef X
#undef X_TIME64
  EXPECT_GT(found, 70U);
}

TEST(FindNext, FallsBackToHiddenVersions) {
  void* compat = dlvsym(RTLD_NEXT, "svctcp_create", "GLIBC_2.2.5");
  ASSERT_NE(compat, nullptr);
  EXPECT_EQ(find_next("svctcp_create"), compat);
}

TEST(FindNext, TakesOddFunctionsAsTheLoaderDoesAndNoData) {
  for (const auto* name : {"odd_untyped", "odd_resolved"}) {
    const void* const expected = dlsym(RTLD_NEXT, name);
    ASSERT_NE(expected, nullptr) << name;
    ASSERT_EQ(find_next(name), expected) << name;
  }
  EXPECT_EQ(reinterpret_cast<int (*)()>(find_next("odd_resolved"))(), 2);
  ASSERT_NE(dlsym(RTLD_NEXT, "odd_data"), nullptr);
  EXPECT_EQ(find_next("odd_data"), nullptr);
}

TEST(FindNext, KnowsWhatIsNotLibcs) {
  EXPECT_TRUE(is_wrapped_below("odd_untyped"));
  EXPECT_FALSE(is_wrapped_below("open"));
}

TEST(FindNext, FindsNothingForAnUnknownName) { EXPECT_EQ(find_next("no_such_function_anywhere"), nullptr); }

}  // namespace
}  // namespace cloexec
