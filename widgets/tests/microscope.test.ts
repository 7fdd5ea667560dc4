import { expect, it, vi } from "vitest";

import { cellAt, depth, frameOf, writtenBy, type Picture } from "../src/matrix_picture";
import panel, { chartData } from "../src/microscope";
import { rowsOf } from "../src/step_table";
import { plateauText, reach, trainingCharts, type TrainingLine } from "../src/training_view";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const pack = (...values: number[]) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(values).buffer)));
const PARTS = [
  { name: "y", start: 0, size: 2 },
  { name: "b", start: 2, size: 1 },
];
const ABOUT = { title: "Microscope", model: { kind: "srwm", name: "SRWM" }, compare: { DeltaNet: { kind: "deltanet", name: "DeltaNet" } }, letters: ["A", "B"], most_noise: 4, revision: 1 };
const EPISODE = { number: 0, length: 3, ways: 2, targets: [0, 1, 0], shots: [0, 0, 1], segments: [0, 0, 0], queryTargets: [1, 0], side: 0, drawings: "", noise: {}, labels: {}, frozenFrom: null, revision: 2 };
const COURSE = { chance: 0.5, lines: [{ key: "shown", label: "SRWM", right: pack(0.5, 0.5, 1, 1), loss: pack(0.7, 0.6, 0.4, 0.2) }], revision: 3 };
const TRACE = {
  layers: 1, heads: 2, layer: 0, head: 1, d: 2, columns: 3, parts: PARTS, rateNames: ["y", "b"],
  first: pack(1, 2, 3, 4, 5, 6), rates: pack(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), drift: pack(0, 0, 1, 2, 3, 4, 5, 6),
  sizes: pack(1, 2, 2, 3, 3, 4), singular: pack(3, 1, 3, 1, 3, 1, 3, 1), keys: pack(0.2, 0.8, 0.5, 0.5, 1, 0), queries: pack(1, 0, 1, 0, 1, 0),
  tops: { W: [5, 6], change: [1, 1], since: [2, 2] }, revision: 4,
};
const figure = (step: number) => ({ step, weights: pack(1, 2, 3, 4, 5, 6), change: pack(0.2, 0, 0, 0.8, 0, 0), left: pack(1, -1), below: pack(1, 2, 0.5), key: pack(0.2, 0.8), revision: 5 + step });
const now = (step: number) => ({ step, where: `example ${step} of 3, label B`, answers: pack(0.2, 0.8, 0.3, 0.7), before: pack(0.6, 0.4), after: pack(0.1, 0.9), revision: 5 + step });

let model: FakeModel;
let sequence = 0;

async function open(): Promise<void> {
  sequence = 0;
  model = new FakeModel({ about: ABOUT, state: { busy: "", problem: "", revision: 1 }, episode_shown: EPISODE, course: COURSE, trace: TRACE, trace_beside: { layers: 0, revision: 1 }, now: now(2), figure: figure(2), figure_beside: { step: 2, revision: 1 } });
  panel.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
  model.frame(++sequence, { snapshot: true });
}

async function answer(step: number): Promise<void> {
  model.frame(++sequence, { parts: { now: { ...now(step), revision: 100 + sequence }, figure: { ...figure(step), revision: 100 + sequence } } });
  await vi.advanceTimersByTimeAsync(50);
}

const sent = (name: string) => model.ofType("command").filter((message) => message.name === name);
const button = (key: string) => el.querySelector<HTMLButtonElement>(`[data-key="${key}"]`)!;

it("shows the step, the film and what is said of each query", async () => {
  await open();
  expect(el.querySelector(".wb-where")!.textContent).toBe("Example 2 of 3, label B");
  const tiles = [...el.querySelectorAll<HTMLElement>("button.wb-tile")];
  expect(tiles.map((tile) => tile.textContent)).toEqual(["A", "B", "A"]);
  expect(tiles[1]!.getAttribute("aria-current")).toBe("step");
  expect(tiles[2]!.getAttribute("aria-label")).toBe("Example 3: label A, shown 1 before");
  const queries = [...el.querySelectorAll(".wb-film-queries .wb-tile")].map((tile) => tile.getAttribute("aria-label"));
  expect(queries[0]).toBe("Query 1: is B, says B with 80 %, right");
  expect(queries[1]).toContain("is A, says B with 70 %, wrong");
  expect(el.querySelector(".wb-verdict")!.textContent).toContain("rises from 40");
});

