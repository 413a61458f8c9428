// The table of all pairs. Only the rows in sight are in the document, so that it stays fluent with any number of pairs.
import {meta, columns, outputs, pairCount, isTwo, isJudged, sourceName, targetName, categoryName, statusName, poseName, truePose} from "./data.js";
import {state, POSES, onChange, change, clearFilter, isFiltered, alpha} from "./state.js";
import {element, section, button, chooser, percent, decimal, signed, counted, beforeFrame} from "./elements.js";
import {KINDS, measured, judged, shownError, isWrongPose, shown, onPairs} from "./pairs.js";

const SPARE = 4, PRINTED = 40; // rows out of sight on either side; rows on paper
// A row's height in points, for the browser's size of letters: report.css has .9375rem, 1.4 times that a line.
const ROW = Math.max(30, Math.ceil(0.9375 * 1.4 * parseFloat(getComputedStyle(document.documentElement).fontSize)) + 2);

// ---- columns ----

// rises: the first click on its head sorts from the smallest number: where that is the worst, which is what one looks for.

function shareCell(share, words) {
    const cell = element("td", {class: "share"});
    if (Number.isFinite(share))
        cell.append(element("i", {style: `width: ${(100 * Math.min(share, 1)).toFixed(1)}%`}));
    cell.append(element("span", {}, words));
    return cell;
}

function poseCell(p, o) {
    const wrong = isWrongPose(o, p), known = truePose(p) !== null;
    return element("td", {class: "text" + (wrong ? " bad" : "")}, poseName(p, o) + (known ? wrong ? " ✗" : " ✓" : ""));
}

const textCell = text => element("td", {class: "text", title: text}, text);
const numberCell = text => element("td", {}, text);

function outputColumns(o) {
    const made = measured[o], mark = o ? "2" : "";
    const found = [{key: "pose" + mark, title: "pose", width: 8, isText: true, cell: p => poseCell(p, o)}];
    if (outputs[o].status.some(status => status !== 0))
        found.push({key: "status" + mark, title: "status", width: 8.5, isText: true, cell: p => textCell(statusName(p, o))});
    if (isJudged) {
        found.push({key: "pck" + mark, title: "right", width: 7.5, rises: true, cell: p => shareCell(made.pck[p], judged[p] ? `${made.right[p]} of ${judged[p]}` : "–"),
            help: "keypoints with an error below alpha times the threshold"});
        found.push({key: "error" + mark, title: "error %", width: 6, cell: p => numberCell(percent(shownError(o, p))),
            help: "mean error in % of the threshold; an error counts as 100 % at most, a missing answer as 100 %; – if all are missing"});
    }
    if (isJudged && meta.run.partners)
        found.push({key: "swapped" + mark, title: "left/right", width: 6.5, cell: p => numberCell(made.swapped[p] ? String(made.swapped[p]) : "·"),
            help: "wrong answers at the mirrored partner's place, within the limit: left and right confused"});
    found.push({key: "score" + mark, title: "score", width: 5.5, rises: true, cell: p => numberCell(decimal(made.score[p])), help: "mean similarity of the answers"});
    if (outputs[o].poses.length > 1)
        found.push({key: "margin" + mark, title: "margin", width: 6, rises: true, cell: p => numberCell(decimal(made.margin[p], 4)),
            help: "distance (IMD) of the next best pose minus that of the chosen one"});
    return found.map(column => ({...column, title: isTwo ? `${column.title} ${"AB"[o]}` : column.title, output: o}));
}

function allColumns() {
    const found = [
        {key: "pair", title: "pair", width: 4.5, rises: true, cell: p => numberCell(String(p))},
        {key: "source", title: "source", width: 8, isText: true, cell: p => textCell(sourceName(p))},
        {key: "target", title: "target", width: 8, isText: true, cell: p => textCell(targetName(p))}];
    if (columns.category)
        found.push({key: "category", title: "category", width: 7, isText: true, cell: p => textCell(categoryName(p))});
    if (isTwo && isJudged)
        found.push({key: "change", title: "B − A", width: 5.5, rises: true, cell: p => numberCell(signed(100 * (measured[1].pck[p] - measured[0].pck[p]), 0)),
            help: "right keypoints of B minus those of A, in % of the pair's keypoints"});
    return [...found, ...outputs.flatMap((output, o) => outputColumns(o))];
}

