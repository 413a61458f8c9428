// Plots: PCK against alpha, errors, accuracy against confidence, poses. All but PCK follow the filter.
import {meta, columns, first, outputs, isTwo, isJudged, poseName, truePose} from "./data.js";
import {alpha, isFiltered} from "./state.js";
import {element, drawn, section, percent, decimal, counted, signed, plural, median} from "./elements.js";
import {judged, measured, judgedPoint, answeredPoint, verdict, isSwapped, isRight, isWrongPose, shown, onPairs} from "./pairs.js";
import {frame, addLine, addLabels, roundSteps, barChart, figure, scrolled, sortedTable, lazily} from "./charts.js";

const RUNS = ["first", "second"]; // classes of the lines of both outputs
const runName = o => isTwo ? "AB"[o] : "all";
const STEPS = meta.alphas.length;
const shares = [0, 0.25, 0.5, 0.75, 1], inPercent = value => String(Math.round(100 * value));
export const sample = () => isFiltered() ? `the ${plural(shown.length, "pair")} of the filter` : "all pairs";

// ---- PCK ----

// PCK per image of the pairs that are shown, at each alpha.
function shownCurve(o) {
    const sums = new Float64Array(STEPS + 1);
    let pairs = 0;
    for (const p of shown) {
        pairs += judged[p] > 0;
        for (let i = first[p]; i < first[p + 1]; i++)
            if (outputs[o].step[i])
                sums[outputs[o].step[i]] += 1 / judged[p];
    }
    for (let step = 1; step <= STEPS; step++)
        sums[step] += sums[step - 1];
    return pairs ? Array.from(sums.slice(1), sum => sum / pairs) : null;
}

function pckChart(chosen) {
    const ticks = [0, 0.25, 0.5, 0.75, 1].map(part => part * meta.alphas.at(-1));
    const chart = frame("PCK against alpha", {xs: ticks, ys: shares, xTitle: "alpha: share of the threshold", yTitle: "PCK in %, per image",
        xText: value => String(Number(value.toPrecision(3))), yText: inPercent, right: 130});
    const xs = [0, ...meta.alphas], ends = ys => `: ${percent(ys.at(-1))} %`;
    const add = (row, o, kind, name, band) => addLine(chart, {name, kind, xs, ys: [0, ...row.outputs[o].image], title: `${name || row.name}${ends(row.outputs[o].image)}`,
        band: band && {low: [0, ...row.outputs[o].low], high: [0, ...row.outputs[o].high]}});
    if (!isTwo)
        for (const row of meta.pck.filter(made => made.kind === "category" && made !== chosen))
            add(row, 0, "other", row.name);
    outputs.forEach((output, o) => add(meta.pck[0], o, RUNS[o], runName(o), true));
    if (chosen !== meta.pck[0])
        outputs.forEach((output, o) => add(chosen, o, RUNS[o] + " chosen", `${chosen.name}${isTwo ? " " + runName(o) : ""}`, true));
    outputs.forEach((output, o) => {
        const ys = isFiltered() && shownCurve(o);
        if (ys)
            addLine(chart, {name: "filtered" + (isTwo ? " " + runName(o) : ""), kind: RUNS[o] + " filtered", xs, ys: [0, ...ys], title: `the filter's pairs${ends(ys)}`});
    });
    chart.svg.append(drawn("line", {class: "limit", x1: chart.x(alpha()), x2: chart.x(alpha()), y1: chart.y(0), y2: chart.y(1)}));
    addLabels(chart);
    return chart.svg;
}

const interval = (low, high, show) => ` (${show(low)} to ${show(high)})`;

function pckTable(choose) {
    const shownSteps = [0.1, 0.5, 1, 1.5].map(part => part * STEPS / 2), cells = [
        {title: "pairs of", isText: true, value: row => row.name, cell: row => row.name},
        {title: "pairs", value: row => row.pairs, cell: row => counted(row.pairs)},
        {title: "points", value: row => row.points, cell: row => counted(row.points)}];
    for (const step of shownSteps)
        outputs.forEach((output, o) => cells.push({title: `${isTwo ? runName(o) + " " : ""}@${Number(meta.alphas[step - 1].toPrecision(4))}`, rises: true, value: row => row.outputs[o].image[step - 1],
            help: "with the 95 % interval over pairs", cell: row => percent(row.outputs[o].image[step - 1]) +
                (isTwo ? "" : interval(row.outputs[o].low[step - 1], row.outputs[o].high[step - 1], percent))}));
    const middle = STEPS / 2, change = row => row.outputs[1].image[middle - 1] - row.outputs[0].image[middle - 1];
    if (isTwo)
        cells.push({title: `B − A @${meta.alphas[middle - 1]}`, rises: true, value: change, help: "with its 95 % interval over pairs: without 0 in it, hardly by chance",
            cell: row => signed(100 * change(row)) + interval(row.low, row.high, value => signed(100 * value))});
    cells.push({title: "per point", rises: true, help: `at alpha ${meta.alphas[middle - 1]}`, value: row => row.outputs[0].point,
        cell: row => row.outputs.map(output => percent(output.point)).join(" / ")});
    return sortedTable("PCK in %, per image", cells, meta.pck, meta.pck.length > 1 ? choose : null);
}

