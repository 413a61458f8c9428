// The report in a browser, as a person uses it: tests/browser/run makes the files and starts this.
import {chromium} from "playwright-core";
import {mkdtempSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";

const profile = mkdtempSync(join(tmpdir(), "geosc-browser."));
let passed = 0, failed = 0;

function check(what, good, seen = "") {
    console.log(`${good ? "ok" : "not ok"} - ${what}${good ? "" : ": " + JSON.stringify(seen)}`);
    good ? passed++ : failed++;
}

// Each page on its own, with all that it says and asks for.
async function open(context, name, options = {}) {
    const page = await context.newPage(), said = [];
    await page.emulateMedia(options);
    page.on("console", message => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", error => said.push(String(error)));
    page.on("request", request => /^(file|data):/.test(request.url()) || said.push("asks for " + request.url()));
    await page.goto("file://" + resolve("files", name));
    return {page, said};
}

const column = (page, number) => page.$$eval(`#pck tbody tr td:nth-child(${number})`, cells => cells.map(cell => cell.textContent));
const isSorted = (values, sign) => values.every((value, i) => i === 0 || sign * (parseFloat(values[i - 1]) - parseFloat(value)) <= 0);
const fits = page => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

async function checkMany(context) {
    const {page, said} = await open(context, "many.html", {colorScheme: "light"});
    const size = statSync("files/many.html").size;
    check("the report of 20,000 pairs is below 5 MB", size < 5e6, size);
    check("its title names the input", (await page.title()).includes("many.h5"), await page.title());
    check("it counts the pairs", (await page.textContent("#run")).includes("20,000"));
    check("it draws the curve of all pairs", (await page.getAttribute("#pck svg .first", "points")).split(" ").length === 21);
    check("it shows twelve pairs", (await page.$$("#gallery .gallery img")).length === 12);
    check("pictures are decoded", await page.$$eval("#gallery img", async images => {
        await Promise.all(images.map(image => image.decode()));
        return images.every(image => image.naturalWidth > 400);
    }));
    check("it samples the distances", (await page.$$("#poses svg .dot")).length <= 1500);
    check("the table shows all its columns", await page.$eval("#pck .scroll", box => box.scrollWidth <= box.clientWidth));
    await page.screenshot({path: "screenshots/many-light.png", fullPage: true});

    // Sorting by mouse: numbers fall first, then rise.
    const head = page.locator("#pck thead button", {hasText: "@0.05"});
    await head.click();
    check("a click sorts, largest first", isSorted(await column(page, 5), -1), await column(page, 5));
    check("and says so", await page.locator("#pck thead th:nth-child(5)").getAttribute("aria-sort") === "descending");
    await head.click();
    check("a second click turns it round", isSorted(await column(page, 5), 1), await column(page, 5));
    // And by keyboard.
    await page.locator("#pck thead button").first().focus();
    await page.keyboard.press("Enter");
    const names = await column(page, 1);
    check("Enter on a head sorts by name", names.every((name, i) => i === 0 || names[i - 1] <= name), names);

    // A row chosen changes the dashed curve.
    const before = await page.getAttribute("#pck svg .second", "points");
    await page.locator("#pck tbody button").last().click();
    check("a row in the table shows its curve", before !== await page.getAttribute("#pck svg .second", "points"));
    check("nothing went wrong with many pairs", said.length === 0, said);
    await page.close();
}

async function checkGallery(context) {
    const {page, said} = await open(context, "small.html", {colorScheme: "dark"});
    const dialog = page.locator("#large");
    const words = () => page.textContent("#large p");

    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    check("dark where the system is", ground.match(/\d+/g).slice(0, 3).every(part => Number(part) < 60), ground);
    check("ten pairs are each shown once", (await page.$$("#gallery .gallery img")).length === 10);
    await page.screenshot({path: "screenshots/small-dark.png", fullPage: true});
    await page.locator("#gallery button").first().click();
    check("a click opens a pair large", await dialog.isVisible());
    const first = await words();
    await page.screenshot({path: "screenshots/large.png"});
    await page.locator("#large button", {hasText: "Next"}).click();
    check("Next goes on", first !== await words());
    await page.keyboard.press("ArrowLeft");
    check("an arrow key goes back", first === await words(), await words());
    await page.keyboard.press("Escape");
    await dialog.waitFor({state: "hidden", timeout: 10000}).catch(() => {});
    check("Escape closes", !await dialog.isVisible());
    check("and the focus is back on the pair", await page.evaluate(() => document.activeElement.parentNode.className === "gallery"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog.waitFor({state: "visible", timeout: 10000}).catch(() => {});
    check("Tab and Enter open the next one", await dialog.isVisible() && first !== await words(),
        `${await dialog.isVisible()}: ${await words()}, before ${first}`);
    await page.locator("#large button", {hasText: "Close"}).click();
    check("the button closes", !await dialog.isVisible());
    await page.locator("#gallery button").first().click();
    check("a focus that moves on as a pair is closed stays there", await page.evaluate(async () => {
        const next = document.querySelectorAll("#gallery button")[1];
        document.getElementById("large").close();
        next.focus();
        await new Promise(resolve => setTimeout(resolve, 100));
        return document.activeElement === next;
    }));
    check("the time of each stage is there", (await page.textContent("#time")).includes("refine"));
    check("nothing went wrong in the gallery", said.length === 0, said);
    await page.setViewportSize({width: 380, height: 800});
    check("a narrow window needs no scrolling sideways", await fits(page));
    await page.screenshot({path: "screenshots/narrow-dark.png"});
    await page.close();
}

async function checkFailed(context) {
    const {page, said} = await open(context, "bad.html", {colorScheme: "light", media: "print"});
    const rows = await page.$$eval("#failed tbody tr", lines => lines.map(line => line.textContent));
    check("a failed pair is listed with its reason", rows.length > 0 && rows.every(row => row.includes("bad_features")), rows);
    check("in print there is no navigation", !await page.isVisible("nav"));
    await page.pdf({path: "screenshots/print.pdf"});
    check("nothing went wrong with failed pairs", said.length === 0, said);
    await page.close();
}

const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    viewport: {width: 1200, height: 900},
    // As root there is no sandbox; and a browser that looks for news of its own would only wait for a network.
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"],
});
context.setDefaultTimeout(120000);
try {
    await checkMany(context);
    await checkGallery(context);
    await checkFailed(context);
} catch (error) {
    check("the test comes to its end", false, String(error));
} finally {
    await context.close();
    rmSync(profile, {recursive: true, force: true, maxRetries: 10, retryDelay: 200});
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
