# Tests: programs with cmocka, and scripts beside what they should print (TESTING.md).
# They replace functions by --wrap, which GNU's linker has, or preload a library, as Linux does. The longest ones come first.
linux_tests = \
	%D%/fault/test_alloc %D%/fault/test_alloc_commands %D%/fault/test_fault %D%/fault/test_powerloss \
	%D%/base/test_memory %D%/base/test_options %D%/h5/test_h5_write %D%/results/test_journal
unit_tests =
if LINUX_TESTS
unit_tests += $(linux_tests)
endif
unit_tests += \
	%D%/base/test_number %D%/base/test_share %D%/base/test_stream %D%/base/test_system %D%/base/test_text \
	%D%/h5/test_h5 %D%/h5/test_h5_numbers %D%/h5/test_h5_refused %D%/h5/test_h5_text %D%/h5/test_raw %D%/h5/test_unpack \
	%D%/kernel/test_kernel %D%/kernel/test_kernel_class %D%/kernel/test_kernel_int8 %D%/kernel/test_kernel_norm %D%/kernel/test_kernel_winograd \
	%D%/maps/test_imd %D%/maps/test_map %D%/maps/test_match %D%/maps/test_nearest %D%/maps/test_pose \
	%D%/input/test_catalog %D%/input/test_groups %D%/input/test_query %D%/input/test_units \
	%D%/network/test_aggregation %D%/network/test_aggregation_file %D%/network/test_grids %D%/network/test_linear %D%/network/test_load %D%/network/test_model \
	%D%/network/test_refine %D%/network/test_winograd \
	%D%/results/test_evaluate %D%/results/test_flips %D%/results/test_hloc %D%/results/test_output \
	%D%/results/test_record \
	%D%/run/test_api %D%/run/test_golden %D%/run/test_image %D%/run/test_order %D%/run/test_pipeline %D%/run/test_pipeline_faults %D%/run/test_plan %D%/run/test_prefetch %D%/run/test_remaining \
	%D%/run/test_resume %D%/run/test_scale %D%/run/test_shard \
	%D%/tools/test_inspect %D%/tools/test_synth \
	%D%/draw/test_components %D%/draw/test_dense_view %D%/draw/test_marks %D%/draw/test_pair_view \
	%D%/command/test_locale %D%/command/test_probe %D%/command/test_progress %D%/command/test_signals
if HAVE_CAIRO
unit_tests += %D%/draw/test_draw
endif
script_tests = \
	%D%/cli/arithmetic.sh %D%/cli/bad_input.sh %D%/cli/bad_pairs.sh %D%/cli/bootstrap.sh %D%/cli/canary.sh %D%/cli/ci.sh %D%/cli/completion.sh %D%/cli/cross.sh \
	%D%/cli/eval.sh %D%/cli/guards.sh %D%/cli/hdf5_names.sh %D%/cli/help.sh %D%/cli/hloc.sh %D%/cli/hostile.sh %D%/cli/inspect.sh \
	%D%/cli/install.sh %D%/cli/library.sh %D%/cli/locks.sh %D%/cli/match.sh %D%/cli/memory.sh %D%/cli/model.sh %D%/cli/one_test.sh %D%/cli/places.sh \
	%D%/cli/probe.sh %D%/cli/progress.sh %D%/cli/reasons.sh %D%/cli/release.sh %D%/cli/render.sh %D%/cli/report.sh %D%/cli/rooms.sh %D%/cli/same_bytes.sh \
	%D%/cli/sample.sh %D%/cli/scale.sh %D%/cli/shards.sh %D%/cli/signals.sh %D%/cli/slurm.sh %D%/cli/sources.sh %D%/cli/synth.sh \
	%D%/cli/text.sh %D%/cli/threads.sh %D%/cli/upgrade.sh %D%/cli/usage.sh
