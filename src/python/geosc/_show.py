"""Pictures of pairs as SVG, for notebooks: both images side by side, the source in its chosen pose, and a line for each match."""

import base64
import struct
import zlib
from xml.sax.saxutils import escape

import numpy as np

from . import _arrays
from ._library import POSE_NAMES, UsageError, c, lib
from .importers import ImportFailure
from .importers import axes as orders

SIDE, MARGIN, GAP, TOP = 420, 12, 28, 40  # in points; SIDE: of the longer side of each image
SHARP = 2  # most pixels of an embedded picture for a point of the drawing
NAMES = ("source", "target")
# The colours of src/draw/marks.c, which a test compares: of up to twelve points, and those between which the colours of more are mixed.
PALETTE = ["#96e100", "#c34ba5", "#6900ff", "#695a0f", "#ffc387", "#1e694b", "#0f87ff", "#3ce1d2", "#ff4b87", "#879600", "#b4b4ff", "#960fb4"]
GRID = [[(90, 200, 255), (255, 140, 220), (255, 230, 80)], [(30, 30, 210), (180, 0, 110), (140, 100, 0)]]
DENSE = 12  # most points along the longer side of a grid of which every cell was matched
TURNS = {
    "none": lambda a: a, "hflip": lambda a: a[:, ::-1], "vflip": lambda a: a[::-1], "rot180": lambda a: a[::-1, ::-1],
    "rot90": np.rot90, "rot270": lambda a: np.rot90(a, 3), "transpose": lambda a: a.swapaxes(0, 1),
    "antitranspose": lambda a: a[::-1, ::-1].swapaxes(0, 1),
}  # fmt: skip


class Drawing:
    """A picture that a notebook shows. svg: its text; save(path) writes it to a file."""

    def __init__(self, svg):
        self.svg = svg

    def _repr_svg_(self):
        return self.svg

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


# ---- pictures --------------------------------------------------------------------------------------


def photograph(array, name):
    """[h, w, 3] uint8, from that or from floats of 0 to 1; what a fourth number says of a pixel does not matter."""
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise UsageError(f"{name} has shape {list(array.shape)}, expected a picture [h, w, 3], or for both the features that were matched")
    array = array[:, :, :3]
    return array if array.dtype == np.uint8 else np.rint(255 * np.clip(np.nan_to_num(array.astype("f4")), 0, 1)).astype("u1")


def as_map(array, side):
    """Features in the order of axes in which they were matched as [C, H, W], known by their grid; anything else as it is."""
    try:
        found = orders.arrange(array, side.order or orders.CHW, "")
    except ImportFailure:
        return array
    return found if found.shape[:0:-1] == side.grid else array


def take_pictures(given, sides):
    """(two pictures [h, w, 3] uint8, whether they are photographs). Features are known by the grid, which they share with what was matched."""
    arrays = [as_map(_arrays.to_numpy(array, name), side) for array, name, side in zip(given, NAMES, sides)]
    if all(array.ndim == 3 and array.dtype.kind == "f" and array.shape[:0:-1] == side.grid for array, side in zip(arrays, sides)):
        return colours_of(arrays), False
    return [photograph(array, name) for array, name in zip(arrays, NAMES)], True


