// A pair, as large as the window: both images with the matches over them, each keypoint's numbers, and the source in each pose.
import {meta, columns, first, outputs, pairCount, isTwo, isJudged, gallery, pictureOf, hasPictures, cellShare, sourceName, targetName, categoryName, keypointName, poseName, truePose} from "./data.js";
import {state, ONLY, change, onChange, alpha} from "./state.js";
import {element, drawn, button, chooser, checkbox, percent, decimal, counted, beforeFrame, tellMore} from "./elements.js";
import {judgedPoint, answeredPoint, verdict, isNearer, isSwapped, explain, shown, MUTUAL} from "./pairs.js";
import {shownPose, sizeOf, imageOf, sourcePoint, answerPoint, truePoint, pointColours, heatImage, markAt, sourceMark, spread, legend} from "./marks.js";

const GAP = 14, CAPTION = 22, PANEL = [368, 200]; // points; PANEL: its width beside the images, its height below them
const GALLERY_MOST = 1000; // of --gallery
const REACH = 22, ZOOM_MOST = 24; // REACH: how near the pointer must come to a mark
const SIDES = [[1, -1], [1, 0], [1, 1], [-1, -1], [-1, 0], [-1, 1], [0, -1.3], [0, 1.3]]; // of a mark, for its number
const dialog = document.getElementById("view");
const WORDS = {right: "right", wrong: "wrong", none: "no answer", unknown: "not judged", missing: "no answer, not judged"};

let pair = -1, panes = [], places = [], hot = -1, pinned = false, stage = null, svg = null, tip = null, rows = new Map(), shut = null;
const resized = new ResizeObserver(() => { if (svg) { layOut(); draw(); } });

const shownOutputs = () => !isTwo ? [0] : state.output === "A" ? [0] : state.output === "B" ? [1] : [0, 1];
const partnerPlace = (o, i) => [outputs[o].partner_x[i], outputs[o].partner_y[i]];
const points = () => Array.from({length: columns.points[pair]}, (_, j) => first[pair] + j);

// Whether a keypoint's answer of an output is to be seen.
function isSeen(o, i) {
    const kind = verdict(o, i);
    return state.only === "wrong" ? kind === "wrong" || kind === "none" : state.only === "swapped" ? isSwapped(o, i) :
        state.only === "unknown" ? kind === "unknown" || kind === "missing" : true;
}

// Those that any of the outputs shows.
const seenPoints = () => points().filter(i => shownOutputs().some(o => isSeen(o, i)));

// ---- where the images are ----

// Without pictures and without marks there is nothing to see.
function makePanes() {
    panes = !hasPictures(pair) && !columns.points[pair] ? [] : shownOutputs().flatMap(o => {
        const pose = state.as || shownPose(pair, o);
        return [{o, side: "source", pose, size: sizeOf(columns.source[pair], pose)},
            {o, side: "target", pose: "none", size: sizeOf(columns.target[pair], "none")}];
    });
    for (const pane of panes)
        Object.assign(pane, {zoom: 1, u: 0.5, v: 0.5});
}

// Panes in rows of `wide`, each row as large as it can be; returns their boxes.
function boxesOf(wide, width, height) {
    const count = Math.ceil(panes.length / wide), most = height / count - CAPTION - GAP, boxes = [];
    let y = 0;
    for (let row = 0; row < count; row++) {
        const line = panes.slice(row * wide, (row + 1) * wide), aspects = line.map(pane => pane.size[0] / pane.size[1]);
        const high = Math.max(40, Math.min(most, (width - GAP * (line.length - 1)) / aspects.reduce((a, b) => a + b)));
        let x = (width - high * aspects.reduce((a, b) => a + b) - GAP * (line.length - 1)) / 2;
        for (const aspect of aspects) {
            boxes.push({x, y: y + CAPTION, w: high * aspect, h: high});
            x += high * aspect + GAP;
        }
        y += high + CAPTION + GAP;
    }
    return boxes;
}

