/* NEON with SDOT and SMMLA: the name stays "neon-dotprod", since all results are equal. */
#include "table_impl.h"

const struct kernels kernels_neon_i8mm = KERNEL_TABLE("neon-dotprod");
