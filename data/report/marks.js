// Pictures of pairs: the images, in a pose, and the marks over them. A mark's shape and colour say whether an answer is right
// (a disc), wrong (a cross) or not judged (a diamond), and an open square in the source that there is none: as in src/draw/marks.h. The
// keypoint's number, or its colour (a cross has it in the middle), says which it is.
import {columns, first, outputs, heatOf, meta, picture, pictureOf, poseName} from "./data.js";
import {drawn} from "./elements.js";
import {answeredPoint, judgedPoint, verdict} from "./pairs.js";

// Each pose as a matrix (a b c d e f, as in SVG) of fractions of the image's width and height.
const MATRICES = {
    none: [1, 0, 0, 1, 0, 0], hflip: [-1, 0, 0, 1, 1, 0], vflip: [1, 0, 0, -1, 0, 1], rot180: [-1, 0, 0, -1, 1, 1],
    rot90: [0, -1, 1, 0, 0, 1], rot270: [0, 1, -1, 0, 1, 0], transpose: [0, 1, 1, 0, 0, 0], antitranspose: [0, -1, -1, 0, 1, 1],
};

export function posed(pose, [u, v]) {
    const [a, b, c, d, e, f] = MATRICES[pose];
    return [a * u + c * v + e, b * u + d * v + f];
}

export const shownPose = (p, o) => poseName(p, o) === "undecided" ? "none" : poseName(p, o);

// Width and height of an image in a pose.
export function sizeOf(image, pose) {
    const width = columns.width[image], height = columns.height[image];
    return MATRICES[pose][0] === 0 ? [height, width] : [width, height];
}

// The image of one side of a pair, of width and height 1, in a list: empty without a picture.
export function imageOf(p, side, pose) {
    const number = pictureOf(p, side), matrix = `matrix(${MATRICES[pose].join(" ")})`;
    return number === undefined ? [] : [drawn("image", {class: meta.run.photographs ? "" : "cells", width: 1, height: 1, preserveAspectRatio: "none", transform: matrix,
        href: picture(number)})];
}

// The similarities of a keypoint as an image over the target, of width and height 1: the more similar, the more yellow. A high
// power: only what is about as similar as the best may cover the photograph. The colours of features have yellow of their own: there
// all else is darkened. Null without similarities.
export function heatImage(p, o, i) {
    const heat = heatOf(p, o, i - first[p]), side = outputs[o].heat;
    if (!heat)
        return null;
    const canvas = document.createElement("canvas"), pen = (canvas.width = canvas.height = side, canvas.getContext("2d")), made = pen.createImageData(side, side);
    heat.forEach((value, n) => {
        const share = (value / 255) ** 10;
        made.data.set(meta.run.photographs ? [255, 60 + 0.75 * value, 0, Math.round(255 * 0.8 * share)] : [255 * share, 240 * share, 0, Math.round(255 * (0.7 + 0.25 * share))], 4 * n);
    });
    pen.putImageData(made, 0, 0);
    return drawn("image", {class: "heat", width: 1, height: 1, preserveAspectRatio: "none", href: canvas.toDataURL()});
}

export const sourcePoint = (i, pose) => posed(pose, [columns.source_x[i], columns.source_y[i]]);
export const answerPoint = (o, i) => [outputs[o].x[i], outputs[o].y[i]];
export const truePoint = i => [columns.true_x[i], columns.true_y[i]];

const parts = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));

// Each keypoint's place among all, along one axis: 0 to 1.
function ranks(points, places) {
    const order = [...points].sort((a, b) => places[a] - places[b] || a - b);
    return new Map(order.map((i, place) => [i, place / (order.length - 1)]));
}

// A colour for each keypoint, none twice, as src/draw/marks.h has it: of few keypoints by number, of many by their places in the source.
export function pointColours(p) {
    const points = Array.from({length: columns.points[p]}, (_, j) => first[p] + j);
    if (points.length <= meta.palette.length)
        return new Map(points.map((i, place) => [i, meta.palette[place]]));
    const across = ranks(points, columns.source_x), down = ranks(points, columns.source_y), grid = meta.grid.map(parts);
    return new Map(points.map(i => {
        const left = across.get(i) < 0.5 ? 0 : 1, u = 2 * across.get(i) - left, v = down.get(i);
        const mixed = [0, 1, 2].map(c => (1 - v) * ((1 - u) * grid[left][c] + u * grid[left + 1][c]) + v * ((1 - u) * grid[3 + left][c] + u * grid[4 + left][c]));
        return [i, `rgb(${mixed.map(Math.round).join(" ")})`];
    }));
}

// ---- marks ----

