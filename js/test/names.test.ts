/** Names that are cut to fit are still told apart. */
import { expect, test } from "vitest";
import { tellApart } from "../src/names.ts";
import { hostileTexts } from "./report.ts";

test("names that fit stay as they are, others are cut at the end while that tells them apart", () => {
  expect(tellApart(["a", "b"], 3)).toEqual(["a", "b"]);
  expect(tellApart(["billing question", "spam"], 8)).toEqual(["billing…", "spam"]);
});

test("names that differ at the end lose what all begin with, at the end of a word", () => {
  const names = Array.from({ length: 30 }, (_, i) => `class number ${i + 1}`);
  expect(tellApart(names, 10)).toEqual(names.map((_, i) => `…${i + 1}`));
  expect(tellApart(["segment_of_customers_10", "segment_of_customers_11"], 12)).toEqual(["…10", "…11"]);
});

test("else the middle is cut", () => {
  expect(tellApart(["alphabetagamma1", "alphabetagamma2", "x"], 9)).toEqual(["alph…mma1", "alph…mma2", "x"]);
});

test("no name is longer than it may be, and none is torn inside a letter", () => {
  for (const max of [6, 12, 40]) {
    for (const name of tellApart([...hostileTexts, "😀".repeat(60), `${"😀".repeat(60)}!`], max)) {
      expect([...name].length).toBeLessThanOrEqual(max);
      expect(name).not.toMatch(/\p{Surrogate}/u);
    }
  }
});
