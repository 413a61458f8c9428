// The pairs with pictures, small: only those in sight are drawn.
import {meta, gallery, isJudged, isTwo, sourceName, targetName, categoryName, poseName, statusName} from "./data.js";
import {element, section, plural, percent, decimal} from "./elements.js";
import {measured, judged, shown, onPairs} from "./pairs.js";
import {smallPair} from "./marks.js";

const CHOSEN = [["failed", "Failed"], ["worst", "Worst"], ["random", "At random"], ["best", "Best"]];
const SHOWN = 60; // cards of a kind before "more"

function words(p) {
    const made = measured[0], parts = [];
    if (statusName(p, 0) !== "ok")
        parts.push(statusName(p, 0));
    if (isJudged && judged[p])
        parts.push(isTwo ? `A ${made.right[p]}, B ${measured[1].right[p]} of ${judged[p]} right` : `${made.right[p]} of ${judged[p]} right`,
            isTwo ? `mean error A ${percent(made.error[p])} %, B ${percent(measured[1].error[p])} %` : `mean error ${percent(made.error[p])} %`);
    else if (Number.isFinite(made.score[p]))
        parts.push(`mean score ${decimal(made.score[p])}`);
    return `${isTwo ? `picture and pose of A (${poseName(p, 0)})` : `pose ${poseName(p, 0)}`}${parts.length ? "; " + parts.join(", ") : ""}`;
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
    const place = element("div");
    found.append(element("p", {class: "soft"}, (meta.categories.length > 1 ? "Of each category, the" : "The") +
        " worst and best pairs and some at random. A disc is right, a cross wrong, a diamond not judged; the filter of the table applies here, too."), place);

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
            const pairs = meta.gallery.filter(entry => entry.kind === kind && passing.has(entry.pair)).map(entry => entry.pair);
            if (kind !== "random")
                pairs.sort((a, b) => (kind === "best" ? 1 : -1) * (lossOf(a) - lossOf(b)));
            if (!pairs.length)
                continue;
            const grid = element("div", {class: "gallery"}, ...pairs.slice(0, SHOWN).map(card));
            place.append(element("h3", {}, `${title} (${pairs.length})`), grid);
            if (pairs.length > SHOWN)
                place.append(element("button", {type: "button", onclick: event => {
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
    const lossOf = p => isJudged ? measured[0].error[p] : -measured[0].score[p];
    draw();
    onPairs(filtered => filtered && draw());
}
