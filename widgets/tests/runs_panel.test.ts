import { expect, it, vi } from "vitest";

import { dashesOf } from "../src/line_styles";
import { readingsAt, rowAt, unpackLine, type Line } from "../src/many_lines";
import panel from "../src/runs_panel";
import { FakeModel } from "./fake_model";
import { abort, el } from "./page";

const run = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  name: `run ${id}`,
  status: "finished",
  summary: "linear tasks",
  best: 0.9,
  select: null,
  final: 0.89,
  done: 20000,
  total: null,
  unit: "individuals",
  rate: 1234.5,
  seed: 3,
  seconds: 75,
  created: 1.7e9,
  version: "abc1234",
  tags: ["x"],
  held: "",
  ...more,
});
const TABLE = {
  rows: [run("a"), run("b", { status: "paused" }), run("c", { held: "elsewhere", status: "running" })],
  first: 0,
  found: 3,
  found_selected: 1,
  all: 3,
  sort: "created",
  descending: true,
  filter: "",
  hint: "",
  selected: { a: 0 },
  resumed: [],
  revision: 1,
};
const pack = (rows: number[][]) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(rows.flat()).buffer)));
const CURVES = {
  x: "individuals",
  xTitle: "Individuals",
  measure: "best",
  yTitle: "Best so far",
  fitness: true,
  stepped: true,
  group: "",
  axes: [{ value: "individuals", label: "Individuals" }],
  measures: [{ value: "best", label: "Best so far" }],
  groups: [{ value: "", label: "each run alone" }],
  span: [0, 100],
  window: [0, 100],
  lines: [{ key: "a", label: "run a", slot: 0, members: 1, rows: 2, data: pack([[10, 50, 100], [0.5, 0.25, 0.125]]) }],
  silent: [],
  points: 3,
  missing: 0,
  revision: 1,
};
const COMPARE = { runs: [{ id: "a", label: "run a" }], settings: { runs: [], rows: [], left_out: 0 }, count: 1, revision: 1 };

let model: FakeModel;

async function show(traits: Record<string, unknown> = {}, live = true): Promise<void> {
  model = new FakeModel({ table: TABLE, curves: CURVES, compare: COMPARE, detail: { id: null, revision: 1 }, notice: { text: "", number: 1, revision: 1 }, ...traits });
  model.live = live;
  panel.render({ model, el, signal: abort.signal });
  await settle();
}
const settle = () => vi.advanceTimersByTimeAsync(60);
const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const key = (name: string) => el.querySelector<HTMLInputElement>(`[data-key="${name}"]`)!;
const press = (name: string, target: Element = key("runs")) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const sent = () => model.ofType("command").map(({ type, id, ...rest }) => rest);
const here = () => el.querySelector<HTMLElement>(".wb-run-here")?.dataset.run;

it("lists runs, with the state in words and the order said", async () => {
  await show();
  const cells = [...el.querySelectorAll('[data-run="a"] td')].map((cell) => cell.textContent);
  expect(cells.slice(1, 9)).toEqual(["run a", "Finished", "0.9000", "–", "0.8900", "20\u202fk", "1235", "3"]);
  expect(el.querySelector('th[data-column="created"]')!.getAttribute("aria-sort")).toBe("descending");
  expect(el.querySelector('th[data-column="name"]')!.getAttribute("aria-sort")).toBe("none");
  expect(key("runs").getAttribute("aria-rowcount")).toBe("4");
  expect(el.querySelector('[data-run="a"]')!.getAttribute("aria-selected")).toBe("true");
  expect(text(".wb-facts")).toBe("3 runs, 1 drawn");
  key("sort-best").click();
  expect(sent()).toEqual([{ name: "sort", column: "best" }]);
});

it("is worked by keyboard alone", async () => {
  await show();
  key("runs").focus();
  expect(here()).toBe("a");
  press("j");
  press("ArrowDown");
  press("ArrowDown");
  press("k");
  expect(here()).toBe("b");
  const active = key("runs").getAttribute("aria-activedescendant")!;
  expect(document.getElementById(active)!.dataset.run).toBe("b");
  press(" ");
  press("Enter");
  press("Delete");
  expect(sent()).toEqual([
    { name: "toggle", run: "b", on: true },
    { name: "open", run: "b" },
    { name: "delete", ids: ["b"] },
  ]);
});

it("names and tags a run where it stands", async () => {
  await show();
  key("runs").focus();
  press("F2");
  expect(key("edit").value).toBe("run a");
  key("edit").value = "the best";
  press("Enter", key("edit"));
  expect(document.activeElement).toBe(key("runs"));
  press("t");
  key("edit").value = "x, new";
  press("Enter", key("edit"));
  press("F2");
  key("edit").value = "never mind";
  press("Escape", key("edit"));
  expect(sent()).toEqual([
    { name: "rename", run: "a", text: "the best" },
    { name: "tag", ids: ["a"], tags: ["x", "new"] },
  ]);
});

it("offers to resume what can go on, and says why not", async () => {
  await show();
  expect(key("resume").getAttribute("aria-disabled")).toBe("true");
  expect(key("resume").title).toContain("winner has been chosen");
  press("j");
  key("resume").click();
  press("j");
  expect(key("resume").title).toContain("Another process");
  key("resume").click();
  expect(sent()).toEqual([{ name: "resume", run: "b" }]);
  model.frame(1, { snapshot: true, parts: { table: { ...TABLE, resumed: ["c"], revision: 2 } } });
  await settle();
  expect(key("resume").textContent).toBe("Pause");
});

