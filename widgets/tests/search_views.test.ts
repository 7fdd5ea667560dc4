import { expect, it, vi } from "vitest";

import panel from "../src/search_panel";
import type { WidgetHost } from "../src/model";
import { rates } from "../src/throughput";
import { Table } from "../src/table";
import { FakeModel } from "./fake_model";
import { abort, el } from "./page";

const ROW = { effective: 5, instructions: 9, individuals: 100, mutation: "alter param", front: false };
const HALL = {
  rows: [
    { ...ROW, form: "a", fitness: 0.99, effective: 9, front: true, individuals: 900 },
    { ...ROW, form: "b", fitness: 0.9, individuals: 700 },
    { ...ROW, form: "c", fitness: 0.8, effective: 3, front: true, individuals: 800 },
  ],
  waiting: false,
  revision: 2,
};
const FIND = { before: 0.2, fitness: 0.5, mutation: "alter param", share: 0.5, code: "+ v1 = v1 + v2", words: "Learn: Set v1 to v1 plus v2.", more: 2, label: "" };
const TIMELINE = {
  items: [
    { ...FIND, number: 3, individuals: 100 },
    { ...FIND, number: 7, individuals: 250, code: "~ s1 = s2 * s3", label: "Normalised gradient" },
  ],
  bests: 12,
  waiting: false,
  revision: 2,
};
const VIEWS = {
  offered: [
    { name: "program", label: "Program" },
    { name: "debugger", label: "Debugger" },
  ],
  open: {},
  making: "",
  problems: {},
  revision: 2,
};
const PROGRAM = {
  fitness: 0.99,
  individuals: 900,
  dead: 0,
  version: 5,
  previous: null,
  functions: [{ name: "Predict", rows: [{ text: "s1 = dot(v0, v1)", live: true }] }],
  revision: 2,
};
const PAUSED = { status: "paused", can: { resume: true, step: true, stop: true }, revision: 2 };
const EXPORTS = [
  { name: "code", label: "Python cell", help: "One cell", file: "search.py", mime: "text/x-python" },
  { name: "svg", label: "Curve as SVG", help: "A graphic", file: "curve.svg", mime: "image/svg+xml" },
];

let model: FakeModel;

async function show(traits: Record<string, unknown> = {}, live = true): Promise<void> {
  model = new FakeModel({
    schema: { exports: EXPORTS },
    state: PAUSED,
    hall: HALL,
    timeline: TIMELINE,
    views: VIEWS,
    program: PROGRAM,
    ...traits,
  });
  model.live = live;
  panel.render({ model, el, signal: abort.signal });
  await settle();
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const find = <T extends HTMLElement = HTMLElement>(selector: string) => el.querySelector<T>(selector)!;
const root = () => find(".wb-search");
const commands = () => model.ofType("command").map(({ type, id, ...rest }) => rest);
const key = (target: HTMLElement, name: string) => {
  const event = new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  return event;
};

it("lists the hall of fame and shows the program that is chosen", async () => {
  await show();
  const rows = () => [...el.querySelectorAll<HTMLElement>(".wb-hall-table tbody tr")];
  expect(rows().map((row) => row.dataset.form)).toEqual(["a", "b", "c"]);
  expect(rows()[0]!.textContent).toContain("Pareto");
  key(rows()[1]!, "Enter");
  expect(commands()).toEqual([{ name: "pick", kind: "hall", key: "b" }]);
  model.frame(1, { snapshot: true, parts: { program: { ...PROGRAM, pick: { kind: "hall", key: "b" }, revision: 9 } } });
  await settle();
  expect(text(".wb-program h4")).toBe("#2 of the hall of fame");
  expect(rows()[1]!.getAttribute("aria-selected")).toBe("true");
  find("[data-key=back]").click();
  expect(commands().at(-1)).toEqual({ name: "pick" });
});

it("sorts by each column, and says so", async () => {
  await show();
  const order = () => [...el.querySelectorAll<HTMLElement>(".wb-hall-table tbody tr")].map((row) => row.dataset.form).join("");
  const sort = (name: string) => find(`[data-key=sort-${name}]`).click();
  sort("effective");
  expect(order()).toBe("cba");
  expect(find("th[aria-sort]").textContent).toBe("Effective");
  sort("effective");
  expect(order()).toBe("abc");
  expect(find("th[aria-sort]").getAttribute("aria-sort")).toBe("descending");
  sort("individuals");
  expect(order()).toBe("bca");
});

it("moves through the hall of fame by J and K, but not from a field", async () => {
  await show();
  key(root(), "j");
  expect(commands()).toEqual([{ name: "pick", kind: "hall", key: "a" }]);
  model.frame(1, { snapshot: true, parts: { program: { ...PROGRAM, pick: { kind: "hall", key: "b" }, revision: 9 } } });
  await settle();
  key(root(), "j");
  key(root(), "k");
  expect(commands().slice(1).map(({ key }) => key)).toEqual(["c", "a"]);
  key(find("[data-key=step-size]"), "j");
  expect(commands()).toHaveLength(3);
});

it("moves by J and K as the table is sorted", async () => {
  await show();
  model.frame(1, { snapshot: true, parts: { program: { ...PROGRAM, pick: { kind: "hall", key: "b" }, revision: 9 } } });
  await settle();
  find("[data-key=sort-individuals]").click();
  key(root(), "j");
  key(root(), "k");
  expect(commands()).toEqual([{ name: "pick", kind: "hall", key: "c" }]);
});

it("plays by Space where Space has no other use", async () => {
  await show();
  expect(key(root(), " ").defaultPrevented).toBe(true);
  expect(commands()).toEqual([{ name: "resume" }]);
  expect(key(find("[data-key=stop]"), " ").defaultPrevented).toBe(false);
  expect(commands()).toHaveLength(1);
  const withControl = new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true, cancelable: true });
  root().dispatchEvent(withControl);
  expect(withControl.defaultPrevented).toBe(false);
});