noinst_HEADERS = \
	%D%/bench/replay.h %D%/bench/sample.h %D%/bench/spair.h \
	%D%/naive.h %D%/scratch.h %D%/testing.h \
	%D%/fault/disk.h %D%/fault/failing_memory.h %D%/fault/oplog.h %D%/fault/recorder.h %D%/fault/trial.h \
	%D%/base/comma_locale.h \
	%D%/draw/draw_testing.h \
	%D%/h5/encode.h %D%/h5/h5_make.h %D%/h5/h5_oldest.h %D%/h5/h5_testing.h \
	%D%/kernel/class_digests.h %D%/kernel/kernel_testing.h \
	%D%/input/catalog_testing.h \
	%D%/network/aggregation_testing.h \
	%D%/results/journal_testing.h \
	%D%/run/pipeline_testing.h
helpers = %D%/bench/plan_scale %D%/files/hostile %D%/files/make_bad examples/match_arrays
TESTS = $(unit_tests) $(script_tests)
# Not check_PROGRAMS, which make check builds whole: make check TESTS=... builds the command and what these tests need.
EXTRA_PROGRAMS = $(unit_tests) $(helpers) %D%/bench/journal_overhead %D%/bench/scale
check-am: all-am $(filter-out %.sh,$(TESTS)) $(if $(filter %.sh,$(TESTS)),$(helpers)) $(if $(filter %D%/fault/%,$(TESTS)),%D%/fault/shim.so)
CLEANFILES += $(EXTRA_PROGRAMS) %D%/fault/shim.so
check-local:
if !HAVE_CMOCKA
	@echo "make check needs cmocka (./bootstrap deps check tells how to get it), then ./configure again" >&2; exit 1
endif
if !LINUX_TESTS
	@echo "left out, for they need Linux and GNU's linker: $(linux_tests)"
endif

LDADD = libgeosc_core.la $(CMOCKA_LIBS)
command_LDADD = libcommand.la libdraw.la $(LDADD)
# Plain C that fuses, as it does on machines with fused multiply-adds: the tests of kernels also run it here.
if HAVE_AVX2
EXTRA_LTLIBRARIES = libkernels_c_fused.la
libkernels_c_fused_la_SOURCES = src/kernel/kernels_c.c
libkernels_c_fused_la_CPPFLAGS = $(AM_CPPFLAGS) -DGEOSC_C_FUSES -Dkernels_c=kernels_c_fused
libkernels_c_fused_la_CFLAGS = $(KERNEL_CFLAGS) $(AVX2_CFLAGS)
kernel_LDADD = libkernels_c_fused.la $(LDADD)
else
kernel_LDADD = $(LDADD)
endif
tests_kernel_test_kernel_LDADD = $(kernel_LDADD)
tests_kernel_test_kernel_class_LDADD = $(kernel_LDADD)
tests_kernel_test_kernel_int8_LDADD = $(kernel_LDADD)
tests_kernel_test_kernel_norm_LDADD = $(kernel_LDADD)
tests_kernel_test_kernel_winograd_LDADD = $(kernel_LDADD)
tests_draw_test_components_LDADD = libdraw.la $(LDADD)
tests_draw_test_dense_view_LDADD = libdraw.la $(LDADD)
tests_draw_test_draw_CFLAGS = $(AM_CFLAGS) $(CAIRO_CFLAGS)
tests_draw_test_draw_LDADD = libdraw.la $(LDADD) $(CAIRO_LIBS)
tests_draw_test_marks_LDADD = libdraw.la $(LDADD)
tests_draw_test_pair_view_LDADD = libdraw.la $(LDADD)
tests_base_test_text_LDADD = $(command_LDADD)
tests_command_test_probe_LDADD = $(command_LDADD)
tests_command_test_progress_LDADD = $(command_LDADD)
tests_command_test_signals_LDADD = $(command_LDADD)
tests_bench_scale_SOURCES = %D%/bench/scale.c %D%/bench/replay.c %D%/bench/sample.c
tests_run_test_scale_SOURCES = %D%/run/test_scale.c %D%/bench/replay.c
# These two call the command's main.
tests_command_test_locale_SOURCES = %D%/command/test_locale.c src/cli/main.c
tests_command_test_locale_CPPFLAGS = $(AM_CPPFLAGS) -Dmain=geosc_main
tests_command_test_locale_LDADD = $(command_LDADD)
tests_fault_test_alloc_commands_SOURCES = %D%/fault/test_alloc_commands.c src/cli/main.c
tests_fault_test_alloc_commands_CPPFLAGS = $(AM_CPPFLAGS) -Dmain=geosc_main
tests_fault_test_alloc_commands_LDADD = $(command_LDADD)
tests_fault_test_powerloss_SOURCES = %D%/fault/test_powerloss.c %D%/fault/disk.c
tests_files_make_bad_LDADD = $(HDF5_LIBS)
tests_files_hostile_SOURCES = %D%/files/hostile.c %D%/files/hostile.h %D%/files/hostile_bytes.c %D%/files/hostile_elsewhere.c \
	%D%/files/hostile_groups.c %D%/files/hostile_make.c %D%/files/hostile_models.c %D%/files/hostile_objects.c \
	%D%/files/hostile_pairs.c %D%/files/hostile_run.c
