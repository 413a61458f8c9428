# Python: geosc, the library for Python, and the programs whose modules are in it: geosc-import, for what comes from PyTorch's world,
# geosc-export, for labels, and geosc-extract, for features of pictures.
python_programs = geosc-import geosc-export geosc-extract
bin_SCRIPTS = $(python_programs)
# In the build folder they run with links to the modules.
$(python_programs): %D%/program.in %D%/start.sh python-modules FORCE
	@{ $(srcdir)/%D%/start.sh '$(PYTHON3)' && sed -e 's|[@]pythondir@|$(pythondir)|' -e 's|[@]VERSION@|$(VERSION)|' \
	    -e 's|[@]PROGRAM@|$@|' $(srcdir)/%D%/program.in; } >$(new) && chmod +x $(new) && $(replace_if_new)
pythongeoscdir = $(pythondir)/geosc
dist_pythongeosc_DATA = \
	%D%/geosc/__init__.py %D%/geosc/__init__.pyi %D%/geosc/_arrays.py %D%/geosc/_job.py %D%/geosc/_library.py %D%/geosc/_match.py %D%/geosc/_model.py \
	%D%/geosc/_options.py %D%/geosc/_results.py %D%/geosc/_show.py %D%/geosc/_writer.py %D%/geosc/py.typed
pythonimportersdir = $(pythongeoscdir)/importers
dist_pythonimporters_DATA = \
	%D%/geosc/importers/__init__.py %D%/geosc/importers/apart.py %D%/geosc/importers/archive.py %D%/geosc/importers/array_file.py \
	%D%/geosc/importers/axes.py %D%/geosc/importers/check.py %D%/geosc/importers/coco.py %D%/geosc/importers/command.py \
	%D%/geosc/importers/datasets.py %D%/geosc/importers/disk.py %D%/geosc/importers/entry.py %D%/geosc/importers/extracted.py \
	%D%/geosc/importers/files.py %D%/geosc/importers/form.py %D%/geosc/importers/levels.py %D%/geosc/importers/model.py \
	%D%/geosc/importers/own.py %D%/geosc/importers/pickles.py %D%/geosc/importers/place.py %D%/geosc/importers/poses.py \
	%D%/geosc/importers/rename.py %D%/geosc/importers/resume.py %D%/geosc/importers/scene.py %D%/geosc/importers/source.py \
	%D%/geosc/importers/square.py %D%/geosc/importers/start.py %D%/geosc/importers/state.py %D%/geosc/importers/stop.py \
	%D%/geosc/importers/stored.py %D%/geosc/importers/support.py %D%/geosc/importers/symmetry.py %D%/geosc/importers/tensors.py \
	%D%/geosc/importers/text.py %D%/geosc/importers/torch_file.py %D%/geosc/importers/writer.py %D%/geosc/importers/zarr.py
pythonexportersdir = $(pythongeoscdir)/exporters
dist_pythonexporters_DATA = \
	%D%/geosc/exporters/__init__.py %D%/geosc/exporters/answers.py %D%/geosc/exporters/command.py %D%/geosc/exporters/forms.py \
	%D%/geosc/exporters/fusion.py %D%/geosc/exporters/kept.py %D%/geosc/exporters/predict.py
pythonextractorsdir = $(pythongeoscdir)/extractors
dist_pythonextractors_DATA = \
	%D%/geosc/extractors/__init__.py %D%/geosc/extractors/backbone.py %D%/geosc/extractors/batches.py %D%/geosc/extractors/command.py \
	%D%/geosc/extractors/frame.py %D%/geosc/extractors/pictures.py
python_modules = $(dist_pythongeosc_DATA) $(dist_pythonimporters_DATA) $(dist_pythonexporters_DATA) $(dist_pythonextractors_DATA)
# It finds the library and the symmetry files by the paths from its own folder.
nodist_pythongeosc_DATA = %D%/geosc/_installed.py
%D%/geosc/_installed.py: FORCE
	@$(MKDIR_P) %D%/geosc
	@from_here() { echo "relpath('$$1', '$(pythongeoscdir)')"; } && { echo '# Paths from this folder.' && echo 'from os.path import relpath' && echo && \
	    echo "LIBRARY = $$(from_here '$(libdir)/$(SHARED_NAME)')" && \
	    echo "SYMMETRY = $$(from_here '$(symmetrydir)')"; } >$(new) && $(replace_if_new)
# What pip and importlib.metadata know of an installed package.
pythoninfodir = $(pythondir)/geosc-$(VERSION).dist-info
nodist_pythoninfo_DATA = %D%/METADATA
%D%/METADATA: packaging/wheel/METADATA.in README.md FORCE
	@$(MKDIR_P) %D% && { sed -e 's|[@]VERSION@|$(VERSION)|' $(srcdir)/packaging/wheel/METADATA.in && cat $(srcdir)/README.md; } >$(new) && $(replace_if_new)
# In the build folder the package is links to the modules and the library.
all-local: python-library
python-modules:
	@$(MKDIR_P) %D%/geosc/importers %D%/geosc/exporters %D%/geosc/extractors && for module in $(python_modules); do \
	    test -e $$module || $(LN_S) '$(abs_srcdir)'/$$module $$module || exit 1; done
python-library: python-modules libgeosc.la
	@test ! -f .libs/$(SHARED_NAME) || ln -sf ../../../.libs/$(SHARED_NAME) %D%/geosc/$(SHARED_NAME)
.PHONY: python-modules python-library
EXTRA_DIST += %D%/program.in %D%/start.sh
CLEANFILES += $(python_programs) %D%/METADATA %D%/geosc/_installed.py
symmetrydir = $(pkgdatadir)/symmetry
dist_symmetry_DATA = data/symmetry/ap10k.json data/symmetry/spair.json