// ---- rows ----

export function showTable(openPair) {
    const found = section("pairs", "Pairs"), cells = allColumns();
    const body = element("tbody"), box = element("div", {class: "rows"});
    const heads = cells.map(column => element("th", {scope: "col", class: column.isText ? "text" : "", role: "columnheader", title: column.help, "data-key": column.key},
        button(column.title, () => sortBy(column))));
    const table = element("table", {role: "grid", tabindex: "0", "aria-label": "Pairs", "aria-colcount": cells.length, onkeydown: onKey, onclick: onClick},
        element("colgroup", {}, ...cells.map(column => element("col", {style: `width: ${column.width}rem`}))),
        element("thead", {}, element("tr", {}, ...heads)), body);
    table.style.minWidth = cells.reduce((sum, column) => sum + column.width, 0) + "rem";
    box.append(table);
    let place = 0, held = shown[0], from = -1, to = -1, printing = false; // place and pair of the current row
    box.style.setProperty("--row", ROW + "px");

    function sortBy(column) {
        const falling = "-" + column.key, rising = column.key;
        const next = column.isText || column.rises ? [rising, falling] : [falling, rising];
        change({sort: state.sort === next[0] ? next[1] : next[0]});
    }

    function makeRow(i) {
        const p = shown[i];
        return element("tr", {id: "row-" + i, role: "row", "aria-rowindex": i + 2, "aria-selected": String(i === place), "data-place": i,
            class: i === place ? "current" : i % 2 ? "odd" : ""}, ...cells.map(column => {
            const cell = column.cell(p);
            cell.setAttribute("role", "gridcell");
            return cell;
        }));
    }

    const space = rows => element("tr", {role: "presentation", class: "space", "aria-hidden": "true", style: `height: ${rows * ROW}px`});

    function draw(force) {
        const start = printing ? 0 : Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
        const end = printing ? Math.min(shown.length, PRINTED) : Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + SPARE);
        if (!force && start === from && end === to)
            return;
        [from, to] = [start, end];
        held = shown[place];
        const rows = [];
        for (let i = start; i < end; i++)
            rows.push(makeRow(i));
        body.replaceChildren(...(start && !printing ? [space(start)] : []), ...rows, ...(end < shown.length && !printing ? [space(shown.length - end)] : []));
        table.setAttribute("aria-activedescendant", place >= start && place < end ? "row-" + place : "");
    }

    function goTo(next) {
        place = Math.max(0, Math.min(shown.length - 1, next));
        const head = heads[0].offsetHeight, top = place * ROW;
        if (top < box.scrollTop)
            box.scrollTop = top;
        else if (top + ROW > box.scrollTop + box.clientHeight - head)
            box.scrollTop = top + ROW - box.clientHeight + head;
        draw(true);
    }

    function onKey(event) {
        const page = Math.max(1, Math.floor(box.clientHeight / ROW) - 2);
        const ways = {ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 0, End: shown.length - 1};
        if (event.target !== table || event.ctrlKey || event.altKey || event.metaKey)
            return;
        if (event.key in ways)
            goTo(ways[event.key]);
        else if (event.key === "Enter" && shown.length)
            openPair(shown[place]);
        else
            return;
        event.preventDefault();
    }

    function onClick(event) {
        const row = event.target.closest("tbody tr[data-place]");
        if (!row || getSelection().toString())
            return;
        place = Number(row.dataset.place);
        draw(true);
        table.focus({preventScroll: true});
        openPair(shown[place]);
    }

    const count = element("p", {class: "count", role: "status"});
    function tell() {
        count.textContent = shown.length === pairCount ? `${counted(pairCount)} pairs` : `${counted(shown.length)} of ${counted(pairCount)} pairs`;
        table.setAttribute("aria-rowcount", shown.length + 1);
        for (const head of heads) {
            const key = head.dataset.key, sorted = state.sort === key ? "ascending" : state.sort === "-" + key ? "descending" : "none";
            head.setAttribute("aria-sort", sorted);
        }
    }

    // Another alpha keeps the current row, wherever it now is; another filter or order begins at the top.
    function renew(filtered, keys) {
        const kept = keys.size === 1 && keys.has("alpha") ? shown.indexOf(held) : -1;
        tell();
        if (kept >= 0 && kept !== place) {
            goTo(kept);
            return;
        }
        if (kept < 0) {
            place = 0;
            box.scrollTop = 0;
        }
        draw(true);
    }

    box.addEventListener("scroll", beforeFrame(() => draw(false)), {passive: true});
    const sideways = element("p", {class: "soft sideways", hidden: true}, "The table is wider than the window: scroll it sideways for more columns.");
    new ResizeObserver(() => {
        sideways.hidden = box.scrollWidth <= box.clientWidth;
        draw(false);
    }).observe(box);
    onPairs(renew);
    addEventListener("beforeprint", () => { printing = true; draw(true); });
    addEventListener("afterprint", () => { printing = false; draw(true); });
    found.append(filterBar(), count, sideways, box, element("p", {class: "soft", id: "table-help"}, "Click a pair, or choose it with the arrow keys and press " +
        "Enter, to see it large. / goes to the search."), element("p", {class: "printed soft"}, `On paper: the first ${PRINTED} pairs at most.`));
    tell();
    draw(true);
    // The pair that was looked at becomes the current row.
    return {table, select(p) {
        const at = shown.indexOf(p);
        if (at >= 0)
            goTo(at);
    }};
}