it("never begins anew by Space, which would discard the result", async () => {
  await show({ state: { status: "finished", can: { start: true }, revision: 2 } });
  key(root(), " ");
  expect(commands()).toEqual([]);
});

it("leaves the keys for saving and for the palette to the host, and no others", async () => {
  await show();
  const field = find("[data-key=step-size]");
  field.focus();
  const kept: (Element | null)[] = [];
  const host = (event: Event) => kept.push((event.target as Element).closest("[data-lm-suppress-shortcuts]"));
  document.addEventListener("keydown", host, true);
  for (const init of [{ key: "s", ctrlKey: true }, { key: "C", ctrlKey: true, shiftKey: true }, { key: "x", ctrlKey: true }, { key: "s" }]) {
    field.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true }));
    await settle();
  }
  document.removeEventListener("keydown", host, true);
  expect(kept).toEqual([null, null, field, field]);
});

it("tells its keys on demand, and gives the focus back", async () => {
  await show();
  root().focus();
  key(root(), "?");
  const keys = find(".wb-keys");
  expect(keys.hidden).toBe(false);
  expect(keys.textContent).toContain("hall of fame");
  expect(keys.contains(document.activeElement)).toBe(true);
  key(document.activeElement as HTMLElement, "Escape");
  expect(keys.hidden).toBe(true);
  expect(document.activeElement).toBe(root());
});

it("tells the discoveries in words, with room for a name", async () => {
  await show();
  const items = [...el.querySelectorAll<HTMLElement>(".wb-find")];
  expect(items[0]!.textContent).toContain("Learn: Set v1 to v1 plus v2.");
  expect(items[0]!.textContent).toContain("And 2 more lines.");
  expect(items[0]!.textContent).toContain("0.2000 → 0.5000");
  expect(items[1]!.textContent).toContain("Normalised gradient");
  items[0]!.click();
  expect(commands()).toEqual([{ name: "pick", kind: "discovery", key: "3" }]);
  expect(text(".wb-timeline")).toContain("the 2 of 12 new bests");
});

it("walks through the tabs by arrow keys and asks for a view when it is opened", async () => {
  await show();
  const tabs = [...el.querySelectorAll<HTMLElement>("[role=tab]")];
  expect(tabs.map((tab) => tab.textContent)).toEqual(["Program", "Change", "Debugger"]);
  tabs[0]!.focus();
  key(tabs[0]!, "ArrowLeft");
  expect(document.activeElement).toBe(tabs[2]);
  expect(tabs[2]!.getAttribute("aria-selected")).toBe("true");
  expect(commands()).toEqual([{ name: "view", view: "debugger" }]);
  expect(find("[role=tabpanel]").getAttribute("aria-labelledby")).toBe(tabs[2]!.id);
});

