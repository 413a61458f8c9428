# The library: core is what the command and the tests link, internals and all.
noinst_LTLIBRARIES += libgeosc_core.la
libgeosc_core_la_SOURCES += \
	%D%/api.c \
	%D%/base/cgroup.c %D%/base/cgroup.h %D%/base/clock.c %D%/base/clock.h %D%/base/context.c %D%/base/foreign.c %D%/base/foreign.h \
	%D%/base/guard.h %D%/base/memory.c %D%/base/memory.h %D%/base/number.c %D%/base/number.h %D%/base/opened.c %D%/base/opened.h %D%/base/option.c \
	%D%/base/option.h %D%/base/options.c %D%/base/options.h %D%/base/options_rows.h %D%/base/options_set.c %D%/base/place.c %D%/base/place.h \
	%D%/base/presets.c %D%/base/presets.h \
	%D%/base/problems.c %D%/base/problems.h %D%/base/random.h %D%/base/reason.h %D%/base/share.c %D%/base/share.h %D%/base/sort.c %D%/base/sort.h %D%/base/status.c \
	%D%/base/status.h %D%/base/stream.c %D%/base/stream.h %D%/base/suggest.c %D%/base/suggest.h %D%/base/system.c %D%/base/system.h %D%/base/text.c %D%/base/text.h \
	%D%/h5/h5.h %D%/h5/h5_array.c %D%/h5/h5_attribute.c %D%/h5/h5_driver.c %D%/h5/h5_driver.h %D%/h5/h5_elsewhere.c %D%/h5/h5_file.c %D%/h5/h5_guard.c \
	%D%/h5/h5_heap.c %D%/h5/h5_internal.h %D%/h5/h5_links.c %D%/h5/h5_chunk.c %D%/h5/h5_read.c %D%/h5/h5_row.c %D%/h5/h5_text.c %D%/h5/h5_versions.h %D%/h5/h5_write.c \
	%D%/h5/raw.c %D%/h5/raw.h %D%/h5/unpack.c %D%/h5/unpack.h \
	%D%/maps/heat.c %D%/maps/heat.h %D%/maps/imd.c %D%/maps/imd.h %D%/maps/kap.c %D%/maps/kap.h %D%/maps/map.c %D%/maps/map.h %D%/maps/match.c %D%/maps/match.h %D%/maps/nearest.c \
	%D%/maps/nearest.h %D%/maps/pose.c %D%/maps/pose.h %D%/maps/resize.c %D%/maps/resize.h \
	%D%/input/catalog.c %D%/input/catalog.h %D%/input/catalog_groups.c %D%/input/catalog_groups.h %D%/input/catalog_images.c \
	%D%/input/catalog_images.h %D%/input/catalog_names.c %D%/input/catalog_names.h %D%/input/catalog_open.c %D%/input/catalog_open.h \
	%D%/input/catalog_pairs.c %D%/input/catalog_pairs.h %D%/input/failure.c %D%/input/failure.h %D%/input/query.c %D%/input/query.h \
	%D%/input/reader.c %D%/input/reader.h %D%/input/truth.c %D%/input/truth.h %D%/input/units.c %D%/input/units.h %D%/input/unused.c \
	%D%/input/unused.h \
	%D%/network/aggregate.c %D%/network/aggregate.h %D%/network/aggregate_layout.c %D%/network/aggregate_layout.h %D%/network/aggregation.c %D%/network/aggregation.h %D%/network/convolution.c \
	%D%/network/convolution.h %D%/network/grids.c %D%/network/grids.h %D%/network/layers.h %D%/network/linear.c %D%/network/linear.h %D%/network/load.c %D%/network/load.h \
	%D%/network/model.c %D%/network/model.h %D%/network/refine.c %D%/network/refine.h %D%/network/residual.c %D%/network/residual.h \
	%D%/network/tensors.c %D%/network/tensors.h %D%/network/winograd.c %D%/network/winograd.h \
	%D%/results/bootstrap.c %D%/results/bootstrap.h %D%/results/evaluate.c %D%/results/evaluate.h %D%/results/existing.c %D%/results/existing.h %D%/results/fingerprint.c \
	%D%/results/fingerprint.h %D%/results/formats.c %D%/results/formats.h %D%/results/hloc.c %D%/results/hloc.h %D%/results/identity.c \
	%D%/results/identity.h %D%/results/journal.c %D%/results/journal.h %D%/results/keypoints.c %D%/results/keypoints.h %D%/results/measure.c %D%/results/measure.h %D%/results/merge.c %D%/results/merge.h %D%/results/output.c \
	%D%/results/output.h %D%/results/output_read.c %D%/results/precision.c %D%/results/precision.h %D%/results/record.c %D%/results/record.h %D%/results/results.c \
	%D%/results/results.h %D%/results/resample.c %D%/results/resample.h %D%/results/risk.c %D%/results/risk.h %D%/results/scores.c %D%/results/scores.h \
	%D%/run/budget.c %D%/run/budget.h %D%/run/cache.c %D%/run/cache.h %D%/run/forecast.c %D%/run/forecast.h %D%/run/graph.c \
	%D%/run/graph.h %D%/run/image.c %D%/run/image.h %D%/run/image_pair.c %D%/run/job.c %D%/run/job.h %D%/run/order.c %D%/run/order.h %D%/run/pair.c %D%/run/pair.h %D%/run/pipeline.c %D%/run/plan.c %D%/run/plan.h \
	%D%/run/prefetch.c %D%/run/prefetch.h %D%/run/remaining.c %D%/run/remaining.h %D%/run/shard.c %D%/run/shard.h %D%/run/work.c %D%/run/work.h %D%/run/workers.c %D%/run/workers.h \
	%D%/tools/bench.c %D%/tools/bench.h %D%/tools/facts.c %D%/tools/facts.h %D%/tools/inspect.c %D%/tools/inspect.h %D%/tools/inspect_input.c \
	%D%/tools/inspect_input.h %D%/tools/synth.c %D%/tools/synth.h \
	%D%/tools/synth_design.c %D%/tools/synth_design.h %D%/tools/synth_model.c %D%/tools/synth_model.h
