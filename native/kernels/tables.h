// The tables that the files of this folder define, one an instruction set. Read by dispatch.cc alone.
// A null entry is taken from the table before it, in this order.
#ifndef TRUNKLINE_KERNELS_TABLES_H_
#define TRUNKLINE_KERNELS_TABLES_H_

#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#define TRUNKLINE_HAS_X64 1
#elif defined(__aarch64__) || defined(_M_ARM64)
#define TRUNKLINE_HAS_NEON 1
#endif

namespace trunkline {

extern const Kernels kScalarKernels;
#ifdef TRUNKLINE_HAS_X64
extern const Kernels kAvx2Kernels;
// F, BW, VL, DQ: Skylake's servers.
extern const Kernels kAvx512bwKernels;
// And VBMI, VNNI: Ice Lake and Zen 4 on.
extern const Kernels kAvx512Kernels;
#endif
#ifdef TRUNKLINE_HAS_NEON
extern const Kernels kNeonKernels;
#endif

}  // namespace trunkline

#endif  // TRUNKLINE_KERNELS_TABLES_H_
