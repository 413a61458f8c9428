// What the user chose, which the address holds: a link to it shows the same. Without a choice a key is not in the address.
import {meta, isJudged} from "./data.js";

const DEFAULTS = {
    alpha: meta.alphas.length / 2, // the step of the alpha
    text: "", category: "", pose: "", status: "", show: "", from: "", to: "",
    sort: isJudged ? "-error" : "score",
    pair: "", as: "", lines: "1", only: "", output: "",
};
const NUMBERS = new Set(["alpha"]);

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
        if (query.has(key))
            found[key] = NUMBERS.has(key) ? Number(query.get(key)) : query.get(key);
    if (!(found.alpha >= 1 && found.alpha <= meta.alphas.length && Number.isInteger(found.alpha)))
        found.alpha = DEFAULTS.alpha;
    if (!meta.poses.includes(found.as))
        found.as = DEFAULTS.as;
    return found;
}

const isSection = () => location.hash !== "" && !location.hash.includes("=");
addEventListener("popstate", () => isSection() || tell(assign(readAddress())));
addEventListener("hashchange", () => isSection() || tell(assign(readAddress())));
assign(isSection() ? {} : readAddress());

export const isFiltered = () => ["text", "category", "pose", "status", "show", "from", "to"].some(key => state[key] !== "");
export const clearFilter = () => change({text: "", category: "", pose: "", status: "", show: "", from: "", to: ""});
