// Charts as SVG, tables that can be sorted, and parts of the page that are drawn when they come into sight.
import {drawn, element, button, tellMore} from "./elements.js";

const WIDTH = 640, HEIGHT = 360, TOP = 12, BOTTOM = 46, LEFT = 54;

// A frame with both axes; x and y map values to points. right: room for labels at the ends of lines.
export function frame(label, {xs, ys, xTitle, yTitle, xText = String, yText = String, right = 16}) {
    const svg = drawn("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "chart"});
    const [xLow, xHigh] = [xs[0], xs.at(-1)], [yLow, yHigh] = [ys[0], ys.at(-1)], end = WIDTH - right;
    const x = value => LEFT + (value - xLow) / (xHigh - xLow) * (end - LEFT);
    const y = value => HEIGHT - BOTTOM - (value - yLow) / (yHigh - yLow) * (HEIGHT - TOP - BOTTOM);
    for (const value of ys)
        svg.append(drawn("line", {class: "grid", x1: LEFT, x2: end, y1: y(value), y2: y(value)}),
            drawn("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, yText(value)));
    for (const value of xs)
        svg.append(drawn("text", {x: x(value), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle"}, xText(value)));
    const middle = (TOP + HEIGHT - BOTTOM) / 2;
    svg.append(drawn("line", {class: "axis", x1: LEFT, x2: end, y1: y(yLow), y2: y(yLow)}),
        drawn("text", {x: (LEFT + end) / 2, y: HEIGHT - 8, "text-anchor": "middle"}, xTitle),
        drawn("text", {x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})`}, yTitle));
    return {svg, x, y, end, labels: []};
}

const path = (chart, xs, ys) => xs.map((value, i) => `${chart.x(value).toFixed(1)},${chart.y(ys[i]).toFixed(1)}`);

// A line with its name at its end; band: low and high at each of the xs, an interval, shaded.
export function addLine(chart, {name, kind, xs, ys, title, band}) {
    if (band)
        chart.svg.append(drawn("polygon", {class: "band " + kind, points: [...path(chart, xs, band.high), ...path(chart, xs, band.low).reverse()].join(" ")}));
    chart.svg.append(drawn("polyline", {class: "line " + kind, points: path(chart, xs, ys).join(" ")}, drawn("title", {}, title || name)));
    if (name)
        chart.labels.push({name, kind, y: chart.y(ys.at(-1))});
}

// Names at the ends of lines, moved apart; of too many, those of the highest and the lowest lines.
export function addLabels(chart, apart = 13) {
    const most = Math.floor((HEIGHT - TOP - BOTTOM) / apart), labels = chart.labels.sort((a, b) => a.y - b.y);
    if (labels.length > most)
        labels.splice(most >> 1, labels.length - most);
    labels.forEach((label, i) => { label.at = Math.max(label.y, i ? labels[i - 1].at + apart : TOP + 4); });
    let floor = HEIGHT - BOTTOM;
    for (const label of [...labels].reverse()) {
        label.at = Math.min(label.at, floor);
        floor = label.at - apart;
    }
    for (const label of labels)
        chart.svg.append(drawn("path", {class: "lead", d: `M${chart.end + 1},${label.y.toFixed(1)}L${chart.end + 9},${label.at.toFixed(1)}`}),
            drawn("text", {class: "end " + label.kind, x: chart.end + 12, y: label.at + 4}, label.name));
}

// Five round numbers from 0 to at least `most`.
export function roundSteps(most) {
    const raw = (most || 1) / 4, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(size => size * 4 >= most * 0.9999) || 10 * power;
    return [0, 1, 2, 3, 4].map(i => Number((i * step).toPrecision(6)));
}

// bars: [name, value, kind, words, choose], longest is all of the width.
export function barChart(label, bars) {
    const row = 26, left = 150, width = WIDTH, most = Math.max(...bars.map(bar => bar[1]), 1e-12);
    const svg = drawn("svg", {viewBox: `0 0 ${width} ${row * bars.length + 6}`, role: "img", class: "chart",
        "aria-label": label + ": " + bars.map(([name, , , words]) => `${name} ${words}`).join(", ")});
    bars.forEach(([name, value, kind, words], i) => {
        const length = value / most * (width - left - 130);
        svg.append(drawn("text", {x: left - 8, y: row * i + 17, "text-anchor": "end"}, name),
            drawn("rect", {class: "bar " + kind, x: left, y: row * i + 4, width: Math.max(length, value > 0 ? 1 : 0), height: row - 8}),
            drawn("text", {x: left + length + 6, y: row * i + 17}, words));
    });
    return svg;
}

export function figure(svg, ...caption) {
    return element("figure", {}, svg, element("figcaption", {}, ...caption));
}

// A table that scrolls by itself; its caption says so where it is wider than its place.
export function scrolled(caption, table) {
    const box = element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table);
    new ResizeObserver(() => box.classList.toggle("cut", box.scrollWidth > box.clientWidth)).observe(box);
    return tellMore(box);
}

// columns: {title, value(row), cell(row): text or element, isText, rises (the smallest is the worst, and first at the first click), help}. With choose, a row can be chosen.
export function sortedTable(caption, columns, rows, choose, chosen = rows[0]) {
    const body = element("tbody");
    let current = chosen;
    const heads = columns.map((column, i) => element("th", {scope: "col", "aria-sort": "none", class: column.isText ? "text" : "", title: column.help},
        button(column.title, () => sortBy(i))));
    function first(row, cell) {
        const made = button(cell, () => {
            current = row;
            choose(row);
            for (const line of body.children)
                line.classList.toggle("chosen", line.contains(made));
            for (const other of body.querySelectorAll("button"))
                other.setAttribute("aria-pressed", String(other === made));
        }, {"aria-pressed": String(row === current)});
        return made;
    }
    const fill = ordered => body.replaceChildren(...ordered.map(row => element("tr", {class: choose && row === current ? "chosen" : ""}, ...columns.map((column, i) =>
        element("td", {class: column.isText ? "text" : ""}, i === 0 && choose ? first(row, column.cell(row)) : column.cell(row))))));
    function sortBy(i) {
        const before = heads[i].getAttribute("aria-sort"), up = columns[i].isText || columns[i].rises ? before !== "ascending" : before === "descending";
        heads.forEach((head, n) => head.setAttribute("aria-sort", n === i ? up ? "ascending" : "descending" : "none"));
        const value = columns[i].value, sign = up ? 1 : -1;
        fill([...rows].sort((a, b) => Number.isNaN(value(a)) - Number.isNaN(value(b)) || sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0)));
    }
    fill(rows);
    const table = element("table", {}, element("caption", {class: "soft"}, caption), element("thead", {}, element("tr", {}, ...heads)), body);
    return scrolled(caption, table);
}

// A share as a small bar with its number in %.
export function smallBar(share, words) {
    return element("span", {class: "share"}, element("i", {style: `width: ${Number.isFinite(share) ? (100 * Math.min(share, 1)).toFixed(1) : 0}%`}), element("span", {}, words));
}

// Draws a part of the page when it is in sight and something has changed; returns what tells of a change.
export function lazily(place, draw) {
    let stale = true, inSight = false;
    const renew = () => {
        if (stale) {
            stale = false;
            draw();
        }
    };
    new IntersectionObserver(entries => {
        inSight = entries.at(-1).isIntersecting;
        if (inSight)
            renew();
    }, {rootMargin: "400px"}).observe(place);
    addEventListener("beforeprint", renew);
    return () => {
        stale = true;
        if (inSight)
            renew();
    };
}
