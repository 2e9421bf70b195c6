/** The selection as pandas lines. That they give the frame of `panel.selection` is tested in Python. */
import { describe, expect, test } from "vitest";
import { codeOf, literal } from "../src/code.ts";
import type { Errors, Selection, SubgroupFound } from "../src/types.ts";
import { cubeOf, GRID, grid, loans, tickets } from "./fixture.ts";
import { hostileTexts } from "./report.ts";

const { errors } = cubeOf(loans(300));
const nothing: Selection = { band: [0, 1], threshold: 0.5, cell: null, slice: null };
const lines = (e: Errors, change: Partial<Selection>, found: SubgroupFound | null = null): string[] =>
  codeOf(e, { ...nothing, ...change }, found).split("\n");

describe("two classes", () => {
  test("without a choice: all errors", () => {
    const code = lines(errors, {});
    expect(code).toContain('labels = np.array(["no", "yes"], dtype=object)');
    expect(code).toContain("score = grid(model.predict_proba(X_val)[:, 1])");
    expect(code).toContain("positive = score >= grid(0.5)");
    expect(code).toContain("predicted = labels[np.where(positive, 1, 0)]");
    expect(code).toContain("chosen = actual != predicted");
    expect(code.filter((l) => l.startsWith("chosen"))).toHaveLength(1);
    expect(code).toContain("selection = pd.concat([said, X_val[chosen]], axis=1)");
  });

  test("cell, band, threshold and a subgroup that was found", () => {
    const found = { code: '(X_val["age"] < 30)' } as SubgroupFound;
    const slice = [{ feature: "age", kind: "number", low: null, high: 30 }] as const;
    const code = lines(errors, { cell: [1, 0], band: [grid(0.6), grid(0.8)], threshold: grid(0.305), slice }, found);
    expect(code).toContain("positive = score >= grid(0.305)");
    expect(code.filter((l) => l.startsWith("chosen"))).toEqual([
      'chosen = (actual == "yes") & (predicted == "no")', "chosen &= confidence >= grid(0.6)", "chosen &= confidence < grid(0.8)",
      'chosen &= np.asarray((X_val["age"] < 30), dtype=bool)',
    ]);
  });

  test("the first class may be the positive one", () => {
    expect(lines({ ...errors, positive: 0 }, {})).toContain("predicted = labels[np.where(positive, 0, 1)]");
  });

  test("a threshold comes back to its multiple of 2⁻⁴⁰, ties above an edge too", () => {
    for (const t of [0.5, 0.5 + GRID, grid(1 / 3), 17 * GRID, 1 - GRID, 1 + GRID]) {
      const said = lines(errors, { threshold: t }).find((l) => l.startsWith("positive"))?.match(/grid\((.*)\)/)?.[1];
      expect(Math.round(Number(said) * 2 ** 40)).toBe(Math.round(t * 2 ** 40));
    }
  });
});

const number = (column: string): string => `pd.to_numeric(${column}, errors="coerce").astype(float)`;

test("a subgroup that nobody found is written from its conditions and the keys of the columns", () => {
  const features = errors.features.map((f) => (f.name === "age" ? { ...f, code: "7" } : f));
  const code = lines({ ...errors, features }, { slice: [
    { feature: "age", kind: "number", low: 20, high: 30.5 }, { feature: "age", kind: "number", low: null, high: null },
    { feature: "opened_on", kind: "datetime", low: Date.UTC(2017, 0, 1), high: null },
    { feature: "region", kind: "level", level: "we\"st\n" }, { feature: "income", kind: "missing" },
  ] });
  expect(code.find((l) => l.startsWith("chosen &="))).toBe(
    `chosen &= np.asarray((${number("X_val[7]")} >= 20) & (${number("X_val[7]")} < 30.5) & X_val[7].notna()`
    + ' & (pd.to_datetime(X_val["opened_on"], utc=True, errors="coerce") >= pd.Timestamp(1483228800000, unit="ms", tz="UTC"))'
    + ' & X_val["region"].map(str, na_action="ignore").isin(["we\\"st\\n"]) & X_val["income"].isna(), dtype=bool)');
});

