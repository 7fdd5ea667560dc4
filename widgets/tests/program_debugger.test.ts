import { expect, it, vi } from "vitest";

import panel from "../src/program_debugger";
import { numeral } from "../src/numbers";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const row = (text: string) => ({ text, live: true, math: "", words: `Meaning of ${text}` });
const LISTING = {
  title: "Debugger",
  functions: [
    { name: "Setup", rows: [row("s2 = 0.01")] },
    { name: "Predict", rows: [row("s1 = dot(v1, v0)")] },
    { name: "Learn", rows: [row("s3 = s0 - s1"), row("v1 = v1 + v0")] },
  ],
  special: { features: "v0", label: "s0", prediction: "s1" },
  revision: 1,
};
const RUN = {
  steps: 21,
  visits: 4,
  epochs: 1,
  train: 3,
  valid: 1,
  stopped: false,
  layout: [
    { name: "s1", shape: [], start: 0, size: 1 },
    { name: "v1", shape: [5], start: 1, size: 5 },
  ],
  jumps: [
    { name: "largest training error", step: 7, help: "" },
    { name: "first NaN", step: null, help: "" },
  ],
  revision: 2,
};
const WATCH = { address: "error", element: null, every: 1, low: [1, 2, null, 0], high: [1, 2, null, 0], nan: [2], infinite: [], revision: 3 };

const pack = (...values: number[]) =>
  btoa(String.fromCharCode(...new Uint8Array(new Float64Array(values).buffer)));
const now = (step: number, more: Record<string, unknown> = {}) => ({
  step,
  visit: 0,
  function: "learn",
  index: 1,
  epoch: 1,
  trains: true,
  place: 1,
  example: 0,
  known: true,
  prediction: [0.5],
  label: ["nan"],
  error: "inf",
  after: pack(0.5, 0, 1, -2, NaN, -Infinity),
  before: pack(0.5, 0, 1, 3, NaN, -Infinity),
  revision: 10 + step,
  ...more,
});

let model: FakeModel;
let sequence = 0;

async function show(state = now(6), live = true): Promise<void> {
  model = new FakeModel({ listing: LISTING, run: RUN, watch: WATCH, now: state });
  model.live = live;
  panel.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
  sequence = 0;
}

