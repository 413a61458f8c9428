#include "table_impl.h"

const struct kernels kernels_avx512 = KERNEL_TABLE("avx512");
