#include "table_impl.h"

const struct kernels kernels_avx2 = KERNEL_TABLE("avx2");