it("asks a moment after the last key, and hints", async () => {
  await show();
  for (const value of ["t", "tag:", "tag:x"]) {
    key("filter").value = value;
    key("filter").dispatchEvent(new Event("input"));
    await vi.advanceTimersByTimeAsync(50);
  }
  await vi.advanceTimersByTimeAsync(300);
  expect(sent()).toEqual([{ name: "query", text: "tag:x" }]);
  model.frame(1, { snapshot: true, parts: { table: { ...TABLE, hint: "There is no field 'foo'", revision: 2 } } });
  await settle();
  expect(text(".wb-filter-hint")).toBe("There is no field 'foo'");
});

it("offers to undo a deletion, and tells problems as such", async () => {
  await show();
  model.frame(1, { snapshot: true, parts: { notice: { text: "Deleted: run a.", kind: "deleted", number: 2, revision: 2 } } });
  await settle();
  expect(text(".wb-notice")).toContain("Deleted: run a.");
  key("undo").click();
  expect(sent()).toEqual([{ name: "undo" }]);
  model.frame(2, { parts: { notice: { text: "run b is open elsewhere", kind: "problem", number: 3, revision: 3 } } });
  await settle();
  expect(text("[role=alert]")).toContain("open elsewhere");
});

it("keeps the cursor on its run when rows move", async () => {
  await show();
  press("j");
  model.frame(1, { snapshot: true, parts: { table: { ...TABLE, rows: [run("new"), ...TABLE.rows], found: 4, revision: 2 } } });
  await settle();
  expect(here()).toBe("b");
});

it("tells how to make a first run", async () => {
  await show({ table: { ...TABLE, rows: [], all: 0, found: 0, selected: {}, revision: 1 } });
  expect(el.querySelector<HTMLElement>(".wb-empty")!.hidden).toBe(false);
  expect(text(".wb-empty")).toContain("workbench search");
  expect(el.querySelector<HTMLElement>(".wb-runs-list")!.hidden).toBe(true);
});

it("shows the saved state without a kernel, and offers nothing that needs one", async () => {
  await show({}, false);
  expect(text(".wb-runs > .wb-detail")).toContain("No kernel");
  expect(el.querySelectorAll("[data-run]")).toHaveLength(3);
  expect(key("filter").disabled).toBe(true);
  expect(el.querySelector<HTMLElement>(".wb-files")!.hidden).toBe(true);
});

it("reads curves to those who do not see them, and hides lines on demand", async () => {
  await show();
  const canvas = () => el.querySelector("canvas")!.getAttribute("aria-label");
  expect(canvas()).toContain("run a 0.8750");
  const toggle = key("line-a");
  toggle.click();
  expect(key("line-a").getAttribute("aria-pressed")).toBe("false");
});

it("compares the selected runs", async () => {
  const settings = { runs: [{ id: "a", label: "run a" }, { id: "b", label: "run b" }], rows: [{ name: "population", values: ["100", "200"] }], left_out: 0 };
  const compare = { ...COMPARE, runs: settings.runs, settings, a: "a", b: "b", note: "No best program yet: run b.", revision: 2 };
  await show({ compare });
  expect(text(".wb-settings-table")).toContain("population100200");
  expect(text(".wb-runs-programs")).toContain("No best program yet");
});

const line = (x: number[], y: number[]): Line => ({ key: "k", label: "l", slot: 0, members: 1, length: x.length, x: Float64Array.from(x), y: [Float32Array.from(y)], going: undefined });

it("reads steps as holding, and points as the nearest", () => {
  const one = line([0, 10, 20], [1, 2, 3]);
  expect([-1, 0, 9, 10, 99].map((x) => rowAt(one, x))).toEqual([-1, 0, 0, 1, 2]);
  expect(readingsAt([one], 9, true)[0]).toMatchObject({ row: 0, ended: false });
  expect(readingsAt([one], 9, false)[0]).toMatchObject({ row: 1 });
  expect(readingsAt([one], 30, true)[0]).toMatchObject({ row: 2, ended: true });
  expect(readingsAt([one], -5, true)).toEqual([]);
  expect(readingsAt([line([0, 10], [1, NaN])], 10, true)).toEqual([]);
});

it("unpacks bands with how many go on", () => {
  const rows = [[0, 5], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 1]];
  const packed = { key: "g", label: "g", slot: 1, members: 2, rows: 7, data: pack(rows) };
  const one = unpackLine(packed, 100);
  expect([...one.x]).toEqual([100, 105]);
  expect(one.y.map((row) => row[0])).toEqual([1, 2, 3, 4, 5]);
  expect([...one.going!]).toEqual([2, 1]);
});

it("gives the first eight lines dashes of their own, and no two of sixty-four both alike", () => {
  const looks = Array.from({ length: 64 }, (_, slot) => `${slot % 8} ${dashesOf(slot)}`);
  expect(new Set(looks).size).toBe(64);
  expect(new Set(Array.from({ length: 8 }, (_, slot) => String(dashesOf(slot)))).size).toBe(8);
});
