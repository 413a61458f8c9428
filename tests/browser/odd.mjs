// What few readers meet: answers without a second best, addresses that somebody changed, large letters, a small view used by keys alone.
import {check, open, seeAll, texts, shownCount} from "./page.mjs";

// On small maps no cell lies outside of the window around the best, so that some answers have no second best.
async function checkNoSecond(context) {
    const {page, said} = await open(context, "narrow.html");
    await seeAll(page);
    check("answers without a second best have their place in the plot of accuracy", (await texts(page, "#errors text.end")).length === 3 && said.length === 0, said);
    await page.close();
}

async function checkAddresses(context) {
    const {page, said} = await open(context, "many.html", {hash: "#category=x&pose=y&status=z&from=abc&to=&alpha=1.5&lines=2"});
    check("words that the page does not know leave it as it is", await shownCount(page) === 20000 && said.length === 0, [await shownCount(page), said]);
    await page.close();
}

async function checkKeys(context) {
    const {page} = await open(context, "small.html", {hash: "#pair=1"}), focused = () => page.evaluate(() => document.activeElement.tagName);
    await page.locator("#view label:has(> span:text-is('Show')) select").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    check("a list used by keys keeps the focus", await focused() === "SELECT" && page.url().includes("only=swapped"), [await focused(), page.url()]);
    await page.locator("#view .points").focus();
    await page.keyboard.press("l");
    check("so does the list of keypoints", await page.evaluate(() => document.activeElement.className) === "points", await focused());
    await page.close();
    const two = await open(context, "same.html", {hash: "#pair=1"}), strips = two.page.locator("#view .poses");
    await strips.nth(1).locator("button").first().focus();
    await two.page.keyboard.press("Enter");
    check("and the second run's poses", await two.page.evaluate(() => [...document.querySelectorAll("#view .poses")].findIndex(made => made.contains(document.activeElement))) === 1);
    await two.page.close();
    const dense = await open(context, "unjudged.html", {hash: "#pair=0&only=wrong"}), marks = async () => (await dense.page.$$("#view .match")).length;
    const before = await marks();
    await dense.page.keyboard.press("w");
    check("a choice that the run does not offer hides nothing", before > 0 && await marks() === before, [before, await marks()]);
    await dense.page.close();
}

// The browser's letters at half as large again (large.html).
async function checkLetters(context) {
    const {page} = await open(context, "large.html");
    await page.locator("#pairs table").focus();
    for (let i = 0; i < 60; i++)
        await page.keyboard.press("ArrowDown");
    const seen = await page.evaluate(() => {
        const box = document.querySelector("#pairs .rows").getBoundingClientRect(), row = document.querySelector("#pairs tr.current");
        return row && {top: row.getBoundingClientRect().top - box.top, bottom: box.bottom - row.getBoundingClientRect().bottom};
    });
    check("the current row is in sight with large letters", seen && seen.top >= 0 && seen.bottom >= 0, seen);
    await page.close();
}

async function checkAlpha(context) {
    const {page} = await open(context, "many.html"), current = () => page.textContent("#pairs tr.current td");
    await page.locator("#pairs table").focus();
    for (let i = 0; i < 40; i++)
        await page.keyboard.press("ArrowDown");
    const before = await current();
    await page.fill("#alpha", "60");
    await page.waitForFunction(() => document.querySelector("#run .tiles").textContent.includes("PCK@0.12"));
    const isInSight = await page.$eval("#pairs tr.current", row => {
        const box = row.closest(".rows").getBoundingClientRect(), {top, bottom} = row.getBoundingClientRect();
        return top >= box.top && bottom <= box.bottom;
    });
    check("another alpha keeps the current row, wherever it now stands", await current() === before && isInSight, [before, await current(), isInSight]);
    await page.close();
}

export async function checkOdd(context) {
    await checkNoSecond(context);
    await checkAddresses(context);
    await checkKeys(context);
    await checkLetters(context);
    await checkAlpha(context);
}