const areaOf = boxes => boxes.reduce((sum, box) => sum + box.w * box.h, 0);
const largest = (width, height) => [1, 2, panes.length].map(wide => boxesOf(wide, width, height)).reduce((a, b) => areaOf(b) > areaOf(a) ? b : a);

// The panel stands beside the images or below them, whichever leaves them larger, and takes what they leave.
function layOut() {
    const body = stage.parentNode, width = body.clientWidth, height = body.clientHeight;
    const beside = largest(width - PANEL[0] - GAP, height), below = largest(width, height - PANEL[1] - GAP), isBelow = areaOf(below) > areaOf(beside);
    const boxes = isBelow ? below : beside;
    body.classList.toggle("below", isBelow);
    stage.style.flexBasis = isBelow ? Math.max(...boxes.map(box => box.y + box.h)) + GAP + "px" : "";
    panes.forEach((pane, n) => Object.assign(pane, boxes[n]));
    svg.setAttribute("viewBox", `0 0 ${stage.clientWidth} ${stage.clientHeight}`);
}

const onScreen = (pane, [u, v]) => [pane.x + pane.w / 2 + (u - pane.u) * pane.w * pane.zoom, pane.y + pane.h / 2 + (v - pane.v) * pane.h * pane.zoom];
const isIn = (pane, [x, y]) => x >= pane.x - 1 && x <= pane.x + pane.w + 1 && y >= pane.y - 1 && y <= pane.y + pane.h + 1;

// ---- drawing ----

function drawPane(pane, n) {
    const name = pane.side === "source" ? sourceName(pair) : targetName(pair), [x, y] = onScreen(pane, [0, 0]);
    const run = isTwo ? "AB"[pane.o] + ": " : "", pose = pane.side === "source" ? `, pose ${pane.pose}` : "";
    const full = run + (name.startsWith(pane.side + " ") ? name : `${pane.side} ${name}`) + pose;
    const words = full.length * 7 < pane.w ? full : run + pane.side + pose; // the title has both names
    svg.append(drawn("text", {class: "caption", x: pane.x, y: pane.y - 7}, words),
        drawn("clipPath", {id: "pane-" + n}, drawn("rect", {x: pane.x, y: pane.y, width: pane.w, height: pane.h})),
        drawn("g", {"clip-path": `url(#pane-${n})`}, drawn("g", {transform: `translate(${x} ${y}) scale(${pane.w * pane.zoom} ${pane.h * pane.zoom})`},
            ...imageOf(pair, pane.side, pane.pose))),
        drawn("rect", {class: "frame", x: pane.x, y: pane.y, width: pane.w, height: pane.h}));
}

const line = (from, to, kind, i) => drawn("line", {class: kind, "data-point": i, x1: from[0], y1: from[1], x2: to[0], y2: to[1]});

function addMark(mark, place, pane, i) {
    if (!isIn(pane, place))
        return;
    mark.dataset.point = i;
    svg.append(mark);
    places.push({i, place});
}

// Numbers lie over all marks, each on the side of its mark where it hides the fewest marks and numbers.
function addNumbers(numbers) {
    const taken = places.map(({place}) => place);
    for (const [i, [x, y], pane] of numbers.filter(([, place, pane]) => isIn(pane, place))) {
        const words = String(columns.k[i]), half = 3.7 * words.length;
        const boxes = SIDES.map(([across, down]) => [x + across * (8 + half), y + down * 12]);
        const hidden = ([u, v]) => taken.reduce((sum, [a, b]) => sum + (Math.abs(a - u) < half + 6 && Math.abs(b - v) < 11), isIn(pane, [u, v]) ? 0 : 2);
        const best = boxes.reduce((a, b) => hidden(b) < hidden(a) ? b : a);
        taken.push(best);
        svg.append(drawn("text", {class: "number", "data-point": i, "text-anchor": "middle", x: best[0], y: best[1] + 4}, words));
    }
}

