// The page of geosc report from top to bottom.
import {meta, columns, outputs, pairCount, isTwo, isJudged, statusName, cellShare} from "./data.js";
import {state, onChange, change, alpha} from "./state.js";
import {element, section, facts, counted, percent, plural, beforeFrame} from "./elements.js";
import {measured, judged, isWrongPose, onPairs} from "./pairs.js";
import {barChart, figure} from "./charts.js";
import {showTable} from "./table.js";
import {showView, openPair} from "./view.js";
import {showGallery} from "./gallery.js";
import {showPck, showErrors, showPoses} from "./plots.js";
import {showGroups} from "./groups.js";

// ---- what was run ----

function countFailed(o) {
    return outputs[o].status.reduce((count, status) => count + (status !== 0), 0);
}

function meanPck(o) {
    let sum = 0, pairs = 0;
    for (let p = 0; p < pairCount; p++)
        if (judged[p]) {
            sum += measured[o].pck[p];
            pairs++;
        }
    return sum / pairs;
}

function poseShare(o) {
    const known = Array.from(columns.true_pose.keys()).filter(p => columns.true_pose[p] !== 255);
    return known.filter(p => !isWrongPose(o, p)).length / known.length;
}

// Large numbers, for each output; follows alpha.
function tiles() {
    const list = element("ul", {class: "tiles"}), both = value => outputs.map((output, o) => value(o)).join(" / ");
    const draw = () => {
        const items = [[counted(pairCount), "pairs"], [both(o => counted(countFailed(o))), "failed"]];
        if (isJudged)
            items.push([both(o => percent(meanPck(o))) + " %", `PCK@${Number(alpha().toPrecision(4))} per image`]);
        if (columns.true_pose)
            items.push([both(o => percent(poseShare(o))) + " %", "poses right"]);
        list.replaceChildren(...items.map(([value, name]) => element("li", {}, element("b", {}, value), element("span", {}, name))));
    };
    draw();
    onPairs(draw);
    return list;
}

// The smallest and the largest of something.
const range = ([least, most]) => least === most ? `${most}` : `(${least} to ${most})`;

function failures(o) {
    const counts = new Map();
    for (let p = 0; p < pairCount; p++)
        if (outputs[o].status[p] !== 0)
            counts.set(statusName(p, o), (counts.get(statusName(p, o)) || 0) + 1);
    if (!counts.size)
        return [];
    const bars = [...counts].map(([name, count]) => [name, count, "wrong", counted(count)]);
    const show = element("button", {type: "button", onclick: () => { change({show: "failed"}); goTo("pairs"); }}, "Show these pairs");
    return [figure(barChart("Failed pairs by reason", bars), `${isTwo ? "AB"[o] + ": f" : "F"}ailed pairs by reason. `, show)];
}

// The size of a cell beside the threshold: of errors below it, the grid may be the cause.
function cellFact() {
    const shares = isJudged ? Array.from({length: pairCount}, (_, p) => p).filter(p => judged[p]).map(cellShare).filter(Number.isFinite) : [];
    if (!shares.length)
        return [];
    const [least, most] = shares.reduce(([low, high], share) => [Math.min(low, share), Math.max(high, share)], [Infinity, 0]).map(share => percent(share));
    return [["one cell", `${least === most ? most : `${least} to ${most}`} % of the threshold`]];
}

function showRun() {
    const run = meta.run, made = section("run", "Run");
    made.append(tiles(), element("div", {class: "charts"}, ...outputs.map((output, o) => facts([
        ...(isTwo ? [["run", `${"AB"[o]}: ${output.name}`]] : []), ["input", run.input],
        ["images", `${counted(run.images)}, features ${run.channels} × ${range(run.height)} × ${range(run.width)}`],
        ...cellFact(),
        ["keypoints", run.keypoints ? `up to ${run.keypoints} per pair` : "none: every cell of the source is matched"],
        ["post-processor", output.model ? `a model with the checksum ${output.model}` : "none (zero-shot)"],
        ["options", output.options], ["geosc", `${output.version}, arithmetic ${output.isa_class}`]])), ...outputs.flatMap((output, o) => failures(o))));
}

function showTimes() {
    if (!meta.summary)
        return;
    const made = section("time", "Time");
    try {
        const summary = JSON.parse(meta.summary);
        const bars = Object.entries(summary.stages).map(([name, value]) => [name, value, "first", value < 1 ? (1000 * value).toFixed(0) + " ms" : value.toFixed(2) + " s"]);
        made.append(element("div", {class: "charts"}, figure(barChart("Seconds by stage", bars), "Wall time by stage."), facts([
            ["in all", `${summary.seconds.toFixed(2)} s`], ["pairs per second", (summary.pairs / summary.seconds).toFixed(2)],
            ["threads", summary.threads], ["CPU/wall", summary.cpu_wall.toFixed(2)], ["kernels", summary.isa],
            ["memory at most", `${(summary.memory_most / 1e6).toFixed(0)} MB`],
            ["images", `${counted(summary.maps_refined)} refined, ${counted(summary.maps_reused)} reused`]])));
    } catch (error) {
        made.append(element("p", {}, "The summary cannot be read: " + error.message));
    }
}

// ---- the head ----

function alphaChooser() {
    const words = element("output", {for: "alpha"}), input = element("input", {type: "range", id: "alpha", min: 1, max: meta.alphas.length, step: 1});
    const set = () => {
        input.value = state.alpha;
        words.textContent = String(Number(alpha().toPrecision(4)));
        input.setAttribute("aria-valuetext", words.textContent);
    };
    input.addEventListener("input", beforeFrame(() => change({alpha: Number(input.value)})));
    onChange(set);
    set();
    return element("label", {class: "alpha", title: "A match is right if its error is below alpha times the threshold."}, "alpha ", input, words);
}

// Links to sections leave the filter in the address.
function goTo(id) {
    const place = document.getElementById(id);
    place?.scrollIntoView();
    place?.querySelector("h2")?.focus({preventScroll: true});
}

function listenToLinks() {
    document.addEventListener("click", event => {
        const link = event.target.closest("a[href^='#']");
        if (!link)
            return;
        event.preventDefault();
        goTo(link.getAttribute("href").slice(1));
    });
    if (location.hash && !location.hash.includes("="))
        goTo(location.hash.slice(1));
}

document.title = `${meta.run.input} – geosc report`;
document.getElementById("title").textContent = meta.run.input;
document.getElementById("lead").textContent = `Matches of ${plural(pairCount, "pair")}` +
    (isTwo ? ` by two runs, A: ${outputs[0].name}, B: ${outputs[1].name}.` : countFailed(0) ? `, ${counted(countFailed(0))} of them failed.` : ".");
showRun();
const table = showTable(openPair);
showGallery(openPair);
showPck();
showErrors();
showGroups();
showPoses();
showTimes();
if (isJudged)
    document.getElementById("sections").append(alphaChooser());
showView(p => {
    table.select(p);
    table.table.focus({preventScroll: true});
});
listenToLinks();