// ---- the filter ----

const some = (words, values) => [["", words], ...values.map(value => [value, value])];

function filterBar() {
    const search = element("input", {type: "search", id: "search", placeholder: "names, category, number", "aria-label": "Search pairs",
        oninput: beforeFrame(() => change({text: search.value}))});
    const number = (key, words) => element("input", {type: "number", min: 0, max: 100, step: "any", placeholder: words, "aria-label": `Error ${words} %`, "data-key": key,
        onchange: event => change({[key]: event.target.value})});
    const from = number("from", "from"), to = number("to", "to");
    const statuses = meta.statuses.filter((name, i) => outputs.some(output => output.status.includes(i)));
    const choosers = {
        category: columns.category && chooser("Category", some("all", meta.categories), state.category, value => change({category: value})),
        pose: chooser("Pose", some("all", POSES), state.pose, value => change({pose: value})),
        status: statuses.length > 1 && chooser("Status", some("all", statuses), state.status, value => change({status: value})),
        show: chooser("Only", [["", "all pairs"], ...KINDS.map(([key, words]) => [key, words])], state.show, value => change({show: value})),
    };
    const clear = button("Clear filter", () => { clearFilter(); search.focus(); }, {class: "clear"});
    const set = () => {
        if (search.value !== state.text)
            search.value = state.text;
        from.value = state.from;
        to.value = state.to;
        for (const [key, made] of Object.entries(choosers))
            if (made)
                made.select.value = state[key];
        clear.hidden = !isFiltered();
    };
    onChange(set);
    set();
    addEventListener("keydown", event => {
        if (event.key === "/" && !event.target.closest("input, select, dialog")) {
            event.preventDefault();
            search.focus();
        }
    });
    return element("form", {class: "filter", role: "search", onsubmit: event => event.preventDefault()},
        element("label", {}, element("span", {}, "Search"), search), ...Object.values(choosers).filter(made => made).map(made => made.label),
        isJudged ? element("fieldset", {}, element("legend", {}, "Mean error in % of the threshold"), from, to) : "", clear);
}