// The matches of one output, from its source pane to its target pane. Returns the numbers to be written beside the marks.
function drawMatches(o, from, to, colours) {
    const starts = new Map(), ends = new Map(), seen = points().filter(i => isSeen(o, i)), reach = alpha() * to.zoom;
    const inTarget = svg.querySelector(`[clip-path="url(#pane-${panes.indexOf(to)})"]`), numbers = [];
    for (const i of seen) {
        starts.set(i, onScreen(from, sourcePoint(i, from.pose)));
        if (answeredPoint(o, i))
            ends.set(i, onScreen(to, answerPoint(o, i)));
    }
    spread(ends, 13);
    for (const i of seen) {
        const kind = verdict(o, i), end = ends.get(i), truth = judgedPoint(i) && onScreen(to, truePoint(i));
        if (end && isIn(from, starts.get(i)) && isIn(to, end))
            svg.append(line(starts.get(i), end, "match " + kind, i));
        // In the target's group, which cuts them at its frame, so that they point to what an enlarged pane does not show.
        if (truth && end && kind === "wrong")
            inTarget.append(line(end, truth, "miss", i));
        for (const [place, name] of [[truth, ""], [isSwapped(o, i) && onScreen(to, partnerPlace(o, i)), " other"]])
            if (place)
                inTarget.append(drawn("ellipse", {class: "reach" + name, "data-point": i, cx: place[0], cy: place[1], rx: reach * columns.reach_x[pair] * to.w,
                    ry: reach * columns.reach_y[pair] * to.h}));
    }
    for (const i of seen) {
        const kind = verdict(o, i), truth = judgedPoint(i) && onScreen(to, truePoint(i));
        addMark(sourceMark(o, i, starts.get(i), 5, colours.get(i)), starts.get(i), from, i);
        numbers.push([i, starts.get(i), from]);
        if (isSwapped(o, i))
            addMark(markAt("partner", onScreen(to, partnerPlace(o, i)), 6), onScreen(to, partnerPlace(o, i)), to, i);
        if (truth && kind !== "right")
            addMark(markAt(kind === "none" ? "none" : "truth", truth, 6, colours.get(i)), truth, to, i);
        if (ends.has(i)) {
            addMark(markAt(kind, ends.get(i), 5, colours.get(i)), ends.get(i), to, i);
            numbers.push([i, ends.get(i), to]);
        } else if (truth) {
            numbers.push([i, truth, to]);
        }
    }
    return numbers;
}

function draw() {
    if (pair < 0 || !svg)
        return;
    places = [];
    svg.replaceChildren();
    svg.classList.toggle("quiet", state.lines !== "1");
    panes.forEach(drawPane);
    const colours = pointColours(pair), numbers = [];
    for (let n = 0; n < panes.length; n += 2)
        numbers.push(...drawMatches(panes[n].o, panes[n], panes[n + 1], colours));
    addNumbers(numbers);
    showHot();
}
const drawSoon = beforeFrame(draw);

// ---- one keypoint ----

function describe(o, i) {
    const output = outputs[o], kind = verdict(o, i), parts = [];
    if (kind === "right" || kind === "wrong")
        parts.push(`error ${percent(output.error[i])}\u00a0% of the threshold, ${decimal(output.error[i] / cellShare(pair), 1)}\u00a0cells, limit ${percent(alpha())}\u00a0%`);
    if (answeredPoint(o, i))
        parts.push(`score ${decimal(output.score[i])}` + (output.second ? `, next best elsewhere ${decimal(output.second[i])}` : ""));
    if (output.cycle && answeredPoint(o, i))
        parts.push(`matched back to the source, it ends ${decimal(output.cycle[i], 1)} cells from where it started`);
    if (output.mutual && answeredPoint(o, i))
        parts.push(output.marks[i] & MUTUAL ? "mutual" : "not mutual");
    if (isNearer(o, i))
        parts.push(isSwapped(o, i) ? "at the mirrored partner's place" : "nearer to the mirrored partner's place than to its own, but beyond its limit, too");
    return `${isTwo ? "AB"[o] + ": " : ""}${WORDS[kind]}` + (parts.length ? "; " + parts.join("; ") : "");
}

