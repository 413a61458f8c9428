// Numbers of each pair, from its keypoints, at the chosen alpha; and the pairs that pass the filter, in order.
import {meta, columns, outputs, pairCount, isTwo, isJudged, first, gallery, hasPictures, NO_POSE, sourceName, targetName, categoryName, statusName, poseName, truePose, keypointName, cellShare, failureWords} from "./data.js";
import {state, onChange, alpha} from "./state.js";
import {decimal, median, percent, plural} from "./elements.js";

export const NEARER = 1, MUTUAL = 2; // bits of the column marks

export const judgedPoint = i => isJudged && !Number.isNaN(columns.true_x[i]);
export const answeredPoint = (o, i) => !Number.isNaN(outputs[o].x[i]);
// "right", "wrong", "none" (judged, but without an answer), or "unknown": not judged.
export function verdict(o, i) {
    if (!judgedPoint(i))
        return answeredPoint(o, i) ? "unknown" : "missing";
    if (!answeredPoint(o, i))
        return "none";
    return outputs[o].step[i] && outputs[o].step[i] <= state.alpha ? "right" : "wrong";
}
export const isRight = (o, i) => outputs[o].step[i] !== 0 && outputs[o].step[i] <= state.alpha;
// A wrong answer nearer to the true place of the keypoint's mirrored partner than to its own: by chance, perhaps.
export const isNearer = (o, i) => (outputs[o].marks[i] & NEARER) !== 0 && !isRight(o, i);
// A wrong answer that would be right for the partner: left and right are confused.
export const isSwapped = (o, i) => isNearer(o, i) && outputs[o].partner_step[i] !== 0 && outputs[o].partner_step[i] <= state.alpha;

// ---- numbers of pairs, for each output ----

const numbers = () => new Float32Array(pairCount).fill(NaN);
export const judged = new Uint32Array(pairCount); // keypoints with a true place
export const measured = outputs.map(() => ({right: new Uint32Array(pairCount), swapped: new Uint32Array(pairCount),
    missing: new Uint32Array(pairCount), pck: numbers(), error: numbers(), score: numbers(), margin: numbers()}));

// The runner-up's distance minus that of the chosen pose.
function marginOf(output, p) {
    const count = output.poses.length, chosen = output.chosen[p];
    let second = Infinity;
    if (chosen === NO_POSE)
        return NaN;
    for (let q = 0; q < count; q++)
        if (q !== chosen && output.imd[p * count + q] < second)
            second = output.imd[p * count + q];
    return second === Infinity ? NaN : second - output.imd[p * count + chosen];
}

// What does not depend on alpha. An error counts as 1 at most, a missing answer as 1.
function measureOnce(o) {
    const output = outputs[o], made = measured[o];
    for (let p = 0; p < pairCount; p++) {
        let score = 0, scored = 0, error = 0;
        judged[p] = 0;
        for (let i = first[p]; i < first[p + 1]; i++) {
            if (answeredPoint(o, i)) {
                score += output.score[i];
                scored++;
            }
            if (!judgedPoint(i))
                continue;
            judged[p]++;
            made.missing[p] += !answeredPoint(o, i);
            error += answeredPoint(o, i) ? Math.min(output.error[i], 1) : 1;
        }
        made.score[p] = output.dense_score ? output.dense_score[p] : score / scored;
        made.error[p] = error / judged[p];
        made.margin[p] = marginOf(output, p);
    }
}

function measureAlpha(o) {
    const made = measured[o];
    for (let p = 0; p < pairCount; p++) {
        let right = 0, swapped = 0;
        for (let i = first[p]; i < first[p + 1] && isJudged; i++) {
            right += isRight(o, i);
            swapped += isSwapped(o, i);
        }
        made.right[p] = right;
        made.swapped[p] = swapped;
        made.pck[p] = right / judged[p];
    }
}

outputs.forEach((output, o) => measureOnce(o));
outputs.forEach((output, o) => measureAlpha(o));
export const typicalMargin = outputs.map((output, o) => median(measured[o].margin.filter(Number.isFinite)));

export const isWrongPose = (o, p) => truePose(p) !== null && truePose(p) !== poseName(p, o);

// ---- what to show ----

// Kinds of pairs: [key, words, whether a pair is of it, whether the run can have it].
export const KINDS = [
    ["wrong", "with wrong answers", p => measured.some(made => made.right[p] < judged[p]), isJudged],
    ["swapped", "with left and right confused", p => measured.some(made => made.swapped[p] > 0), isJudged && meta.run.partners],
    ["pose", "in a wrong pose", p => outputs.some((output, o) => isWrongPose(o, p)), columns.true_pose !== undefined],
    ["failed", "failed", p => outputs.some(output => output.status[p] !== 0), true],
    ["unjudged", "with keypoints that are not judged", p => judged[p] < columns.points[p], isJudged],
    ["pictures", "with pictures", hasPictures, gallery.size > 0],
    ["better", "better in the second run", p => measured[1].right[p] > measured[0].right[p], isTwo && isJudged],
    ["worse", "worse in the second run", p => measured[1].right[p] < measured[0].right[p], isTwo && isJudged],
].filter(kind => kind[3]);

