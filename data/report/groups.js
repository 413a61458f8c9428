// Tables of categories and of keypoints, with small bars. They follow the filter.
import {meta, columns, first, outputs, isTwo, isJudged, keypointName, categoryName} from "./data.js";
import {element, section, percent, counted} from "./elements.js";
import {verdict, isSwapped, shown, onPairs} from "./pairs.js";
import {sortedTable, smallBar, lazily} from "./charts.js";
import {sample} from "./plots.js";

// Sums over the keypoints of each group: key(p, i) and what a group is called, describe(p, i).
function sumBy(key, describe) {
    const groups = new Map();
    for (const p of shown)
        for (let i = first[p]; i < first[p + 1]; i++) {
            const name = key(p, i);
            if (!groups.has(name))
                groups.set(name, {...describe(p, i), points: 0, pairs: new Set(), of: outputs.map(() => ({right: 0, wrong: 0, swapped: 0, none: 0, error: 0}))});
            const group = groups.get(name), kind = verdict(0, i);
            if (kind === "unknown" || kind === "missing")
                continue;
            group.points++;
            group.pairs.add(p);
            group.of.forEach((sums, o) => {
                sums[verdict(o, i)]++;
                sums.swapped += isSwapped(o, i);
                sums.error += verdict(o, i) === "none" ? 1 : Math.min(outputs[o].error[i], 1);
            });
        }
    return [...groups.values()].filter(group => group.points);
}

function shareColumns() {
    const found = [{title: "keypoints", value: row => row.points, cell: row => counted(row.points)}];
    outputs.forEach((output, o) => {
        const mark = isTwo ? " " + "AB"[o] : "", right = row => row.of[o].right / row.points, error = row => row.of[o].none === row.points ? NaN : row.of[o].error / row.points;
        found.push({title: "right %" + mark, rises: true, value: right, cell: row => smallBar(right(row), percent(right(row)))},
            {title: "mean error %" + mark, value: error, cell: row => percent(error(row)), help: "of the threshold; each at most 100 %, a missing answer 100 %; – if all are missing"});
        if (meta.run.partners)
            found.push({title: "left/right confused %" + mark, value: row => row.of[o].swapped / row.points, cell: row => smallBar(row.of[o].swapped / row.points, percent(row.of[o].swapped / row.points))});
        if (outputs[o].x.some(Number.isNaN))
            found.push({title: "no answer %" + mark, value: row => row.of[o].none / row.points, cell: row => percent(row.of[o].none / row.points)});
    });
    return found;
}

function tableOfCategories() {
    const rows = sumBy(p => columns.category[p], p => ({name: categoryName(p)}));
    return sortedTable(`Categories, of ${sample()}`, [{title: "category", isText: true, value: row => row.name, cell: row => row.name},
        {title: "pairs", value: row => row.pairs.size, cell: row => counted(row.pairs.size)}, ...shareColumns()], rows.sort((a, b) => a.name < b.name ? -1 : 1));
}

// Keypoints that have names are of a category; numbers mean the same in none.
function tableOfKeypoints() {
    const byCategory = columns.category !== undefined, named = meta.keypoint_names.length > 0;
    const rows = sumBy((p, i) => (byCategory ? columns.category[p] : 0) * 2 ** 32 + columns.k[i], (p, i) => ({category: categoryName(p), k: columns.k[i], name: keypointName(p, i)}));
    const cells = [{title: "keypoint", value: row => row.k, cell: row => String(row.k)}];
    if (named)
        cells.push({title: "name", isText: true, value: row => row.name, cell: row => row.name});
    if (byCategory)
        cells.unshift({title: "category", isText: true, value: row => row.category, cell: row => row.category});
    rows.sort((a, b) => a.of[0].right / a.points - b.of[0].right / b.points);
    return sortedTable(`Keypoints, of ${sample()}, the worst first`, [...cells, ...shareColumns()], rows);
}

export function showGroups() {
    if (!isJudged)
        return;
    const made = section("groups", columns.category ? "Categories and keypoints" : "Keypoints"), place = element("div", {class: "tables late"});
    made.append(place);
    onPairs(lazily(place, () => place.replaceChildren(...(columns.category ? [tableOfCategories()] : []), tableOfKeypoints())));
}