// Colours the targets by the similarities of the keypoint that is shown.
function showHeat() {
    for (const old of svg.querySelectorAll(".heat"))
        old.remove();
    panes.forEach((pane, n) => {
        const image = hot >= 0 && pane.side === "target" && answeredPoint(pane.o, hot) && heatImage(pair, pane.o, hot);
        if (image)
            svg.querySelector(`[clip-path="url(#pane-${n})"] > g`).append(image);
    });
}

function showHot() {
    showHeat();
    dialog.classList.toggle("hovering", hot >= 0);
    for (const made of svg.querySelectorAll("[data-point]"))
        made.classList.toggle("hot", Number(made.dataset.point) === hot);
    for (const [i, row] of rows)
        row.classList.toggle("hot", i === hot);
    tip.hidden = hot < 0;
    if (hot < 0)
        return;
    const name = keypointName(pair, hot);
    tip.replaceChildren(element("b", {}, `Keypoint ${columns.k[hot]}${name ? " " + name : ""}`),
        ...shownOutputs().map(o => element("span", {}, describe(o, hot))));
    placeTip();
}

// In the corner of the last target that is farthest from the keypoint, so that it hides neither the answer nor its true place.
function placeTip() {
    const pane = panes.at(-1), inPane = places.filter(({i, place}) => i === hot && isIn(pane, place)).map(({place}) => place);
    const [x, y] = inPane.at(-1) || [pane.x, pane.y];
    tip.style.left = (x < pane.x + pane.w / 2 ? Math.max(0, pane.x + pane.w - tip.offsetWidth - 4) : pane.x + 4) + "px";
    tip.style.top = (y < pane.y + pane.h / 2 ? Math.max(0, pane.y + pane.h - tip.offsetHeight - 4) : pane.y + 4) + "px";
}

function hover(i, pin = false) {
    if (i === hot && pin === pinned)
        return;
    [hot, pinned] = [i, pin && i >= 0];
    showHot();
    if (pinned)
        rows.get(i)?.scrollIntoView({block: "nearest"});
}

const pointer = event => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
};

function nearest([x, y]) {
    let best = -1, least = REACH;
    for (const {i, place} of places) {
        const distance = Math.hypot(place[0] - x, place[1] - y);
        if (distance < least)
            [best, least] = [i, distance];
    }
    return best;
}

// ---- zoom ----

// Keeps the image over its pane.
function hold(pane) {
    const most = 0.5 - 0.5 / pane.zoom;
    pane.u = Math.max(0.5 - most, Math.min(0.5 + most, pane.u));
    pane.v = Math.max(0.5 - most, Math.min(0.5 + most, pane.v));
}

function zoom(pane, factor, [x, y] = [pane.x + pane.w / 2, pane.y + pane.h / 2]) {
    const next = Math.max(1, Math.min(ZOOM_MOST, pane.zoom * factor));
    const dx = (x - pane.x - pane.w / 2) / pane.w, dy = (y - pane.y - pane.h / 2) / pane.h;
    pane.u += dx / pane.zoom - dx / next;
    pane.v += dy / pane.zoom - dy / next;
    pane.zoom = next;
    hold(pane);
    drawSoon();
}

// By key or button: around the keypoint that is shown, if there is one.
function zoomAll(factor) {
    for (const pane of panes) {
        const known = pane.side === "source" ? hot >= 0 && sourcePoint(hot, pane.pose) : hot >= 0 && (judgedPoint(hot) ? truePoint(hot) : answerPoint(pane.o, hot));
        if (known && factor > 1 && !known.some(Number.isNaN) && pane.zoom === 1)
            [pane.u, pane.v] = known;
        zoom(pane, factor);
    }
}

function zoomBack() {
    for (const pane of panes)
        Object.assign(pane, {zoom: 1, u: 0.5, v: 0.5});
    drawSoon();
}

