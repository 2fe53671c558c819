// The tables that the files of this folder define, one an instruction set. Read by dispatch.cc alone.
#ifndef TRUNKLINE_KERNELS_TABLES_H_
#define TRUNKLINE_KERNELS_TABLES_H_

#include "kernels/kernels.h"

namespace trunkline {

extern const Kernels kScalarKernels;

}  // namespace trunkline

#endif  // TRUNKLINE_KERNELS_TABLES_H_
