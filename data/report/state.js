// What the user chose, which the address holds: a link to it shows the same. Without a choice a key is not in the address.
import {meta, outputs, isTwo, isJudged} from "./data.js";

const DEFAULTS = {
    alpha: meta.alphas.length / 2, // the step of the alpha
    text: "", category: "", pose: "", status: "", show: "", from: "", to: "",
    sort: !isJudged ? "score" : isTwo ? "change" : "pck", // what is worst stands first
    pair: "", as: "", lines: "1", only: "", output: "",
};
// Matches of a pair to look at: [key, words], those that this run can have.
export const ONLY = [["", "all matches"], ...(isJudged ? [["wrong", "wrong ones"]] : []),
    ...(isJudged && meta.run.partners ? [["swapped", "left/right confused"]] : []), ...(isJudged ? [["unknown", "not judged"]] : [])];
export const POSES = [...new Set(outputs.flatMap(output => output.poses)), "undecided"]; // that a pair can have

// What the address may say; anything else in it leaves the page as it is.
const within = values => value => values.includes(value);
const isNumber = value => value !== "" && Number.isFinite(Number(value));
const VALID = {
    alpha: value => Number.isInteger(Number(value)) && value >= 1 && value <= meta.alphas.length,
    category: within(meta.categories), pose: within(POSES), status: within(meta.statuses), from: isNumber, to: isNumber,
    as: within(meta.poses), lines: within(["0", "1"]), only: within(ONLY.map(([key]) => key)), output: within(isTwo ? ["A", "B"] : []),
};

export const state = {...DEFAULTS};
const listeners = [];

// Calls a function with the keys that changed.
export const onChange = listener => listeners.push(listener);
export const alpha = () => meta.alphas[state.alpha - 1];

function address() {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(state))
        if (value !== DEFAULTS[key])
            query.set(key, value);
    const text = query.toString();
    return location.pathname + location.search + (text && "#" + text);
}

function tell(keys) {
    for (const listener of listeners)
        listener(keys);
}

function assign(changes) {
    const keys = new Set(Object.keys(changes).filter(key => state[key] !== changes[key]));
    Object.assign(state, changes);
    return keys;
}

// push: the browser's Back button undoes it.
export function change(changes, push = false) {
    const keys = assign(changes);
    if (!keys.size)
        return;
    history[push ? "pushState" : "replaceState"](null, "", address());
    tell(keys);
}

function readAddress() {
    const query = new URLSearchParams(location.hash.slice(1)), found = {...DEFAULTS};
    for (const key of Object.keys(DEFAULTS))
        if (query.has(key) && (!VALID[key] || VALID[key](query.get(key))))
            found[key] = key === "alpha" ? Number(query.get(key)) : query.get(key);
    return found;
}

const isSection = () => location.hash !== "" && !location.hash.includes("=");
addEventListener("popstate", () => isSection() || tell(assign(readAddress())));
addEventListener("hashchange", () => isSection() || tell(assign(readAddress())));
assign(isSection() ? {} : readAddress());

export const isFiltered = () => ["text", "category", "pose", "status", "show", "from", "to"].some(key => state[key] !== "");
export const clearFilter = () => change({text: "", category: "", pose: "", status: "", show: "", from: "", to: ""});