function listen() {
    let dragged = null, moved = false;
    svg.addEventListener("wheel", event => {
        const pane = panes.find(made => isIn(made, pointer(event)));
        if (!pane)
            return;
        event.preventDefault();
        zoom(pane, Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.06 : 0.002)), pointer(event));
    }, {passive: false});
    svg.addEventListener("pointerdown", event => {
        dragged = panes.find(made => isIn(made, pointer(event)));
        moved = false;
        svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", event => {
        if (!dragged) {
            if (!pinned)
                hover(nearest(pointer(event)));
            return;
        }
        moved ||= Math.hypot(event.movementX, event.movementY) > 1;
        dragged.u -= event.movementX / dragged.w / dragged.zoom;
        dragged.v -= event.movementY / dragged.h / dragged.zoom;
        hold(dragged);
        drawSoon();
    });
    const drop = event => {
        if (dragged && !moved && event.type === "pointerup") {
            const i = nearest(pointer(event));
            hover(i, i >= 0 && !(pinned && i === hot));
        }
        dragged = null;
    };
    svg.addEventListener("pointerup", drop);
    svg.addEventListener("pointercancel", drop);
    svg.addEventListener("pointerleave", () => pinned || hover(-1));
    svg.addEventListener("dblclick", event => {
        const pane = panes.find(made => isIn(made, pointer(event)));
        if (pane)
            zoom(pane, 2, pointer(event));
    });
}

// ---- beside the images ----

function keypointTable() {
    const marks = shownOutputs(), wide = marks.length === 1, second = wide && outputs[marks[0]].second;
    const named = points().some(i => keypointName(pair, i)), body = element("tbody");
    rows = new Map();
    for (const i of seenPoints()) {
        const row = element("tr", {onpointerenter: () => pinned || hover(i), onpointerleave: () => pinned || hover(-1), onclick: () => hover(i, !(pinned && i === hot))},
            element("td", {}, String(columns.k[i])), ...(named ? [element("td", {class: "text"}, keypointName(pair, i))] : []));
        for (const o of marks) {
            const kind = verdict(o, i), [icon] = legend(new Set([kind]))[0] || [""];
            row.append(element("td", {class: "text", title: WORDS[kind]}, icon, wide ? " " + WORDS[kind] : element("span", {class: "hidden"}, WORDS[kind])));
            if (isJudged)
                row.append(element("td", {}, percent(outputs[o].error[i])));
            row.append(element("td", {}, decimal(outputs[o].score[i], 3)));
        }
        if (second)
            row.append(element("td", {}, decimal(second[i], 3)));
        rows.set(i, row);
        body.append(row);
    }
    const heads = marks.flatMap(o => [[isTwo ? "AB"[o] : "answer", true], ...(isJudged ? [["error %"]] : []), ["score"]]);
    return element("div", {class: "points", ...region("Keypoints")}, element("table", {},
        element("caption", {class: "soft"}, "Keypoints: ↑ ↓ shows one after another."),
        element("thead", {}, element("tr", {}, ...[["#"], ...(named ? [["name", true]] : []), ...heads, ...(second ? [["next best"]] : [])].map(([words, isText]) =>
            element("th", {scope: "col", class: isText ? "text" : ""}, words)))), body));
}

function poseStrip(o) {
    const output = outputs[o], count = output.poses.length, known = truePose(pair);
    const isShown = pictureOf(pair, "source") !== undefined;
    return element("div", {class: "poses"}, ...output.poses.map((pose, q) => {
        const [width, height] = sizeOf(columns.source[pair], pose), chosen = output.chosen[pair] === q;
        const small = drawn("svg", {viewBox: `0 0 ${width} ${height}`, class: "pose", "aria-hidden": "true"},
            drawn("g", {transform: `scale(${width} ${height})`}, ...imageOf(pair, "source", pose)));
        const words = [chosen && "chosen", known === pose && "true"].filter(word => word).join(", ");
        return element("button", {type: "button", class: chosen ? "chosen" : "", "aria-pressed": String(pose === (state.as || shownPose(pair, o))),
            onclick: () => change({as: chosen ? "" : pose})}, ...(isShown ? [small] : []), element("span", {}, pose + (words ? ` (${words})` : "")),
        element("span", {class: "soft"}, "IMD " + decimal(output.imd[pair * count + q], 4)));
    }));
}

