// A pair, large: by mouse and keyboard; runs side by side; failed pairs; pictures; paper.
import {readFileSync, writeFileSync} from "node:fs";
import {checkBand} from "./many.mjs";
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
    check("a point says its error, its limit and its score", /wrong; error [\d.]+\u00a0% of the threshold, [\d.]+\u00a0cells, limit 10.0\u00a0%; score \d/.test(said), said);
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
    await seeAll(page);
    check("both curves have intervals", (await page.$$("#pck .band")).length === 2 && (await texts(page, "#pck text.end")).sort().join() === "A,B");
    check("the difference has one, too", /[+−±][\d.]+ \([+−±][\d.]+ to [+−±][\d.]+\)/.test(await page.textContent("#pck tbody tr")), await page.textContent("#pck tbody tr"));
    check("no scrolling sideways with two runs", await fits(page));
    const [isCut, isSaid] = [await page.$eval("#pairs .rows", box => box.scrollWidth > box.clientWidth), await page.isVisible("#pairs .sideways")];
    check("a table with more columns than fit says so", isCut === isSaid && (width > 1280 || isCut), [isCut, isSaid]);
    const unsaid = await page.$$eval(".scroll", boxes => boxes.filter(box => box.scrollWidth > box.clientWidth)
        .filter(box => !getComputedStyle(box.querySelector("caption"), "::after").content.startsWith('". Scroll sideways')).map(box => box.getAttribute("aria-label")));
    check("nor without a word in any other table", unsaid.length === 0 && (width > 1280 || (await page.$$(".scroll.cut")).length > 0), unsaid);
    const scales = await page.$$eval("#errors svg[aria-label='Histogram of errors']", charts => charts.map(chart => [...chart.querySelectorAll(".grid + text")].map(made => made.textContent).join()));
    check("both histograms have one scale", scales.length === 2 && scales[0] === scales[1], scales);
    const cards = await texts(page, "#gallery .card"), apart = cards.map(words => words.match(/A (\d+), B (\d+) of (\d+) right/)).map(([, a, b, of]) => Math.abs(a - b) / of);
    check("pictures stand by the difference of the runs", (await page.textContent("#gallery h3")) === "The largest difference first (10)" && apart[0] > 0 &&
        apart.every((share, i) => i === 0 || apart[i - 1] >= share), apart);
    check("a picture's words name the runs", /A \d+, B \d+ of \d+ right; mean error A [\d.]+ %, B [\d.]+ %; shown: A, pose \S+$/.test(cards[0]), cards[0]);
    check("the table, too, begins with what became worse", numbersOf(await column(page, "change")).every((change, i, all) => i === 0 || all[i - 1] <= change), await column(page, "change"));
    check("a run without a wrong answer has no empty bars", (await page.textContent("#errors")).includes("A: no wrong answer in all pairs.") &&
        !(await page.textContent("#errors")).includes("(–"));
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

const numbersOf = values => values.map(value => parseFloat(value.replace("−", "-")));

// Of many pairs some have pictures, chosen and shown by the share of wrong keypoints, then by error.
async function checkChosen(context) {
    const {page} = await open(context, "chosen.html", {width: 2560});
    const groups = await page.$$eval("#gallery .kinds > div", parts => parts.map(part => ({top: part.offsetTop, title: part.querySelector("h3").textContent,
        cards: [...part.querySelectorAll(".card")].map(card => [...card.children].map(one => one.textContent).join("; "))})));
    const loss = kind => {
        const found = {ash: [], birch: []};
        for (const words of groups.find(({title}) => title.startsWith(kind)).cards) {
            const [, right, of, error] = words.match(/(\d+) of (\d+) right; mean error ([\d.]+)/).map(Number);
            found[words.match(/ash|birch/)[0]].push(1000 * (1 - right / of) + error);
        }
        return found;
    };
    const worst = loss("Worst"), best = loss("Best");
    check("no pair of its category's better half is among the worst", ["ash", "birch"].every(name => worst[name].length === 2 && best[name].length === 1 &&
        Math.min(...worst[name]) >= Math.max(...best[name])), [worst, best]);
    check("eight pictures of three kinds stand in one row of a wide window", groups.length === 3 && new Set(groups.map(({top}) => top)).size === 1, groups.map(({top, title}) => [top, title]));
    await page.close();
}

