import { expect, it, vi } from "vitest";

import panel from "../src/program_graph";
import { standalone } from "../src/graph_save";
import { bars, cells, valueText } from "../src/graph_values";
import { FakeModel } from "./fake_model";
import { LINEAR, nowAt, valueOf } from "./graphs";
import { abort, el, press } from "./page";

const row = (text: string, live = true) => ({ text, live, math: "", words: "" });
const GRAPH = {
  ...LINEAR,
  title: "Dataflow",
  task: "linear regression on 3 features",
  functions: [
    { name: "Setup", rows: [row("s2 = 0.01")] },
    { name: "Predict", rows: [row("s1 = dot(v1, v0)")] },
    { name: "Learn", rows: [row("s3 = s0 - s1"), row("s3 = s2 * s3"), row("v2 = s3 * v0"), row("v1 = v1 + v2"), row("s9 = s9 + s9", false)] },
  ],
  special: { features: "v0", label: "s0", prediction: "s1" },
  revision: 1,
};

let model: FakeModel;
let sequence = 0;

async function show(now: object = nowAt(4), live = true): Promise<void> {
  model = new FakeModel({ graph: GRAPH, now });
  model.live = live;
  panel.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
  sequence = 0;
}

async function frame(parts: Record<string, unknown>): Promise<void> {
  sequence += 1;
  model.frame(sequence, { snapshot: sequence === 1, parts });
  await vi.advanceTimersByTimeAsync(50);
}

const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
const drawn = (id: string) => el.querySelector<SVGGElement>(`.wb-flow [data-node="${id}"]`)!;
const listed = (id: string) => el.querySelector<HTMLElement>(`.wb-flow-listing [data-node="${id}"]`)!;
const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const button = (key: string) => el.querySelector<HTMLButtonElement>(`[data-key="${key}"]`)!;
const sent = () => model.ofType("command").map(({ name, example }) => [name, example]);
const point = (target: Element) => target.dispatchEvent(new Event("pointerover", { bubbles: true }));
const lit = () => all(".wb-flow .wb-flow-node.wb-lit").map((one) => one.getAttribute("data-node"));
const marked = () => Object.fromEntries(all(".wb-flow-listing [data-flow]").map((one) => [one.dataset.node, one.dataset.flow]));

it("draws each node with its sign, its address, its place and its value", async () => {
  await show();
  expect(all(".wb-flow-node").map((one) => one.querySelector(".wb-flow-sign")!.textContent)).toEqual(LINEAR.nodes.map(({ sign }) => sign));
  const node = drawn("learn:1");
  expect(node.textContent).toBe("×s3Learn 20.12");
  expect(node.classList.contains("wb-flow-learn")).toBe(true);
  expect(drawn("label").textContent).toContain("NaN");
  expect(drawn("learn:0").textContent).toContain("∞");
  expect(drawn("state:v1").querySelector(".wb-thumb")).not.toBeNull();
  expect(text(".wb-facts")).toBe("6 instructions (1 dead left out), 1 address kept from example to example");
  expect(text(".wb-flow-kept")).toBe("kept for the next example");
  expect(text(".wb-flow-task")).toBe("Values: linear regression on 3 features");
});

it("says in words what a node is, reads and holds", async () => {
  await show();
  expect(drawn("learn:0").getAttribute("aria-label")).toBe(
    "s3 = s0 - s1 in Learn: Meaning of learn:0; reads s0, s1; value ∞ on example 5 of epoch 1",
  );
  expect(drawn("learn:2").getAttribute("aria-label")).toContain("value 3 numbers, 1 NaN, 1 infinite, else 2 on");
});

it("numbers operands only where their order matters", async () => {
  await show();
  const marks = (to: string) => all(`[data-line-to="${to}"] .wb-flow-operand`).map((one) => one.textContent).sort();
  expect(marks("learn:0")).toEqual(["1", "2"]);
  expect(marks("predict:0")).toEqual([]);
});

