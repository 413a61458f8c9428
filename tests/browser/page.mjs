// What the tests of reports share: a browser, a count of checks, pages that say what goes wrong, and what is true of every page.
import {chromium} from "playwright-core";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";

const profile = mkdtempSync(join(tmpdir(), "geosc-browser."));
const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
let passed = 0, failed = 0;

export function check(what, good, seen = "") {
    console.log(`${good ? "ok" : "not ok"} - ${what}${good ? "" : ": " + JSON.stringify(seen)}`);
    good ? passed++ : failed++;
}

export async function launch() {
    const context = await chromium.launchPersistentContext(profile, {
        executablePath: process.env.CHROMIUM,
        headless: true,
        // As root there is no sandbox; and a browser that looks for news of its own would only wait for a network.
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"],
    });
    context.setDefaultTimeout(60000);
    return context;
}

export async function finish(context) {
    await context.close();
    rmSync(profile, {recursive: true, force: true, maxRetries: 10, retryDelay: 200});
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

// Each page on its own, with all that it says and asks for, when its table is there (page.ready, in ms).
export async function open(context, name, {width = 1280, hash = "", ...media} = {}) {
    const page = await context.newPage(), said = [];
    await page.setViewportSize({width, height: width === 2560 ? 1300 : 860});
    await page.emulateMedia(media);
    page.on("console", message => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", error => said.push(String(error)));
    page.on("request", request => /^(file|data):/.test(request.url()) || said.push("asks for " + request.url()));
    await page.addInitScript(() => {
        const look = () => document.querySelector("#pairs tbody tr") && document.querySelector("#sections a:last-of-type") ? window.readyAt = performance.now() :
            requestAnimationFrame(look);
        look();
    });
    await page.goto("file://" + resolve("files", name) + hash);
    page.ready = await page.waitForFunction(() => window.readyAt).then(handle => handle.jsonValue());
    return {page, said};
}

// A page behind another gets no frames, and sometimes none at once when it comes to the front.
export async function toFront(page) {
    for (let i = 0, alive = false; i < 10 && !alive; i++) {
        await page.bringToFront();
        alive = await Promise.race([page.evaluate(() => new Promise(done => requestAnimationFrame(() => done(true)))).catch(() => false),
            new Promise(done => setTimeout(() => done(false), 2000))]);
    }
}

// Brings every section into sight once, so that all of it is drawn.
export async function seeAll(page) {
    for (const id of await page.$$eval("main section", made => made.map(section => section.id).filter(id => id)))
        await page.evaluate(async name => {
            document.getElementById(name).scrollIntoView();
            await new Promise(done => setTimeout(done, 120));
        }, id);
    await page.evaluate(() => scrollTo(0, 0));
}

export async function checkAccess(page, what) {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await window.axe.run()).violations.filter(made => ["serious", "critical"].includes(made.impact))
        .map(made => `${made.id}: ${made.nodes.slice(0, 3).map(node => node.target.join(" ")).join(", ")}`));
    check(`axe finds nothing serious in ${what}`, found.length === 0, found);
}

// In the dark nothing is a pale slab but what a user chose.
export async function checkDark(page, what) {
    const pale = await page.evaluate(() => [...document.querySelectorAll("body, body *")].filter(made => {
        const parts = getComputedStyle(made).backgroundColor.match(/[\d.]+/g).map(Number), box = made.getBoundingClientRect();
        return (parts.length < 4 || parts[3] > 0.5) && Math.min(...parts.slice(0, 3)) > 150 && box.width * box.height > 400;
    }).map(made => made.outerHTML.slice(0, 80)));
    check(`nothing is pale in the dark ${what}`, pale.length === 0, pale);
}

export const fits = page => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
export const texts = (page, selector) => page.$$eval(selector, found => found.map(made => made.textContent.trim()));
// The cells of a column of the table of pairs, as far as rows are in the document.
export async function column(page, key) {
    const place = await page.$$eval("#pairs thead th", (heads, name) => heads.findIndex(head => head.dataset.key === name) + 1, key);
    return texts(page, `#pairs tbody tr[data-place] td:nth-child(${place})`);
}
export const shownCount = async page => Number((await page.textContent("#pairs .count")).split(" ")[0].replaceAll(",", ""));
