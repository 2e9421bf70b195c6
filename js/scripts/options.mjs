// What every build of ours has in common.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const js = join(dirname(fileURLToPath(import.meta.url)), "..");

export const common = {
  absWorkingDir: js,
  bundle: true,
  target: "es2022",
  // The classic h(type, props, ...children): four KB less than a "children:" per element.
  tsconfigRaw: {
    compilerOptions: {
      jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment", target: "ES2022", strict: true, verbatimModuleSyntax: true,
    },
  },
  inject: [join(dirname(fileURLToPath(import.meta.url)), "jsx.mjs")],
  define: { "define.amd": "false" },
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};
/** Nesting and container queries stay as written: every browser of 2024 has them. */
export const browsers = ["chrome120", "firefox117", "safari17.2"];

/** The dev page into js/dist/. */
export const dev = {
  ...common,
  format: "esm",
  sourcemap: "inline",
  entryPoints: [
    { in: "test/dev.ts", out: "dev" }, { in: "src/styles/panel.css", out: "panel" }, { in: "dev/index.html", out: "index" },
  ],
  loader: { ".html": "copy" },
  outdir: join(js, "dist"),
};

/** Chromium of the system (or CHROMIUM); no browser is ever downloaded. */
export const chromium = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
};
