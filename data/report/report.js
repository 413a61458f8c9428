"use strict";
// The page of geosc report: draws the JSON in #data, which src/cli/show/report_data.c writes. It loads no other file.
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const SVG = "http://www.w3.org/2000/svg";
const SHOWN = [0.01, 0.05, 0.1, 0.15]; // alphas with a column of their own

// ---- elements ----

function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    made.append(...children);
    return made;
}

function drawn(name, attributes = {}, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    if (text !== undefined)
        made.textContent = text;
    return made;
}

function section(id, title) {
    const made = element("section", {id, "aria-labelledby": id + "-title"}, element("h2", {id: id + "-title"}, title));
    document.getElementById("sections").append(element("a", {href: "#" + id}, title), " ");
    main.append(made);
    return made;
}

const percent = share => share === null || Number.isNaN(share) ? "–" : (100 * share).toFixed(1);
const counted = number => number.toLocaleString("en-US");

// ---- charts ----

// A frame with both axes; x and y map values to points.
function chart(label, {xs, ys, xTitle, yTitle, xText = String, yText = String}) {
    const width = 480, height = 300, left = 52, right = 12, top = 10, bottom = 44;
    const svg = drawn("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label});
    const first = xs[0], last = xs[xs.length - 1], low = ys[0], high = ys[ys.length - 1];
    const x = value => left + (value - first) / (last - first) * (width - left - right);
    const y = value => height - bottom - (value - low) / (high - low) * (height - top - bottom);
    for (const value of ys) {
        svg.append(drawn("line", {class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value)}));
        svg.append(drawn("text", {x: left - 6, y: y(value) + 4, "text-anchor": "end"}, yText(value)));
    }
    for (const value of xs)
        svg.append(drawn("text", {x: x(value), y: height - bottom + 17, "text-anchor": "middle"}, xText(value)));
    svg.append(drawn("line", {class: "axis", x1: left, x2: width - right, y1: y(low), y2: y(low)}));
    svg.append(drawn("text", {x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle"}, xTitle));
    svg.append(drawn("text", {x: 12, y: (top + height - bottom) / 2, "text-anchor": "middle",
        transform: `rotate(-90 12 ${(top + height - bottom) / 2})`}, yTitle));
    return {svg, x, y};
}

// Five round numbers from 0 to at least `most`.
function roundSteps(most) {
    const raw = (most || 1) / 4, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(size => size * 4 >= most * 0.9999) || 10 * power;
    return [0, 1, 2, 3, 4].map(i => Number((i * step).toPrecision(6)));
}

function curveChart() {
    const {svg, x, y} = chart("PCK against alpha", {xs: [0, 0.05, 0.1, 0.15, 0.2], ys: [0, 0.25, 0.5, 0.75, 1],
        xTitle: "alpha: share of the threshold", yTitle: "PCK in %", yText: value => String(100 * value)});
    const line = (shares, kind, title) => {
        const points = shares.map((share, i) => `${x((i + 1) / 100).toFixed(1)},${y(share).toFixed(1)}`);
        const made = drawn("polyline", {class: kind, points: `${x(0)},${y(0)} ` + points.join(" ")});
        made.append(drawn("title", {}, title));
        svg.append(made);
        return made;
    };
    for (const row of data.pck.filter(row => row.kind === "category"))
        line(row.image, "other", row.name);
    const chosen = line(data.pck[0].image, "second", "chosen");
    line(data.pck[0].image, "first", "all");
    return {svg, choose(row) {
        const points = row.image.map((share, i) => `${x((i + 1) / 100).toFixed(1)},${y(share).toFixed(1)}`);
        chosen.setAttribute("points", `${x(0)},${y(0)} ` + points.join(" "));
        svg.append(chosen);
    }};
}

function barChart(label, bars, text = counted) {
    const row = 26, left = 130, width = 480, most = Math.max(...bars.map(bar => bar[1]), 1e-12);
    const svg = drawn("svg", {viewBox: `0 0 ${width} ${row * bars.length + 6}`, role: "img", "aria-label": label});
    bars.forEach(([name, value], i) => {
        const length = value / most * (width - left - 90);
        svg.append(drawn("text", {x: left - 8, y: row * i + 17, "text-anchor": "end"}, name));
        svg.append(drawn("rect", {class: "bar", x: left, y: row * i + 4, width: Math.max(length, value > 0 ? 1 : 0), height: row - 8}));
        svg.append(drawn("text", {x: left + length + 6, y: row * i + 17}, text(value)));
    });
    return svg;
}

function distanceChart() {
    const most = Math.max(...data.imd.map(pair => pair[1]), ...data.imd.map(pair => pair[0]));
    const steps = roundSteps(most);
    const {svg, x, y} = chart("IMD of the chosen pose against the runner-up's", {xs: steps, ys: steps,
        xTitle: "IMD of the chosen pose", yTitle: "IMD of the runner-up"});
    svg.append(drawn("line", {class: "axis", x1: x(0), y1: y(0), x2: x(steps[4]), y2: y(steps[4]), "stroke-dasharray": "3 3"}));
    for (const [best, second, pair] of data.imd) {
        const dot = drawn("circle", {class: "dot", cx: x(best).toFixed(1), cy: y(second).toFixed(1), r: data.imd.length > 300 ? 2 : 3.5});
        dot.append(drawn("title", {}, `pair ${pair}: ${best}, runner-up ${second}`));
        svg.append(dot);
    }
    return svg;
}

// ---- tables ----

// columns: {title, value(row), text(row), isText}. With choose, the user can choose rows.
function sortedTable(caption, columns, rows, choose) {
    const body = element("tbody"), heads = columns.map(column => {
        const button = element("button", {type: "button"}, column.title);
        return element("th", {scope: "col", "aria-sort": "none", ...(column.isText ? {class: "text"} : {})}, button);
    });
    let current = rows[0];
    const fill = ordered => body.replaceChildren(...ordered.map(row => {
        const cells = columns.map((column, i) => {
            const cell = element("td", column.isText ? {class: "text"} : {});
            if (i === 0 && choose) {
                const button = element("button", {type: "button", "aria-pressed": String(row === current)}, column.text(row));
                button.addEventListener("click", () => {
                    current = row;
                    choose(row);
                    for (const line of body.children)
                        line.classList.toggle("chosen", line === cell.parentNode);
                    for (const other of body.querySelectorAll("button"))
                        other.setAttribute("aria-pressed", String(other === button));
                });
                cell.append(button);
            } else {
                cell.append(column.text(row));
            }
            return cell;
        });
        return element("tr", row === current && choose ? {class: "chosen"} : {}, ...cells);
    }));
    heads.forEach((head, i) => head.firstChild.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === (columns[i].isText ? "none" : "descending") ||
            head.getAttribute("aria-sort") === "descending";
        heads.forEach(other => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const value = columns[i].value, sign = up ? 1 : -1;
        fill([...rows].sort((a, b) => sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0)));
    }));
    fill(rows);
    const table = element("table", {}, element("caption", {class: "soft"}, caption), element("thead", {}, element("tr", {}, ...heads)), body);
    return element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table);
}