# What is compiled with the version. (automake would leave out its own rules for targets that it sees here.)
has_version = %D%/base/libgeosc_core_la-context.lo %D%/base/libgeosc_core_la-options.lo
$(has_version): $(top_srcdir)/configure.ac
libgeosc_core_la_CPPFLAGS = $(LIBRARY_CPPFLAGS)
libgeosc_core_la_LIBADD = $(kernel_libraries) $(HDF5_LIBS)

lib_LTLIBRARIES = libgeosc.la
libgeosc_la_SOURCES =
libgeosc_la_LIBADD = libgeosc_core.la
libgeosc_la_LDFLAGS = -version-info $(LIBRARY_VERSION) -no-undefined -export-symbols-regex '^geosc_'

# A static library hides nothing by itself: its objects become one, in which only geosc_* is global.
install-exec-hook:
	archive=`cd '$(DESTDIR)$(libdir)' && pwd`/libgeosc.a; test ! -f "$$archive" || { rm -rf one_object && mkdir one_object && \
	    (cd one_object && $(AR) x "$$archive") && \
	    CC='$(CC)' CFLAGS='$(CFLAGS)' OBJCOPY='$(OBJCOPY)' $(srcdir)/%D%/one_object $(HIDE) libgeosc_all.o one_object/*.o && \
	    rm -rf one_object "$$archive" && $(AR) cr "$$archive" libgeosc_all.o && $(RANLIB) "$$archive"; }
EXTRA_DIST += %D%/one_object
CLEANFILES += libgeosc_all.o

# What was installed serves a program that has nothing else.
CLEANFILES += installed_example
installcheck-local:
	$(CC) $(CFLAGS) -I'$(DESTDIR)$(includedir)' -o installed_example $(srcdir)/examples/match_arrays.c \
	    -L'$(DESTDIR)$(libdir)' -lgeosc $(LDFLAGS) $(HDF5_LIBS) $(OPENMP_CFLAGS) $(LIBS)
	$(SHARED_PATH)='$(DESTDIR)$(libdir)' ./installed_example
	test '$(HIDE)' = none || ! $(NM) '$(DESTDIR)$(libdir)'/libgeosc.a | grep ' [TDBRS] ' | grep -v ' _*geosc_'
	'$(DESTDIR)$(bindir)/geosc' --version