it("mounts the view when it is there, replaces it, and removes it at the end", async () => {
  await show();
  find("[data-tab=debugger]").click();
  const open = (id: string, revision: number) =>
    model.frame(revision, { snapshot: true, parts: { views: { ...VIEWS, open: { debugger: { model: id, version: 5 } }, revision: 10 + revision } } });
  open("one", 1);
  await settle();
  expect(text(".wb-nested")).toBe("view of one");
  open("two", 2);
  await settle();
  expect(text(".wb-nested")).toBe("view of two");
  expect(model.removed).toEqual(["one"]);
  abort.abort();
  expect(model.removed).toEqual(["one", "two"]);
});

it("waits for a widget that is named before it exists, and gives up in words", async () => {
  await show();
  model.missing.add("late");
  find("[data-tab=debugger]").click();
  const views = { ...VIEWS, open: { debugger: { model: "late", version: 5 } }, revision: 10 };
  model.frame(1, { snapshot: true, parts: { views } });
  await settle();
  expect(text(".wb-nested")).toBe("");
  model.missing.clear();
  await vi.advanceTimersByTimeAsync(300);
  expect(text(".wb-nested")).toBe("view of late");
  model.missing.add("never");
  model.frame(2, { parts: { views: { ...views, open: { debugger: { model: "never", version: 5 } }, revision: 11 } } });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(text(".wb-nested")).toContain("not in the saved notebook");
});

it("offers to bring a view up to date when the search has gone on", async () => {
  await show({ views: { ...VIEWS, open: { debugger: { model: "one", version: 3 } } } });
  find("[data-tab=debugger]").click();
  await settle();
  expect(text(".wb-view-state")).toContain("better program since");
  find("[data-key=refresh-view]").click();
  expect(commands().filter(({ view }) => view === "debugger")).toHaveLength(2);
});

it("opens, without a kernel, the view that was open, and offers nothing else", async () => {
  const views = { ...VIEWS, wanted: "debugger", open: { debugger: { model: "one", version: 5 } } };
  await show({ views }, false);
  expect(find("[data-tab=debugger]").getAttribute("aria-selected")).toBe("true");
  expect(text(".wb-nested")).toBe("view of one");
  key(root(), "j");
  find(".wb-find").click();
  expect(model.sent).toEqual([]);
});

it("says why a view cannot be shown", async () => {
  await show({ views: { ...VIEWS, problems: { debugger: "ValueError: no task" } } });
  find("[data-tab=debugger]").click();
  expect(text(".wb-view-note")).toContain("no task");
});

it("shows a view by the host's own means where it makes no views for others", async () => {
  model = new FakeModel({ schema: {}, state: PAUSED, views: { ...VIEWS, wanted: "debugger", open: { debugger: { model: "one", version: 5 } } }, program: PROGRAM });
  model.widget_manager = { get_model: async (id: string) => ({ comm_live: true, id }) } as any;
  const rendered: string[] = [];
  let removed = 0;
  const host: WidgetHost = {
    getWidget: async (reference) => ({
      render: async ({ el: room, signal }) => {
        rendered.push(reference);
        room.textContent = `rendered ${reference}`;
        signal.addEventListener("abort", () => removed++);
      },
    }),
  };
  panel.render({ model, el, signal: abort.signal, host });
  await settle();
  expect(rendered).toEqual(["anywidget:one"]);
  expect(text(".wb-nested")).toBe("rendered anywidget:one");
  abort.abort();
  expect(removed).toBe(1);
});

it("draws each population when asked, in colours and dashes that a legend names", async () => {
  const axes = { individuals: [10, 20, 30], evaluations: [9, 18, 27], train_steps: [1, 2, 3], seconds: [0.1, 0.2, 0.3] };
  await show({ populations: { axes, losses: [[0.5, 0.4, 0.3], [0.5, 0.25, 0.2]], of: 5, revision: 2 } });
  const box = find<HTMLInputElement>("[data-key=populations]");
  expect(box.closest("label")!.hidden).toBe(false);
  expect(find(".wb-each").hidden).toBe(true);
  box.click();
  expect([...find(".wb-each").children].map((one) => one.textContent)).toEqual(["population 1", "population 2", "the first 2 of 5"]);
  const lines = [...el.querySelectorAll(".wb-each path")];
  expect(new Set(lines.map((line) => line.getAttribute("stroke-dasharray"))).size).toBe(2);
  find<HTMLDetailsElement>(".wb-curve-table").open = true;
  await settle();
  expect(text("[aria-label='Best of each population'] tbody tr:last-child")).toBe("30" + "0.7000" + "0.8000");
});

