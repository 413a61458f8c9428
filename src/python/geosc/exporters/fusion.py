"""One answer from those of several supports: the weighted median of each coordinate.

An answer weighs what its similarity and the way back say: score^4, and half of it if the way back from it ends elsewhere than at the query. The
median is not moved by a support whose answer lies far off, as long as the others weigh more.
"""

import numpy as np

POWER = 4  # of the similarity
ONE_WAY = 0.5  # of an answer that is not mutual
LEAST = 1e-6  # an answer whose similarity is not above 0 still is one


def weights_of(score, mutual):
    return np.clip(np.nan_to_num(score), LEAST, None) ** POWER * np.where(mutual, 1, ONE_WAY)


def weighted_median(values, weights):
    """Along the first axis: where half of the weight is reached, or in the middle of two values if it is reached exactly between them; NaN if
    there is no weight. A value without weight has no part."""
    values, weights = np.where(weights > 0, values, np.inf), np.where(weights > 0, weights, 0)
    order = np.argsort(values, 0, kind="stable")
    values, reached = np.take_along_axis(values, order, 0), np.cumsum(np.take_along_axis(weights, order, 0), 0)
    half = reached[-1] / 2
    lower, upper = (np.take_along_axis(values, np.argmax(passed, 0)[None], 0)[0] for passed in (reached >= half, reached > half))
    with np.errstate(invalid="ignore"):
        return np.where(half > 0, (lower + upper) / 2, np.nan)


class Fused:
    """Of one target: xy [K, 2], NaN without an answer; score [K], the weighted mean of the similarities; supports [K], how many counted; spread
    [K], the median distance of their answers to xy; hidden [K]: whether the point is hidden in each support that counted."""

    def __init__(self, xy, score, mutual, seen):
        """xy: [S, K, 2]; score, mutual, seen: [S, K], seen: the visibility of the support's own point, 0 to 2. Where a support shows the point,
        those where it is hidden do not count."""
        there = np.isfinite(xy).all(-1) & (seen > 0)
        shown = there & (seen == 2)
        counts = np.where(shown.any(0), shown, there)
        weights = np.where(counts, weights_of(score, mutual), 0)
        self.xy = np.stack([weighted_median(np.nan_to_num(xy[..., axis]), weights) for axis in (0, 1)], -1)
        total = weights.sum(0)
        self.supports, self.hidden = counts.sum(0), ~shown.any(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.score = (weights * np.nan_to_num(score)).sum(0) / total
        distance = np.hypot(*np.moveaxis(np.nan_to_num(xy) - np.nan_to_num(self.xy), -1, 0))
        self.spread = weighted_median(distance, counts.astype(float))
