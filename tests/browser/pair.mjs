// A pair, large: by mouse and keyboard; runs side by side; failed pairs; pictures; paper.
import {readFileSync, writeFileSync} from "node:fs";
import {check, open, seeAll, checkAccess, checkDark, fits, texts, column} from "./page.mjs";

const title = page => page.textContent("#view-title");
const number = async page => (await title(page)).match(/Pair (\d+)/)[1];
const imageAt = (page, n) => page.$$eval("#view .stage clipPath + g > g", (made, i) => made[i].getAttribute("transform"), n);
const marks = (page, kind) => page.$$eval(`#view .stage .mark.${kind}`, made => made.length);

async function middle(page, selector) {
    const box = await page.locator(selector).first().boundingBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
}

async function checkKeys(page) {
    await page.locator("#pairs table").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const wanted = (await column(page, "pair"))[2], after = (await column(page, "pair"))[3];
    check("arrow keys choose a row", await page.getAttribute("#pairs tr[aria-selected=true]", "data-place") === "2");
    await page.keyboard.press("Enter");
    check("Enter opens the pair", await page.isVisible("#view") && await number(page) === wanted, wanted);
    await page.keyboard.press("ArrowRight");
    check("→ shows the next one", await number(page) === after, [await number(page), after]);
    await page.keyboard.press("ArrowLeft");
    check("← shows the one before", await number(page) === wanted);
    check("the address names the pair", page.url().includes("pair=" + wanted), page.url());
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.getElementById("view").open);
    check("Escape closes, and the focus is on the table", await page.evaluate(() => document.activeElement === document.querySelector("#pairs table")));
    check("the address has no pair any more", !page.url().includes("pair="), page.url());
    await page.keyboard.press("Enter");
    await page.locator("#view button", {hasText: "Next"}).click();
    check("the button shows the next one", await number(page) === after);
    await page.goBack();
    check("the browser's Back closes it", !await page.isVisible("#view"));
}

async function checkHover(page) {
    await page.mouse.move(...await middle(page, "#view .stage .mark.wrong"));
    const said = await page.textContent("#view .tip");
    check("a point says its error, its limit and its score", /wrong; error [\d.]+\u00a0% of the threshold, limit 10.0\u00a0%; score \d/.test(said), said);
    check("and whether it is mutual", /; (not )?mutual/.test(said), said);
    check("its line is there, and the truth", await page.$$eval("#view .hot", made => ["match", "miss", "mark source", "mark truth", "mark wrong"]
        .every(name => made.some(one => one.getAttribute("class").startsWith(name)))));
    check("the true place has the keypoint's colour", await page.evaluate(() => {
        const colour = (name, key) => getComputedStyle(document.querySelector(`#view .hot.${name} .shape`))[key];
        return colour("truth", "stroke") === colour("source", "fill");
    }));
    check("the others step back", await page.$eval("#view .stage [data-point]:not(.hot)", made => Number(getComputedStyle(made).opacity) < 0.3));
    check("its row is marked", (await page.$$("#view .points tr.hot")).length === 1);
    await page.mouse.move(2, 2);
    check("and all is as before", !await page.isVisible("#view .tip"));
    await page.keyboard.press("ArrowDown");
    const first = await page.textContent("#view .tip b");
    await page.keyboard.press("ArrowDown");
    check("↓ shows one keypoint after another", await page.isVisible("#view .tip") && first !== await page.textContent("#view .tip b"), first);
}

// Only keypoints that are to be seen, in the table and by keys.
async function checkSteps(page) {
    const wrong = await marks(page, "wrong") + await marks(page, "none"), seen = new Set();
    check("the table has the keypoints that are shown", (await page.$$("#view .points tbody tr")).length === wrong, wrong);
    for (let n = 0; n < wrong; n++) {
        await page.keyboard.press("ArrowDown");
        seen.add(await page.$eval("#view .stage .mark.hot", made => made.dataset.point));
    }
    check("↓ goes through these alone", seen.size === wrong, [...seen]);
}

