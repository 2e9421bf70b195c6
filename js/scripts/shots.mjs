// Pictures of the dev page, to be looked at: node scripts/shots.mjs [outdir] [only this name]
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { chromium as browsers } from "playwright";
import { chromium, dev } from "./options.mjs";

const out = process.argv[2] ?? join(tmpdir(), "shots");
const only = process.argv[3];
await esbuild.build(dev);
await mkdir(out, { recursive: true });
const CASES = {
  loans: "case=loans&cell=1,0&band=0.7,0.95",
  evaluation: "case=loans&rung=5&threshold=0.31",
  model: "case=loans&rung=4",
  three: "case=three",
  wide: "case=wide",
  tickets: "case=tickets&cell=0,1",
  twelve: "case=twelve",
  thirty: "case=thirty&cell=0,1",
  hundred: "case=hundred",
  costs: "case=loans&threshold=0.31",
  running: "case=running",
  waiting: "case=waiting",
  failure: "case=failure",
  hostile: "case=hostile&cell=1,0&slice=0",
  subgroup: "case=loans&cell=1,0&slice=1&band=0.55,0.9",
  dead: "case=wide&slice=1&dead",
};
const browser = await browsers.launch(chromium);
for (const [name, query] of Object.entries(CASES)) {
  for (const theme of ["light", "dark"]) {
    for (const width of [640, 1100]) {
      const file = `${name}-${theme}-${width}`;
      if (only && !file.startsWith(only)) continue;
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: theme });
      page.on("pageerror", (e) => console.error(file, e));
      page.on("console", (m) => m.type() === "error" && console.error(file, m.text()));
      await page.route("http://dev/**", async (route) => {
        const path = new URL(route.request().url()).pathname.replace(/^\/$/, "/index.html");
        await route.fulfill({ path: join(dev.outdir, path) }).catch(() => route.fulfill({ status: 404 }));
      });
      await page.goto(`http://dev/?${query}&theme=${theme}`);
      await page.locator(".lw").waitFor();
      await page.evaluate((w) => { document.body.style.cssText = `padding:0;width:${w}px`; }, width);
      const fold = (title) => page.locator(".lw-folds summary", { hasText: title }).click();
      if (["loans", "wide", "hostile"].includes(name)) {
        await page.locator(".lw-rows > summary").click();
        await page.getByRole("table", { name: "Rows" }).waitFor();
      }
      if (name === "costs") await fold("Thresholds");
      if (name === "loans") await Promise.all([fold("Kinds"), fold("Calibration")]);
      if (name === "loans" || name === "subgroup") {
        const table = page.getByRole("table", { name: "What sets the errors apart" });
        await table.getByRole("button").first().click();
        await page.locator(".lw-dist-row svg").waitFor();
      }
      const wide = await page.evaluate(() => document.querySelector(".lw").scrollWidth - document.querySelector(".lw").clientWidth);
      if (wide > 0) console.error(file, `overflows by ${wide} px`);
      await page.screenshot({ path: join(out, `${file}.png`), fullPage: true });
      await page.close();
    }
  }
}
await browser.close();
console.log(out);
