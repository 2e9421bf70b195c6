// How long a drag takes from the pointer event to the painted frame, as JSON:
//   node scripts/drag.mjs [--page report.html] [--bins 400] [--features 50] [--classes 2] [--moves 300] [--bundle standalone.js]
// Without a page one is made of random loans, whose cube has about so many bins and features.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { chromium as browsers } from "playwright";
import { chromium, common, js } from "./options.mjs";

const { values: asked } = parseArgs({
  options: {
    page: { type: "string" }, bins: { type: "string", default: "400" }, features: { type: "string", default: "50" },
    classes: { type: "string", default: "2" }, moves: { type: "string", default: "300" }, bundle: { type: "string", default: join(js, "../ladder_widgets/panel/static/standalone.js") },
  },
});
const moves = Number(asked.moves);
const classes = Number(asked.classes);
const KEYS = 60;

/** A page like that of Report.to_html(), over a cube of random rows. */
async function fake(dir) {
  const out = join(dir, "fixture.mjs");
  const contents = 'export { cubeOf, loans, tickets } from "./test/fixture.ts"; export { multiclass, report } from "./test/report.ts";';
  await esbuild.build({ ...common, stdin: { contents, resolveDir: js }, format: "esm", outfile: out });
  const { cubeOf, loans, multiclass, report, tickets } = await import(out);
  const rows = classes > 2 ? tickets(classes, 400 * classes) : loans(4000, Number(asked.features));
  const { errors, buffer } = cubeOf(rows, [], Number(asked.bins) - (classes > 2 ? 0 : 40));
  const put = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
  const css = await readFile(join(js, "../ladder_widgets/panel/static/panel.css"), "utf8");
  const path = join(dir, "page.html");
  await writeFile(path, `<!doctype html><html lang="en"><meta charset="utf-8"><title>drag</title><style>${css}</style>
<main id="lw-root"></main><script type="application/json" id="lw-report">${put(classes > 2 ? multiclass(errors.classes) : report())}</script>
<script type="application/json" id="lw-errors">${put(errors)}</script>
<script type="text/plain" id="lw-cube">${Buffer.from(buffer).toString("base64")}</script>
<script>${await readFile(asked.bundle, "utf8")}</script></html>`);
  return path;
}

/** In the page: for each pointermove when it was made, when it was handled, and when its frame was painted. */
function watch() {
  const seen = { moves: [], keys: [], long: 0 };
  let waiting = null;
  const after = new MessageChannel();
  // Posted from within the frame, this task is the first after the frame was painted.
  after.port1.onmessage = () => {
    const painted = performance.now();
    seen.moves.push(...waiting.map((m) => ({ ...m, painted })));
    waiting = null;
  };
  addEventListener("pointermove", (e) => {
    const handled = performance.now();
    if (e.buttons !== 1) return;
    if (!waiting) {
      waiting = [];
      requestAnimationFrame(() => after.port2.postMessage(0));
    }
    waiting.push({ made: e.timeStamp, handled });
  }, { capture: true });
  // The browser keeps figures of its own for keys, not for moves: from the key to the next frame, rounded to 8 ms,
  // the wait for the frame included; below 16 ms it keeps none.
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      if (e.name === "keydown") seen.keys.push({ duration: e.duration, handled: e.processingEnd - e.processingStart });
    }
  }).observe({ type: "event", durationThreshold: 16 });
  new PerformanceObserver((list) => {
    seen.long += list.getEntries().length;
  }).observe({ type: "long-animation-frame" });
  globalThis.seen = seen;
}

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => Number((sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN).toFixed(2));
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** Processor time of the main thread per move, from the browser's trace: what a busy machine does not change. */
function traced(events) {
  const kinds = { EventDispatch: "script", UpdateLayoutTree: "style", Layout: "layout", PrePaint: "paint", Paint: "paint", Layerize: "paint", Commit: "paint" };
  const sum = {};
  for (const e of events) {
    const kind = kinds[e.name];
    if (!kind || e.ph !== "X" || (e.name === "EventDispatch" && e.args?.data?.type !== "pointermove")) continue;
    sum[kind] = (sum[kind] ?? 0) + (e.tdur ?? e.dur ?? 0) / 1000;
  }
  return Object.fromEntries(Object.entries(sum).map(([k, v]) => [k, Number((v / moves).toFixed(3))]));
}

async function drag(page, name, share) {
  const handle = page.getByRole("slider", { name, exact: true });
  await handle.scrollIntoViewIfNeeded();
  const box = await handle.boundingBox();
  const plot = await handle.locator("xpath=..").boundingBox();
  const [x0, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x0, y);
  await page.mouse.down();
  await page.evaluate(() => { Object.assign(globalThis.seen, { moves: [], keys: [], long: 0 }); });
  for (let i = 1; i <= moves; i++) await page.mouse.move(plot.x + share(i / moves) * plot.width, y);
  await page.mouse.up();
  await page.waitForFunction((n) => globalThis.seen.moves.length >= n, moves * 0.5);
  return page.evaluate(() => globalThis.seen);
}

async function measure(browser, path, name, share) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  page.on("pageerror", (e) => console.error(e));
  await page.addInitScript(watch);
  await page.goto(`file://${path}`);
  await page.locator(".lw").waitFor();
  await drag(page, name, share); // warm
  const client = await page.context().newCDPSession(page);
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline"] } });
  await drag(page, name, share);
  const ended = new Promise((done) => { client.once("Tracing.tracingComplete", done); });
  await client.send("Tracing.end");
  await ended;
  const seen = await drag(page, name, share);
  const handle = page.getByRole("slider", { name, exact: true });
  await handle.focus();
  for (let i = 0; i < KEYS; i++) await handle.press(i < KEYS / 2 ? "ArrowRight" : "ArrowLeft");
  await page.waitForTimeout(100); // entries come after their frame
  const keys = await page.evaluate(() => globalThis.seen.keys);
  await page.close();
  return {
    handled_to_painted_ms: quantiles(seen.moves.map((m) => m.painted - m.handled)),
    made_to_painted_ms: quantiles(seen.moves.map((m) => m.painted - m.made)),
    main_thread_ms_per_move: traced(events),
    frames_over_50_ms: seen.long,
    keys: {
      pressed: KEYS, handled_ms: quantiles(keys.map((k) => k.handled)),
      event_timing_ms: quantiles([...new Array(Math.max(0, KEYS - keys.length)).fill(8), ...keys.map((k) => k.duration)]),
    },
  };
}

const dir = await mkdtemp(join(tmpdir(), "lw-drag-"));
const path = asked.page ? resolve(asked.page) : await fake(dir);
const browser = await browsers.launch(chromium);
const there = (low, high) => (t) => low + (high - low) * (0.5 - 0.5 * Math.cos(4 * Math.PI * t));
const result = {
  page: asked.page ?? { bins: Number(asked.bins), features: Number(asked.features), classes },
  band: await measure(browser, path, "Confidence from", there(0.02, 0.9)),
  ...(classes > 2 ? {} : { threshold: await measure(browser, path, "Threshold", there(0.1, 0.9)) }),
};
await browser.close();
await rm(dir, { recursive: true });
console.log(JSON.stringify(result, null, 2));