export function showPck() {
    const made = section("pck", "PCK"), place = element("div", {class: "late"});
    let chosen = meta.pck[0];
    if (!chosen) {
        made.append(element("p", {}, (isJudged ? "No keypoint has a true place" : "The input has no target keypoints") + ", so there is no PCK."));
        return;
    }
    const renew = lazily(place, () => place.replaceChildren(pckChart(chosen)));
    made.append(element("p", {class: "soft"}, `The share of keypoints with an error below alpha times ${meta.run.threshold}. A missing answer is an error. ` +
        "Per image: the mean of the pairs' shares; per point: over all points. Shaded: 95 % intervals over pairs."),
    element("div", {class: "charts wide"}, figure(place, "Thick: all pairs. A row of the table adds its curve, a filter a dashed one. The upright line is the chosen alpha."),
        pckTable(row => { chosen = row; renew(); })));
    onPairs(renew);
}

// ---- errors ----

const BINS = 25; // of errors up to 5 alpha; one more for those above

function countErrors(o) {
    const counts = {right: new Uint32Array(BINS + 1), swapped: new Uint32Array(BINS + 1), wrong: new Uint32Array(BINS + 1)};
    let missing = 0;
    for (const p of shown)
        for (let i = first[p]; i < first[p + 1]; i++) {
            const kind = verdict(o, i);
            missing += kind === "none";
            if (kind === "right" || kind === "wrong") // what is right stands left of the limit, also where the error is rounded
                counts[isSwapped(o, i) ? "swapped" : kind][Math.min(kind === "right" ? BINS / 5 - 1 : BINS, Math.floor(outputs[o].error[i] / (5 * alpha()) * BINS))]++;
        }
    return {counts, missing, most: Math.max(...counts.right.map((count, b) => count + counts.swapped[b] + counts.wrong[b]))};
}

// most: the longest bar of all charts beside each other, which have one scale.
function errorChart(o, {counts, missing}, most) {
    const bins = BINS, ys = roundSteps(most);
    const chart = frame("Histogram of errors", {xs: Array.from({length: 6}, (_, i) => i * alpha()), ys, xTitle: "error: share of the threshold", yTitle: "keypoints",
        xText: value => decimal(value, 3).replace(/0+$/, "").replace(/\.$/, ""), yText: value => value >= 10000 ? value / 1000 + "k" : String(value), right: 110});
    const width = (chart.end - chart.x(0)) / bins;
    for (let b = 0; b <= bins; b++) {
        let below = 0;
        for (const kind of ["right", "swapped", "wrong"]) {
            const count = counts[kind][b];
            if (count)
                chart.svg.append(drawn("rect", {class: "bar " + kind, x: chart.x(0) + b * width + (b === bins ? 26 : 0.5), width: b === bins ? 30 : width - 1, y: chart.y(below + count),
                    height: chart.y(below) - chart.y(below + count)}, drawn("title", {}, `${counted(count)} ${kind === "swapped" ? "left/right confused" : kind}`)));
            below += count;
        }
    }
    chart.svg.append(drawn("text", {x: chart.end + 41, y: chart.y(0) + 17, "text-anchor": "middle"}, "more"),
        drawn("line", {class: "limit", x1: chart.x(alpha()), x2: chart.x(alpha()), y1: chart.y(0), y2: chart.y(ys.at(-1))}));
    return figure(chart.svg, `${isTwo ? runName(o) + ": e" : "E"}rrors of ${sample()}` + (missing ? `; ${plural(missing, "keypoint")} without an answer not shown.` : "."));
}

function errorCharts() {
    const found = outputs.map((output, o) => countErrors(o)), most = Math.max(...found.map(one => one.most));
    return found.map((one, o) => errorChart(o, one, most));
}

