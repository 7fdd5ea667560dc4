import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { gain, Lineage, whole, type LineagePart } from "../src/lineage_data";
import view from "../src/lineage_view";
import { FakeModel } from "./fake_model";

const TEXTS = ["s1 = dot(v1, v0)", "s2 = 0.5", "v1 = v1 + v2", "s1 = s0 - s1", "1 of 3 effective instructions computes something else."];
const step = (individuals: number, fitness: number, more: object = {}) => ({
  individuals,
  fitness,
  gain: 0.1,
  mutation: 1,
  previous: 0,
  lost: 0,
  program: [[], [1], [2, 5]],
  diff: [["changed", 4, 0.3], [], [3], [[4, -1, 3, 9, 0, 1], 11]],
  ...more,
});
const best = (event: number, at: number, more: object = {}) => ({
  event,
  parent: null,
  individuals: 100 * (event + 1),
  fitness: 0.5,
  population: 0,
  step: at,
  main: true,
  selected: false,
  column: event,
  lane: 0,
  ...more,
});

/** A main line of 500 steps, and a side branch of one that leaves it at the third. */
const PART = {
  texts: [...TEXTS, ...Array.from({ length: 501 }, (_, i) => `s2 = ${i / 1000}`)],
  mutations: [
    ["First ancestor", "Where it begins.", ""],
    ["Instruction replaced", "One instruction gave way to a random one.", "randomize_instruction"],
  ],
  steps: [
    step(1, 0.1, { mutation: 0, previous: null, diff: null, gain: 0, program: [[11], [1], [5]] }),
    ...Array.from({ length: 499 }, (_, i) => step(10 * (i + 1), 0.1 + 0.0018 * (i + 1), { previous: i, program: [[2 * (i + 6) + 1], [1], [5]] })),
    step(35, 0.3, { previous: 2, program: [[2 * 505 + 1], [1], [5]] }),
  ],
  main: 500,
  length: 2000,
  left_out: 0,
  total: 5000,
  bests: [best(0, 0), best(1, 2, { parent: 0 }), best(2, 500, { parent: 1, main: false, lane: 1 }), best(3, 499, { parent: 1, selected: true })],
  csv: "id,ancestor_list\n0,[none]\n",
  revision: 1,
} as unknown as LineagePart;

let el: HTMLElement;
let abort: AbortController;
let model: FakeModel;

async function show(part: unknown = PART, at = 499, live = true): Promise<void> {
  const state = { title: "demo, seed 1", status: "finished", populations: 1, revision: 1 };
  model = new FakeModel({ state, lineage: part, at: { step: at, revision: 1 } });
  model.live = live;
  view.render({ model, el, signal: abort.signal });
  await frames();
}

const frames = () => vi.advanceTimersByTimeAsync(50);
const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
const where = () => el.querySelector(".wb-where")!.textContent ?? "";
const button = (name: string) => all("button").find((one) => one.getAttribute("aria-label")?.startsWith(name) || one.textContent === name)!;
const press = (target: Element, key: string) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const slider = () => el.querySelector<HTMLInputElement>("input[type=range]")!;
const scrub = (value: number) => {
  slider().value = String(value);
  slider().dispatchEvent(new Event("input", { bubbles: true }));
};
const choose = (value: string) => {
  const radio = el.querySelector<HTMLInputElement>(`input[value="${value}"]`)!;
  radio.checked = true;
  radio.dispatchEvent(new Event("change"));
};
const setup = () => el.querySelector('.wb-lineage-program [aria-label="Setup"] code')?.textContent;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame", "performance", "Date"] });
  abort = new AbortController();
  el = document.createElement("div");
  document.body.replaceChildren(el);
});

afterEach(() => {
  abort.abort();
  vi.useRealTimers();
});

it("has the fitness of the steps as a table, thinned", async () => {
  await show();
  el.querySelector<HTMLDetailsElement>(".wb-value-table details")!.open = true;
  await frames();
  const rows = all(".wb-value-table tbody tr");
  expect(rows).toHaveLength(24);
  expect([...rows[0]!.children].map((cell) => cell.textContent)).toEqual(["1", "1", "0.1000"]);
  expect(rows.at(-1)!.firstElementChild!.textContent).toBe("500");
});

it("opens at the last step and says how it came about", async () => {
  await show();
  expect(el.querySelector(".wb-title")!.textContent).toBe("Lineage of demo, seed 1");
  expect(el.querySelector(".wb-facts")!.textContent).toContain("500 steps of 2\u202f000 changed the fitness");
  expect(where()).toContain("Step 500 of 500 · individual 4\u202f990");
  expect(el.querySelector(".wb-lineage-did")!.textContent).toContain("Instruction replaced One instruction gave way to a random one.");
  expect(el.querySelector(".wb-diff-verdict")!.textContent).toContain("1 of 3 effective instructions");
});

it("shows the right program at each of 500 steps that the slider passes", async () => {
  await show();
  choose("program");
  for (let i = 0; i < 500; i++) {
    scrub(i);
    vi.advanceTimersByTime(17);
    expect(where()).toContain(`Step ${i + 1} of 500`);
    expect(setup()).toBe(PART.texts[PART.steps[i]!.program[0][0]! >> 1]);
  }
}, 60_000);

it("draws only the newest of many wishes within a frame", async () => {
  await show();
  choose("program");
  for (let i = 0; i < 400; i++) scrub(i);
  expect(where()).toContain("Step 500");
  await frames();
  expect(where()).toContain("Step 400 of 500");
  expect(model.ofType("command")).toHaveLength(0);
});