function panel() {
    const made = element("aside", {class: "panel", "aria-label": "About this pair"});
    for (const o of shownOutputs())
        made.append(element("div", {class: "why", ...region("What happened")}, ...(isTwo ? [element("b", {}, `${"AB"[o]}: ${outputs[o].name}`)] : []), ...explain(o, pair).map(words => element("p", {}, words))));
    if (outputs[0].dense_score)
        made.firstChild.prepend(element("p", {}, `A dense match: geosc render --pair ${pair} draws it.`));
    else if (!hasPictures(pair))
        made.firstChild.prepend(element("p", {class: "absent"}, `The page has no picture of this pair: geosc render --pair ${pair} draws it, ` +
            (pairCount <= GALLERY_MOST ? `and geosc report --gallery ${pairCount} makes a page with those of all pairs.` : "and a larger --gallery of geosc report chooses more pairs.")));
    if (columns.points[pair])
        made.append(element("div", {class: "legend", ...region("Marks")}), keypointTable());
    for (const o of shownOutputs())
        if (outputs[o].poses.length > 1 && outputs[o].poses.some((pose, q) => Number.isFinite(outputs[o].imd[pair * outputs[o].poses.length + q])))
            made.append(element("section", {}, element("h3", {}, (isTwo ? "AB"[o] + ": " : "") + (pictureOf(pair, "source") === undefined ? "Each pose of the source" : "The source in each pose")),
                poseStrip(o)));
    for (const part of made.children)
        tellMore(part);
    return tellMore(made);
}

// The legend has what is drawn of the whole images; the limit and the similarities of a keypoint only while one is shown.
function fillLegend() {
    const made = dialog.querySelector(".legend"), kinds = new Set();
    if (!made)
        return;
    for (const kind of ["source", "missing", "right", "wrong", "truth", "partner", "none", "unknown"])
        if (svg.querySelector(".mark." + kind))
            kinds.add(kind);
    for (const [kind, sign] of [["miss", ".miss"], ["limit", ".reach"]])
        if (svg.querySelector(sign))
            kinds.add(kind);
    if (shownOutputs().some(o => outputs[o].heat && gallery.has(pair) && points().some(i => answeredPoint(o, i))))
        kinds.add("heat");
    made.replaceChildren(...legend(kinds).map(([icon, words, kind]) => element("span", {class: ["limit", "heat"].includes(kind) ? "of-one" : ""}, icon, words)));
}

// A part that may scroll by itself, and says so below its edge.
const region = words => ({tabindex: "0", role: "region", "aria-label": words});

function toolbar() {
    const at = shown.indexOf(pair), category = categoryName(pair), made = element("div", {class: "bar"});
    const only = chooser("Show", ONLY, state.only, value => change({only: value}));
    const lines = checkbox("Lines", state.lines === "1", checked => change({lines: checked ? "1" : "0"}));
    made.append(element("h2", {id: "view-title"}, `Pair ${pair}: ${sourceName(pair)} to ${targetName(pair)}${category ? ", " + category : ""}`),
        element("span", {class: "soft"}, at < 0 ? "not in the filter" : `${counted(at + 1)} of ${counted(shown.length)}`),
        button("← Previous", () => step(-1)), button("Next →", () => step(1)), ...(columns.points[pair] ? [only.label, lines.label] : []));
    if (isTwo)
        made.append(chooser("Runs", [["", "both"], ["A", "A"], ["B", "B"]], state.output, value => change({output: value})).label);
    if (panes.length)
        made.append(button("+", () => zoomAll(1.6), {"aria-label": "Enlarge"}), button("−", () => zoomAll(1 / 1.6), {"aria-label": "Shrink"}),
            button("Whole", zoomBack, {title: "Whole images"}));
    made.append(button("Close", () => shut()));
    return made;
}

