# Python. geosc-import: for what comes from PyTorch's world.
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
# The package geosc: libgeosc for Python, beside these modules. It finds the library by the path from its own folder.
pythongeoscdir = $(pkgdatadir)/python/geosc
dist_pythongeosc_DATA = \
	%D%/geosc/__init__.py %D%/geosc/__init__.pyi %D%/geosc/_arrays.py %D%/geosc/_job.py %D%/geosc/_library.py %D%/geosc/_match.py %D%/geosc/_model.py \
	%D%/geosc/_options.py %D%/geosc/_results.py %D%/geosc/_writer.py %D%/geosc/py.typed
nodist_pythongeosc_DATA = %D%/geosc/_installed.py
%D%/geosc/_installed.py: FORCE
	@$(MKDIR_P) %D%/geosc
	@{ echo '# The library, from this folder.' && \
	    printf 'LIBRARY = "%s/libgeosc.so.0"\n' "$$(realpath -m --relative-to='$(pythongeoscdir)' '$(libdir)')"; } >$(new) && $(replace_if_new)
# In the build folder the package is links to the modules and the library.
all-local: python-package
python-package: libgeosc.la
	@$(MKDIR_P) %D%/geosc && for module in $(dist_pythongeosc_DATA); do \
	    test -e $$module || $(LN_S) '$(abs_srcdir)'/$$module $$module || exit 1; done
	@test ! -f .libs/libgeosc.so || ln -sf ../../../.libs/libgeosc.so %D%/geosc/libgeosc.so.0
.PHONY: python-package
EXTRA_DIST += %D%/geosc-import.in %D%/start.sh
CLEANFILES += geosc-import %D%/geosc/_installed.py
symmetrydir = $(pkgdatadir)/symmetry
dist_symmetry_DATA = data/symmetry/ap10k.json data/symmetry/spair.json