// An answer counts as confused where it is right for the mirrored partner, whose place is drawn.
async function checkConfused(page) {
    const far = await page.$$eval("#view .stage .mark.wrong", made => made.map(one => {
        const at = mark => mark.getAttribute("transform").match(/[-\d.]+/g).map(Number), same = `[data-point="${one.dataset.point}"]`;
        const place = document.querySelector("#view .stage .mark.partner" + same), limit = document.querySelector("#view .stage .reach.other" + same);
        return place ? Math.hypot(at(one)[0] - at(place)[0], at(one)[1] - at(place)[1]) / Math.max(limit.rx.baseVal.value, limit.ry.baseVal.value) : Infinity;
    }));
    check("a confused answer is within the limit of its partner's place", far.length > 0 && far.every(share => share < 1.1), far);
    await page.keyboard.press("ArrowDown");
    check("and says so", (await page.textContent("#view .tip")).includes("at the mirrored partner's place"), await page.textContent("#view .tip"));
}

// No number lies under a mark that was drawn after it.
async function checkNumbers(page) {
    check("numbers stand over the marks", await page.$eval("#view .stage", stage => {
        const made = [...stage.querySelectorAll(".mark, .number")], from = made.findIndex(one => one.matches(".number"));
        return from > 0 && made.slice(from).every(one => one.matches(".number"));
    }));
}

async function checkZoom(page) {
    const before = await imageAt(page, 1), other = await imageAt(page, 0), [x, y] = await middle(page, "#view .stage .mark.wrong");
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(100);
    check("the wheel enlarges the image under the pointer", before !== await imageAt(page, 1) && other === await imageAt(page, 0));
    const [nearX, nearY] = await middle(page, "#view .stage .mark.wrong");
    check("what is under the pointer stays there", Math.hypot(nearX - x, nearY - y) < 8, [nearX - x, nearY - y]);
    const enlarged = await imageAt(page, 1);
    await page.mouse.down();
    await page.mouse.move(x + 25, y + 15, {steps: 4});
    await page.mouse.up();
    await page.waitForTimeout(100);
    check("dragging moves it", enlarged !== await imageAt(page, 1));
    await page.keyboard.press("0");
    await page.waitForTimeout(100);
    check("0 shows it whole", before === await imageAt(page, 1));
    await page.keyboard.press("+");
    await page.waitForTimeout(100);
    check("+ enlarges both", before !== await imageAt(page, 1) && other !== await imageAt(page, 0));
    await page.keyboard.press("0");
    const wrong = await page.$eval("#view .points tbody tr:has(svg .wrong)", row => row.firstChild.textContent);
    await page.locator("#view .points tbody tr", {has: page.locator("svg .wrong")}).first().click();
    for (let n = 0; n < 5; n++)
        await page.keyboard.press("+");
    await page.waitForTimeout(100);
    check("the line from the true place stays when the answer is out of sight", (await page.$$("#view .stage .miss.hot")).length === 1, wrong);
    await page.keyboard.press("0");
    await page.locator("#view .points tbody tr", {has: page.locator("svg .wrong")}).first().click();
    await page.mouse.move(2, 2);
}

async function checkChoices(page) {
    const right = await marks(page, "right"), wrong = await marks(page, "wrong");
    check("there are right and wrong marks", right > 0 && wrong > 0, [right, wrong]);
    await page.keyboard.press("w");
    check("W leaves only wrong ones", await marks(page, "right") === 0 && await marks(page, "wrong") === wrong);
    check("which the address holds", page.url().includes("only=wrong"));
    await checkSteps(page);
    await page.locator("#view .bar select").first().selectOption("swapped");
    check("or only left and right confused", await marks(page, "wrong") < wrong, await marks(page, "wrong"));
    await checkConfused(page);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.getElementById("view").open);
    await page.keyboard.press("Enter");
    await page.keyboard.press("a");
    check("A shows all again", await marks(page, "right") === right);
    await page.keyboard.press("l");
    check("L hides the lines", await page.$eval("#view .match", line => getComputedStyle(line).display === "none"));
    await page.keyboard.press("l");
    const place = () => page.$eval("#view .mark.source", made => made.getAttribute("transform")), before = await place();
    const pose = page.locator("#view .poses button[aria-pressed=false]").first(), name = await pose.locator("span").first().textContent();
    await pose.click();
    check("a click on a pose shows the source in it", (await page.textContent("#view .caption")).includes(`pose ${name}`) && before !== await place(), name);
}