export async function checkSmall(context) {
    await checkChosen(context);
    const {page, said} = await open(context, "small.html", {colorScheme: "dark"});
    const drawnCards = () => page.$$eval("#gallery svg.small", made => made.length);
    check("pictures out of sight are not drawn", await page.$$eval("#gallery .card", made => made.length) === 10);
    await seeAll(page);
    const losses = (await texts(page, "#gallery .card .soft")).map(words => words.match(/(\d+) of (\d+) right; mean error ([\d.]+)/)).map(([, right, of, error]) => 1000 * (1 - right / of) + Number(error));
    check("of few pairs all have pictures, the worst first", (await texts(page, "#gallery h3")).join() === "The worst first (10)" && losses.every((loss, i) => i === 0 || losses[i - 1] >= loss), losses);
    check("of few pairs a dot is a pair", (await page.textContent("#poses")).includes("Each dot is a pair, in the order"), await page.textContent("#poses"));
    const cell = (await page.textContent("#run .facts")).match(/one cell([\d.]+) to ([\d.]+) % of the threshold/);
    check("the run says how large a cell is", cell && Number(cell[1]) < Number(cell[2]), cell);
    await checkBand(page, "10 pairs");
    check("in sight they are", await drawnCards() === 10, await drawnCards());
    check("a small picture has no text and no lines", (await page.$$("#gallery svg text, #gallery svg line")).length === 0);
    check("its caption has", (await page.textContent("#gallery .card")).includes("right; mean error"), await page.textContent("#gallery .card"));
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
    const [cold, hot] = await page.$eval("#view .stage image.heat", async made => {
        const image = new Image(), canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
        image.src = made.getAttribute("href");
        await image.decode();
        canvas.width = canvas.height = image.naturalWidth;
        pen.drawImage(image, 0, 0);
        const {data} = pen.getImageData(0, 0, canvas.width, canvas.height), seen = Array.from({length: data.length / 4}, (_, i) => [...data.slice(4 * i, 4 * i + 4)]);
        seen.sort((a, b) => a[0] - b[0]);
        return [seen[0], seen.at(-1)];
    });
    check("over the colours of features what is similar is yellow, all else dark", cold[3] > 150 && Math.max(...cold.slice(0, 3)) < 30 && hot[3] > 220 && hot[0] > 200 && hot[1] > 180, [cold, hot]);
    check("the legend has the limit and the similarities while a keypoint is shown", await page.$$eval("#view .of-one", made => made.map(one => getComputedStyle(one).visibility).join()) === "visible,visible");
    await page.screenshot({path: "screenshots/heat.png"});
    await page.mouse.click(...await middle(page, "#view .bar h2"));
    await page.keyboard.press("ArrowRight");
    check("and only then", await page.$$eval("#view .of-one", made => made.every(one => getComputedStyle(one).visibility === "hidden")));
    check("the similarities are there only while it is shown", (await page.$$("#view .stage image.heat")).length === 0);
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
    check("a failed pair says why", (await page.textContent("#view .why")).includes("Failed, bad_features: features of one of its images are NaN, infinite or beyond float32"));
    check("it has no error", (await column(page, "error")).every(words => words === "–"), await column(page, "error"));
    check("and no poses, of which none was compared", (await page.$$("#view .poses")).length === 0);
    await checkLegend(page, "a failed pair");
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
    check("a keypoint outside of its source is named, with its place, the source's size and the units", incomplete.startsWith("Incomplete, bad_keypoint: keypoint 1 at (6, 2) is outside the " +
        "source's 6 x 5 cells (W x H); keypoints are (x, y), in cells unless units is pixel (geosc-import features --units pixel). No answer: keypoint 1."), incomplete);
    check("and how many cells the limit is", incomplete.includes("error below 10.0 % of the threshold, which is 0.6 cells of the target.") &&
        (await outside.page.textContent("#run")).includes("16.7 % of the threshold"), incomplete);
    const row = await texts(outside.page, "#view .points tbody tr:nth-child(2) td");
    check("what has no answer has no error", row[1].includes("no answer") && row[2] === "–", row);
    await checkLegend(outside.page, "a pair with a keypoint outside");
    await outside.page.close();
    const turned = await open(context, "many.html", {hash: "#show=pose&pose=hflip"});
    await turned.page.locator("#pairs tr[data-place]").first().click();
    const why = await texts(turned.page, "#view .why p");
    check("a wrong pose is the first cause", why[0].startsWith("The pose hflip is wrong: the true one is"), why);
    check("a mirrored pose gives an example of a keypoint and its partner", /It mirrors the source, so left and right change places: keypoint (\d+) is looked for by what lies at keypoint (?!\1 )\d+ there\./
        .test(why[0]), why);
    await turned.page.close();
    await checkNearMisses(context);
}

