import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
// @ts-expect-error: plain JavaScript, shared with the scripts
import { chromium } from "./scripts/options.mjs";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  optimizeDeps: { include: ["preact", "preact/hooks", "preact/jsx-runtime", "preact/jsx-dev-runtime", "@preact/signals", "axe-core"] },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      viewport: { width: 1100, height: 900 },
      provider: playwright({ launchOptions: chromium }),
      instances: [{ browser: "chromium" }],
    },
  },
});
