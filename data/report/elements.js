// Elements of the page, and numbers as text.
const SVG = "http://www.w3.org/2000/svg";

function set(made, attributes) {
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on"))
            made.addEventListener(key.slice(2), value);
        else if (value !== null && value !== undefined && value !== false)
            made.setAttribute(key, value === true ? "" : value);
    }
    return made;
}

// Attributes that start with "on" are listeners; false and null leave one out.
export function element(name, attributes = {}, ...children) {
    const made = set(document.createElement(name), attributes);
    made.append(...children);
    return made;
}

export function drawn(name, attributes = {}, ...children) {
    const made = set(document.createElementNS(SVG, name), attributes);
    made.append(...children);
    return made;
}

export function section(id, title) {
    const made = element("section", {id, "aria-labelledby": id + "-title"}, element("h2", {id: id + "-title", tabindex: "-1"}, title));
    document.getElementById("sections").append(element("a", {href: "#" + id}, title), " ");
    document.getElementById("main").append(made);
    return made;
}

export const button = (text, onclick, attributes = {}) => element("button", {type: "button", onclick, ...attributes}, text);

export function chooser(label, choices, value, onchange) {
    const select = element("select", {onchange: () => onchange(select.value)},
        ...choices.map(([key, text]) => element("option", {value: key}, text)));
    select.value = value;
    return {select, label: element("label", {}, element("span", {}, label), select)};
}

export function checkbox(label, checked, onchange) {
    const input = element("input", {type: "checkbox", onchange: () => onchange(input.checked)});
    input.checked = checked;
    return {input, label: element("label", {class: "check"}, input, label)};
}

// A list of words breaks after its commas.
const breakable = text => text.split(/(?<=,)(?=[a-z])/).flatMap((part, n) => n ? [element("wbr"), part] : [part]);

export function facts(pairs) {
    return element("dl", {class: "facts"}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, ...breakable(String(value)))]));
}

const NOTHING = "–";
export const counted = number => number.toLocaleString("en-US");
export const percent = (share, digits = 1) => Number.isFinite(share) ? (100 * share).toFixed(digits) : NOTHING;
export const decimal = (number, digits = 3) => Number.isFinite(number) ? number.toFixed(digits) : NOTHING;
export const signed = (number, digits = 1) => Number.isFinite(number) ? (number > 0 ? "+" : number < 0 ? "−" : "±") +
    Math.abs(number).toFixed(digits) : NOTHING;
export const plural = (count, one, many = one + "s") => `${counted(count)} ${count === 1 ? one : many}`;

// Says that a part which scrolls goes on below its edge.
export function tellMore(box) {
    const tell = () => box.classList.toggle("more", box.scrollHeight - box.scrollTop - box.clientHeight > 4);
    box.addEventListener("scroll", tell, {passive: true});
    new ResizeObserver(tell).observe(box);
    return box;
}

// Calls a function once, before the next frame, however often it is asked.
export function beforeFrame(work) {
    let asked = false;
    return () => {
        if (asked)
            return;
        asked = true;
        requestAnimationFrame(() => {
            asked = false;
            work();
        });
    };
}

export const median = numbers => {
    const sorted = Float64Array.from(numbers).sort();
    return sorted.length ? sorted[sorted.length >> 1] : NaN;
};
