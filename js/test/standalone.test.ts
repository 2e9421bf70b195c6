/** The HTML page: the same panel with no kernel. */
import { expect, test } from "vitest";
import "../src/styles/panel.css";
import { start } from "../src/standalone.ts";
import { cubeOf, loans } from "./fixture.ts";
import { HOSTILE, report } from "./report.ts";
import { all, named, press, settle } from "./tools.ts";

/** With more features in the table than travelled, if so many are said to be there. */
function page(featuresInAll?: number): HTMLElement {
  document.body.replaceChildren();
  const { errors, buffer } = cubeOf(loans(600));
  errors.features_total = featuresInAll ?? errors.features_total;
  const add = (id: string, type: string, text: string): void => {
    document.body.append(Object.assign(document.createElement("script"), { id, type, textContent: text }));
  };
  const r = report();
  add("lw-report", "application/json", JSON.stringify({ ...r, model: { ...r.model, name: HOSTILE } }));
  add("lw-errors", "application/json", JSON.stringify(errors));
  add("lw-cube", "text/plain", btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("")));
  const root = Object.assign(document.createElement("div"), { id: "lw-root" });
  document.body.append(root);
  return root;
}

test("everything but the rows works without a kernel", async () => {
  const root = page();
  const close = start(root);
  await settle();
  expect(named(root, "tab", "Rung 2 Linear, fails").getAttribute("aria-selected")).toBe("true");
  expect(all(root, "button").map((b) => b.textContent)).not.toContain("Export");
  expect(all(root, "button").map((b) => b.textContent)).not.toContain("Run again");
  press(named(root, "slider", "Threshold"), "PageDown");
  await settle();
  expect(root.querySelector(".lw-crumb")?.textContent).toMatch(/threshold 0\.4/);
  (root.querySelector(".lw-rows summary") as HTMLElement).click();
  await expect.poll(() => root.querySelector(".lw-rows [role=alert]")?.textContent).toContain("This needs a live kernel");
  close();
  expect(root.childNodes).toHaveLength(0);
});

test("a wide page says which features it is about, and promises no others", async () => {
  const root = page(80);
  const close = start(root);
  await settle();
  const said = root.querySelector(".lw-contrast")?.textContent ?? "";
  expect(said).toContain("Showing the leading 14 of 80 features The others need a live kernel");
  expect(said).toMatch(/[Aa]mong 14 of 80 features/);
  expect(all(root, "button").map((b) => b.textContent)).not.toContain("Load more");
  close();
});
