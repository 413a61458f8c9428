// Reports in a browser, as a person uses them: tests/browser/run makes the files and starts this.
import {check, launch, finish} from "./page.mjs";
import {checkSize, checkMany} from "./many.mjs";
import {checkBlend} from "./blend.mjs";
import {checkOdd} from "./odd.mjs";
import {checkPair, checkTwo, checkSmall, checkHonest, checkAbsent, checkPhotographs, checkPaper} from "./pair.mjs";

const context = await launch();
try {
    checkSize();
    await checkMany(context, 1280, "light");
    await checkMany(context, 2560, "dark");
    await checkPair(context, 1280, "dark");
    await checkPair(context, 2560, "light");
    await checkTwo(context, 1280, "light");
    await checkTwo(context, 2560, "dark");
    await checkSmall(context);
    await checkHonest(context);
    await checkAbsent(context);
    await checkPhotographs(context);
    await checkPaper(context);
    await checkBlend(context);
    await checkOdd(context);
} catch (error) {
    check("the test comes to its end", false, String(error.stack));
} finally {
    await finish(context);
}