const ERROR_KINDS = [["near", "less than 2 alpha away"], ["swapped", "at the mirrored partner"], ["far", "elsewhere"], ["none", "no answer"]];

function errorKinds(o) {
    const counts = {near: 0, swapped: 0, far: 0, none: 0};
    for (const p of shown)
        for (let i = first[p]; i < first[p + 1]; i++) {
            const kind = verdict(o, i);
            if (kind === "none")
                counts.none++;
            else if (kind === "wrong")
                counts[isSwapped(o, i) ? "swapped" : outputs[o].error[i] < 2 * alpha() ? "near" : "far"]++;
        }
    const all = Object.values(counts).reduce((a, b) => a + b), run = isTwo ? runName(o) + ": " : "";
    if (!all)
        return element("p", {}, `${run}${run ? "n" : "N"}o wrong answer in ${sample()}.`);
    const bars = ERROR_KINDS.filter(([key]) => counts[key] || (key === "swapped" ? meta.run.partners : key !== "none"))
        .map(([key, name]) => [name, counts[key], key === "swapped" ? "swapped" : "wrong", `${counted(counts[key])} (${percent(counts[key] / all)} %)`]);
    return figure(barChart("Wrong answers by kind", bars), `${run}${run ? "w" : "W"}here the wrong answers of ${sample()} lie` +
        (meta.run.partners ? "; at the mirrored partner, within the limit: left and right confused." : "."));
}

// ---- accuracy against confidence ----

const CONFIDENCES = [["score", o => outputs[o].score], ["margin", o => outputs[o].second && outputs[o].score.map((score, i) => score - outputs[o].second[i])],
    ["cycle", o => outputs[o].cycle && outputs[o].cycle.map(cycle => -cycle)]];

// Accuracy of the most confident points, at 100 coverages, and the area under the share of errors. Equal ones are taken together; what has
// no confidence comes last.
function riskCurve(o, confidence) {
    const found = [];
    for (const p of shown)
        for (let i = first[p]; i < first[p + 1]; i++)
            if (judgedPoint(i))
                found.push(i);
    const value = i => answeredPoint(o, i) && !Number.isNaN(confidence[i]) ? confidence[i] : -Infinity, ys = [], count = found.length;
    found.sort((a, b) => value(b) - value(a));
    let right = 0, area = 0, next = 1;
    for (let start = 0, end; start < count; start = end) {
        for (end = start; end < count && value(found[end]) === value(found[start]); end++)
            right += isRight(o, found[end]);
        area += (end - start) * (1 - right / end);
        for (; next <= 100 && end * 100 >= next * count; next++)
            ys.push(right / end);
    }
    return {ys, area: area / count, count};
}

function riskChart() {
    const chart = frame("Accuracy against coverage", {xs: shares, ys: shares, xTitle: "share of the keypoints kept, the most confident first, in %",
        yTitle: "right in %", xText: inPercent, yText: inPercent, right: 150});
    const xs = Array.from({length: 100}, (_, i) => (i + 1) / 100);
    outputs.forEach((output, o) => CONFIDENCES.forEach(([name, confidence], c) => {
        const values = confidence(o);
        if (!values || (isTwo && c > 0))
            return;
        const {ys, area, count} = riskCurve(o, values);
        if (count)
            addLine(chart, {name: `${isTwo ? runName(o) + " " : ""}${name}, AURC ${decimal(area)}`, kind: isTwo ? RUNS[o] : ["first", "second", "third"][c], xs, ys});
    }));
    addLabels(chart);
    return figure(chart.svg, `If only the most confident answers of ${sample()} were kept. AURC: area under the share of errors, the smaller the better.` +
        (outputs.some(output => output.second) ? "" : " geosc match --confidence adds other measures of confidence."));
}

export function showErrors() {
    if (!isJudged)
        return;
    const made = section("errors", "Errors"), place = element("div", {class: "charts late"});
    made.append(place);
    const renew = lazily(place, () => place.replaceChildren(...errorCharts(), ...outputs.map((output, o) => errorKinds(o)), riskChart()));
    onPairs(renew);
}

// ---- poses ----