// ---- all together ----

function build() {
    const controls = () => [...dialog.querySelectorAll("button, select, input, [tabindex]")];
    const focused = document.activeElement, at = controls().indexOf(focused), isSame = made => made && made.tagName === focused.tagName &&
        (made.tagName !== "BUTTON" || made.textContent === focused.textContent);
    makePanes();
    svg = drawn("svg", {role: "img", "aria-label": explain(shownOutputs()[0], pair).join(" ") || `Pair ${pair}`});
    tip = element("div", {class: "tip", role: "status", hidden: true});
    stage = element("div", {class: "stage"}, svg, tip);
    hot = -1;
    pinned = false;
    const side = panel(), body = element("div", {class: "body"}, stage, side);
    dialog.replaceChildren(toolbar(), body, element("p", {class: "keys soft"},
        "← → pairs · " + (columns.points[pair] ? `↑ ↓ keypoints · L lines · ${isJudged ? "W wrong only · " : ""}${isJudged && meta.run.partners ? "C left/right confused · " : ""}A all · ` : "") +
        (panes.length ? "+ − 0 zoom, or wheel and drag · " : "") + "Esc closes"));
    if (!dialog.open)
        dialog.showModal();
    layOut();
    listen();
    resized.disconnect();
    resized.observe(body);
    draw();
    fillLegend();
    // What was used keeps the focus, so that it can be used again.
    const made = controls();
    ((at >= 0 && (isSame(made[at]) ? made[at] : made.find(isSame))) || made[0]).focus();
}

function step(way) {
    const at = shown.indexOf(pair);
    if (shown.length)
        change({pair: String(shown[(Math.max(at, way > 0 ? -1 : 0) + way + shown.length) % shown.length]), as: ""});
}

function stepPoint(way) {
    const seen = seenPoints();
    if (seen.length)
        hover(seen[(seen.indexOf(hot) + way + seen.length + (hot < 0 && way < 0 ? 1 : 0)) % seen.length], true);
}

const toggle = only => ONLY.some(([key]) => key === only) && change({only: state.only === only ? "" : only});

const KEYS = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowDown: () => stepPoint(1), ArrowUp: () => stepPoint(-1),
    l: () => change({lines: state.lines === "1" ? "0" : "1"}), w: () => toggle("wrong"), c: () => toggle("swapped"), a: () => change({only: ""}),
    "+": () => zoomAll(1.6), "=": () => zoomAll(1.6), "-": () => zoomAll(1 / 1.6), 0: zoomBack,
};

export const openPair = p => change({pair: String(p), as: ""}, true);

export function showView(closed) {
    dialog.addEventListener("keydown", event => {
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (event.target.closest("select, input:not([type=checkbox])") || event.ctrlKey || event.altKey || event.metaKey || !KEYS[key])
            return;
        event.preventDefault();
        KEYS[key]();
    });
    // At once: the event that tells of a closed dialog comes later, perhaps after the next key.
    shut = () => {
        const last = pair;
        if (dialog.open)
            dialog.close();
        if (last < 0)
            return;
        pair = -1;
        svg = null;
        dialog.replaceChildren();
        change({pair: "", as: ""});
        closed(last);
    };
    dialog.addEventListener("cancel", event => {
        event.preventDefault();
        shut();
    });
    dialog.addEventListener("close", () => dialog.open || shut());
    const follow = keys => {
        const wanted = state.pair === "" ? -1 : Number(state.pair);
        if (!(Number.isInteger(wanted) && wanted >= 0 && wanted < pairCount)) {
            shut();
            return;
        }
        if (wanted !== pair || ["as", "lines", "only", "output", "alpha"].some(key => keys.has(key))) {
            pair = wanted;
            build();
        }
    };
    onChange(follow);
    follow(new Set());
}