async function frame(state: Record<string, unknown>): Promise<void> {
  sequence += 1;
  model.frame(sequence, { snapshot: sequence === 1, parts: { now: state } });
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const button = (key: string) => el.querySelector<HTMLButtonElement>(`[data-key="${key}"]`)!;
const sent = () => model.ofType("command").map(({ name, step, count, address, element, function: f, index }) =>
  JSON.parse(JSON.stringify({ name, step, count, address, element, function: f, index })),
);

it("tells where it stands, what ran, and what came out", async () => {
  await show();
  expect(text(".wb-where")).toBe("Epoch 1 of 1 · training example 1 of 3 · Learn 2");
  expect(el.querySelector("[aria-current]")!.getAttribute("data-line")).toBe("Learn-2");
  expect(text(".wb-did")).toBe("Meaning of v1 = v1 + v0");
  expect(text(".wb-debug-facts")).toBe("Prediction0.5LabelNaNError∞");
  await frame(now(3, { function: "features", index: -1, known: false, revision: 30 }));
  expect(el.querySelector("[aria-current]")!.getAttribute("data-line")).toBe("Predict-0");
  expect(text(".wb-debug-facts")).toContain("Predictionnot yet");
});

it("says in words what memory holds, and which cells changed", async () => {
  await show();
  const label = el.querySelector('[data-heat="v1"] canvas')!.getAttribute("aria-label");
  expect(label).toContain("v1, 5: 1 zero, 1 positive, 1 negative, 1 nan, 1 minus infinity; 1 changed");
  expect(el.querySelector('[data-heat="v1"]')!.classList.contains("wb-heat-changed")).toBe(true);
  expect(el.querySelector('[data-heat="s1"]')!.classList.contains("wb-heat-changed")).toBe(false);
});

it("reads single cells by arrow keys, and watches one by Enter", async () => {
  await show();
  const canvas = el.querySelector<HTMLElement>('[data-heat="v1"] canvas')!;
  canvas.focus();
  press(canvas, "ArrowRight");
  press(canvas, "ArrowRight");
  expect(text("[aria-live=polite].wb-hidden")).toBe("v1[2] = −2 (was 3)");
  press(canvas, "Enter");
  expect(sent()).toEqual([{ name: "watch", address: "v1", element: [2] }]);
});

it("steps forwards and back by buttons and keys", async () => {
  await show();
  button("step").click();
  expect(sent()).toEqual([{ name: "go", step: 7 }]);
  await frame(now(7));
  press(el.querySelector(".wb-debugger")!, ",");
  await frame(now(6, { revision: 40 }));
  press(el.querySelector(".wb-debugger")!, ">");
  expect(sent().slice(1)).toEqual([{ name: "go", step: 6 }, { name: "example", count: 1 }]);
});

it("asks for the newest step only while a slider is dragged", async () => {
  await show();
  const slider = button("slider") as unknown as HTMLInputElement;
  for (const step of [8, 12, 15, 20]) {
    slider.value = String(step);
    slider.dispatchEvent(new Event("input"));
  }
  expect(sent()).toEqual([{ name: "go", step: 8 }]);
  await frame(now(8));
  expect(sent()).toEqual([{ name: "go", step: 8 }, { name: "go", step: 20 }]);
});

it("follows what another view or a cell did in between", async () => {
  await show();
  button("step").click();
  await frame(now(15));
  await frame(now(15, { revision: 60 }));
  expect(sent()).toEqual([{ name: "go", step: 7 }]);
  button("step").click();
  expect(sent().at(-1)).toEqual({ name: "go", step: 16 });
});

it("plays at its pace until the end", async () => {
  await show(now(18));
  button("play").click();
  expect(sent()).toEqual([{ name: "go", step: 19 }]);
  await frame(now(19));
  await vi.advanceTimersByTimeAsync(250);
  expect(sent().at(-1)).toEqual({ name: "go", step: 20 });
  expect(button("play").getAttribute("aria-label")).toContain("Pause");
  await frame(now(20));
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent()).toHaveLength(2);
  expect(button("play").getAttribute("aria-label")).toContain("Play");
  expect(button("step").getAttribute("aria-disabled")).toBe("true");
});

it("jumps, runs on to a line, and offers no jump to what is not there", async () => {
  await show();
  el.querySelector<HTMLButtonElement>('[data-jump="first NaN"]')!.click();
  el.querySelector<HTMLButtonElement>('[data-jump="largest training error"]')!.click();
  el.querySelector<HTMLButtonElement>('[data-line="Learn-1"] .wb-run-to')!.click();
  expect(sent()).toEqual([{ name: "go", step: 7 }, { name: "run-to", function: "learn", index: 0 }]);
});

it("draws what is watched, NaN marked, and says it in words", async () => {
  await show();
  const curve = el.querySelector(".wb-watch-curve")!;
  expect(curve.getAttribute("aria-label")).toBe(
    "Error after each of 4 examples: from 0 to 2, with NaN. A click goes there.",
  );
  expect(curve.querySelector(".wb-watch-bad")!.textContent).toBe("×");
});

it("says the watched value in a table once that is opened", async () => {
  await show();
  const table = el.querySelector<HTMLDetailsElement>(".wb-watch .wb-curve-table")!;
  expect(table.querySelector("table")).toBeNull();
  table.open = true;
  table.dispatchEvent(new Event("toggle"));
  expect([...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
    ["After", "Error"],
    ["epoch 1, training example 1", "1"],
    ["epoch 1, training example 2", "2"],
    ["epoch 1, training example 3", "NaN"],
    ["epoch 1, validation example 1", "0"],
  ]);
});

it("shows the saved step without a kernel, and offers nothing to click", async () => {
  await show(now(6), false);
  expect(text(".wb-debugger-note")).toContain("No kernel is attached");
  button("step").click();
  expect(model.sent).toEqual([]);
});

it("writes numbers so that none is taken for another", () => {
  expect([0, -0.5, 123456.789, 1e-9, NaN, -Infinity].map(numeral)).toEqual([
    "0",
    "−0.5",
    "123460",
    "1.000e−9",
    "NaN",
    "−∞",
  ]);
});
