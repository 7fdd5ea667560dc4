import { expect, it, vi } from "vitest";

import { effectWords, where } from "../src/concept_chips";
import difference from "../src/program_diff";
import view from "../src/program_view";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const row = (text: string) => ({ text, live: true, math: "", words: text });
const LISTING = {
  title: "The winner",
  version: 3,
  functions: [
    { name: "Setup", rows: [row("s2 = 0.01")] },
    { name: "Predict", rows: [row("s1 = dot(v1, v0)")] },
    { name: "Learn", rows: [row("s3 = s0 - s1"), row("v2 = s3 * v0"), row("v1 = v1 + v2")] },
  ],
  special: { features: "v0", label: "s0", prediction: "s1" },
  sources: { text: "", numpy: "", latex: "" },
  revision: 1,
};
const concept = (name: string, lines: string[], more = {}) => ({
  name,
  certainty: 1,
  math: "<math><mi>W</mi></math>",
  meaning: `what ${name} is`,
  helps: `why ${name} helps`,
  source: "Somebody 1951",
  why: "cosine 1.000",
  lines,
  ...more,
});
const EFFECT = { difference: 0.25, low: 0.2, high: 0.3, pairs: 100 };
const MODEL = concept("linear model", ["Predict-1"], { certainty: 0.999, why: "f(a) + f(b) = f(a + b)" });
const STEP = concept("gradient step", ["Learn-1", "Learn-2", "Learn-3"], { effect: EFFECT });
const DOUBT = concept("weight decay", ["Learn-3"], { certainty: 0.4 });
const CONCEPTS = { state: "done", version: 3, items: [MODEL, STEP, DOUBT], revision: 2 };

let model: FakeModel;

async function show(concepts: Record<string, unknown>, lit: Record<string, unknown> = {}, live = true): Promise<void> {
  model = new FakeModel({ listing: LISTING, concepts, lit });
  model.live = live;
  view.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
}

