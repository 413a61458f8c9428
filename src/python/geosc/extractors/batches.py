"""Batches of pictures. A batch always holds the same pictures, even if some of them are finished: a sum may depend on what is computed beside it."""

import numpy as np

from ..importers import ImportFailure
from ..importers.poses import pose_array
from ..importers.writer import facts_of


class Batches:
    def __init__(self, backbone, images, count):
        """Up to `count` images with frames of one size in a batch."""
        self.backbone, self.of_image, open_ones = backbone, {}, {}
        for image in images:
            size = image.frame.width, image.frame.height
            batch = open_ones.setdefault(size, [])
            batch.append(image)
            self.of_image[image.name] = batch
            if len(batch) == count:
                del open_ones[size]
            image.batches = self
        self.start(None)

    def start(self, batch):
        """The batch to be computed now."""
        self.batch, self.found = batch, {}
        self.facts = [facts_of(image.picture) for image in batch or ()]
        self.frames = np.stack([image.frame.picture(image.picture) for image in batch]) if batch else None

    def features(self, image, pose):
        """[(level's name, array [C, H, W])] of an image."""
        batch = self.of_image[image.name]
        if batch is not self.batch:
            self.start(batch)
        place = next(k for k, own in enumerate(batch) if own is image)
        if facts_of(image.picture) != self.facts[place]:
            raise ImportFailure(f"{image.picture}: was changed while it was read; repeat the command")
        if pose not in self.found:
            posed = np.moveaxis(pose_array(np.moveaxis(self.frames, 3, 1), pose), 1, 3)
            self.found[pose] = self.backbone.run(posed)
        return [(name, array[place]) for name, array in self.found[pose]]
