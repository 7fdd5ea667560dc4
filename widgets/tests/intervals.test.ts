import { expect, it, vi } from "vitest";

import ablation from "../src/ablation_chart";
import convergence, { probability } from "../src/convergence_table";
import { scaleOf } from "../src/interval_chart";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const DIFF = {
  verdict: { kind: "changed", text: "1 of 3 effective instructions computes something else.", share: 0.3 },
  functions: [
    { name: "Setup", rows: [] },
    {
      name: "Predict",
      rows: [{ kind: "removed", left: "s1 = dot(v1, v0)", right: null, left_live: true, right_live: false, left_line: 1, right_line: null, matters: true, rewired: false }],
    },
    { name: "Learn", rows: [] },
  ],
};
const measured = (name: string, difference: number, low: number, high: number) => ({
  name,
  meaning: name,
  before: 0.9,
  after: 0.9 - difference,
  effect: { difference, low, high, pairs: 50 },
  diff: DIFF,
});
const MODEL = measured("linear model", 0.4, 0.3, 0.5);
const RATE = measured("constant learning rate", 0.001, -0.002, 0.004);
const STEP = { name: "gradient step", meaning: "" };
const PART = { title: "Ablation", state: "running", message: "", tasks: 50, items: [MODEL, RATE, STEP], revision: 1 };

async function show(view: typeof ablation, traits: Record<string, unknown>, live = true): Promise<void> {
  const model = new FakeModel(traits);
  model.live = live;
  view.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const rows = () => [...el.querySelectorAll<HTMLElement>(".wb-interval-row")];
const left = (element: Element | null) => Number.parseFloat((element as HTMLElement).style.left);

it("draws what is known of an ablation, in words for those who do not see it, and what it is at", async () => {
  await show(ablation, { ablation: PART });
  expect(text("[role=status]")).toBe("Knocking out gradient step: 3 of 3 …");
  const said = rows().map((row) => row.querySelector(".wb-hidden")!.textContent);
  expect(said).toEqual([
    "Without linear model: The fitness falls by 0.4 (95 % interval 0.3 to 0.5, 50 fresh tasks).",
    "Without constant learning rate: No clear change of the fitness: it loses 0.001 (95 % interval −0.002 to 0.004, 50 fresh tasks).",
    "gradient step: waits",
  ]);
  expect(rows().map((row) => row.querySelector(".wb-interval-dot")?.hasAttribute("data-clear"))).toEqual([true, false, undefined]);
  const zero = left(rows()[0]!.querySelector(".wb-interval-zero"));
  const line = rows()[0]!.querySelector<HTMLElement>(".wb-interval-line")!;
  expect(zero).toBeLessThan(left(line));
  expect(left(line) + Number.parseFloat(line.style.width) / 2).toBeCloseTo(left(rows()[0]!.querySelector(".wb-interval-dot")), 1);
  expect(text(".wb-interval-title")).toBe("Fitness lost without it");
});

it("shows what was taken out of the row that is chosen, by the keyboard too", async () => {
  await show(ablation, { ablation: PART });
  const [first, second, waits] = rows();
  expect(waits!.tagName).toBe("DIV");
  first!.focus();
  press(first!, "ArrowDown");
  expect(document.activeElement).toBe(second);
  first!.click();
  expect(text(".wb-ablation-detail h4")).toBe("Without linear model: fitness 0.9000 → 0.5000");
  expect(text(".wb-diff-verdict")).toContain("1 of 3 effective instructions");
  expect(first!.getAttribute("aria-pressed")).toBe("true");
  first!.click();
  expect(el.querySelector<HTMLElement>(".wb-ablation-detail")!.hidden).toBe(true);
});

it("says why nothing, or something, could not be knocked out", async () => {
  await show(ablation, { ablation: { ...PART, state: "done", items: [] } });
  expect(text(".wb-ablation-body > .wb-note")).toContain("nothing to knock out");
  await show(ablation, { ablation: { ...PART, state: "done", items: [{ ...STEP, problem: "it cannot be taken out" }] } });
  expect(text(".wb-interval-note")).toBe("it cannot be taken out");
  await show(ablation, { ablation: { ...PART, state: "failed", items: [], message: "no such data set" } });
  expect(text(".wb-ablation-failed")).toBe("no such data set");
  await show(ablation, { ablation: PART }, false);
  expect(text("[role=status]")).toContain("2 of 3 were known when the notebook was saved");
});

const item = (name: string, odds: unknown, adjusted: number) => ({
  name,
  runs: [8, 10, 0.8, 0.49, 0.94],
  control: [1, 12, 0.083, 0.015, 0.354],
  odds,
  p: adjusted / 2,
  adjusted,
});

it("shows shares of both groups, counts, odds and p values", async () => {
  const items = [item("ReLU", "inf", 0.0003), item("<b>", null, 0.2), item("momentum", 44.123, 1)];
  await show(convergence, { convergence: { title: "Convergence", titles: ["Evolution", "Random search"], latex: "", items, revision: 1 } });
  expect(text(".wb-facts")).toBe("10 runs against 12 of the control");
  expect(rows()[0]!.querySelector(".wb-hidden")!.textContent).toBe(
    "ReLU: Evolution 8 of 10 (95 % interval 49 to 94 %); Random search 1 of 12 (95 % interval 2 to 35 %); p after Holm's correction < 0.001 *.",
  );
  const cells = [...el.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  expect(cells[0]).toEqual(["ReLU", "8/10", "1/12", "∞", "< 0.001", "< 0.001 *"]);
  expect(cells[1]!.slice(3)).toEqual(["–", "0.1", "0.2"]);
  expect(cells[2]![3]).toBe("44.1");
  expect(el.querySelector("tbody b")).toBeNull();
  expect(left(rows()[0]!.querySelector(".wb-interval-dot.wb-interval-main"))).toBe(80);
});

it("says when no run found anything", async () => {
  await show(convergence, { convergence: { title: "Convergence", titles: ["A", "B"], latex: "", items: [], revision: 1 } });
  expect(text(".wb-note")).toBe("Nothing was found in any run.");
  expect(el.querySelector<HTMLElement>(".wb-interval-table")!.hidden).toBe(true);
  expect(probability(0.049)).toBe("0.049 *");
  expect(probability(0.05)).toBe("0.05");
});

it("the axis holds all ends and 0, and nothing else where its ends are given", () => {
  const marks = [{ value: -0.3, low: -0.5, high: -0.1, kind: "main" as const }];
  const axis = { title: "", end: "", label: String };
  const scale = scaleOf([{ key: "", name: "", marks, end: "", says: "" }], axis);
  expect(scale.place(-0.5)).toBeGreaterThan(0);
  expect(scale.place(0)).toBeLessThan(1);
  expect(scale.ticks.map(({ value }) => value)).toContain(0);
  expect(scaleOf([], { ...axis, from: 0, to: 1 }).place(0.25)).toBe(0.25);
});