export async function checkPair(context, width, colorScheme) {
    const what = `at ${width} points, ${colorScheme}`, {page, said} = await open(context, "many.html", {width, colorScheme, hash: "#show=pictures"});
    await checkKeys(page);
    // A pair with right and wrong answers, some of them at the mirrored partner.
    await page.goto(page.url().split("#")[0] + "#show=swapped&sort=-swapped&category=birch");
    await page.locator("#pairs tr[data-place]").filter({hasText: /[1-9] of/}).first().click();
    const box = await page.locator("#view .stage").boundingBox(), taken = await page.$$eval("#view .frame", made => made.reduce((sum, one) => sum + one.getAttribute("width") * one.getAttribute("height"), 0));
    check(`the images are as large as the window allows ${what}`, taken > 0.3 * box.width * box.height, [taken, box]);
    await checkNumbers(page);
    await checkHover(page);
    await page.screenshot({path: `screenshots/pair-${width}-${colorScheme}.png`});
    await checkZoom(page);
    await checkChoices(page);
    await checkAccess(page, `a pair ${what}`);
    if (colorScheme === "dark")
        await checkDark(page, `of a pair ${what}`);
    check(`nothing went wrong with a pair ${what}`, said.length === 0, said);
    await page.close();
}

export async function checkTwo(context, width, colorScheme) {
    const what = `at ${width} points, ${colorScheme}`, {page, said} = await open(context, "two.html", {width, colorScheme});
    check("both runs are named", ["few-out.h5", "few-none.h5"].every(async name => (await page.textContent("#lead")).includes(name)));
    check("the table has columns of both, and of their difference", await page.$$eval("#pairs th", heads => ["error", "error2", "change"].every(key => heads.some(head => head.dataset.key === key))));
    await page.locator("#pairs th[data-key=change] button").click();
    await seeAll(page);
    check("both curves have intervals", (await page.$$("#pck .band")).length === 2 && (await texts(page, "#pck text.end")).sort().join() === "A,B");
    check("the difference has one, too", /[+−±][\d.]+ \([+−±][\d.]+ to [+−±][\d.]+\)/.test(await page.textContent("#pck tbody tr")), await page.textContent("#pck tbody tr"));
    check("no scrolling sideways with two runs", await fits(page));
    const [isCut, isSaid] = [await page.$eval("#pairs .rows", box => box.scrollWidth > box.clientWidth), await page.isVisible("#pairs .sideways")];
    check("a table with more columns than fit says so", isCut === isSaid && (width > 1280 || isCut), [isCut, isSaid]);
    const unsaid = await page.$$eval(".scroll", boxes => boxes.filter(box => box.scrollWidth > box.clientWidth)
        .filter(box => !getComputedStyle(box.querySelector("caption"), "::after").content.includes("sideways")).map(box => box.getAttribute("aria-label")));
    check("nor without a word in any other table", unsaid.length === 0 && (width > 1280 || (await page.$$(".scroll.cut")).length > 0), unsaid);
    const scales = await page.$$eval("#errors svg[aria-label='Histogram of errors']", charts => charts.map(chart => [...chart.querySelectorAll(".grid + text")].map(made => made.textContent).join()));
    check("both histograms have one scale", scales.length === 2 && scales[0] === scales[1], scales);
    check("a picture's words name the run", /picture and pose of A \(\S+\); A \d+, B \d+ of/.test(await page.textContent("#gallery .card")), await page.textContent("#gallery .card"));
    await page.screenshot({path: `screenshots/two-${width}-${colorScheme}.png`, fullPage: true});
    await page.locator("#pairs tr[data-place]", {hasText: "none ✗"}).first().click();
    check("a pair shows both", (await page.$$("#view .frame")).length === 4);
    await page.screenshot({path: `screenshots/two-pair-${width}-${colorScheme}.png`});
    await page.locator("#view .bar label", {hasText: "Runs"}).locator("select").selectOption("B");
    const why = await page.textContent("#view .why");
    check("a true pose that was not tried is said to be missing", why.includes("The pose none is wrong") && why.includes("which was not among the candidates (--poses)"), why);
    check("or one", (await page.$$("#view .frame")).length === 2 && (await page.textContent("#view .caption")).startsWith("B"));
    await checkAccess(page, `two runs ${what}`);
    check(`nothing went wrong with two runs ${what}`, said.length === 0, said);
    await page.close();
}

