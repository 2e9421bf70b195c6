// Builds the bundles that the Python package ships. `--check` compares them with a fresh build instead.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { browsers, common, js } from "./options.mjs";

const shipped = join(js, "../ladder_widgets/panel/static");
const BUDGET = { "panel.js": 156_000, "standalone.js": 158_500, "panel.css": 16_500 };

async function build(outdir) {
  const make = (entry, out, extra) => esbuild.build({
    ...common, minify: true, entryPoints: [entry], outfile: join(outdir, out), ...extra,
  });
  await make("src/index.ts", "panel.js", { format: "esm" });
  await make("src/standalone.ts", "standalone.js", { format: "iife" });
  await make("src/styles/panel.css", "panel.css", { target: browsers });
  const files = {};
  for (const [name, most] of Object.entries(BUDGET)) {
    let text = await readFile(join(outdir, name), "utf8");
    if (name.endsWith(".css")) {
      // esbuild keeps the space that custom properties may mean, and the & that nesting of 2023 needed before a tag.
      text = text.replace(/(--[\w-]+): /g, "$1:").replace(/([{};])& (?=[a-z])/g, "$1");
      await writeFile(join(outdir, name), text);
    }
    const size = Buffer.byteLength(text);
    if (size > most) throw new Error(`${name} has ${size} bytes; the budget is ${most}`);
    // Both are inlined into pages.
    if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`${name} would end the element it is inlined in`);
    files[name] = text;
    console.log(`${name.padEnd(14)} ${(size / 1000).toFixed(1).padStart(6)} of ${most / 1000} KB`);
  }
  return files;
}

if (process.argv.includes("--check")) {
  const dir = await mkdtemp(join(tmpdir(), "lw-"));
  const fresh = await build(dir);
  await rm(dir, { recursive: true });
  const stale = [];
  for (const [name, text] of Object.entries(fresh)) {
    if ((await readFile(join(shipped, name), "utf8").catch(() => "")) !== text) stale.push(name);
  }
  if (stale.length) {
    console.error(`Stale in ladder_widgets/panel/static: ${stale.join(", ")}. Run \`npm run build\` in js/ and commit.`);
    process.exit(1);
  }
  console.log("The committed bundles are up to date.");
} else await build(shipped);
