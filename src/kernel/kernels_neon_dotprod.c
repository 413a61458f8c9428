#include "table_impl.h"

const struct kernels kernels_neon_dotprod = KERNEL_TABLE("neon-dotprod");
