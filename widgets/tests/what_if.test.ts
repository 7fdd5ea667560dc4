import { expect, it, vi } from "vitest";

import view from "../src/what_if";
import { lossScale } from "../src/what_if_curve";
import { sliderScale } from "../src/sliders";
import { spelling, tag, type EditRow, type Learning } from "../src/what_if_parts";
import { FakeModel } from "./fake_model";
import { abort, el } from "./page";

const row = (id: number, text: string, more: Partial<EditRow> = {}): EditRow => ({
  id,
  text,
  words: `Meaning of ${text}`,
  on: true,
  live: true,
  was_live: true,
  edited: false,
  origin: text,
  op: "SCALAR_SUM_OP",
  places: { out: "s3", in1: "s2", in2: "s3" },
  constants: [],
  ...more,
});
const constant = (value: number) => ({ kind: "real", noun: "value", value, text: String(value), first: 0.01 });
const rate = (value: number) => row(0, `s2 = ${value}`, { op: "SET", places: { out: "s2" }, constants: [constant(value)], edited: value !== 0.01, origin: "s2 = 0.01" });
const listing = (more: Record<string, unknown> = {}, ...rows: EditRow[]) => ({
  title: "What if",
  edit: 0,
  base: 0,
  stamp: 0,
  undo: 0,
  redo: 0,
  problem: null,
  same: true,
  same_effective: true,
  source: "the text",
  counts: { lines: 3, first_lines: 3, effective: 3, first_effective: 3, out: 0, edited: 0 },
  functions: [
    { name: "Setup", rows: [rows.find((one) => one.id === 0) ?? rate(0.01)] },
    { name: "Predict", rows: [rows.find((one) => one.id === 1) ?? row(1, "s1 = s2 + s3")] },
    { name: "Learn", rows: [rows.find((one) => one.id === 2) ?? row(2, "s3 = s2 + s3")] },
  ],
  revision: 1,
  ...more,
});
const OPS = {
  ops: {
    SCALAR_SUM_OP: { title: "Sum", form: "{out} = {in1} + {in2}", constants: [], others: ["SCALAR_SUM_OP", "SCALAR_DIFF_OP"] },
    SCALAR_DIFF_OP: { title: "Difference", form: "{out} = {in1} - {in2}", constants: [], others: ["SCALAR_SUM_OP", "SCALAR_DIFF_OP"] },
    SET: { title: "Constant", form: "{out} = {c0}", constants: ["value"], others: ["SET"] },
  },
  revision: 1,
};
const RESULT = {
  edit: 0,
  original: { fitness: 0.9, tasks: [0.85, 0.95], stopped: 0 },
  edited: { fitness: 0.8, tasks: [0.75, 0.85], stopped: 1 },
  difference: { mean: -0.1, low: -0.2, high: -0.05, clear: true, headline: "0.1 worse", words: "95 % interval ... 0 of 2 tasks better, 2 worse." },
  revision: 1,
};
const band = (...median: (number | null)[]) => ({ low: median.map((value) => value && value / 2), median, high: median.map((value) => value && value * 2) });
const LEARNING = { edit: 0, examples: [0, 50, 100], measure: "rmse", original: band(1, 0.5, 0.1), edited: band(1, 0.8, null), revision: 1 };
const STATE = { busy: "", compiling: "", tasks: "2 tasks", draw: 0, fresh: true, draws: [{ draw: 0, mean: -0.1 }], revision: 1 };
const WEIGHTS = { edit: 0, on: true, done: 3, total: 3, values: { "0": 0.4, "1": 0, "2": -0.1 }, revision: 1 };

let model: FakeModel;
let frames = 0;

async function show(more: Record<string, unknown> = {}, live = true): Promise<void> {
  const source = { text: "def Setup():\n  s2 = 0.01", revision: 1 };
  model = new FakeModel({ listing: listing(), source, ops: OPS, state: STATE, result: RESULT, learning: LEARNING, weights: WEIGHTS, ...more });
  model.live = live;
  frames = 0;
  view.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
}

const get = <T extends HTMLElement>(selector: string) => el.querySelector<T>(selector)!;
const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const sent = (name: string) => model.ofType("command").filter((one) => one.name === name);
const change = (target: HTMLElement, name = "change") => target.dispatchEvent(new Event(name, { bubbles: true }));
async function parts(more: Record<string, unknown>): Promise<void> {
  model.frame(++frames, { snapshot: frames === 1, parts: more });
  await vi.advanceTimersByTimeAsync(20);
}

it("has a slider on which the first value, its negative and 0 can be reached exactly", () => {
  for (const first of [0.01, -3, 1e-9, 0.1]) {
    const scale = sliderScale("real", first);
    expect(scale.value(scale.home)).toBe(first);
    expect(scale.value(-scale.home)).toBe(-first);
    expect(scale.value(0)).toBe(0);
    expect(scale.value(scale.max) / Math.abs(first)).toBeCloseTo(100, 0);
  }
  expect(sliderScale("real", 0).value(50)).toBe(1);
});