tests_files_hostile_LDADD = $(HDF5_LIBS)
# Its one include is the installed header, and it is linked with the library that is installed.
examples_match_arrays_CPPFLAGS = -I$(top_srcdir)/include
examples_match_arrays_LDADD = libgeosc.la
# Calls that these programs replace.
tests_base_test_memory_LDFLAGS = -Wl,--wrap=cgroup_memory
tests_base_test_options_LDFLAGS = -Wl,--wrap=sched_getaffinity
tests_fault_test_alloc_LDFLAGS = -Wl,--wrap=aligned_alloc
tests_fault_test_alloc_commands_LDFLAGS = -Wl,--wrap=aligned_alloc
tests_h5_test_h5_write_LDFLAGS = -Wl,--wrap=H5Aclose -Wl,--wrap=H5Dclose -Wl,--wrap=H5Fclose -Wl,--wrap=H5Gclose
tests_results_test_journal_LDFLAGS = -Wl,--wrap=flock
tests_bench_journal_overhead_LDFLAGS = -Wl,--wrap=journal_lock -Wl,--wrap=journal_load -Wl,--wrap=journal_append \
	-Wl,--wrap=journal_end -Wl,--wrap=journal_remove -Wl,--wrap=fsync
# Preloaded into geosc by tests/fault: never with a sanitizer's flags, nor through libtool, which may make no shared one.
%D%/fault/shim.so: %D%/fault/shim.c %D%/fault/recorder.c %D%/fault/recorder.h %D%/fault/oplog.h
	$(AM_V_CCLD)$(MKDIR_P) %D%/fault && $(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNING_CFLAGS) -fPIC -shared \
	    -o $@ $(srcdir)/%D%/fault/shim.c $(srcdir)/%D%/fault/recorder.c -ldl

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(top_srcdir)/%D%/cli/run
# Of clang 14 the leak sanitizer takes what stands before a thread's variables for their size, and crashes: it is told to leave them.
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; OMP_WAIT_POLICY=passive; srcdir='$(top_srcdir)'; builddir='$(top_builddir)'; \
	TEST_CC='$(CC)'; TEST_CFLAGS='$(CFLAGS)'; TEST_CXX='$(TEST_CXX)'; CANARY_CFLAGS='$(HDF5_CFLAGS)'; PYTHON3='$(PYTHON3)'; \
	ASAN_OPTIONS=$${ASAN_OPTIONS-detect_leaks=1:intercept_tls_get_addr=0}; LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0'; \
	export CMOCKA_MESSAGE_OUTPUT OMP_WAIT_POLICY srcdir builddir TEST_CC TEST_CFLAGS TEST_CXX PYTHON3 CANARY_CFLAGS ASAN_OPTIONS LSAN_OPTIONS;

