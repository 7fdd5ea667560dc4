import { expect, it, vi } from "vitest";

import { FailedLane } from "../src/failed_lane";
import { linearScale } from "../src/scales";
import panel from "../src/search_panel";
import { Table } from "../src/table";
import type { Colours } from "../src/theme";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const SCHEMA = {
  groups: [
    {
      title: "Search",
      more: false,
      fields: [
        { name: "seed", label: "Seed", kind: "number" },
        {
          name: "strategy",
          label: "Strategy",
          kind: "choice",
          options: [
            { value: "aging", label: "Evolution" },
            { value: "random", label: "Random search" },
          ],
        },
      ],
    },
    { title: "Tasks", more: true, fields: [{ name: "train", label: "Train", kind: "number" }] },
  ],
};
const FORM = { values: { seed: "1", strategy: "aging", train: "100" }, errors: {}, revision: 1 };
const READY = { status: "ready", can: { start: true, step: true }, revision: 1 };
const PROGRAM = {
  fitness: 0.987,
  individuals: 5000,
  dead: 1,
  mutation: "alter_param",
  previous: { fitness: 0.9, individuals: 4000 },
  functions: [
    { name: "Setup", rows: [{ text: "s2 = 0.01", words: "Set s2 to 0.01.", live: true }, { text: "s3 = 0.5", live: false }] },
    { name: "Predict", rows: [{ text: "s1 = dot(v0, v1)", live: true }] },
    { name: "Learn", rows: [] },
  ],
  diff: {
    verdict: { kind: "changed", text: "1 of 2 effective instructions computes something else.", share: 0.5 },
    functions: [
      {
        name: "Setup",
        rows: [
          { kind: "changed", left: "s2 = 0.1", right: "s2 = 0.01", left_live: true, right_live: true, left_line: 1, right_line: 1, matters: true, rewired: false },
          { kind: "added", left: null, right: "s3 = 0.5", left_live: false, right_live: false, left_line: null, right_line: 2, matters: false, rewired: false },
        ],
      },
      { name: "Predict", rows: [{ kind: "same", left: "s1 = dot(v0, v1)", right: "s1 = dot(v0, v1)", left_live: true, right_live: true, left_line: 1, right_line: 1, matters: false, rewired: false }] },
      { name: "Learn", rows: [] },
    ],
  },
  version: 4,
  revision: 4,
};

let model: FakeModel;