// ---- sections ----

function facts(pairs) {
    return element("dl", {class: "facts"}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]));
}

function tiles(items) {
    return element("ul", {class: "tiles"}, ...items.map(([value, name]) => element("li", {}, element("b", {}, value), element("span", {}, name))));
}

const failedCount = Object.entries(data.status).reduce((sum, [name, count]) => sum + (name === "ok" ? 0 : count), 0);

/* The smallest and the largest of something. */
function range([least, most]) {
    return least === most ? `${most}` : `(${least} to ${most})`;
}

function showRun() {
    const run = data.run, made = section("run", "What was run");
    const poses = data.poses;
    const items = [[counted(run.pairs), "pairs"], [counted(failedCount), "failed"]];
    if (data.pck)
        items.push([percent(data.pck[0].image[9]) + " %", "PCK@0.1 per image"], [percent(data.pck[0].image[4]) + " %", "PCK@0.05 per image"]);
    if (poses.known)
        items.push([percent(poses.right / poses.known) + " %", "poses right"]);
    made.append(tiles(items), facts([
        ["input", run.input], ["images", `${counted(run.images)}, features ${run.channels} × ${range(run.height)} × ${range(run.width)}`],
        ["keypoints", run.keypoints ? `${run.keypoints} per pair` : "none: every cell of the source is matched"],
        ["post-processor", run.model ? `a model with the checksum ${run.model}` : "none (zero-shot)"],
        ["options", run.options], ["geosc", `${run.version}, arithmetic ${run.isa_class}`]]));
}

