# Kernels: the same loops for each instruction set, each with its own flags.
noinst_LTLIBRARIES = libkernels_c.la
libkernels_c_la_SOURCES = %D%/kernels_c.c
libkernels_c_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_c_la_CFLAGS = $(KERNEL_CFLAGS)
kernel_libraries = libkernels_c.la

if HAVE_AVX2
noinst_LTLIBRARIES += libkernels_avx2.la
libkernels_avx2_la_SOURCES = %D%/kernels_avx2.c
libkernels_avx2_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_avx2_la_CFLAGS = $(KERNEL_CFLAGS) $(AVX2_CFLAGS)
kernel_libraries += libkernels_avx2.la
endif

if HAVE_AVX512
noinst_LTLIBRARIES += libkernels_avx512.la
libkernels_avx512_la_SOURCES = %D%/kernels_avx512.c
libkernels_avx512_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_avx512_la_CFLAGS = $(KERNEL_CFLAGS) $(AVX512_CFLAGS)
kernel_libraries += libkernels_avx512.la
endif

if HAVE_AVX512VNNI
noinst_LTLIBRARIES += libkernels_avx512vnni.la
libkernels_avx512vnni_la_SOURCES = %D%/kernels_avx512vnni.c
libkernels_avx512vnni_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_avx512vnni_la_CFLAGS = $(KERNEL_CFLAGS) $(AVX512VNNI_CFLAGS)
kernel_libraries += libkernels_avx512vnni.la
endif

if HAVE_NEON
noinst_LTLIBRARIES += libkernels_neon.la
libkernels_neon_la_SOURCES = %D%/kernels_neon.c
libkernels_neon_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_neon_la_CFLAGS = $(KERNEL_CFLAGS) $(NEON_CFLAGS)
kernel_libraries += libkernels_neon.la
endif

if HAVE_NEON_DOTPROD
noinst_LTLIBRARIES += libkernels_neon_dotprod.la
libkernels_neon_dotprod_la_SOURCES = %D%/kernels_neon_dotprod.c
libkernels_neon_dotprod_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_neon_dotprod_la_CFLAGS = $(KERNEL_CFLAGS) $(NEON_DOTPROD_CFLAGS)
kernel_libraries += libkernels_neon_dotprod.la
endif

if HAVE_NEON_I8MM
noinst_LTLIBRARIES += libkernels_neon_i8mm.la
libkernels_neon_i8mm_la_SOURCES = %D%/kernels_neon_i8mm.c
libkernels_neon_i8mm_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libkernels_neon_i8mm_la_CFLAGS = $(KERNEL_CFLAGS) $(NEON_I8MM_CFLAGS)
kernel_libraries += libkernels_neon_i8mm.la
endif

# What all of them share, and what chooses among them.
libgeosc_core_la_SOURCES = \
	%D%/arithmetic.h %D%/block_sums.h %D%/bound_impl.h %D%/int8_impl.h %D%/kernel.h %D%/kernels.c %D%/kernels_impl.h \
	%D%/norm_impl.h %D%/table_impl.h %D%/variants.h %D%/vector.h %D%/vector_avx2.h \
	%D%/vector_avx512.h %D%/vector_neon.h %D%/vector_x86.h %D%/winograd_impl.h

# For tests/cli/arithmetic.sh: how the plain kernels are compiled by this call of make.
show-kernel-flags:
	@echo '$(libkernels_c_la_CFLAGS) $(CFLAGS)'
.PHONY: show-kernel-flags
