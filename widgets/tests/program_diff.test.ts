import { expect, it, vi } from "vitest";

import view from "../src/program_diff";
import { summary, type Fitness } from "../src/fitness_pairs";
import { FakeModel } from "./fake_model";
import { abort, el, press, renew } from "./page";

const DIFF = {
  titles: ["Parent", "Child"],
  text: "# the difference as text",
  verdict: { kind: "changed", text: "1 of 6 effective instructions computes something else.", share: 1 / 6 },
  functions: [
    {
      name: "Setup",
      rows: [
        { kind: "changed", left: "s2 = 0.01", right: "s2 = 0.02", left_live: true, right_live: true, left_line: 1, right_line: 1, matters: true, rewired: false },
      ],
    },
  ],
  revision: 1,
};
const FITNESS = {
  state: "done",
  metric: "rmse",
  names: ["easy", "hard", "odd"],
  before: [0.5, 0.4, 0.8],
  after: [0.6, 0.8, 0.7],
  stopped: [[], [2]] as [number[], number[]],
  mean: [0.5667, 0.7] as [number, number],
  median: [0.5, 0.7] as [number, number],
  better: 2,
  worse: 1,
  revision: 2,
} satisfies Fitness & { revision: number };

let model: FakeModel;

async function show(fitness: Record<string, unknown> = FITNESS, live = true): Promise<void> {
  model = new FakeModel({ diff: DIFF, fitness });
  model.live = live;
  view.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
}

const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const said = () => all(".wb-pair > .wb-hidden").map((one) => one.textContent);

it("shows the verdict, the rows under their titles, and each task, the largest gain first", async () => {
  await show();
  expect(text(".wb-title")).toBe("Parent → Child");
  expect(text(".wb-diff-verdict")).toContain("1 of 6 effective instructions computes something else.");
  expect(text(".wb-diff-heads")).toBe("ParentChild");
  expect(said()).toEqual([
    "Mean: 0.5667 before, 0.7000 after, better by 0.1333.",
    "Median: 0.5000 before, 0.7000 after, better by 0.2000.",
    "hard: 0.4000 before, 0.8000 after, better by 0.4000.",
    "easy: 0.5000 before, 0.6000 after, better by 0.1000.",
    "odd: 0.8000 before, 0.7000 after, worse by 0.1000. Training was cut short after.",
  ]);
  expect(text(".wb-pairs-facts")).toBe("Mean 0.5667 → 0.7000, median 0.5000 → 0.7000. Of 3 tasks: better on 2, worse on 1. Training was cut short on 1 after.");
});

it("counts what stayed the same, and one task as one", () => {
  const one: Fitness = { ...FITNESS, state: "done", before: [0.5], after: [0.5], better: 0, worse: 0, stopped: [[0], [0]] };
  expect(summary(one)).toContain("Of 1 task: the same on 1. Training was cut short on 1 before and 1 after.");
});

it("tells the way by the tip and the line, not by colour alone", async () => {
  await show();
  expect(all(".wb-pair .wb-pair-after").map((tip) => tip.dataset.way)).toEqual(["up", "up", "up", "up", "down"]);
});

it("is walked task by task with the arrow keys", async () => {
  await show();
  expect(all('.wb-pair[tabindex="0"]')).toHaveLength(1);
  all(".wb-pair")[0]!.focus();
  press(document.activeElement!, "ArrowDown");
  press(document.activeElement!, "ArrowDown");
  expect(document.activeElement!.textContent).toContain("hard: 0.4000 before");
  press(document.activeElement!, "j");
  expect(document.activeElement!.className).toContain("wb-diff-row");
});

it("says the chart as a table", async () => {
  await show();
  const table = el.querySelector<HTMLDetailsElement>(".wb-pairs-table")!;
  expect(table.querySelector("td")).toBeNull();
  table.open = true;
  table.dispatchEvent(new Event("toggle"));
  expect([...table.querySelectorAll("th")].map((cell) => cell.textContent)).toEqual(["Task", "Parent", "Child", "Change"]);
  expect([...table.querySelectorAll("tr")].at(-1)!.textContent).toBe("odd0.80000.7000−0.1000");
});

it("gives each nine the same room where all tasks are nearly solved", async () => {
  await show({ ...FITNESS, before: [0.99, 0.99, 0.99], after: [0.9999, 0.999, 0.99999] });
  expect(text(".wb-pairs-title")).toBe("Fitness (near 1)");
  const left = (i: number) => parseFloat(all(".wb-pair .wb-pair-after")[i]!.style.left);
  expect(left(2) - left(3)).toBeCloseTo(left(3) - left(4), 1);
});

it("draws many tasks thinned, from the best to the worst, and has all of them in the table", async () => {
  const before = [...Array(1000).keys()].map((i) => i / 2000);
  await show({ ...FITNESS, names: [], before, after: before.map((value, i) => value + i / 2000) });
  expect(all(".wb-pair")).toHaveLength(202);
  expect(text(".wb-pairs > .wb-note")).toContain("200 of the 1000 tasks are drawn");
});

it("says what will appear while both are evaluated, and why there is nothing", async () => {
  await show({ state: "computing", revision: 2 });
  expect(text(".wb-pairs > .wb-note")).toContain("Both programs are being evaluated.");
  expect(all(".wb-pairs-chart")[0]!.hidden).toBe(true);
  model.frame(1, { snapshot: true, parts: { fitness: { state: "failed", message: "no such thing", revision: 3 } } });
  expect(text(".wb-pairs > .wb-note")).toBe("The fitness is not known: no such thing");
  model.frame(2, { parts: { fitness: { ...FITNESS, revision: 4 } } });
  expect(all(".wb-pair")).toHaveLength(5);
});

it("leaves the fitness out where there are no tasks, and knows when no kernel will tell", async () => {
  await show({ state: "none", revision: 2 });
  expect(all(".wb-pairs")[0]!.hidden).toBe(true);
  renew();
  await show({ state: "computing", revision: 2 }, false);
  expect(text(".wb-pairs > .wb-note")).toContain("Run the cell to know it.");
});

it("copies the difference as text", async () => {
  const written: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (value: string) => void written.push(value) } });
  await show();
  el.querySelector<HTMLButtonElement>('[data-key="copy"]')!.click();
  await vi.advanceTimersByTimeAsync(10);
  expect(written).toEqual(["# the difference as text"]);
  expect(text(".wb-copied")).toBe("Copied");
  vi.unstubAllGlobals();
});

it("follows the kernel to another pair", async () => {
  await show();
  const verdict = { kind: "identical", text: "The programs are identical.", share: 0 };
  const functions = [{ name: "Setup", rows: [] }];
  model.frame(1, { snapshot: true, parts: { diff: { ...DIFF, verdict, functions, titles: ["A", "B"], revision: 3 } } });
  expect(text(".wb-title")).toBe("A → B");
  expect(all(".wb-diff-row")).toEqual([]);
  expect(text(".wb-diff-function .wb-note")).toBe("Empty in both");
  expect(text(".wb-diff-count")).toBe("No changes");
});