# Before and after make check, also one that fails: old results go; what failed, and "N passed, N failed".
check-forget:
	@rm -f $(TEST_LOGS) $(TEST_LOGS:.log=.trs)
check-summary:
	@$(top_srcdir)/%D%/summary.sh $(TEST_LOGS:.log=.trs)
# Without the scripts in which a sanitizer has nothing to find: they check sources, builds and installed files.
source_scripts = $(addprefix %D%/cli/,arithmetic.sh bootstrap.sh ci.sh completion.sh cross.sh guards.sh hdf5_names.sh install.sh one_test.sh reasons.sh \
	release.sh rooms.sh sources.sh)
show-sanitizer-tests:
	@echo $(filter-out $(source_scripts),$(TESTS))
update-expected: all $(helpers)
	for test in $(filter %.sh,$(TESTS)); do \
	    $(AM_TESTS_ENVIRONMENT) HELPERS='$(helpers)' UPDATE=1 $(SH_LOG_COMPILER) $(srcdir)/$$test || exit 1; \
	done

# The other tiers of TESTING.md: what each needs is built, then tests/tier runs it.
tiers = bench bench-arm64 bench-left bench-scale bench-threads check-apptainer check-arm64 check-browser check-configure check-corpus check-deb check-fallbacks check-fuzz check-fuzz-import check-guards check-mutants check-oracle check-python check-release check-roots \
	check-slurm check-tsan check-valgrind check-wheel coverage soak
check-apptainer check-arm64 check-configure check-deb check-fallbacks check-fuzz check-guards check-release check-roots check-tsan check-wheel coverage: pristine
bench bench-left bench-scale bench-threads check-arm64 check-browser check-configure check-corpus check-fuzz-import check-mutants check-oracle check-python check-slurm check-valgrind soak: all
check-browser check-corpus check-mutants: $(helpers)
check-deb: dist
check-valgrind: $(unit_tests)
bench-scale: %D%/bench/scale$(EXEEXT)
bench: %D%/kernel/test_kernel$(EXEEXT) %D%/kernel/test_kernel_int8$(EXEEXT) %D%/bench/journal_overhead$(EXEEXT)
# format changes sources, check-format only looks.
$(tiers) check-format format:
	@$(AM_TESTS_ENVIRONMENT) TESTS='$(TESTS)' tarball='$(distdir).tar.gz' $(srcdir)/%D%/tier $@
# All that tests run.
test-programs: all $(unit_tests) $(helpers) %D%/fault/shim.so
check-long: check
	GEOSC_LONG=1 $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter %D%/fault/%,$(unit_tests))'
	for tier in configure tsan valgrind mutants fuzz; do $(MAKE) $(AM_MAKEFLAGS) check-$$tier || exit 1; done
.PHONY: $(tiers) check-forget check-format check-long check-summary format show-sanitizer-tests test-programs update-expected

EXTRA_DIST += $(script_tests) $(script_tests:.sh=.out) %D%/cli/run %D%/arm64 %D%/bench/aggregation.py %D%/bench/busy.py %D%/bench/compare.py %D%/bench/left.py %D%/bench/released.py %D%/bench/threads.py %D%/browser %D%/configure \
	%D%/corpus %D%/coverage %D%/fallbacks %D%/fault/recorder.c %D%/fault/shim.c %D%/files/canary.c %D%/format %D%/fuzz %D%/golden %D%/guards %D%/lsan.supp \
	%D%/mutants %D%/python %D%/race.c %D%/recipes %D%/release %D%/roots %D%/slurm %D%/soak %D%/summary.sh %D%/tier %D%/tsan %D%/tsan.supp %D%/valgrind \
	%D%/valgrind.supp %D%/wheel