async function show(traits: Record<string, unknown> = {}, live = true): Promise<void> {
  model = new FakeModel({ schema: SCHEMA, form: FORM, state: READY, ...traits });
  model.live = live;
  panel.render({ model, el, signal: abort.signal });
  await settle();
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const button = (key: string) => el.querySelector<HTMLButtonElement>(`[data-key="${key}"]`)!;
const field = (name: string) =>
  el.querySelector<HTMLInputElement>(`[data-key="field-${name}"]`)!;

it("offers to start, and sends what was typed before the command", async () => {
  await show();
  expect(text("[role=status]")).toBe("Ready");
  expect(button("primary").textContent).toBe("Start");
  expect(button("stop").getAttribute("aria-disabled")).toBe("true");
  field("seed").value = "42";
  field("seed").dispatchEvent(new Event("input"));
  button("primary").click();
  expect(model.ofType("command").map(({ name, values }) => ({ name, values }))).toEqual([
    { name: "edit", values: { seed: "42" } },
    { name: "start", values: undefined },
  ]);
});

it("does nothing for a button that means nothing now", async () => {
  await show();
  button("stop").click();
  expect(model.ofType("command")).toEqual([]);
});

it("takes a double click for one", async () => {
  await show();
  button("primary").dispatchEvent(new MouseEvent("click", { detail: 1 }));
  button("primary").dispatchEvent(new MouseEvent("click", { detail: 2 }));
  expect(model.ofType("command")).toHaveLength(1);
});

it("sends edits a moment after the last key", async () => {
  await show();
  for (const value of ["1", "12", "123"]) {
    field("seed").value = value;
    field("seed").dispatchEvent(new Event("input"));
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(400);
  expect(model.ofType("command").map(({ values }) => values)).toEqual([{ seed: "123" }]);
});

it("refuses beside the field, for eyes and ears", async () => {
  await show({ form: { ...FORM, errors: { train: "must be 1 or more" }, revision: 2 } });
  const control = field("train");
  expect(control.getAttribute("aria-invalid")).toBe("true");
  const error = document.getElementById(control.getAttribute("aria-describedby")!);
  expect(error?.textContent).toBe("must be 1 or more");
  expect(el.querySelector<HTMLDetailsElement>(".wb-more")!.open).toBe(true);
});

it("steps by a whole number only", async () => {
  await show({ state: { status: "paused", can: { step: true, resume: true, stop: true }, revision: 2 } });
  const size = button("step-size") as unknown as HTMLInputElement;
  size.value = "many";
  button("step").click();
  expect(model.ofType("command")).toEqual([]);
  expect(size.getAttribute("aria-invalid")).toBe("true");
  size.value = "2 500";
  button("step").click();
  expect(model.ofType("command")[0]).toMatchObject({ name: "step", count: 2500 });
});

it("keeps one button for start, pause and resume, and its focus", async () => {
  await show();
  button("primary").focus();
  const running = { status: "running", can: { pause: true, stop: true }, revision: 5 };
  model.frame(1, { snapshot: true, parts: { state: running } });
  await settle();
  expect(button("primary").textContent).toBe("Pause");
  expect(document.activeElement).toBe(button("primary"));
  model.frame(2, { parts: { state: { status: "paused", can: { resume: true }, revision: 6 } } });
  await settle();
  button("primary").click();
  expect(model.ofType("command")[0]).toMatchObject({ name: "resume" });
});

it("lists the program, marks what is dead in words, and hides it on demand", async () => {
  await show({ program: PROGRAM });
  const lines = () => [...el.querySelectorAll(".wb-line")].map((line) => line.textContent);
  expect(lines()).toEqual(["1s2 = 0.01", "2s3 = 0.5dead", "1s1 = dot(v0, v1)"]);
  expect(el.querySelector<HTMLElement>(".wb-line code")!.title).toBe("Set s2 to 0.01.");
  const toggle = button("show-dead") as unknown as HTMLInputElement;
  toggle.checked = false;
  toggle.dispatchEvent(new Event("change"));
  expect(lines()).toEqual(["1s2 = 0.01", "1s1 = dot(v0, v1)"]);
  expect(text(".wb-function-setup")).toContain("1 dead hidden");
});

it("shows what changed since the previous best", async () => {
  await show({ program: PROGRAM });
  button("tab-change").click();
  expect(text(".wb-diff-verdict")).toContain("1 of 2 effective instructions");
  expect(text(".wb-diff")).toContain("s2 = 0.01");
  expect(text(".wb-program-body")).toContain("0.9000 → 0.9870");
});

it("rounds long numbers wherever they stand, whole", async () => {
  const functions = [{ name: "Setup", rows: [{ text: "v2[0.048827123] = -0.082081456", live: true }] }];
  await show({ program: { ...PROGRAM, functions } });
  expect(text(".wb-line code")).toBe("v2[0.048827] = -0.082081");
});

it("tells how much of the budget is used", async () => {
  await show({
    state: { status: "running", can: { pause: true }, revision: 2 },
    counters: { individuals: 5000, share: 0.129, limit: 2e8, unit: "train steps", revision: 3 },
  });
  expect(text(".wb-detail")).toBe("12\u202f% of 200\u202fM train steps");
});

it("never reads a program's text as markup", async () => {
  const functions = [{ name: "Setup", rows: [{ text: "<img src=x> & s1", live: true }] }];
  await show({ program: { ...PROGRAM, functions } });
  expect(el.querySelector("img")).toBeNull();
  expect(text(".wb-line code")).toBe("<img src=x> & s1");
});

it("shows the saved state without a kernel, and offers nothing to click", async () => {
  const scores = [{ name: "Final", fitness: 0.9991, meaning: "on fresh tasks" }];
  await show(
    {
      state: { status: "finished", can: { start: true }, revision: 9 },
      program: PROGRAM,
      counters: { individuals: 2_000_000, best: 0.987, revision: 3 },
      result: { verdict: "It learns.", scores, revision: 8 },
    },
    false,
  );
  expect(text(".wb-detail")).toContain("No kernel is attached");
  expect(text("[role=status]")).toBe("Finished");
  expect(text(".wb-result")).toContain("0.99910");
  expect(text('[data-counter="individuals"]')).toBe("2\u202fM");
  expect(button("primary").getAttribute("aria-disabled")).toBe("true");
  expect(field("seed").disabled).toBe(true);
  button("primary").click();
  expect(model.sent).toEqual([]);
});

const PAUSED = { status: "paused", can: { resume: true, step: true, stop: true }, revision: 5 };

it("opens what may be changed in a paused search, and applies it when told", async () => {
  const form = { ...FORM, locked: true, open: ["seed"], pending: [], why: "Fixed", note: "Under way; but", revision: 2 };
  await show({ state: PAUSED, form });
  expect([field("seed").disabled, field("train").disabled]).toEqual([false, true]);
  expect(field("train").closest(".wb-field")!.getAttribute("title")).toBe("Fixed");
  expect(button("apply").getAttribute("aria-disabled")).toBe("true");
  button("apply").click();
  expect(model.ofType("command")).toEqual([]);
  field("seed").value = "7";
  field("seed").dispatchEvent(new Event("input"));
  button("apply").click();
  expect(model.ofType("command").map(({ name, values }) => ({ name, values }))).toEqual([
    { name: "edit", values: { seed: "7" } },
    { name: "apply", values: undefined },
  ]);
  model.frame(1, { snapshot: true, parts: { form: { ...form, pending: ["Seed"], revision: 6 } } });
  await settle();
  expect(text(".wb-apply")).toContain("Not applied yet: seed.");
  model.frame(2, { parts: { state: { ...PAUSED, status: "running", revision: 7 }, form: { ...form, open: [], revision: 8 } } });
  await settle();
  expect(el.querySelector<HTMLElement>(".wb-apply")!.hidden).toBe(true);
  expect(field("seed").disabled).toBe(true);
});

it("tells in words what was changed, and where", async () => {
  const changes = [{ individuals: 12000, text: "tournament 10 → 3" }];
  await show({ state: PAUSED, marks: { individuals: [], changes, revision: 3 } });
  expect(text(".wb-changes")).toBe("▼ 12\u202fktournament 10 → 3");
});

const LESSON = { controls: "hide", question: "What first?", choices: ["a\nb", "c"], prediction: "", covered: true, revision: 3 };

it("asks the audience and covers the program until the reveal", async () => {
  await show({ program: PROGRAM, lesson: LESSON });
  const program = el.querySelector<HTMLElement>(".wb-program")!;
  expect(el.querySelector<HTMLElement>(".wb-search")!.dataset.controls).toBe("hide");
  expect(text(".wb-lesson h4")).toBe("What first?");
  expect(program.hidden).toBe(true);
  const choice = button("choice-1") as unknown as HTMLInputElement;
  choice.checked = true;
  choice.dispatchEvent(new Event("change"));
  button("reveal").click();
  expect(model.ofType("command").map(({ name, text }) => ({ name, text }))).toEqual([
    { name: "predict", text: "c" },
    { name: "reveal", text: undefined },
  ]);
  model.frame(1, { snapshot: true, parts: { lesson: { ...LESSON, prediction: "c", covered: false, revision: 4 } } });
  await settle();
  expect(program.hidden).toBe(false);
  expect(el.querySelector<HTMLElement>(".wb-cover")!.hidden).toBe(true);
  expect([choice.checked, choice.disabled]).toEqual([true, true]);
  expect(text(".wb-lesson .wb-note")).toContain("was predicted");
});

it("takes a prediction in own words, which a saved notebook still shows", async () => {
  await show({ lesson: { ...LESSON, choices: [], prediction: "a mean", covered: false } }, false);
  const input = button("prediction") as unknown as HTMLInputElement;
  expect([input.value, input.disabled]).toEqual(["a mean", true]);
});

it("asks nothing without a question", async () => {
  await show({ lesson: { controls: "show", question: "", choices: [], prediction: "", covered: false, revision: 1 } });
  expect(el.querySelector<HTMLElement>(".wb-lesson")!.hidden).toBe(true);
  expect(el.querySelector<HTMLElement>(".wb-cover")!.hidden).toBe(true);
});

it.each([
  ["jpThemeLight", "false", "true"],
  ["vscodeThemeKind", "vscode-dark", "vscode-light"],
  ["theme", "dark", "light"],
])("follows the theme of a host that says it in %s", async (name, dark, light) => {
  document.body.dataset[name] = dark;
  await show();
  const root = el.querySelector<HTMLElement>(".wb-search")!;
  expect(root.dataset.wbTheme).toBe("dark");
  document.body.dataset[name] = light;
  await settle();
  expect(root.dataset.wbTheme).toBe("light");
  delete document.body.dataset[name];
});

it("tells that a pause is under way, and offers only to stop", async () => {
  await show({ state: { status: "pausing", can: { stop: true }, revision: 9 } });
  expect(text("[role=status]")).toBe("Pausing…");
  expect(button("primary").getAttribute("aria-disabled")).toBe("true");
  expect(button("stop").getAttribute("aria-disabled")).toBeNull();
});

it("tells why a search failed", async () => {
  await show({ state: { status: "failed", problem: "ValueError: no", can: {}, revision: 9 } });
  expect(text("[role=alert]")).toContain("ValueError: no");
});

it("reads the curve to those who do not see it", async () => {
  await show();
  const columns = ["individuals", "best", "q50", "q05", "q95"];
  const rows = new Float32Array([1000, 0.5, 0.75, 1, 0.5, 2000, 0.25, 0.5, 1, 0.25]);
  model.frame(1, { snapshot: true, table: { first: 0, rows: 2, columns } }, rows);
  await settle();
  expect(el.querySelector("canvas")!.getAttribute("aria-label")).toContain(
    "After 2000 individuals the best fitness is 0.7500, the median of the population 0.5000. Arrow keys",
  );
});

it("tells what share of the population failed, where that was recorded", async () => {
  await show();
  const columns = ["individuals", "best", "q50", "q05", "q95", "failed"];
  const rows = new Float32Array([1000, 0.5, 0.75, 1, 0.5, NaN, 2000, 0.25, 0.5, 1, 0.25, 0.125]);
  model.frame(1, { snapshot: true, table: { first: 0, rows: 2, columns } }, rows);
  await settle();
  const canvas = el.querySelector("canvas")!;
  expect(canvas.getAttribute("aria-label")).toContain("13\u202f% of the population failed.");
  press(canvas, "End");
  expect(text(".wb-curve [aria-live]")).toContain("13\u202f% failed");
  press(canvas, "Home");
  expect(text(".wb-curve [aria-live]")).not.toContain("failed");
  const table = el.querySelector<HTMLDetailsElement>(".wb-curve-table")!;
  table.open = true;
  await settle();
  const last = [...table.querySelectorAll("tr")].map((row) => row.lastElementChild!.textContent);
  expect(last).toEqual(["Failed", "not recorded", "13\u202f%"]);
});

/** A canvas that keeps what was written on it, and where lines went. */
function fakeCanvas() {
  const words: string[] = [];
  const heights: number[] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (_, name) =>
      ({
        fillText: (word: string) => words.push(word),
        lineTo: (_x: number, y: number) => heights.push(y),
        measureText: () => ({ width: 40 }),
      })[name as string] ?? (() => undefined),
    set: () => true,
  });
  return { context: context as unknown as CanvasRenderingContext2D, words, heights };
}

it.each([
  ["fills a lane up to the largest share", [0.01, 0.04], true, ["Failed (% of the population)", "5\u202f%", "0"]],
  ["says where a resumed run did not record it", [NaN, 0.6], true, ["Failed (% of the population)", "100\u202f%", "0", "not recorded"]],
  ["leaves no room where it was never recorded", [NaN, NaN], false, []],
])("%s", (_, shares, room, expected) => {
  const table = new Table();
  const rows = new Float32Array([1000, shares[0]!, 2000, shares[1]!]);
  table.take({ first: 0, rows: 2, columns: ["individuals", "failed"] }, rows.buffer);
  const lane = new FailedLane(table);
  const { context, words, heights } = fakeCanvas();
  lane.fit();
  lane.draw(context, {} as Colours, { left: 40, top: 26, width: 400, height: 100 }, linearScale(0, 2000, 4, String), "individuals");
  expect(lane.height > 0).toBe(room);
  expect(words).toEqual(expected);
  // Inside the lane, which ends where the x axis begins.
  expect(heights.every((y) => y > 126 && y <= 126.5 + lane.height)).toBe(true);
});