it("lights a node's lines, its neighbours and its line of the program", async () => {
  await show();
  point(drawn("learn:1"));
  expect(lit()).toEqual(["learn:1"]);
  expect(all(".wb-flow-node.wb-lit-near").map((one) => one.getAttribute("data-node"))).toEqual(["setup:0", "learn:0", "learn:2"]);
  expect(all(".wb-flow-line.wb-lit")).toHaveLength(3);
  expect(marked()).toEqual({ "setup:0": "in", "learn:0": "in", "learn:1": "lit", "learn:2": "out" });
  expect(text(".wb-flow-ends")).toBe("Readss2 from Setup 1; s3 from Learn 1Read byLearn 3");
  expect(text(".wb-flow-holds")).toBe("0.12 on epoch 1 of 2, training example 5 of 100");
});

it("lights the node of the line that is pointed at, and forgets it by Escape", async () => {
  await show();
  point(listed("learn:3"));
  expect(lit()).toEqual(["learn:3"]);
  expect(text(".wb-flow-ends")).toContain("v1 at the next example");
  el.querySelector(".wb-flow-listing")!.dispatchEvent(new Event("pointerleave"));
  expect(lit()).toEqual([]);
  listed("learn:0").focus();
  expect(lit()).toEqual(["learn:0"]);
  press(listed("learn:0"), "Escape");
  expect(lit()).toEqual([]);
  expect(text(".wb-flow-detail")).toContain("Point at a node");
});

it("is one stop of the Tab key, and arrow keys walk it", async () => {
  await show();
  expect(all('.wb-flow [tabindex="0"]')).toEqual([drawn("setup:0")]);
  drawn("setup:0").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"]) press(document.activeElement!, key);
  expect(document.activeElement).toBe(drawn("state:v1"));
  expect(all('.wb-flow [tabindex="0"]')).toEqual([drawn("state:v1")]);
  expect(text(".wb-flow-ends")).toContain("v1 from Learn 4, kept from the example before");
  expect(drawn("state:v1").getAttribute("aria-selected")).toBe("true");
});

it("says by its lines what the training loop itself reads and writes", async () => {
  await show();
  const said = () => all(".wb-flow-listing h4 small").map((one) => one.textContent);
  expect(said()).toEqual(["once, before the first example", "for each example; s1 is the prediction", "after each training example; s0 is its label"]);
  await frame({ graph: { ...GRAPH, special: { features: "v0", label: "v1", prediction: "v2" }, revision: 5 }, now: { ...nowAt(4), revision: 90 } });
  expect(said().slice(1)).toEqual(["for each example; v2 is the prediction", "after each training example; v1 is its label"]);
});

it("asks for other examples, also faster than they come", async () => {
  await show();
  button("next").click();
  button("next").click();
  press(el.querySelector(".wb-program-graph")!, ">");
  expect(sent()).toEqual([["go", 5], ["go", 6], ["go", 7]]);
  await frame({ now: nowAt(7) });
  expect(drawn("prediction").textContent).toContain("7");
  expect(text("[role=status]")).toBe("Epoch 1 of 2, training example 8 of 100");
  button("last").click();
  expect(sent().at(-1)).toEqual(["go", 199]);
  await frame({ now: nowAt(199) });
  expect(button("next").getAttribute("aria-disabled")).toBe("true");
  const input = button("example") as unknown as HTMLInputElement;
  input.value = "301";
  input.dispatchEvent(new Event("change"));
  expect(input.getAttribute("aria-invalid")).toBe("true");
  input.value = "3";
  input.dispatchEvent(new Event("change"));
  expect(sent().at(-1)).toEqual(["go", 2]);
});

it("follows what a cell did in between", async () => {
  await show();
  button("next").click();
  await frame({ now: nowAt(90) });
  await frame({ now: { ...nowAt(90), revision: 300 } });
  button("next").click();
  expect(sent().at(-1)).toEqual(["go", 91]);
});

