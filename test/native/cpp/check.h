// A test runner in one header: `TEST("what it shows") { CHECK(...); }`. Prints each failure and at the end
// "N passed, N failed"; the exit code is 1 after a failure. No dependency, so that it cross-compiles anywhere.
#ifndef TRUNKLINE_TEST_CHECK_H_
#define TRUNKLINE_TEST_CHECK_H_

#include <cstdint>
#include <cstdio>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

inline int& FailuresOfThisTest() {
  static int failures = 0;
  return failures;
}

struct Registration {
  Registration(const char* name, void (*run)()) { Tests().push_back({name, run}); }
};

inline void Expect(bool holds, const char* text, const char* file, int line) {
  // After some the rest says nothing new.
  if (!holds && ++FailuresOfThisTest() <= 5) std::printf("  %s:%d: expected %s\n", file, line, text);
}

// Numbers for tests: xorshift, the same everywhere.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761U + 1) {}
  uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  int16_t Sample() { return static_cast<int16_t>(Next() >> 16); }

 private:
  uint32_t state_;
};

inline int RunAll() {
  int passed = 0;
  int failed = 0;
  for (const Test& test : Tests()) {
    FailuresOfThisTest() = 0;
    test.run();
    const bool is_good = FailuresOfThisTest() == 0;
    if (!is_good) std::printf("failed: %s\n", test.name);
    ++(is_good ? passed : failed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_NAME_(a, b) CHECK_JOIN_(a, b)
#define TEST(name)                                                                                       \
  static void CHECK_NAME_(Test, __LINE__)();                                                             \
  static const check::Registration CHECK_NAME_(registration, __LINE__)(name, CHECK_NAME_(Test, __LINE__)); \
  static void CHECK_NAME_(Test, __LINE__)()
#define CHECK(condition) check::Expect((condition), #condition, __FILE__, __LINE__)

#endif  // TRUNKLINE_TEST_CHECK_H_