const SHAPES = {
    right: r => `M${-r},0a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0z`,
    wrong: r => `M${-r},${-r}L${r},${r}M${-r},${r}L${r},${-r}`,
    missing: r => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
    unknown: r => `M0,${-1.35 * r}L${1.35 * r},0L0,${1.35 * r}L${-1.35 * r},0z`,
};
SHAPES.partner = r => SHAPES.unknown(r * 0.8);
SHAPES.truth = SHAPES.none = SHAPES.source = SHAPES.right;

const OPEN = new Set(["truth", "none", "missing"]); // these have the keypoint's colour in their line

// A mark of a kind (a verdict, "truth" or "source") at a point, over a pale copy of itself.
export function markAt(kind, [x, y], r, colour) {
    const path = SHAPES[kind](r);
    return drawn("g", {class: "mark " + kind, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`},
        drawn("path", {class: "halo", d: path}), drawn("path", {class: "shape", d: path, style: colour && `${OPEN.has(kind) ? "stroke" : "fill"}: ${colour}`}),
        ...(kind === "wrong" && colour ? [drawn("circle", {class: "middle", r: r * 0.45, style: `fill: ${colour}`})] : []));
}

export const sourceMark = (o, i, place, r, colour) => markAt(answeredPoint(o, i) ? "source" : "missing", place, r, colour);

// Moves points that coincide side by side: places [x, y] by key, at least `gap` apart in their group.
export function spread(places, gap) {
    const groups = [];
    for (const [key, place] of places) {
        const group = groups.find(({middle}) => Math.hypot(middle[0] - place[0], middle[1] - place[1]) < gap / 2);
        if (group)
            group.keys.push(key);
        else
            groups.push({middle: place, keys: [key]});
    }
    for (const {middle, keys} of groups.filter(({keys}) => keys.length > 1)) {
        const wide = Math.ceil(Math.sqrt(keys.length * 2)), high = Math.ceil(keys.length / wide);
        keys.forEach((key, j) => places.set(key, [middle[0] + (j % wide - (Math.min(wide, keys.length) - 1) / 2) * gap,
            middle[1] + (Math.floor(j / wide) - (high - 1) / 2) * gap]));
    }
    return places;
}

// ---- small pictures ----

// Both images of a pair with marks, for a list of pairs: no text and no lines.
export function smallPair(p, o) {
    const pose = shownPose(p, o), sizes = [sizeOf(columns.source[p], pose), sizeOf(columns.target[p], "none")];
    const height = 150, gap = 6, colours = pointColours(p), svg = drawn("svg", {class: "small", "aria-hidden": "true"});
    const widths = sizes.map(size => size[0] / size[1] * height), starts = [0, widths[0] + gap];
    const at = (side, [u, v]) => [starts[side] + u * widths[side], v * height];
    svg.setAttribute("viewBox", `0 0 ${(starts[1] + widths[1]).toFixed(1)} ${height}`);
    ["source", "target"].forEach((side, s) => svg.append(drawn("g", {transform: `translate(${starts[s]} 0) scale(${widths[s]} ${height})`},
        ...imageOf(p, side, s ? "none" : pose))));
    const answers = new Map();
    for (let i = first[p]; i < first[p + 1]; i++) {
        svg.append(sourceMark(o, i, at(0, sourcePoint(i, pose)), 3, colours.get(i)));
        if (answeredPoint(o, i))
            answers.set(i, at(1, answerPoint(o, i)));
        else if (judgedPoint(i))
            svg.append(markAt("none", at(1, truePoint(i)), 3.5, colours.get(i)));
    }
    for (const [i, place] of spread(answers, 8))
        svg.append(markAt(verdict(o, i), place, 3, colours.get(i)));
    return svg;
}

// What the marks mean, for a legend.
const LEGEND = [["source", "keypoint, in the source (any colour)"], ["missing", "no answer, in the source"], ["right", "right, in the target"], ["wrong", "wrong"],
    ["truth", "its true place (in its colour)"], ["miss", "from there to the answer"], ["partner", "true place of its mirrored partner"], ["none", "true place without an answer"],
    ["unknown", "not judged"], ["limit", "limit, of the keypoint that is shown"], ["heat", "similar to the keypoint that is shown"]];

// What is no mark: a line, a circle, a colour.
const SIGNS = {
    miss: () => drawn("line", {class: "miss", x1: -8, x2: 8}), limit: () => drawn("circle", {class: "reach hot", r: 7}),
    heat: () => drawn("rect", {class: "heat", x: -7, y: -7, width: 14, height: 14, fill: "#fffb00"}),
};

// Each of these kinds with its mark and its words.
export function legend(kinds) {
    return LEGEND.filter(([kind]) => kinds.has(kind)).map(([kind, words]) => {
        const svg = drawn("svg", {viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true"}, (SIGNS[kind] || (() => markAt(kind, [0, 0], 5)))());
        return [svg, words, kind];
    });
}