function showPck() {
    const made = section("pck", "PCK");
    if (!data.pck) {
        made.append(element("p", {}, "The input has no target keypoints, so there is no PCK."));
        return;
    }
    const curve = curveChart(), categories = data.pck.filter(row => row.kind === "category").length;
    made.append(element("p", {class: "soft"}, `The share of keypoints with an error below alpha times ${data.run.threshold}. ` +
        "A missing match is an error. Per image: the mean of the pairs' shares; per point: over all points."));
    const caption = "Solid: all pairs." + (data.pck.length > 1 ? " Dashed: the row chosen in the table." : "") +
        (categories ? " Thin: each category." : "");
    const columns = [
        {title: "pairs of", isText: true, value: row => row.name, text: row => row.name},
        {title: "pairs", value: row => row.pairs, text: row => counted(row.pairs)},
        {title: "points", value: row => row.points, text: row => counted(row.points)},
        ...SHOWN.map(alpha => ({title: "@" + alpha, value: row => row.image[Math.round(100 * alpha) - 1],
            text: row => percent(row.image[Math.round(100 * alpha) - 1])})),
        {title: "@0.1 per point", value: row => row.point[9], text: row => percent(row.point[9])}];
    made.append(element("figure", {}, curve.svg, element("figcaption", {}, caption)),
        sortedTable("PCK in %, per image", columns, data.pck, data.pck.length > 1 ? row => curve.choose(row) : null));
}

function showPoses() {
    const made = section("poses", "Poses"), bars = data.poses.chosen.map(([name, count]) => [name, count]);
    if (data.poses.undecided)
        bars.push(["undecided", data.poses.undecided]);
    const charts = element("div", {class: "charts"}, element("figure", {}, barChart("Pairs by chosen pose", bars),
        element("figcaption", {}, "Pairs by the chosen pose of the source.")));
    if (data.imd.length) {
        const sampled = data.imd.length < data.run.pairs ? ` ${counted(data.imd.length)} of the ${counted(data.run.pairs)} pairs.` : "";
        charts.append(element("figure", {}, distanceChart(),
            element("figcaption", {}, "The higher above the dashed line, the clearer the choice." + sampled)));
    }
    made.append(charts);
}

