#include "table_impl.h"

const struct kernels kernels_neon = KERNEL_TABLE("neon");