it("has each card once when there is room for more of them", async () => {
  const wide = vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
  await show();
  wide.mockReturnValue(1000);
  const axis = el.querySelector<HTMLSelectElement>("[data-key=x-axis]")!;
  axis.dispatchEvent(new Event("change", { bubbles: true }));
  await frames();
  const shown = all(".wb-card").filter((card) => !card.hidden).map((card) => card.dataset.position);
  wide.mockRestore();
  expect(shown.length).toBeGreaterThan(5);
  expect(new Set(shown).size).toBe(shown.length);
});

it("keeps few cards, however long the lineage", async () => {
  await show();
  expect(all("[role=option]").length).toBeLessThan(12);
  const chosen = el.querySelector("[role=option][aria-selected=true]")!;
  expect(chosen.getAttribute("aria-posinset")).toBe("500");
  expect(chosen.getAttribute("aria-setsize")).toBe("500");
  expect(el.querySelector("[role=listbox]")!.getAttribute("aria-activedescendant")).toBe(chosen.id);
});

it("goes on by keys, and tells the kernel once the reader stays", async () => {
  await show();
  press(slider(), "Home");
  await frames();
  expect(where()).toContain("Step 1 of 500");
  expect(setup()).toBe("s2 = 0");
  for (const key of ["j", "ArrowRight", "j", "k"]) press(slider(), key);
  await frames();
  expect(where()).toContain("Step 3 of 500");
  press(slider(), "End");
  press(slider(), "ArrowLeft");
  await frames();
  expect(where()).toContain("Step 499 of 500");
  await vi.advanceTimersByTimeAsync(600);
  expect(model.ofType("command").map(({ name, step: at }) => [name, at])).toEqual([["go", 498]]);
});

it("plays until the end, at its pace", async () => {
  await show();
  scrub(490);
  await frames();
  const pace = el.querySelector<HTMLSelectElement>("select[aria-label=Pace]")!;
  pace.value = "10";
  pace.dispatchEvent(new Event("change"));
  button("Play").click();
  await frames();
  expect(button("Pause")).toBeDefined();
  await vi.advanceTimersByTimeAsync(450);
  expect(where()).toContain("Step 496 of 500");
  await vi.advanceTimersByTimeAsync(1000);
  expect(where()).toContain("Step 500 of 500");
  expect(button("Play")).toBeDefined();
});

it("leads to a side branch from the family tree, and back", async () => {
  await show();
  const side = el.querySelector<SVGElement>('[data-kind="side"]')!;
  expect(side.getAttribute("aria-label")).toContain("on a side branch");
  side.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await frames();
  expect(where()).toContain("Step 4 of 4 · individual 35");
  press(slider(), "k");
  await frames();
  expect(where()).toContain("Step 3 of 4 · individual 20");
  button("Back to the main line").click();
  await frames();
  expect(where()).toContain("Step 500 of 500");
  expect(button("Back to the main line").hidden).toBe(true);
});

it("goes where a cell leads, but its own echo does not pull the reader back", async () => {
  await show();
  model.traits.at = { step: 20, revision: 2 };
  model.emit("change:at");
  await frames();
  expect(where()).toContain("Step 21 of 500");
  scrub(40);
  await vi.advanceTimersByTimeAsync(600);
  scrub(50);
  model.traits.at = { step: 40, revision: 3 };
  model.emit("change:at");
  await frames();
  expect(where()).toContain("Step 51 of 500");
});

it("stays at the step of the reader when a live search tells more", async () => {
  await show({ ...PART, main: 3, steps: PART.steps.slice(0, 3), bests: [] }, 2);
  press(slider(), "k");
  await frames();
  model.traits.lineage = { ...PART, revision: 2 };
  model.emit("change:lineage");
  await frames();
  expect(where()).toContain("Step 2 of 500");
});

it("says what will appear while there is nothing", async () => {
  await show({ ...PART, steps: [], main: 0, bests: [], csv: "" }, 0);
  expect(el.querySelector<HTMLElement>(".wb-lineage-empty")!.hidden).toBe(false);
  expect(el.querySelector(".wb-lineage-empty")!.textContent).toContain("The lineage appears here");
});

it("replays without a kernel", async () => {
  await show(PART, 499, false);
  expect(el.querySelector(".wb-lineage-note")!.textContent).toContain("No kernel is attached");
  scrub(7);
  await vi.advanceTimersByTimeAsync(600);
  expect(where()).toContain("Step 8 of 500");
  expect(model.ofType("command")).toHaveLength(0);
});

it("decodes steps without effect and changed lines", () => {
  const part = { ...PART, steps: [PART.steps[0]!, { ...PART.steps[1]!, drift: [4, 3, 6, 5], lost: 2 }] };
  const lineage = new Lineage(part);
  expect(lineage.drift(1)).toEqual([
    { individuals: 4, mutation: "Instruction replaced", kind: 0 },
    { individuals: 6, mutation: "Instruction replaced", kind: 2 },
  ]);
  expect(lineage.skipped(1)).toBe(4);
  const rows = lineage.diff(1, false)!.functions[2]!.rows;
  expect(rows[0]).toMatchObject({ kind: "added", left: null, right: "s1 = s0 - s1", right_line: 1, matters: true });
  expect(rows[1]).toMatchObject({ kind: "same", left: "v1 = v1 + v2", left_line: 1, right_line: 2 });
  expect(lineage.diff(0, false)).toBeUndefined();
});

it("writes gains and counts for people", () => {
  expect([0.21077, -0.0000021, 0].map(gain)).toEqual(["+0.2108", "−2.1·10⁻⁶", "±0"]);
  expect([7, 1234, 1036512].map(whole)).toEqual(["7", "1\u202f234", "1\u202f036\u202f512"]);
});
