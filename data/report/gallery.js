// The pairs with pictures, small: only those in sight are drawn.
import {meta, gallery, pairCount, isJudged, isTwo, sourceName, targetName, categoryName, poseName, statusName} from "./data.js";
import {element, section, plural, percent, decimal} from "./elements.js";
import {measured, judged, shownError, worstFirst, shown, onPairs} from "./pairs.js";
import {smallPair} from "./marks.js";

const CHOSEN = [["failed", "Failed"], ["worst", isTwo ? "Largest difference" : "Worst"], ["random", "At random"], ["best", isTwo ? "Smallest difference" : "Best"],
    ["all", isTwo ? "The largest difference first" : "The worst first"]];
const SHOWN = 60; // cards of a kind before "more"

function words(p) {
    const made = measured[0], parts = [];
    if (statusName(p, 0) !== "ok")
        parts.push(statusName(p, 0));
    if (isJudged && judged[p])
        parts.push(isTwo ? `A ${made.right[p]}, B ${measured[1].right[p]} of ${judged[p]} right` : `${made.right[p]} of ${judged[p]} right`,
            isTwo ? `mean error A ${percent(shownError(0, p))} %, B ${percent(shownError(1, p))} %` : `mean error ${percent(shownError(0, p))} %`);
    else if (Number.isFinite(made.score[p]))
        parts.push(isTwo ? `mean score A ${decimal(made.score[p])}, B ${decimal(measured[1].score[p])}` : `mean score ${decimal(made.score[p])}`);
    parts.push(isTwo ? `shown: A, pose ${poseName(p, 0)}` : `pose ${poseName(p, 0)}`);
    return parts.join("; ");
}

// Which pairs have pictures, in words.
function choice() {
    if (meta.gallery.length === pairCount)
        return "All pairs.";
    const some = isTwo ? "the pairs in which the runs differ most, those in which they differ least," : "the worst pairs, the best";
    return `${meta.categories.length > 1 ? "Of each category, " + some : some[0].toUpperCase() + some.slice(1)} and some at random.`;
}

export function showGallery(openPair) {
    const found = section("gallery", "Pictures");
    if (!gallery.size) {
        found.append(element("p", {}, "There are no pictures: no pair has a match, or --gallery is 0."));
        return;
    }
    const seen = new IntersectionObserver(entries => {
        for (const {target, isIntersecting} of entries)
            if (isIntersecting) {
                seen.unobserve(target);
                target.querySelector(".small").replaceWith(smallPair(Number(target.dataset.pair), 0));
            }
    }, {rootMargin: "600px"});
    const place = element("div", {class: "kinds"});
    found.append(element("p", {class: "soft"}, choice() + " A disc is right, a cross wrong, a diamond not judged; the filter of the table applies here, too."), place);

    function card(p) {
        const made = element("button", {type: "button", class: "card", "data-pair": p, onclick: () => openPair(p)}, element("span", {class: "small"}),
            element("b", {}, `Pair ${p}${categoryName(p) ? ", " + categoryName(p) : ""}`), element("span", {}, `${sourceName(p)} to ${targetName(p)}`),
            element("span", {class: "soft"}, words(p)));
        seen.observe(made);
        return made;
    }

    function draw() {
        const passing = new Set(shown);
        seen.disconnect();
        place.replaceChildren();
        for (const [kind, title] of CHOSEN) {
            const pairs = worstFirst(meta.gallery.filter(entry => entry.kind === kind && passing.has(entry.pair)).map(entry => entry.pair));
            if (kind === "best")
                pairs.reverse();
            if (!pairs.length)
                continue;
            const grid = element("div", {class: "gallery"}, ...pairs.slice(0, SHOWN).map(card));
            const part = element("div", {style: `--cards: ${Math.min(pairs.length, SHOWN)}`}, element("h3", {}, `${title} (${pairs.length})`), grid);
            place.append(part);
            if (pairs.length > SHOWN)
                part.append(element("button", {type: "button", onclick: event => {
                    grid.append(...pairs.slice(SHOWN).map(card));
                    event.target.remove();
                }}, `Show ${plural(pairs.length - SHOWN, "more pair")}`));
        }
        if (!place.children.length)
            place.append(element("p", {}, "No pair of the filter has a picture."));
    }

    // On paper all are in sight.
    addEventListener("beforeprint", () => {
        for (const empty of place.querySelectorAll("span.small"))
            empty.replaceWith(smallPair(Number(empty.parentNode.dataset.pair), 0));
    });
    draw();
    onPairs(filtered => filtered && draw());
}