test("many classes: the model's own prediction, the score of what it predicts", () => {
  const many = cubeOf(tickets(3, 300)).errors;
  const labelled = { ...many, code: { ...many.code, labels: ["1", "True", "'a'"] } };
  const code = lines(labelled, { threshold: null, cell: [2, 0], band: [grid(0.4), 1] });
  expect(code).toContain("labels = np.array([1, True, 'a'], dtype=object)");
  expect(code).toContain("predicted = np.asarray(model.predict(X_val), dtype=object).ravel()");
  expect(code).toContain("score = confidence = grid(proba[np.arange(len(proba)), column])");
  expect(code.filter((l) => l.startsWith("chosen"))).toEqual(["chosen = (actual == 'a') & (predicted == 1)", "chosen &= confidence >= grid(0.4)"]);
  expect(code.some((l) => l.includes("positive"))).toBe(false);
  const alone = lines({ ...labelled, code: { ...labelled.code, model: "" } }, { threshold: null });
  expect(alone).toContain("column = np.argmax(proba, axis=1)");
});

test("rows that are no pandas frame: the model gets them as they are, the frame is made first", () => {
  const many = cubeOf(tickets(3, 300)).errors;
  const code = { ...many.code, data: "rows", X: "X", setup: "X = rows.to_pandas()" };
  const slice = [{ feature: "hour", kind: "number", low: null, high: 3 }] as const;
  const got = lines({ ...many, code }, { threshold: null, slice });
  expect(got.indexOf("X = rows.to_pandas()")).toBeLessThan(got.findIndex((l) => l.startsWith("labels")));
  expect(got).toContain("predicted = np.asarray(model.predict(rows), dtype=object).ravel()");
  expect(got).toContain(`chosen &= np.asarray((${number('X["hour"]')} < 3), dtype=bool)`);
});

test("variables of the user are read, not written over", () => {
  const code = { ...errors.code, X: "selection", data: "selection", y: "np.asarray(labels, dtype=object).ravel()", model: "grid", score: "grid.predict_proba(selection)[:, 1]" };
  const got = lines({ ...errors, code }, {});
  expect(got).toContain('labels_ = np.array(["no", "yes"], dtype=object)');
  expect(got).toContain("actual = np.asarray(labels, dtype=object).ravel()");
  expect(got).toContain("score = grid_(grid.predict_proba(selection)[:, 1])");
  expect(got).toContain("selection_ = pd.concat([said, selection[chosen]], axis=1)");
});

test("without a table only what the model said, and names that are taken step aside", () => {
  const none = lines({ ...errors, features: [], features_total: 0 }, {});
  expect(none).toContain("}, index=np.flatnonzero(chosen))");
  const columns = ["'actual'", "'predicted'", "'score (model)'", "'confidence'"];
  expect(lines({ ...errors, code: { ...errors.code, columns } }, {})).toContain("    'score (model)': score[chosen],");
});

test("labels that are tuples are compared as one value each", () => {
  const code = lines({ ...errors, code: { ...errors.code, labels: ["(1, 'a',)", "(2, 'b',)"] } }, { cell: [1, 0] });
  expect(code).toContain("labels = np.array([(1, 'a',), (2, 'b',), None], dtype=object)[:-1]");
  expect(code).toContain("chosen = pd.Series(actual).isin([(2, 'b',)]).to_numpy() & pd.Series(predicted).isin([(1, 'a',)]).to_numpy()");
});

test("rows in a table elsewhere are asked of the analysis", () => {
  const away = { ...errors, code: { ...errors.code, errors: "errors", score: "" } };
  expect(lines(away, { threshold: grid(0.305) })).toEqual(["selection = errors.rows(threshold=0.305)", ""]);
  expect(lines(away, { cell: [1, 0], band: [grid(0.6), 1] })[0])
    .toBe('selection = errors.rows(("yes", "no"), threshold=0.5, band=(0.6, 1))');
  const dated = { ...away, kind: "multiclass" as const, code: { ...away.code, labels: ["pd.Timestamp('2024-01-01')", "1"] } };
  expect(lines(dated, { cell: [0, 1] })).toEqual([
    "import numpy as np", "import pandas as pd", "selection = errors.rows((pd.Timestamp('2024-01-01'), 1))", "",
  ]);
});

test("hostile names stay in their line and in their quotes", () => {
  for (const text of [...hostileTexts, 'a"]; import os #', "a\nimport os", "a\u2028b\u202ec", "\\", "\u0085"]) {
    const quoted = literal(text);
    expect(quoted).toMatch(/^"([^"\\\n\r\u0085\u2028\u202e]|\\.)*"$/u);
    expect(JSON.parse(quoted)).toBe(text);
    const slice = [{ feature: text, kind: "level", level: text }] as const;
    const one = lines(errors, { slice }).filter((l) => l.startsWith("chosen &="));
    expect(one).toHaveLength(1);
    expect(one[0]).toContain(`X_val[${quoted}].map(str, na_action="ignore").isin([${quoted}])`);
  }
});