// The mean error of a pair as it is shown: there is none without answers. Such a pair is ranked as if all were at the threshold.
export const shownError = (o, p) => measured[o].missing[p] === judged[p] ? NaN : measured[o].error[p];

// Columns of the table: value(p) sorts and is a number or a text; NaN stands last, whichever way.
export const VALUES = {
    pair: p => p, source: sourceName, target: targetName, category: categoryName,
    points: p => judged[p] || columns.points[p],
};
outputs.forEach((output, o) => {
    const mark = o ? "2" : "";
    Object.assign(VALUES, {
        ["pose" + mark]: p => poseName(p, o), ["status" + mark]: p => statusName(p, o),
        ["pck" + mark]: p => measured[o].pck[p], ["error" + mark]: p => measured[o].error[p],
        ["score" + mark]: p => measured[o].score[p], ["margin" + mark]: p => measured[o].margin[p],
        ["swapped" + mark]: p => measured[o].swapped[p],
    });
});
if (isTwo)
    VALUES.change = p => measured[1].pck[p] - measured[0].pck[p];
// Of equal ones, what decides; the larger is the worse.
const TIES = {pck: p => measured[0].error[p], pck2: p => measured[1].error[p], change: p => measured[1].error[p] - measured[0].error[p]};

const lower = new Map();
function lowerName(name) {
    if (!lower.has(name))
        lower.set(name, name.toLowerCase());
    return lower.get(name);
}

// Every word must be in a name, in the category, or be the number of the pair.
function hasWords(p, words) {
    return words.every(word => word === String(p) || word === "#" + p || lowerName(sourceName(p)).includes(word) ||
        lowerName(targetName(p)).includes(word) || lowerName(categoryName(p)).includes(word));
}

function filter() {
    const words = state.text.toLowerCase().split(/\s+/).filter(word => word), kind = KINDS.find(([key]) => key === state.show);
    const category = meta.categories.indexOf(state.category), status = meta.statuses.indexOf(state.status);
    const from = state.from === "" ? -Infinity : Number(state.from) / 100, to = state.to === "" ? Infinity : Number(state.to) / 100;
    const found = [];
    for (let p = 0; p < pairCount; p++) {
        if (state.category && columns.category[p] !== category)
            continue;
        if (state.status && !outputs.some(output => output.status[p] === status))
            continue;
        if (state.pose && !outputs.some((output, o) => poseName(p, o) === state.pose))
            continue;
        // Of two runs, one with an error in the range is enough.
        if ((state.from !== "" || state.to !== "") && !outputs.some((output, o) => shownError(o, p) >= from && shownError(o, p) <= to))
            continue;
        if ((kind && !kind[2](p)) || !hasWords(p, words))
            continue;
        found.push(p);
    }
    return found;
}

// Pairs that are equal stand by what decides then, and by number.
function sort(found) {
    const down = state.sort.startsWith("-"), key = state.sort.slice(down ? 1 : 0), sign = down ? -1 : 1;
    const value = Object.hasOwn(VALUES, key) ? VALUES[key] : VALUES.pair; // the address may hold anything
    const values = new Map(found.map(p => [p, value(p)])), tie = Object.hasOwn(TIES, key) ? TIES[key] : () => 0;
    return found.sort((a, b) => {
        const x = values.get(a), y = values.get(b);
        return Number.isNaN(x) - Number.isNaN(y) || (x < y ? -sign : x > y ? sign : sign * (tie(b) - tie(a)) || a - b);
    });
}

// Pairs with the worst first: by the share of wrong keypoints, then by error or score; of two runs, those that differ most.
export function worstFirst(pairs) {
    const apart = value => p => Math.abs(value(1, p) - value(0, p)), first = value => p => value(0, p), by = isTwo ? apart : first;
    const wrong = by((o, p) => isJudged && judged[p] ? 1 - measured[o].pck[p] : 0);
    const error = by((o, p) => isJudged ? measured[o].error[p] : 1 - measured[o].score[p]);
    return [...pairs].sort((a, b) => wrong(b) - wrong(a) || (error(b) || 0) - (error(a) || 0) || a - b);
}

export let shown = sort(filter());
const FILTERS = ["text", "category", "pose", "status", "show", "from", "to", "alpha"];

const watchers = [];
export const onPairs = watcher => watchers.push(watcher);
onChange(keys => {
    if (keys.has("alpha"))
        outputs.forEach((output, o) => measureAlpha(o));
    const filtered = FILTERS.some(key => keys.has(key));
    if (!filtered && !keys.has("sort"))
        return;
    shown = sort(filtered ? filter() : [...shown]);
    for (const watcher of watchers)
        watcher(filtered, keys);
});