function showGallery() {
    const made = section("gallery", "Pairs"), dialog = document.getElementById("large");
    const titles = {best: "Best", median: "Median", worst: "Worst"};
    let place = 0;
    if (!data.gallery.length) {
        made.append(element("p", {}, "There are no pictures: no pair has a match, or --gallery is 0."));
        return;
    }
    const describe = pair => `Pair ${pair.pair}: ${pair.source} to ${pair.target}${pair.category ? ", " + pair.category : ""}; pose ${pair.pose}; ` +
        (data.by_truth ? `mean error ${(100 * pair.loss).toFixed(1)} % of the threshold` : `mean score ${(1 - pair.loss).toFixed(3)}`);
    const image = element("img", {alt: ""}), words = element("p"), step = (text, way) => {
        const button = element("button", {type: "button"}, text);
        button.addEventListener("click", () => show(place + way));
        return button;
    };
    const close = element("button", {type: "button"}, "Close");
    close.addEventListener("click", () => dialog.close());
    dialog.append(element("div", {class: "row"}, words, step("Previous", -1), step("Next", 1), close), image);
    function show(to) {
        place = (to + data.gallery.length) % data.gallery.length;
        image.src = data.gallery[place].picture;
        image.alt = words.textContent = describe(data.gallery[place]);
    }
    dialog.addEventListener("keydown", event => {
        if (event.key === "ArrowRight" || event.key === "ArrowLeft")
            show(place + (event.key === "ArrowRight" ? 1 : -1));
    });
    dialog.addEventListener("click", event => event.target === dialog && dialog.close());
    made.append(element("p", {class: "soft"}, "Click a pair, or press Enter on it, to enlarge it; arrow keys show the next one, Escape closes."));
    for (const kind of Object.keys(titles)) {
        const pairs = data.gallery.filter(pair => pair.kind === kind);
        if (!pairs.length)
            continue;
        const grid = element("div", {class: "gallery"});
        for (const pair of pairs) {
            const button = element("button", {type: "button"}, element("img", {src: pair.picture, alt: ""}),
                element("span", {}, describe(pair)));
            button.addEventListener("click", () => {
                // Closing returns the focus to this button at once; a close event would come later, after another key.
                button.focus(); // not every browser focuses a clicked button
                show(data.gallery.indexOf(pair));
                dialog.showModal();
            });
            grid.append(button);
        }
        made.append(element("h3", {}, titles[kind]), grid);
    }
}

function showFailed() {
    const made = section("failed", "Failed pairs");
    if (!failedCount) {
        made.append(element("p", {}, "None."));
        return;
    }
    const reasons = Object.entries(data.status).filter(([name, count]) => name !== "ok" && count);
    made.append(element("figure", {}, barChart("Failed pairs by reason", reasons)));
    const columns = [{title: "pair", value: row => row.pair, text: row => String(row.pair)},
        {title: "reason", isText: true, value: row => row.status, text: row => row.status}];
    for (const name of ["source", "target", "category"])
        if (data.failed.some(row => row[name]))
            columns.push({title: name, isText: true, value: row => row[name] || "", text: row => row[name] || ""});
    const caption = data.failed.length < failedCount ? `The first ${counted(data.failed.length)} of ${counted(failedCount)} failed pairs` : "Failed pairs";
    made.append(sortedTable(caption, columns, data.failed, null));
}

function showTimes() {
    if (!data.summary)
        return;
    const made = section("time", "Time");
    try {
        const summary = JSON.parse(data.summary), stages = Object.entries(summary.stages);
        made.append(element("figure", {}, barChart("Seconds by stage", stages, value => value.toFixed(2) + " s"),
            element("figcaption", {}, "Seconds of wall time by stage.")), facts([
            ["in all", `${summary.seconds.toFixed(2)} s`], ["pairs per second", (summary.pairs / summary.seconds).toFixed(2)],
            ["threads", summary.threads], ["CPU/wall", summary.cpu_wall.toFixed(2)], ["kernels", summary.isa],
            ["memory at most", `${(summary.memory_most / 1e6).toFixed(0)} MB`],
            ["images", `${counted(summary.images_refined)} refined, ${counted(summary.cache_hits)} reused`]]));
    } catch (error) {
        made.append(element("p", {}, "The summary cannot be read: " + error.message));
    }
}

document.title = `${data.run.input} – geosc report`;
document.getElementById("title").textContent = data.run.input;
document.getElementById("lead").textContent = `Matches of ${counted(data.run.pairs)} pairs` + (failedCount ? `, ${counted(failedCount)} of them failed.` : ".");
showRun();
showPck();
showPoses();
showGallery();
showFailed();
showTimes();