it("draws another program in the same place and keeps what is chosen where it can", async () => {
  await show();
  drawn("learn:3").focus();
  const smaller = { ...GRAPH, nodes: LINEAR.nodes.filter(({ id }) => id !== "learn:3"), edges: LINEAR.edges.filter(({ source, target }) => source !== "learn:3" && target !== "learn:3"), revision: 5 };
  await frame({ graph: smaller, now: { ...nowAt(4), revision: 90 } });
  expect(all(".wb-flow-node")).toHaveLength(9);
  expect(lit()).toEqual([]);
  expect(text(".wb-flow-kept")).toBe("");
});

it("tells where training was cut short", async () => {
  const { values } = nowAt(0);
  const left = Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith("learn")));
  await show({ ...nowAt(0), values: left, stopped: "here" });
  expect(text(".wb-flow-note")).toContain("cut short at this example");
  expect(drawn("learn:0").textContent).toContain("no value");
});

it("shows the last values without a kernel, and does not ask for others", async () => {
  await show(nowAt(4), false);
  expect(text(".wb-flow-note")).toContain("No kernel is attached");
  button("next").click();
  expect(sent()).toEqual([]);
  point(drawn("learn:1"));
  expect(text(".wb-flow-holds")).toContain("0.12");
});

it("has a table of all that is drawn", async () => {
  await show();
  const table = el.querySelector<HTMLDetailsElement>(".wb-flow-table")!;
  expect(table.querySelector("table")).toBeNull();
  table.open = true;
  table.dispatchEvent(new Event("toggle"));
  const rows = [...table.querySelectorAll("tbody tr")].map((one) => [...one.children].map((cell) => cell.textContent));
  expect(rows).toHaveLength(10);
  expect(rows.at(-1)).toEqual(["Learn 4", "v1 = v1 + v2", "v1, v2", "v1", "3 numbers from −1 to 0.5"]);
});

it("sums values up in words", () => {
  expect(valueText(undefined)).toBe("no value");
  expect(valueText(valueOf([], -0.5))).toBe("−0.5");
  expect(valueText(valueOf([2, 2], 0, 0, 0, 0))).toBe("2 by 2 numbers, all 0");
  expect(valueText(valueOf([2], NaN, NaN))).toBe("2 numbers, 2 NaN");
  expect(valueText(valueOf([3], NaN, 1, 2))).toBe("3 numbers from 1 to 2, 1 NaN");
});

it("pictures each class of number in its own way", () => {
  const value = valueOf([6], 2, -2, 0, NaN, Infinity, -Infinity);
  expect(bars(value, 60, 20).map(({ className }) => className)).toEqual([
    "wb-thumb-positive",
    "wb-thumb-negative",
    "wb-thumb-zero",
    "wb-thumb-bad",
    "wb-thumb-bad-mark",
  ]);
  const [up, down] = bars(valueOf([2], 1, -1), 20, 20);
  expect(up!.path).toContain("v10h");
  expect(down!.path).toMatch(/^M[\d.]+ 10h/);
  const depths = cells(valueOf([2, 2], 1, 0.01, -1, 0), 40, 40).map(({ className }) => className);
  expect(depths).toEqual(["wb-thumb-positive wb-depth-4", "wb-thumb-positive wb-depth-1", "wb-thumb-negative wb-depth-4", "wb-thumb-zero"]);
});

it("saves a picture that stands alone", async () => {
  await show();
  const svg = el.querySelector<SVGSVGElement>(".wb-flow")!;
  const file = standalone(svg, "white", "A graph");
  const parsed = new DOMParser().parseFromString(file, "image/svg+xml");
  expect(parsed.querySelector("svg")!.getAttribute("aria-label")).toBe("A graph");
  expect(file).toContain('xmlns="http://www.w3.org/2000/svg"');
  expect(file).not.toContain("class=");
  expect(file).not.toContain("tabindex");
  expect(svg.querySelector(".wb-flow-node")).not.toBeNull();
});
