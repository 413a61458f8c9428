// The page of geosc render --format html: a dense match, blended by itself, by mouse and keyboard.
import {check, checkAccess, checkDark, fits} from "./page.mjs";
import {resolve} from "node:path";

const share = async page => Number(await page.inputValue("#share"));
const opacity = page => page.$eval("#warped", made => Number(getComputedStyle(made).opacity));

async function open(context, {width = 1280, ...media}) {
    const page = await context.newPage(), said = [];
    await page.setViewportSize({width, height: 860});
    await page.emulateMedia(media);
    page.on("console", message => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", error => said.push(String(error)));
    page.on("request", request => /^(file|data):/.test(request.url()) || said.push("asks for " + request.url()));
    await page.goto("file://" + resolve("files", "blend.html"));
    return {page, said};
}

async function checkPlays(page) {
    const seen = new Set();
    for (let i = 0; i < 40 && seen.size < 6; i++) {
        seen.add(await share(page));
        await page.waitForTimeout(100);
    }
    check("the blend moves by itself", seen.size >= 6, [...seen]);
    await page.keyboard.press("Space");
    const stopped = await share(page);
    await page.waitForTimeout(400);
    check("Space stops it", stopped === await share(page) && await page.textContent("#play") === "Play");
    await page.click("#play");
    await page.waitForFunction(before => Number(document.getElementById("share").value) !== before, stopped);
    check("the button goes on", await page.textContent("#play") === "Pause");
}

async function checkHand(page) {
    await page.fill("#share", "100");
    check("the slider shows the target alone, and stops", await opacity(page) === 1 && await page.textContent("#play") === "Play");
    await page.locator("h1").click();
    await page.keyboard.press("ArrowLeft");
    check("an arrow key moves by a tenth", await share(page) === 90 && Math.abs(await opacity(page) - 0.9) < 0.01, await share(page));
    await page.fill("#share", "0");
    check("the slider shows the source alone", await opacity(page) === 0 && (await page.textContent("#now")).startsWith("0 %"));
}

export async function checkBlend(context) {
    const {page, said} = await open(context, {colorScheme: "dark"});
    check("all pictures of the blend are decoded", await page.$$eval("img", images => images.length === 5 && images.every(image => image.complete && image.naturalWidth > 0)));
    const boxes = await page.$$eval(".blend img", images => images.map(image => JSON.stringify(image.getBoundingClientRect())));
    check("the warped target lies on the source", boxes[0] === boxes[1], boxes);
    check("the title names the pair", /^Pair 1: /.test(await page.title()), await page.title());
    await checkPlays(page);
    await checkHand(page);
    await checkDark(page, "of the blend");
    await checkAccess(page, "the blend");
    await page.screenshot({path: "screenshots/blend.png", fullPage: true});
    await page.setViewportSize({width: 380, height: 800});
    check("the blend fits a phone", await fits(page));
    check("nothing went wrong in the blend", said.length === 0, said);
    await page.close();
    const still = (await open(context, {reducedMotion: "reduce"})).page, before = await share(still);
    await still.waitForTimeout(600);
    check("for who wants no motion it waits, half blended", before === 50 && await share(still) === 50 && await still.textContent("#play") === "Play");
    await still.close();
}