it("has a slider that is logarithmic, ascending, and its own inverse", () => {
  const scale = sliderScale("real", 0.01);
  const values = Array.from({ length: 201 }, (_, i) => scale.value(i - 100));
  values.forEach((value, i) => {
    expect(scale.place(value)).toBe(i - 100);
    if (i > 0) expect(value).toBeGreaterThan(values[i - 1]!);
  });
  expect(scale.value(80) / scale.value(70)).toBeCloseTo(scale.value(100) / scale.value(90), 1);
  expect([scale.place(Infinity), scale.place(-1e9), scale.place(NaN)]).toEqual([100, -100, 0]);
  const index = sliderScale("index", 0.625);
  expect([index.min, index.max, index.value(index.home), index.value(99)]).toEqual([0, 99, 0.625, 0.99]);
});

it("says what an edit did to a line", () => {
  const cases: [Partial<EditRow>, string][] = [
    [{}, ""],
    [{ on: false }, "knocked out"],
    [{ live: false }, "now dead"],
    [{ live: false, was_live: false }, "dead"],
    [{ was_live: false }, "now alive"],
    [{ origin: null, was_live: false }, "new"],
  ];
  for (const [more, said] of cases) expect(tag(row(1, "s1 = s2", more))).toBe(said);
  expect(spelling(OPS.ops.SCALAR_DIFF_OP, { out: "s3", in1: "s2", in2: "s9" })).toBe("s3 = s2 - s9");
  expect(spelling(OPS.ops.SET, { out: "s3" })).toBe("s3 = value");
});

it("shows both fitnesses, the difference in words, and each task", async () => {
  await show();
  expect(text(".wb-score-original dd")).toBe("0.9000");
  expect(text(".wb-score-edited dd")).toContain("1 cut short");
  expect(text(".wb-score-difference dd")).toBe("0.1 worse");
  expect(get(".wb-verdict").dataset.way).toBe("worse");
  expect(el.querySelectorAll(".wb-pair-worse")).toHaveLength(2);
  expect(get(".wb-task-chart svg").getAttribute("aria-label")).toContain("original 0.8500 to 0.9500, edited 0.7500 to 0.8500");
  expect(get(".wb-difference-chart svg").getAttribute("aria-label")).toContain("95 % interval −0.2 to −0.05");
});

it("draws learning curves with a gap where training was cut short", async () => {
  await show();
  expect(get(".wb-learning").getAttribute("aria-label")).toContain("After all 100: original 0.1, edited training cut short.");
  expect(el.querySelector(".wb-median-original")!.getAttribute("d")!.split("L")).toHaveLength(3);
  expect(el.querySelector(".wb-median-edited")!.getAttribute("d")!.split("L")).toHaveLength(2);
  const press = (key: string) => get(".wb-learning").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  press("ArrowRight");
  press("ArrowRight");
  expect(text(".wb-learning-read")).toBe("After 50 examples: original 0.5 (0.25 to 1), edited 0.8 (0.4 to 1.6)");
});

it("has a loss axis with ticks inside its ends", () => {
  const scale = lossScale(LEARNING as unknown as Learning, "log");
  expect(scale.ticks.length).toBeGreaterThan(2);
  for (const tick of scale.ticks) expect(scale.place(tick.value)).toBeGreaterThanOrEqual(-1e-9);
  expect(lossScale({ ...LEARNING, original: band(0, 0), edited: band(0, 0) } as unknown as Learning, "log").place(0)).toBe(0);
});

it("shows what each line is worth", async () => {
  await show();
  const bars = [...el.querySelectorAll<HTMLElement>(".wb-weight")];
  expect(bars.map((bar) => bar.textContent)).toEqual(["−0.4", "0", "+0.1"]);
  expect(bars[0]!.querySelector<HTMLElement>("i")!.style.width).toBe("100.0%");
  expect(bars[2]!.getAttribute("aria-label")).toBe("Without this line the fitness rises by 0.1");
  get('[data-key="weigh"]').click();
  expect(sent("weigh")[0]).toMatchObject({ on: false });
  await parts({ weights: { ...WEIGHTS, done: 1, values: { "0": 0.4 }, revision: 2 } });
  expect(text('[data-key="weigh"]')).toBe("Cancel");
  expect(text(".wb-weigh [role=status]")).toBe("1 of 3");
});

it("knocks a line out, puts another operation in, and restores", async () => {
  await show();
  const tick = get<HTMLInputElement>('[data-line="Predict-1"] .wb-tick');
  tick.checked = false;
  change(tick);
  expect(sent("switch")[0]).toMatchObject({ line: 1, on: false });
  const menu = get<HTMLSelectElement>('[data-line="Learn-1"] select');
  expect([...menu.options].map((option) => option.textContent)).toEqual(["s3 = s2 + s3", "s3 = s2 - s3"]);
  menu.value = "SCALAR_DIFF_OP";
  change(menu);
  expect(sent("op")[0]).toMatchObject({ line: 2, op: "SCALAR_DIFF_OP" });
  const edited = row(2, "s3 = s2 - s3", { op: "SCALAR_DIFF_OP", edited: true, origin: "s3 = s2 + s3" });
  await parts({ listing: listing({ stamp: 1e15, undo: 1, edit: 1, revision: 2 }, edited) });
  get('[data-line="Learn-1"] .wb-restore').click();
  expect(sent("restore")[0]).toMatchObject({ line: 2 });
  get('[data-key="undo"]').click();
  expect(sent("undo")).toHaveLength(1);
});

