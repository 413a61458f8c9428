/* AVX-512 with VNNI: the name stays "avx512", since all results are equal. */
#include "table_impl.h"

const struct kernels kernels_avx512vnni = KERNEL_TABLE("avx512");