it("says the curves in tables, a row a step, once they are opened", async () => {
  await open();
  const table = el.querySelector<HTMLDetailsElement>(".wb-step-table details")!;
  expect(table.querySelector("table")).toBeNull();
  table.open = true;
  table.dispatchEvent(new Event("toggle"));
  const titles = [...table.querySelectorAll("caption")].map((caption) => caption.textContent);
  expect(titles).toEqual(["Queries right", "Loss over the queries", "Rates it gives itself", "Size of each change", "Drift from W₀", "Singular values of W"]);
  const rows = (number: number) => [...table.querySelectorAll("table")[number]!.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  expect(rows(0)).toEqual([["Examples seen", "SRWM"], ["0", "0.5"], ["1", "0.5"], ["2", "1"], ["3", "1"]]);
  expect(rows(2).slice(0, 2)).toEqual([["Examples seen", "y", "b"], ["1", "0.1", "0.2"]]);
  expect(rowsOf(1000)).toHaveLength(24);
  expect([rowsOf(1000)[0], rowsOf(1000).at(-1)]).toEqual([0, 999]);
});

it("goes on and back by buttons, keys, film and slider, one wish at a time", async () => {
  await open();
  button("step").click();
  expect(sent("go").map(({ step }) => step)).toEqual([3]);
  await answer(3);
  expect(button("step").getAttribute("aria-disabled")).toBe("true");
  press(el.querySelector(".wb-microscope")!, ",");
  await answer(2);
  el.querySelector<HTMLElement>('[data-example="1"]')!.click();
  expect(sent("go").map(({ step }) => step)).toEqual([3, 2, 1]);
  press(el.querySelector(".wb-microscope")!, "]");
  expect(sent("episode")[0]!.number).toBe(1);
});

it("edits the example it stands at, and freezes from there", async () => {
  await open();
  const label = el.querySelector<HTMLSelectElement>("[data-key=swap]")!;
  expect([...label.options].map((option) => option.textContent)).toEqual(["A", "B (its own)"]);
  label.value = "0";
  label.dispatchEvent(new Event("change"));
  expect(sent("swap")[0]).toMatchObject({ example: 2, label: 0 });
  const noise = el.querySelector<HTMLInputElement>("[data-key=noise]")!;
  noise.value = "1.5";
  noise.dispatchEvent(new Event("input"));
  expect(sent("perturb")).toEqual([]);
  await vi.advanceTimersByTimeAsync(300);
  expect(sent("perturb")[0]).toMatchObject({ example: 2, noise: 1.5 });
  button("freeze").click();
  expect(sent("freeze")[0]).toMatchObject({ example: 2 });
});

it("tells a cell as key times what was written", async () => {
  await open();
  const canvas = el.querySelector<HTMLElement>('[data-matrix="main-w"] canvas')!;
  press(canvas, "ArrowDown");
  const text = el.querySelector(".wb-weights .wb-cell-text")!.textContent!;
  expect(text).toContain("Wy[1, 0] = 4");
  expect(text).toContain("change 0.8 = key 0.8 × written 1");
});

it("places cells, finds them again, and scales colours about zero", () => {
  const picture: Picture = { rows: 2, parts: PARTS, values: new Float32Array(6), tops: [1, 1], left: new Float32Array(0), leftName: "", below: new Float32Array(0), belowNames: [] };
  const frame = frameOf(2, PARTS, 400);
  for (const row of [0, 1]) {
    PARTS.forEach(({ start, size }, part) => {
      for (let j = 0; j < size; j++) {
        const found = cellAt(frame, picture, frame.lefts[part]! + (j + 0.5) * frame.cell, frame.top + (row + 0.5) * frame.cell);
        expect(found).toEqual([row, start + j, part]);
      }
    });
  }
  expect(cellAt(frame, picture, 0, 0)).toBeUndefined();
  expect([depth(0, 2), depth(2, 2), depth(-2, 2), depth(5, 2), depth(NaN, 2), depth(1, 0)]).toEqual([0, 1, 1, 1, 1, 0]);
  expect(depth(0.1, 1)).toBeGreaterThan(depth(0.05, 1));
});

it("finds what a change wrote from its key", () => {
  const [key, written] = [[0.5, 0.25, 0.25], [2, -4]];
  const change = new Float32Array(key.flatMap((k) => written.map((u) => k * u)));
  expect([...writtenBy(change, new Float32Array(key))]).toEqual(written.map((u) => expect.closeTo(u, 5)));
  expect([...writtenBy(new Float32Array(4), new Float32Array(2))]).toEqual([0, 0]);
});

it("splits rates and drift by their columns", () => {
  const data = chartData(TRACE, COURSE, { ...EPISODE, frozenFrom: 1 });
  expect(data.rates!.lines.map(({ values }) => [...values])).toEqual([[0.1, 0.3, 0.5].map((v) => expect.closeTo(v, 5)), [0.2, 0.4, 0.6].map((v) => expect.closeTo(v, 5))]);
  expect([...data.drift!.lines[1]!.values]).toEqual([0, 2, 4, 6]);
  expect(data.drift!.lines.map(({ faint }) => faint)).toEqual([true, false]);
  expect(data.right!.frozen).toBe(1);
  expect(chartData({ layers: 0 }, COURSE, EPISODE).rates).toBeUndefined();
});

const LINE: TrainingLine = { key: "srwm", label: "SRWM", steps: pack(10, 20), loss: pack(1, 0.5), score: pack(0.3, 0.6), valid: pack(0.3, 0.5), change: pack(0, 0), gradient: pack(1, 1), byShot: pack(0.4, 0.5), rates: pack(0.1, 0.2, 0.3, 0.4), rateNames: ["y", "b"], left: null, every: 10 };

it("draws of a training what there is, and says who is on the plateau", () => {
  const part = { lines: [LINE], chance: 0.5, shots: [1, 2], every: 10, total: 1000 };
  const data = trainingCharts(part);
  expect(Object.keys(data).sort()).toEqual(["gradient", "loss", "rates", "shots"]);
  expect([...data.rates!.lines[1]!.values]).toEqual([expect.closeTo(0.3, 5), expect.closeTo(0.4, 5)]);
  expect([reach([LINE], 1000), reach([LINE], 22), reach([], 100)]).toEqual([25, 22, 1]);
  expect(plateauText([LINE], 0.55)).toContain("still on the plateau");
  expect(plateauText([{ ...LINE, left: 20 }], 0.55)).toBe("SRWM left the plateau at step 20.");
});