it("sends one gesture while a slider moves, and does not pull it back", async () => {
  await show();
  const slider = get<HTMLInputElement>('input[type="range"]');
  slider.dispatchEvent(new Event("pointerdown"));
  for (const place of ["51", "60"]) {
    slider.value = place;
    change(slider, "input");
  }
  const [first, second] = sent("constant");
  expect(second!.gesture).toBe(first!.gesture);
  expect(second!.value).toBeGreaterThan(0.02);
  expect(get<HTMLInputElement>(".wb-tune-value").value).toBe(String(second!.value));
  // An answer to an earlier place comes late.
  await parts({ listing: listing({ stamp: first!.stamp, edit: 1, revision: 2 }, rate(first!.value)) });
  expect(slider.value).toBe("60");
  slider.dispatchEvent(new Event("pointerup"));
  await parts({ listing: listing({ stamp: second!.stamp, edit: 2, revision: 3 }, rate(second!.value)) });
  expect(get('input[type="range"]')).toBe(slider);
  slider.dispatchEvent(new Event("dblclick"));
  expect(sent("constant").at(-1)).toMatchObject({ value: 0.01 });
});

it("takes numbers as text and refuses what is none", async () => {
  await show();
  const field = get<HTMLInputElement>(".wb-tune-value");
  for (const [typed, value] of [["1e-3", 0.001], ["−2", -2], ["inf", "inf"]] as const) {
    field.value = typed;
    change(field);
    expect(sent("constant").at(-1)).toMatchObject({ value });
  }
  field.value = "much";
  change(field);
  expect(sent("constant")).toHaveLength(3);
  expect(field.getAttribute("aria-invalid")).toBe("true");
});

it("evaluates text as it is typed, and shows a complaint at its line", async () => {
  await show();
  const area = get<HTMLTextAreaElement>("textarea");
  expect(area.value).toBe("def Setup():\n  s2 = 0.01");
  area.focus();
  area.value = "def Setup():\n  s2 = what";
  change(area, "input");
  expect(sent("text")).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent("text")[0]).toMatchObject({ text: area.value });
  const problem = { message: "line 2, column 8: found `what`", accepted: "a number", line: 2, column: 8, length: 4 };
  await parts({ listing: listing({ stamp: 1e15, problem, revision: 2 }) });
  expect(text(".wb-edit-problem")).toBe("line 2, column 8: found `what`Accepted: a number");
  expect(text(".wb-edit-bad")).toBe("⚠ 2");
  expect(area.getAttribute("aria-invalid")).toBe("true");
  expect(area.value).toBe("def Setup():\n  s2 = what");
});

it("dims what belongs to the program before the edit, and says what is compiled", async () => {
  await show();
  await parts({ listing: listing({ edit: 1, revision: 2 }), state: { ...STATE, busy: "fitness", compiling: "Compiling the engine ...", revision: 2 } });
  expect(get(".wb-verdict").classList.contains("wb-old")).toBe(true);
  expect(text(".wb-busy")).toBe("Evaluating …");
  expect(text(".wb-what-note")).toBe("Compiling the engine ...");
});

it("says why there is no answer", async () => {
  await show();
  await parts({ result: { edit: 0, failed: "Learn, instruction 0 (v1 = v0): out is v1", revision: 2 } });
  expect(text(".wb-outcome-empty")).toBe("Not evaluated: Learn, instruction 0 (v1 = v0): out is v1");
  expect(text(".wb-score-edited dd")).toBe("–");
});

it("begins anew with another program", async () => {
  await show();
  const other = row(0, "s2 = 7", { op: "SET", places: { out: "s2" }, constants: [{ ...constant(7), first: 7 }] });
  await parts({ listing: listing({ base: 1, edit: 1, revision: 2 }, other) });
  const slider = get<HTMLInputElement>('input[type="range"]');
  slider.value = "0";
  change(slider, "input");
  slider.dispatchEvent(new Event("dblclick"));
  expect(sent("constant").at(-1)).toMatchObject({ value: 7 });
});

it("shows the last state without a kernel and asks for nothing", async () => {
  await show({}, false);
  expect(text(".wb-what-note")).toContain("No kernel is attached");
  expect(text(".wb-score-edited dd")).toContain("0.8000");
  get('[data-key="fresh"]').click();
  expect(model.sent).toEqual([]);
});

it("shows text as text", async () => {
  await show({ listing: listing({ title: "<img>" }, row(1, "<img src=x>")) });
  expect(el.querySelector("img")).toBeNull();
});