function poseBars(o) {
    const counts = new Map([...outputs[o].poses, "undecided"].map(name => [name, 0]));
    for (const p of shown)
        counts.set(poseName(p, o), counts.get(poseName(p, o)) + 1);
    const bars = [...counts].filter(([name, count]) => count || name !== "undecided").map(([name, count]) => [name, count, RUNS[o], counted(count)]);
    return figure(barChart("Pairs by chosen pose", bars), `${isTwo ? runName(o) + ": p" : "P"}airs by the chosen pose of the source, of ${sample()}.`);
}

// How often each pose was chosen where each was true.
function poseTable(o) {
    const counts = new Map();
    for (const p of shown)
        if (truePose(p) !== null)
            counts.set(`${truePose(p)} ${poseName(p, o)}`, (counts.get(`${truePose(p)} ${poseName(p, o)}`) || 0) + 1);
    const count = (truth, chosen) => counts.get(`${truth} ${chosen}`) || 0;
    const names = [...outputs[o].poses, "undecided"].filter(name => name !== "undecided" || meta.poses.some(truth => count(truth, name)));
    const truths = meta.poses.filter(truth => names.some(name => count(truth, name)));
    const rows = truths.map(truth => {
        const all = names.reduce((sum, name) => sum + count(truth, name), 0);
        return element("tr", {}, element("th", {scope: "row"}, truth), ...names.map(name =>
            element("td", {class: name === truth ? "hit" : count(truth, name) ? "fault" : "", style: `--share: ${Math.round(100 * count(truth, name) / all)}%`}, counted(count(truth, name)))));
    });
    const right = shown.filter(p => truePose(p) !== null && !isWrongPose(o, p)).length, known = shown.filter(p => truePose(p) !== null).length;
    const caption = `${isTwo ? runName(o) + ": t" : "T"}rue pose (rows) and chosen pose (columns)`;
    return element("figure", {class: "broad"}, scrolled(caption, element("table", {class: "confusion"},
        element("caption", {class: "soft"}, caption), element("thead", {}, element("tr", {}, element("td", {}), ...names.map(name => element("th", {scope: "col"}, name)))), element("tbody", {}, ...rows))),
    element("figcaption", {}, `${counted(right)} of ${counted(known)} right (${percent(right / known)} %), of ${sample()}.`));
}

// Pairs in ten groups by margin, and how many of their keypoints and poses are right.
function marginChart(o) {
    const pairs = shown.filter(p => Number.isFinite(measured[o].margin[p])).sort((a, b) => measured[o].margin[a] - measured[o].margin[b]), groups = [];
    const count = Math.min(10, pairs.length);
    for (let g = 0; g < count; g++)
        groups.push(pairs.slice(Math.floor(g * pairs.length / count), Math.floor((g + 1) * pairs.length / count)));
    const mean = (group, value) => group.reduce((sum, p) => sum + value(p), 0) / group.length;
    const xs = groups.map(group => median(group.map(p => measured[o].margin[p]))), steps = roundSteps(Math.max(...xs, 0));
    const chart = frame("Right answers against the margin of the poses", {xs: steps, ys: shares, xTitle: "margin: distance (IMD) of the next best pose minus the chosen one's", yTitle: "right in %",
        yText: inPercent, right: 110});
    const add = (name, kind, value) => {
        const ys = groups.map(group => mean(group, value));
        addLine(chart, {name, kind, xs, ys});
        xs.forEach((x, g) => chart.svg.append(drawn("circle", {class: "dot " + kind, cx: chart.x(x), cy: chart.y(ys[g]), r: 4},
            drawn("title", {}, `${plural(groups[g].length, "pair")} around ${decimal(x, 4)}: ${percent(ys[g])} %`))));
    };
    if (isJudged)
        add("keypoints", "first", p => judged[p] ? measured[o].pck[p] : 0);
    if (columns.true_pose)
        add("poses", "second", p => isWrongPose(o, p) ? 0 : 1);
    addLabels(chart);
    return figure(chart.svg, `${isTwo ? runName(o) + ": e" : "E"}ach dot is a ${pairs.length > count ? `tenth of ${sample()}` : "pair"}, in the order of their margins.`);
}

export function showPoses() {
    const made = section("poses", "Poses"), place = element("div", {class: "charts late"});
    made.append(place);
    const hasMargins = o => (isJudged || columns.true_pose) && shown.some(p => Number.isFinite(measured[o].margin[p]));
    const all = outputs.map((output, o) => o);
    const renew = lazily(place, () => place.replaceChildren(...all.map(poseBars), ...(columns.true_pose ? all.map(poseTable) : []), ...all.filter(hasMargins).map(marginChart)));
    onPairs(renew);
}
