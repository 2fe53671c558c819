// Marks the functions of one file for an instruction set that the rest of the addon may not use. Everything between
// TRUNKLINE_TARGET_BEGIN("...") and TRUNKLINE_TARGET_END is compiled for it and nothing else; include every header
// before the region and keep what is inside in an unnamed namespace: a function that two files share would be kept once
// by the linker, in either's instructions, and die on the other's CPUs.
#ifndef TRUNKLINE_KERNELS_TARGET_REGION_H_
#define TRUNKLINE_KERNELS_TARGET_REGION_H_

#define TRUNKLINE_PRAGMA(text) _Pragma(#text)
// A region does not reach into lambdas with Clang: there they say it themselves, after their parameters.
#if defined(__clang__)
#define TRUNKLINE_LAMBDA(isa) __attribute__((target(isa)))
#define TRUNKLINE_TARGET_BEGIN(isa) TRUNKLINE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define TRUNKLINE_TARGET_END _Pragma("clang attribute pop")
#elif defined(__GNUC__)
#define TRUNKLINE_LAMBDA(isa)
#define TRUNKLINE_TARGET_BEGIN(isa) _Pragma("GCC push_options") TRUNKLINE_PRAGMA(GCC target(isa))
#define TRUNKLINE_TARGET_END _Pragma("GCC pop_options")
#else
// MSVC takes any intrinsic anywhere.
#define TRUNKLINE_LAMBDA(isa)
#define TRUNKLINE_TARGET_BEGIN(isa)
#define TRUNKLINE_TARGET_END
#endif

#endif  // TRUNKLINE_KERNELS_TARGET_REGION_H_
