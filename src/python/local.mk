# geosc-import: Python, for what comes from PyTorch's world.
bin_SCRIPTS = geosc-import
# In a folder of its own it runs with a link to the modules.
geosc-import: %D%/geosc-import.in %D%/start.sh FORCE
	@{ $(srcdir)/%D%/start.sh '$(PYTHON3)' && \
	    sed -e 's|[@]pkgdatadir@|$(pkgdatadir)|' -e 's|[@]VERSION@|$(VERSION)|' $(srcdir)/%D%/geosc-import.in; } >$(new) && \
	    chmod +x $(new) && $(replace_if_new)
	@test -d %D%/geosc_import || { $(MKDIR_P) %D% && $(LN_S) '$(abs_srcdir)/%D%/geosc_import' %D%/; }
pythonmodulesdir = $(pkgdatadir)/python/geosc_import
dist_pythonmodules_DATA = \
	%D%/geosc_import/__init__.py %D%/geosc_import/apart.py %D%/geosc_import/archive.py %D%/geosc_import/array_file.py \
	%D%/geosc_import/axes.py %D%/geosc_import/check.py %D%/geosc_import/coco.py %D%/geosc_import/command.py \
	%D%/geosc_import/datasets.py %D%/geosc_import/disk.py %D%/geosc_import/entry.py %D%/geosc_import/files.py \
	%D%/geosc_import/form.py %D%/geosc_import/levels.py %D%/geosc_import/model.py %D%/geosc_import/own.py \
	%D%/geosc_import/pickles.py %D%/geosc_import/place.py %D%/geosc_import/rename.py %D%/geosc_import/resume.py \
	%D%/geosc_import/scene.py %D%/geosc_import/source.py %D%/geosc_import/square.py %D%/geosc_import/start.py \
	%D%/geosc_import/state.py %D%/geosc_import/stop.py %D%/geosc_import/stored.py %D%/geosc_import/symmetry.py \
	%D%/geosc_import/tensors.py %D%/geosc_import/text.py %D%/geosc_import/to_coco.py %D%/geosc_import/torch_file.py \
	%D%/geosc_import/writer.py %D%/geosc_import/zarr.py
EXTRA_DIST += %D%/geosc-import.in %D%/start.sh
CLEANFILES += geosc-import
symmetrydir = $(pkgdatadir)/symmetry
dist_symmetry_DATA = data/symmetry/ap10k.json data/symmetry/spair.json