export async function checkSmall(context) {
    const {page, said} = await open(context, "small.html", {colorScheme: "dark"});
    const drawnCards = () => page.$$eval("#gallery svg.small", made => made.length);
    check("pictures out of sight are not drawn", await page.$$eval("#gallery .card", made => made.length) === 10);
    await seeAll(page);
    const loss = kind => page.$$eval("#gallery h3", (heads, name) => {
        const cards = [...heads.find(head => head.textContent.startsWith(name)).nextSibling.querySelectorAll(".card")], found = {ash: [], birch: []};
        for (const card of cards)
            found[card.querySelector("b").textContent.split(", ")[1]].push(parseFloat(card.textContent.match(/mean error ([\d.]+)/)[1]));
        return found;
    }, kind);
    const worst = await loss("Worst"), best = await loss("Best");
    check("no pair of its category's better half is among the worst", ["ash", "birch"].every(name => worst[name].length === 3 && best[name].length === 2 &&
        Math.min(...worst[name]) >= Math.max(...best[name])), [worst, best]);
    check("in sight they are", await drawnCards() === 10, await drawnCards());
    check("a small picture has no text and no lines", (await page.$$("#gallery svg text, #gallery svg line")).length === 0);
    check("its caption has", (await page.textContent("#gallery .card")).includes("right, mean error"), await page.textContent("#gallery .card"));
    check("pictures are decoded", await page.$$eval("#gallery svg image", async images => (await Promise.all(images.map(async made => {
        const image = new Image();
        image.src = made.getAttribute("href");
        await image.decode();
        return image.naturalWidth;
    }))).every(width => width >= 10)));
    await page.locator("#gallery .card").first().click();
    check("a click opens it large", await page.isVisible("#view"));
    await page.keyboard.press("ArrowDown");
    check("a keypoint's similarities colour the target", (await page.$$("#view .stage image.heat")).length === 1);
    await page.screenshot({path: "screenshots/heat.png"});
    await page.mouse.click(...await middle(page, "#view .bar h2"));
    await page.keyboard.press("ArrowRight");
    check("but only while it is shown", (await page.$$("#view .stage image.heat")).length === 0);
    await page.keyboard.press("Escape");
    check("the time of each stage is there", (await page.textContent("#time")).includes("refine"));
    await page.setViewportSize({width: 380, height: 800});
    check("a narrow window needs no scrolling sideways", await fits(page));
    await page.screenshot({path: "screenshots/narrow-dark.png"});
    check("nothing went wrong in the gallery", said.length === 0, said);
    await page.close();
}

