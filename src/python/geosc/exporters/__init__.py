"""geosc-export: writes the labels of an input that geosc-import coco made, or the answers of geosc match in it, for other programs.

kept (what the input keeps), answers (of the output), fusion (of several supports), predict (labels from answers), forms (COCO's format, CVAT's
XML, DeepLabCut's and plain CSV), command (options). Errors, signals and the output's name are those of geosc.importers.
"""