// Each entry of the legend that is to be seen stands for something that is drawn, and the other way round.
async function checkLegend(page, what) {
    const [listed, seen] = await page.evaluate(() => {
        const isSeen = made => getComputedStyle(made).display !== "none" && getComputedStyle(made).visibility === "visible", stage = document.querySelector("#view .stage");
        const kinds = [...stage.querySelectorAll(".mark")].map(made => made.getAttribute("class").split(" ")[1]);
        const signs = ["miss", "reach", "heat"].filter(name => [...stage.querySelectorAll("." + name)].some(isSeen));
        return [[...document.querySelectorAll("#view .legend span")].filter(isSeen).map(made => made.textContent), [...new Set(kinds), ...signs]];
    });
    check(`the legend of ${what} has what is drawn`, seen.length > 0 && listed.length === seen.length, [listed, seen]);
}

// Near misses are told by their numbers: wrong answers less than twice the limit away.
async function checkNearMisses(context) {
    const {page} = await open(context, "many.html", {hash: "#show=wrong&sort=-pck"});
    await page.locator("#pairs tr[data-place]").first().click();
    let words = null;
    for (let n = 0; n < 40 && !words; n++) {
        words = (await texts(page, "#view .why p")).find(line => line.includes("near miss"));
        if (!words)
            await page.keyboard.press("ArrowRight");
    }
    const near = await page.$$eval("#view .points tbody tr", rows => rows.filter(row => row.cells[1].textContent.includes("wrong") && parseFloat(row.cells[2].textContent) < 20)
        .map(row => row.cells[0].textContent)), told = words?.match(/^(\d+) keypoints? (?:is a near miss|are near misses) \(([\d, ]+)\), less than twice the limit away\.$/);
    check("near misses are told by their numbers", told && told[2].split(", ").length === Number(told[1]) && told[2].split(", ").every(k => near.includes(k)), [words, near]);
    const more = await page.$$eval("#view .more", made => made.every(one => getComputedStyle(one, "::after").content.includes("more")));
    check("what goes on below its edge says so", more && await page.$$eval("#view .panel > *", made => made.every(one => one.classList.contains("more") === (one.scrollHeight - one.clientHeight > 4 &&
        getComputedStyle(one).overflowY !== "visible"))));
    await page.close();
}

// Without a picture there is no empty box, but how to get one; without keypoints nothing that would do nothing.
export async function checkAbsent(context) {
    const {page, said} = await open(context, "none.html", {hash: "#pair=8"});
    const found = await texts(page, "#view .absent");
    check("a pair without a picture says how to get it", found.join() === "The page has no picture of this pair: geosc render --pair 8 draws it, and geosc report --gallery 10 makes a page " +
        "with those of all pairs.", found);
    check("and has no empty boxes", (await page.$$("#view image, #view .poses svg, #view .blank")).length === 0 && (await page.$$("#view .poses button")).length === 8);
    check("but its marks", await marks(page, "source") > 0 && await marks(page, "right") > 0);
    check("nothing went wrong without pictures", said.length === 0, said);
    await page.close();
    for (const [name, frames] of [["dense", 2], ["dense-none", 0]]) {
        const dense = await open(context, `${name}.html`, {hash: "#pair=1"});
        const bar = await dense.page.textContent("#view .bar"), keys = await dense.page.textContent("#view .keys");
        check(`the ${name} page has nothing that does nothing`, !/Lines|Show/.test(bar) && !/lines|keypoints/.test(keys) && (await dense.page.$$("#view .frame")).length === frames &&
            bar.includes("Whole") === frames > 0, [bar, keys]);
        check(`it says what draws it`, (await dense.page.textContent("#view .why")).includes("A dense match: geosc render --pair 1 draws it."));
        check(`nothing went wrong with the ${name} page`, dense.said.length === 0, dense.said);
        await dense.page.close();
    }
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
