// What the page holds: the JSON in #data, columns of numbers in #columns, and pictures. src/cli/show/report_data.c,
// report_columns.c and report_gallery.c write them.
export const meta = JSON.parse(document.getElementById("data").textContent);

// Curves are stored by how far they rise at each step, in units of 1/10,000.
for (const row of meta.pck)
    for (const output of row.outputs)
        for (const name of ["image", "low", "high"]) {
            let height = 0;
            output[name] = output[name].map(rise => rise === null ? NaN : (height += rise) / 10000);
        }

const READERS = {
    uint8: {size: 1, array: Uint8Array}, uint16: {size: 2, array: Uint16Array},
    uint32: {size: 4, array: Uint32Array}, float32: {size: 4, array: Float32Array},
};

function bytesOf(base64) {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++)
        bytes[i] = text.charCodeAt(i);
    return bytes;
}

async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer();
}

// A number of a range is stored as an integer, the largest of which means that there is none.
function widen(numbers, low, high) {
    const none = numbers instanceof Uint8Array ? 255 : 65535, step = (high - low) / (none - 1);
    return Float32Array.from(numbers, number => number === none ? NaN : low + number * step);
}

async function readColumns() {
    const element = document.getElementById("columns"), buffer = await inflate(bytesOf(element.textContent));
    const shared = {}, outputs = meta.outputs.map(output => ({...output}));
    let at = 0;
    element.remove();
    for (const {name, output, type, count, low, high} of meta.columns) {
        const {size, array} = READERS[type], numbers = new array(buffer.slice(at, at + count * size));
        (output === undefined ? shared : outputs[output])[name] = low === undefined ? numbers : widen(numbers, low, high);
        at += count * size;
    }
    return {shared, outputs};
}

const held = await readColumns();

// Columns that the outputs have in common: of images, pairs and keypoints, which stand pair by pair.
export const columns = held.shared;
// What each output has: its name and options, and its columns of pairs and keypoints.
export const outputs = held.outputs;
export const pairCount = columns.points.length;
export const isTwo = outputs.length > 1;
export const isJudged = meta.run.judged;
// The keypoints of pair p are first[p] .. first[p + 1] - 1.
export const first = new Uint32Array(pairCount + 1);
for (let p = 0; p < pairCount; p++)
    first[p + 1] = first[p] + columns.points[p];

export const NO_POSE = 255;

export function imageName(image) {
    if (meta.images)
        return meta.images[image];
    if (!meta.first_target)
        return `image ${image}`;
    return image < meta.first_target ? `source ${image}` : `target ${image - meta.first_target}`;
}

export const sourceName = p => imageName(columns.source[p]);
export const targetName = p => imageName(columns.target[p]);
export const categoryName = p => columns.category ? meta.categories[columns.category[p]] : "";
export const statusName = (p, o) => meta.statuses[outputs[o].status[p]];
export const poseName = (p, o) => outputs[o].chosen[p] === NO_POSE ? "undecided" : outputs[o].poses[outputs[o].chosen[p]];
export const truePose = p => columns.true_pose && columns.true_pose[p] !== NO_POSE ? meta.poses[columns.true_pose[p]] : null;

// A cell of the pair's target, as a share of the threshold: the wider or higher side. An error below it may be of the grid alone.
export const cellShare = p => Math.max(1 / columns.across[columns.target[p]] / columns.reach_x[p], 1 / columns.down[columns.target[p]] / columns.reach_y[p]);

// Why a pair failed, in the words of geosc match. Only keypoints have words of their own, and only of the first such pairs.
const told = new Map(meta.failures.map(({output, pair, words}) => [`${output} ${pair}`, words]));
const toldOnce = new Map(meta.failures.map(({output, pair, words}) => [statusName(pair, output), words]));
export function failureWords(p, o) {
    const status = statusName(p, o);
    return told.get(`${o} ${p}`) || (status === "bad_keypoint" ? "bad_keypoint: a keypoint is outside the source" : toldOnce.get(status));
}

// The name of keypoint i, which belongs to pair p, or its number.
export function keypointName(p, i) {
    const names = meta.keypoint_names[columns.category ? columns.category[p] : 0];
    return names?.[columns.k[i]] || "";
}

// Pairs with pictures: the numbers of the source's and the target's, and why they were chosen.
export const gallery = new Map(meta.gallery.map(entry => [entry.pair, entry]));
// A photograph serves every pair of its image; the colours of features depend on both images of a pair.
const photographs = new Map(meta.run.photographs ? meta.gallery.flatMap(({pair, source, target}) =>
    [[columns.source[pair], source], [columns.target[pair], target]]) : []);
export const pictureOf = (p, side) => gallery.get(p)?.[side] ?? photographs.get(columns[side][p]);
export const hasPictures = p => pictureOf(p, "source") !== undefined && pictureOf(p, "target") !== undefined;
export const picture = number => document.getElementById("picture-" + number).textContent;

// The similarities of the keypoint at place `at` of a pair to the parts of the target, row by row from 0 to 255: where geosc match --heat
// kept them, of the pairs with pictures; else null.
export function heatOf(p, o, at) {
    const element = outputs[o].heat ? document.getElementById(`heat-${o}-${p}`) : null;
    return element ? bytesOf(element.textContent.split(" ")[at]) : null;
}