// ---- why ----

// The pair has answers, but of the keypoints outside of the source.
function explainOutside(o, p) {
    const outside = [];
    for (let i = first[p]; i < first[p + 1]; i++)
        if (!answeredPoint(o, i))
            outside.push(columns.k[i]);
    return `Incomplete, ${failureWords(p, o)}. No answer: ${outside.length === 1 ? "keypoint" : "keypoints"} ${outside.join(", ")}.`;
}

function explainAnswers(o, p) {
    const made = measured[o], lines = [], wrong = judged[p] - made.right[p] - made.missing[p];
    const near = [];
    let nearer = 0;
    for (let i = first[p]; i < first[p + 1]; i++) {
        nearer += verdict(o, i) === "wrong" && isNearer(o, i) && !isSwapped(o, i);
        if (verdict(o, i) === "wrong" && !isSwapped(o, i) && outputs[o].error[i] < 2 * alpha())
            near.push(columns.k[i]);
    }
    lines.push(`${made.right[p]} of ${plural(judged[p], "keypoint")} right: error below ${percent(alpha())} % of the threshold, ` +
        `which is ${decimal(alpha() / cellShare(p), 1)} cells of the target.`);
    if (made.swapped[p])
        lines.push(`${made.swapped[p]} of ${plural(wrong, "wrong answer")} ${made.swapped[p] === 1 ? "lies" : "lie"} at the mirrored ` +
            "partner's place, within the limit: left and right are confused.");
    if (nearer)
        lines.push(`${nearer}${made.swapped[p] ? " more" : ` of ${plural(wrong, "wrong answer")}`} ${nearer === 1 ? "is" : "are"} nearer to the ` +
            "partner's place than to the own one, but beyond the limit of both.");
    if (near.length)
        lines.push(`${plural(near.length, "keypoint is a near miss", "keypoints are near misses")} (${near.join(", ")}), less than twice the limit away.`);
    if (made.missing[p])
        lines.push(`${plural(made.missing[p], "keypoint")} without an answer count${made.missing[p] === 1 ? "s" : ""} as wrong.`);
    return lines;
}

const MIRRORED = ["hflip", "vflip", "transpose", "antitranspose"];

// In a mirrored pose a keypoint is looked for by what lies at its partner, if the source has that.
function explainMirrored(o, p) {
    const all = Array.from({length: columns.points[p]}, (_, j) => first[p] + j), place = k => all.find(i => columns.k[i] === k);
    const i = columns.mirror && MIRRORED.includes(poseName(p, o)) ? all.find(one => columns.mirror[one] !== columns.k[one] && place(columns.mirror[one]) !== undefined) : undefined;
    const name = one => keypointName(p, one) ? `“${keypointName(p, one)}”` : `keypoint ${columns.k[one]}`;
    return i === undefined ? "" : ` It mirrors the source, so left and right change places: ${name(i)} is looked for by what lies at ${name(place(columns.mirror[i]))} there.`;
}

function explainPose(o, p) {
    const margin = measured[o].margin[p], known = truePose(p);
    const words = margin === 0 ? "as close (in IMD) as another pose, and came first" : `${decimal(margin, 4)} closer (in IMD) than the next pose`;
    const close = margin > 0 && margin <= typicalMargin[o] / 4 ? ", a close call" : "";
    if (outputs[o].chosen[p] === NO_POSE)
        return [];
    const mirrored = explainMirrored(o, p);
    if (known !== null && isWrongPose(o, p))
        return [`The pose ${poseName(p, o)} is wrong: the true one is ${known}${outputs[o].poses.includes(known) ? "." : ", which was not among the candidates (--poses)."}` +
            (Number.isFinite(margin) ? ` It was ${words}${close}.` : "") + mirrored];
    if (Number.isFinite(margin))
        return [`The pose ${poseName(p, o)} ${known === null ? "is" : "is right,"} ${words}${close}.` + mirrored];
    return mirrored ? [`The pose is ${poseName(p, o)}.` + mirrored] : [];
}

// Sentences that say how the pair went, and why.
export function explain(o, p) {
    const status = statusName(p, o), lines = [];
    if (status !== "ok")
        lines.push(status === "bad_keypoint" ? explainOutside(o, p) : `Failed, ${failureWords(p, o)}.`);
    if (outputs[o].chosen[p] !== NO_POSE)
        lines.push(...explainPose(o, p), ...(judged[p] ? explainAnswers(o, p) : []));
    if (isJudged && columns.points[p] > judged[p])
        lines.push(`${plural(columns.points[p] - judged[p], "keypoint is", "keypoints are")} not judged: the target has no true place.`);
    return lines;
}