// Keypoints without truth are a third mark; a failed pair has no marks of answers.
export async function checkHonest(context) {
    const {page, said} = await open(context, "bad.html", {colorScheme: "light", hash: "#status=bad_features"});
    check("failed pairs can be found by their reason", (await column(page, "status")).every(name => name === "bad_features") && (await column(page, "status")).length > 0);
    await page.locator("#pairs tr[data-place]").first().click();
    check("a failed pair says why", (await page.textContent("#view .why")).includes("the features of one of its images are not all finite numbers"));
    check("it has open squares in the source, no marks of answers", await marks(page, "missing") > 0 && await marks(page, "source") === 0 && await page.$$eval("#view .mark.right, #view .mark.wrong, #view .mark.unknown, #view .match", made => made.length) === 0);
    await page.screenshot({path: "screenshots/failed.png"});
    check("nothing went wrong with failed pairs", said.length === 0, said);
    await page.close();
    const other = await open(context, "many.html", {hash: "#show=unjudged"});
    await other.page.locator("#pairs tr[data-place]").first().click();
    check("what is not judged is a mark of its own", await marks(other.page, "unknown") > 0);
    check("and is called so", (await other.page.textContent("#view .points")).includes("not judged") && (await other.page.textContent("#view .why")).includes("not judged"));
    const shapes = await other.page.$$eval("#view .legend .shape", made => made.map(one => one.getAttribute("d") + getComputedStyle(one).stroke));
    check("no two marks look alike", new Set(shapes).size === shapes.length, shapes);
    await other.page.screenshot({path: "screenshots/unjudged.png"});
    await other.page.close();
    const outside = await open(context, "outside.html", {hash: "#status=bad_keypoint"});
    await outside.page.locator("#pairs tr[data-place]").first().click();
    const incomplete = await outside.page.textContent("#view .why");
    check("a keypoint outside of its source is named", /^Incomplete, bad_keypoint: keypoint \d+ lies outside of the source and has no answer\./.test(incomplete), incomplete);
    check("the legend has only marks that are drawn", await marks(outside.page, "missing") === 0 && !(await outside.page.textContent("#view .legend")).includes("no answer, in the source"));
    await outside.page.close();
    const turned = await open(context, "many.html", {hash: "#show=pose&pose=hflip"});
    await turned.page.locator("#pairs tr[data-place]").first().click();
    const why = await texts(turned.page, "#view .why p");
    check("a wrong pose is the first cause", why[0].startsWith("The pose hflip is wrong: the true one is"), why);
    check("a mirrored pose says where the queries stand", why[0].includes("each query stands at the keypoint's mirrored partner"), why);
    await turned.page.close();
}

// A pair that was not chosen: a photograph of another pair serves it, the colours of features do not.
export async function checkPhotographs(context) {
    const text = readFileSync("files/small.html", "utf8"), data = text.match(/id="data">([^]*?)<\/script>/)[1], changed = JSON.parse(data);
    const {pair} = changed.gallery.shift();
    for (const [name, photographs, count] of [["photographs", true, 2], ["colours", false, 0]]) {
        changed.run.photographs = photographs;
        writeFileSync(`files/${name}.html`, text.replace(data, () => JSON.stringify(changed)));
        const {page, said} = await open(context, `${name}.html`, {hash: `#pair=${pair}`});
        const found = await page.$$eval("#view .stage image", made => made.length), why = await page.textContent("#view .why");
        check(`${name} of other pairs`, found === count && why.includes(`geosc render --pair ${pair} draws it`) === !photographs, [found, why]);
        check(`nothing went wrong with ${name}`, said.length === 0, said);
        await page.close();
    }
}

export async function checkPaper(context) {
    const {page, said} = await open(context, "small.html", {colorScheme: "light"});
    await page.pdf({path: "screenshots/print.pdf", format: "A4"});
    await page.emulateMedia({media: "print"});
    check("on paper there is no navigation and no filter", !await page.isVisible("nav") && !await page.isVisible("#pairs .filter"));
    check("on paper all pictures and plots are drawn", await page.$$eval("#gallery svg.small", made => made.length) === 10 && (await page.$$("#poses .chart")).length > 0);
    check("nothing went wrong on paper", said.length === 0, said);
    await page.close();
}
