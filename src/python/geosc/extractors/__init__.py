"""geosc-extract: features of pictures, by a backbone of PyTorch, in a file that geosc and geosc-import read.

frame (the part of the plane that the backbone sees), pictures (their names, frames and masks), backbone (loads the network and runs it), batches
(of which each is computed whole, so that a resumed run gives the same bytes), command (options). The file is written by geosc.importers.writer.
"""