def colours_of(maps):
    """Features [C, H, W] of both images as pictures: their cells on the three directions in which they vary most, in both the same."""
    if len({len(features) for features in maps}) > 1:
        raise UsageError(f"the source has {len(maps[0])} channels, the target {len(maps[1])}")
    rows = [np.nan_to_num(features.reshape(len(features), -1).T.astype("f8"), posinf=0, neginf=0) for features in maps]
    some = np.concatenate([cells[:: len(cells) // 400 + 1] for cells in rows])
    axes = np.linalg.svd(some - some.mean(0), full_matrices=False)[2][:3]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    low, high = np.percentile(some @ axes.T, (2, 98), axis=0)
    pictures = []
    for features, cells in zip(maps, rows):
        shares = np.clip((cells @ axes.T - low) / np.maximum(high - low, 1e-12), 0, 1)
        shares = np.pad(shares, ((0, 0), (0, 3 - shares.shape[1])), constant_values=0.5)
        pictures.append(np.rint(20 + 220 * shares).astype("u1").reshape(*features.shape[1:], 3))
    return pictures


def shrink(picture, most):
    """At most so many pixels along each axis: each the mean of those that it stands for."""
    for axis in (0, 1):
        size = picture.shape[axis]
        if size > most:
            starts = np.arange(most) * size // most
            counts = np.diff(np.append(starts, size)).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
            picture = np.rint(np.add.reduceat(picture.astype("f4"), starts, axis) / counts).astype("u1")
    return picture


def png(picture):
    """The bytes of a PNG file of [h, w, 3] uint8."""
    height, width, _ = picture.shape
    lines = np.concatenate([np.zeros((height, 1), "u1"), picture.reshape(height, -1)], 1).tobytes()

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


# ---- places ----------------------------------------------------------------------------------------


class Side:
    """One image of a pair: how coordinates lie in it, and where it is in the drawing."""

    order = None  # of the axes of features that show is given, as _arrays.axes returns it

    def __init__(self, refined, units):
        self.grid, self.size, self.placement, self.units = (refined.width, refined.height), refined.size, refined.placement, units
        self.shape = self.grid if self.size is None else self.size

    def shares(self, points):
        """[K, 2]: points as shares of the image's width and height (docs/computation.md, Units)."""
        points = np.asarray(points, "f8")
        if self.units == "cell":
            return (points + 0.5) / self.grid
        if self.units == "original":
            points = points * self.placement[0] + self.placement[1:]
        return points / self.size

    def lay_out(self, left, pose):
        """Places the image, which is shown in a pose; returns where it ends."""
        self.pose = pose
        upright = TURNS[pose](np.empty((1, 2))).shape == (1, 2)
        width, height = self.shape if upright else self.shape[::-1]
        self.left, self.width, self.height = left, *(max(SIDE * side / max(width, height), 24) for side in (width, height))
        return left + self.width

    def places(self, points):
        """[K, 2]: the same in points of the drawing."""
        out = []
        for share in self.shares(points) - 0.5:
            x, y = map(c.c_double, share)
            lib.geosc_pose_point(POSE_NAMES.index(self.pose), 1, 1, c.byref(x), c.byref(y))
            out.append((self.left + (x.value + 0.5) * self.width, TOP + (y.value + 0.5) * self.height))
        return np.array(out).reshape(-1, 2)


def rank(values):
    """Places in ascending order as shares, 0 to 1; equal ones by number."""
    order = np.argsort(values, kind="stable")
    shares = np.empty(len(order))
    shares[order] = np.arange(len(order)) / max(len(order) - 1, 1)
    return shares


def colours(points):
    """A colour of its own for each of the points [K, 2] of the source, as in pictures of geosc render (src/draw/marks.h)."""
    if len(points) <= len(PALETTE):
        return PALETTE[: len(points)]
    u, v = rank(points[:, 0])[:, None], rank(points[:, 1])[:, None]
    left = np.where(u[:, 0] < 0.5, 0, 1)
    u = 2 * u - left[:, None]
    top, bottom = ((1 - u) * row[left] + u * row[left + 1] for row in np.array(GRID, "f8"))
    return ["#%02x%02x%02x" % tuple(int(part + 0.5) for part in own) for own in (1 - v) * top + v * bottom]


# ---- the drawing -----------------------------------------------------------------------------------


def draw_side(side, picture, smooth, caption):
    lines = [f'<text x="{side.left:.1f}" y="{TOP - 6}" fill="#555">{escape(caption)}</text>']
    box = f'x="{side.left:.1f}" y="{TOP}" width="{side.width:.1f}" height="{side.height:.1f}"'
    if picture is not None:
        data = base64.b64encode(png(np.ascontiguousarray(TURNS[side.pose](shrink(picture, SIDE * SHARP))))).decode()
        style = "" if smooth else ' style="image-rendering:pixelated"'
        lines.append(f'<image {box} preserveAspectRatio="none"{style} href="data:image/png;base64,{data}"/>')
    fill = "none" if picture is not None else "#e8e8e8"
    return lines + [f'<rect {box} fill="{fill}" stroke="#555" stroke-width="0.75"/>']


def draw_matches(numbers, points, from_places, to_places, scores, labelled):
    """Lines first, so that they hide no mark. Marks as in src/draw/marks.h: a diamond is a match that nobody judged, an open square a point
    without an answer."""
    lines, marks = [], []

    def mark(k, place, own, answered, way):
        x, y = place
        about = f"<title>{k}: {f'score {scores[k]:.3f}' if answered else 'no answer'}</title>"
        look = f'fill="{own}" stroke="#fff"' if answered else f'fill="none" stroke="{own}" stroke-width="2"'
        corners = ((0, -5), (5, 0), (0, 5), (-5, 0)) if answered else ((-4, -4), (4, -4), (4, 4), (-4, 4))
        outline = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
        marks.append(f'<polygon points="{outline}" {look}>{about}</polygon>')
        if labelled:
            anchor = "end" if way < 0 else "start"
            marks.append(f'<text class="n" x="{x + 6 * way:.1f}" y="{y - 4:.1f}" text-anchor="{anchor}">{k}</text>')

    for k, own in zip(numbers, colours(np.asarray(points, "f8")[numbers].reshape(-1, 2))):
        (x, y), (u, v) = from_places[k], to_places[k]
        answered = bool(np.isfinite((u, v)).all())
        mark(k, (x, y), own, answered, -1)
        if answered:
            lines.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}" stroke="{own}" stroke-width="1.6"/>')
            mark(k, (u, v), own, True, 1)
    return lines + marks


def chosen_points(match, keypoints):
    """(numbers, keypoints [K, 2], answers, scores): those that are drawn; of a dense match, cells at equal distances."""
    if keypoints is not None:
        return [k for k, point in enumerate(keypoints) if np.isfinite(point).all()], keypoints, match.xy, match.score
    height, width = match.score.shape
    step = -(-max(height, width) // DENSE)
    y, x = (axis.reshape(-1) for axis in np.mgrid[step // 2 : height : step, step // 2 : width : step])
    found = match.xy[y, x]
    return np.flatnonzero(np.isfinite(found).all(1)).tolist(), np.stack([x, y], -1), found, match.score[y, x]


def describe(match):
    chosen = "no pose chosen" if match.pose is None else f"source in pose {match.pose}"
    distances = ", ".join(f"{pose} {imd:.4f}" for pose, imd in zip(match.poses, match.imd) if np.isfinite(imd))
    return chosen + (f"; IMD: {distances}" if distances else "") + ("" if match.ok else f". Status {match.status}")


def draw(match, sides, keypoints, given):
    """The Drawing of a match between two Sides. keypoints: None for a dense match. given: two pictures or features, or None."""
    pictures, smooth = ((None, None), True) if given is None else take_pictures(given, sides)
    right = sides[1].lay_out(sides[0].lay_out(MARGIN, match.pose or "none") + GAP, "none")
    width, height = max(right + MARGIN, 480), TOP + max(side.height for side in sides) + 30
    numbers, points, answers, scores = chosen_points(match, keypoints)
    body = [f'<text x="{MARGIN}" y="18" class="t">{escape(describe(match))}</text>']
    for side, name, picture in zip(sides, NAMES, pictures):
        body += draw_side(side, picture, smooth, name if smooth else name + ", features as colours")
    body += draw_matches(numbers, points, sides[0].places(points), sides[1].places(answers), scores, keypoints is not None)
    shown = f"{len(numbers)} points" if keypoints is not None else f"dense: {len(numbers)} of {match.score.size} cells are drawn"
    if np.isfinite(match.score).any():
        shown += f"; mean score {np.nanmean(match.score):.3f}"
    body.append(f'<text x="{MARGIN}" y="{height - 10:.1f}" fill="#555">{shown}</text>')
    style = (".geosc text{font:12px sans-serif}.geosc .t{font-weight:bold}"
             ".geosc .n{font-size:10px;fill:#fff;stroke:#000;stroke-width:2.5px;paint-order:stroke}")  # fmt: skip
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="geosc" {size}>'
    return Drawing("\n".join([head, f"<style>{style}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *body, "</svg>"]))