async function frame(sequence: number, parts: Record<string, unknown>): Promise<void> {
  model.frame(sequence, { snapshot: sequence === 1, parts });
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const chips = () => [...el.querySelectorAll<HTMLElement>(".wb-concept")];
const carriers = () => [...el.querySelectorAll<HTMLElement>(".wb-carries")].map((one) => one.dataset.line);
const tip = () => el.querySelector<HTMLElement>(".wb-concept-tip")!;

it("shows a chip for each concept, with how sure it is, never rounded up to all", async () => {
  await show(CONCEPTS);
  expect(chips().map((chip) => chip.textContent)).toEqual(["linear model 99\u202f%", "gradient step 100\u202f%", "weight decay 40\u202f%"]);
  expect(chips()[2]!.classList).toContain("wb-concept-unsure");
});

it("lights up the lines that carry a concept on a click, says why, and stops on the next", async () => {
  await show(CONCEPTS);
  chips()[1]!.click();
  expect(carriers()).toEqual(["Learn-1", "Learn-2", "Learn-3"]);
  expect(chips()[1]!.getAttribute("aria-pressed")).toBe("true");
  const detail = text(".wb-concept-detail");
  expect(detail).toContain("Cosine 1.000. Carried by Learn 1, 2, 3.");
  expect(detail).toContain("What gradient step is.");
  expect(detail).toContain("Without itThe fitness falls by 0.25 (95 % interval 0.2 to 0.3, 100 fresh tasks).");
  expect(detail).toContain("Somebody 1951");
  chips()[0]!.click();
  expect(text(".wb-concept-detail")).toContain("f(a) + f(b) = f(a + b). Carried by Predict 1.");
  expect(carriers()).toEqual(["Predict-1"]);
  chips()[0]!.click();
  expect(carriers()).toEqual([]);
});

it("tells formula and certainty of the chip that is pointed at or has the focus, until Escape", async () => {
  await show(CONCEPTS);
  chips()[0]!.dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(tip().hidden).toBe(false);
  expect(tip().textContent).toContain("linear model, 99\u202f% certain: what linear model is.");
  expect(tip().querySelector("math mi")).not.toBeNull();
  el.querySelector(".wb-concepts")!.dispatchEvent(new Event("pointerleave"));
  expect(tip().hidden).toBe(true);
  chips()[0]!.focus();
  press(document.activeElement!, "ArrowRight");
  expect(document.activeElement).toBe(chips()[1]);
  expect(tip().textContent).toContain("gradient step");
  press(document.activeElement!, "Escape");
  expect(tip().hidden).toBe(true);
  expect(el.querySelectorAll('.wb-concept[tabindex="0"]')).toHaveLength(1);
});

it("says when there is none, while they are named, and when they cannot be", async () => {
  await show({ state: "done", version: 3, items: [], revision: 2 });
  expect(text(".wb-concepts [role=status]")).toBe("no known concept found");
  await frame(1, { concepts: { state: "failed", message: "too few examples", version: 3, revision: 3 } });
  expect(text(".wb-concepts [role=status]")).toBe("could not be named: too few examples");
});

it("without a kernel that named them, it says how they come", async () => {
  await show({}, {}, false);
  expect(text(".wb-concepts [role=status]")).toBe("not named yet; run the cell to know them");
});

it("does not light up the lines of another program, and takes up a concept that this one has too", async () => {
  await show(CONCEPTS);
  chips()[1]!.click();
  await frame(1, { listing: { ...LISTING, version: 4, revision: 5 } });
  expect(carriers()).toEqual([]);
  expect(el.querySelector(".wb-concepts")!.getAttribute("aria-busy")).toBe("true");
  chips()[0]!.click();
  expect(carriers()).toEqual([]);
  const moved = concept("gradient step", ["Learn-2"]);
  await frame(2, { concepts: { ...CONCEPTS, items: [moved], version: 4, revision: 6 } });
  expect(carriers()).toEqual(["Learn-2"]);
});

it("lights up what the notebook asks for, also before it is named", async () => {
  await show({}, { concept: "linear model", number: 1, revision: 1 });
  expect(carriers()).toEqual([]);
  await frame(1, { concepts: CONCEPTS });
  expect(carriers()).toEqual(["Predict-1"]);
  chips()[0]!.click();
  await frame(2, { lit: { concept: "linear model", number: 2, revision: 9 } });
  expect(carriers()).toEqual(["Predict-1"]);
});

it("tells places and effects in words", () => {
  expect(where(["Setup-2", "Learn-1", "Learn-4"])).toBe("Setup 2 and Learn 1, 4");
  expect(where([])).toBe("");
  expect(effectWords({ ...EFFECT, difference: -0.25, low: -0.3, high: -0.2 })).toMatch(/^The fitness rises by 0.25 /);
  expect(effectWords({ ...EFFECT, low: -0.1 })).toMatch(/^No clear change of the fitness: it loses 0.25 /);
  expect(effectWords({ difference: 0.25, low: null, high: null, pairs: 1 })).toBe("The fitness falls by 0.25 (1 fresh task).");
});

it("between two programs, says what came and went, and lights up the side that has it", async () => {
  const line = (left: string | null, right: string | null, lines: [number | null, number | null]) => ({
    kind: left === null ? "added" : "removed",
    left,
    right,
    left_live: left !== null,
    right_live: right !== null,
    left_line: lines[0],
    right_line: lines[1],
    matters: true,
    rewired: false,
  });
  const rows = [line("s1 = mean(v0)", null, [1, null]), line(null, "s1 = dot(v1, v0)", [null, 1])];
  const functions = [{ name: "Predict", rows }];
  const gained = concept("linear model", ["Predict-1"], { change: "gained" });
  const lost = concept("feature mean", ["Predict-1"], { change: "lost" });
  model = new FakeModel({
    diff: { verdict: { kind: "changed", text: "", share: 1 }, functions, titles: ["A", "B"], version: 1, revision: 1 },
    fitness: { state: "none", revision: 1 },
    concepts: { state: "done", version: 1, items: [gained, lost], revision: 1 },
  });
  difference.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
  expect(chips().map((chip) => chip.textContent)).toEqual(["+ gained linear model 100\u202f%", "− lost feature mean 100\u202f%"]);
  const lit = () => [...el.querySelectorAll(".wb-carries")].map((one) => one.textContent);
  chips()[0]!.click();
  expect(lit().join()).toContain("dot");
  chips()[1]!.click();
  expect(lit()).toHaveLength(1);
  expect(lit().join()).toContain("mean");
});