it("has no lines of populations where there is one", async () => {
  await show();
  expect(find("[data-key=populations]").closest("label")!.hidden).toBe(true);
});

it("tells what each thread did, in lanes and in words", async () => {
  const threads = { seconds: 4, lanes: [[[1, 1], [0, 0], [0, 0]], [[1, 0], [0, 0.5], [0, 0]]], shares: [[1, 0, 0], [0.5, 0.25, 0]], revision: 2 };
  await show({ threads });
  find<HTMLDetailsElement>(".wb-throughput").open = true;
  await settle();
  expect(find(".wb-lanes svg").getAttribute("aria-label")).toMatch(/^What the threads did in the last 4\.0 s: 100\.0\s% evaluating; 50\s% evaluating, 25\s% waiting for the others$/);
  expect(el.querySelectorAll(".wb-lane-evaluating")).toHaveLength(2);
  expect(find(".wb-lane-waiting").getAttribute("d")!.split("z")).toHaveLength(2);
  expect(text(".wb-lane-words")).toMatch(/Thread 2: 50\s% evaluating, 25\s% waiting for the others/);
  expect(text(".wb-lanes .wb-legend")).not.toContain("compiling");
});

it("takes the bytes of a file as bytes", async () => {
  const EXPORT = { name: "png", label: "Curve as PNG", help: "Pixels", file: "curve.png", mime: "image/png" };
  await show({ schema: { exports: [EXPORT] } });
  find<HTMLDetailsElement>(".wb-taking").open = true;
  await settle();
  model.frame(1, { snapshot: true, parts: { exported: { form: "png", text: btoa("\x89PNG"), base64: true, problem: "", number: 1, revision: 9 } } });
  await settle();
  expect(find<HTMLImageElement>(".wb-picture img").src).toBe(`data:image/png;base64,${btoa("\x89PNG")}`);
  expect(find<HTMLButtonElement>("[data-key=take-copy]").disabled).toBe(true);
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:one");
  find("[data-key=take-save]").click();
  const bytes = new Uint8Array(await (made.mock.calls[0]![0] as Blob).arrayBuffer());
  expect([...bytes]).toEqual([0x89, 0x50, 0x4e, 0x47]);
});

it("shows what it exports before it is copied or saved", async () => {
  await show();
  const details = find<HTMLDetailsElement>(".wb-taking");
  details.open = true;
  await settle();
  expect(commands()).toEqual([{ name: "export", form: "code" }]);
  expect(find<HTMLButtonElement>("[data-key=take-copy]").disabled).toBe(true);
  const exported = { form: "code", text: "spec = SearchSpec()", problem: "", number: 1, revision: 9 };
  model.frame(1, { snapshot: true, parts: { exported } });
  await settle();
  expect(text(".wb-taking .wb-source")).toBe("spec = SearchSpec()");
  expect(find<HTMLButtonElement>("[data-key=take-copy]").disabled).toBe(false);
});

it("has the individuals per second as a table", async () => {
  await show();
  const columns = ["individuals", "seconds"];
  find<HTMLDetailsElement>(".wb-throughput").open = true;
  find<HTMLDetailsElement>(".wb-value-table details").open = true;
  expect(find<HTMLElement>(".wb-value-table").hidden).toBe(true);
  model.frame(1, { snapshot: true, parts: {}, table: { first: 0, rows: 2, columns } }, new Float32Array([100, 1, 400, 2]));
  await vi.advanceTimersByTimeAsync(1100);
  expect([...el.querySelectorAll(".wb-value-table tbody tr")].map((row) => row.textContent)).toEqual(["1.0100", "2.0300"]);
});

it("counts individuals per second over spans of the running time", () => {
  const table = new Table();
  const columns = ["individuals", "seconds"];
  const rows = new Float32Array(Array.from({ length: 100 }, (_, i) => [(i + 1) * 50, (i + 1) * 0.5]).flat());
  table.take({ first: 0, rows: 100, columns }, rows.buffer);
  const found = rates(table);
  expect(found.length).toBeGreaterThan(20);
  expect(found.length).toBeLessThanOrEqual(61);
  for (const { rate } of found) expect(rate).toBeCloseTo(100, 3);
});
