import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { DiffTable, type DiffParts, type DiffRow } from "../src/diff_table";

const line = (text: string, left: number, right = left): DiffRow => ({
  kind: "same",
  left: text,
  right: text,
  left_live: true,
  right_live: true,
  left_line: left,
  right_line: right,
  matters: false,
  rewired: false,
});
const changed: DiffRow = { ...line("s2 = 0.01", 1), kind: "changed", right: "s2 = 0.02", matters: true };
const added: DiffRow = { ...line("s4 = s4 + s3", 0, 6), kind: "added", left: null, left_line: null, left_live: false, matters: true };
const renamed: DiffRow = { ...line("s3 = s0 - s1", 1), kind: "renamed", right: "s9 = s0 - s1" };
const rewired: DiffRow = { ...line("s1 = s2 * s2", 2, 3), rewired: true, matters: true, why: "s2 came from Predict 1, now from Predict 2" };
const moved = (side: "left" | "right"): DiffRow => ({ ...line("v8 = abs(v3)", 1, 5), kind: "moved", [side === "left" ? "right" : "left"]: null });
const DIFF: DiffParts = {
  verdict: { kind: "changed", text: "3 of 9 effective instructions compute something else.", share: 1 / 3 },
  functions: [
    { name: "Setup", rows: [changed] },
    { name: "Predict", rows: [line("s2 = mean(v0)", 1), rewired] },
    {
      name: "Learn",
      rows: [moved("left"), ...[2, 3, 4].map((i) => line(`s${i} = s0 - s1`, i, i - 1)), moved("right"), renamed, line("v2 = s3 * v0", 5), line("v1 = v1 + v2", 6), added],
    },
  ],
};

let table: DiffTable;
let abort: AbortController;

const all = (selector: string) => [...table.element.querySelectorAll<HTMLElement>(selector)];
const text = (selector: string) => table.element.querySelector(selector)?.textContent ?? "";
const row = (change: string, i = 0) => all(`.wb-diff-row[data-change="${change}"]`)[i]!;
const choose = (value: string) => {
  const radio = table.element.querySelector<HTMLInputElement>(`input[value="${value}"]`)!;
  radio.checked = true;
  radio.dispatchEvent(new Event("change"));
};
const press = (target: Element, key: string) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const shown = () => all(".wb-diff-row").filter((one) => !one.hidden);

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", undefined); // nobody can tell what is in sight: all is
  abort = new AbortController();
  table = new DiffTable(abort.signal);
  document.body.replaceChildren(table.element);
  table.show(DIFF);
});

afterEach(() => {
  abort.abort();
  vi.useRealTimers();
});

it("says first what the difference comes to, then what kinds of it there are", () => {
  expect(text(".wb-diff-verdict")).toContain("3 of 9 effective instructions compute something else.");
  expect(all(".wb-diff-legend li").map((one) => one.textContent)).toEqual([
    "~1 changed",
    "+1 added",
    "≠1 reads something else",
    "↕1 moved",
    "=1 same computation, renamed",
  ]);
  expect(text(".wb-diff-heads")).toBe("BeforeAfter");
});

it("marks the token that changed, and tells the change in a sign and in words", () => {
  const one = row("changed");
  expect([...one.querySelectorAll(".wb-diff-token")].map((token) => token.textContent)).toEqual(["0.01", "0.02"]);
  expect(one.querySelector(".wb-diff-sign")!.textContent).toBe("~");
  const said = (row: HTMLElement) => [...row.children].map((part) => part.getAttribute("aria-label") ?? (part.getAttribute("aria-hidden") === "true" ? "" : part.textContent)).join(" ");
  expect(said(one)).toMatch(/Changed\. Before: +s2 = 0\.01 +Now: +s2 = 0\.02/);
  expect(one.dataset.matters).toBeDefined();
  expect(said(row("added"))).toMatch(/Added: +s4 = s4 \+ s3/);
});

it("shows constants in full that differ only where they would be rounded", () => {
  const rows = [{ ...changed, left: "s2 = 0.123456789012", right: "s2 = 0.123456789013" }];
  table.show({ ...DIFF, functions: [{ name: "Setup", rows }] });
  expect([...row("changed").querySelectorAll(".wb-diff-token")].map((token) => token.textContent)).toEqual(["0.123456789012", "0.123456789013"]);
});

it("explains what is renamed, and what reads something else though it reads alike", () => {
  expect(row("renamed").textContent).toContain("same computation, renamed");
  expect(row("renamed").dataset.matters).toBeUndefined();
  expect(row("rewired").textContent).toContain("s2 came from Predict 1, now from Predict 2");
  expect(row("rewired").querySelector(".wb-diff-sign")!.textContent).toBe("≠");
});

it("draws a move as one arrow between its two places, and leads from one to the other", () => {
  expect(all(".wb-diff-arrow")).toHaveLength(1);
  const [was, is] = [row("moved"), row("moved", 1)];
  expect(was.textContent).toContain("↓ moved to line 5");
  expect(is.textContent).toContain("↑ moved from line 1");
  was.querySelector<HTMLElement>(".wb-diff-jump")!.click();
  expect(document.activeElement).toBe(is);
  expect(all(".wb-diff-lit")).toEqual([was, is, all(".wb-diff-arrow")[0]]);
});

it("goes from change to change by J and K, arrow keys and buttons", () => {
  expect(text(".wb-diff-count")).toBe("3 changes");
  table.element.querySelector<HTMLElement>('[data-key="change-after"]')!.click();
  expect(document.activeElement).toBe(row("changed"));
  press(document.activeElement!, "j");
  expect(document.activeElement).toBe(row("rewired"));
  press(document.activeElement!, "ArrowDown");
  expect(document.activeElement).toBe(row("added"));
  press(document.activeElement!, "k");
  expect(document.activeElement).toBe(row("rewired"));
  expect(all('.wb-diff-row[tabindex="0"]')).toEqual([row("rewired")]);
});

it("leaves out what did not change, and gives it back a gap at a time", () => {
  expect(shown()).toHaveLength(12);
  choose("changes");
  // The three lines of Learn in between: one stays beside each place of the move.
  expect(all(".wb-diff-gap")).toHaveLength(0);
  const many = [...Array(8).keys()].map((i) => line(`s${i} = s0 + s1`, i + 1));
  table.show({ ...DIFF, functions: [{ name: "Learn", rows: [...many, added] }] });
  expect(shown()).toHaveLength(2);
  const gap = table.element.querySelector<HTMLElement>(".wb-diff-open")!;
  expect(gap.textContent).toContain("7 unchanged lines");
  gap.click();
  expect(gap.getAttribute("aria-expanded")).toBe("true");
  expect(shown()).toHaveLength(9);
  choose("all");
  expect(all(".wb-diff-gap")).toHaveLength(0);
});

it("lays out side by side or inline", () => {
  expect(table.element.dataset.layout).toBe("side");
  choose("inline");
  expect(table.element.dataset.layout).toBe("inline");
});

it("uses rows again that the last difference had too", () => {
  const before = row("renamed");
  table.show({ ...DIFF, functions: DIFF.functions.slice(1) });
  expect(row("renamed")).toBe(before);
  table.show(undefined);
  expect(all(".wb-diff-row")).toEqual([]);
  expect(text(".wb-diff-body")).toContain("What differs between two programs is shown here");
});

it("shows another line in a row that is there, and nothing of the old one stays", () => {
  const rows = (...some: DiffRow[]) => ({ ...DIFF, functions: [{ name: "Learn", rows: some }] });
  const pool: DiffRow[] = [changed, added, renamed, rewired, moved("left"), line("s1 = s2", 1), { ...line("v4 = v3", 2), left_live: false, right_live: false }, moved("right"), { ...changed, left: "s2 = 0.123456789012", matters: false }];
  const fresh = (some: DiffRow[]) => {
    const other = new DiffTable(abort.signal);
    other.show(rows(...some));
    return drawn(other);
  };
  // All but which row the Tab key reaches, with attributes in one order.
  const drawn = (one: DiffTable) =>
    [...one.element.querySelectorAll(".wb-diff-row")].map((row) =>
      [row, ...row.querySelectorAll("*")].map((part) => [part.tagName, ...[...part.attributes].filter(({ name }) => name !== "tabindex").map(({ name, value }) => `${name}=${value}`).sort(), part.textContent]),
    );
  for (let i = 0; i < 60; i += 1) {
    const some = [0, 1, 2, 3].slice(i % 3).map((k) => pool[(i * (k + 2) + k * k) % pool.length]!);
    table.show(rows(...some));
    expect(drawn(table)).toEqual(fresh(some));
  }
});

it("patches rows out of sight when a replay rests, or when they come into sight", () => {
  vi.useFakeTimers();
  let tell: (entries: { target: Element; isIntersecting: boolean }[]) => void = () => {};
  class Watch {
    constructor(told: typeof tell) {
      tell = told;
    }
    observe() {}
    disconnect() {}
  }
  vi.stubGlobal("IntersectionObserver", Watch);
  table = new DiffTable(abort.signal);
  const lines = (name: string) => [1, 2, 3].map((i) => line(`${name} = s${i}`, i));
  const show = (name: string) => table.show({ ...DIFF, functions: [{ name: "Learn", rows: lines(name) }] });
  const codes = () => all(".wb-diff-right code").map((code) => code.textContent);
  show("s4");
  expect(codes()).toEqual(["s4 = s1", "s4 = s2", "s4 = s3"]); // new rows are never empty
  tell([{ target: all(".wb-diff-row")[0]!, isIntersecting: true }]);
  show("s5");
  expect(codes()).toEqual(["s5 = s1", "s4 = s2", "s4 = s3"]);
  tell([{ target: all(".wb-diff-row")[1]!, isIntersecting: true }]);
  expect(codes()).toEqual(["s5 = s1", "s5 = s2", "s4 = s3"]);
  show("s6");
  vi.runAllTimers();
  expect(codes()).toEqual(["s6 = s1", "s6 = s2", "s6 = s3"]);
});

it("stops at renamed lines where nothing else differs", () => {
  table.show({ verdict: { kind: "equivalent", text: "The same.", share: 0 }, functions: [{ name: "Learn", rows: [line("s3 = s0", 1), renamed] }] });
  press(table.element, "j");
  expect(document.activeElement).toBe(row("renamed"));
});

it("takes text for text", () => {
  const rows = [{ ...changed, left: "<img src=x>", right: "<b>", why: "<i>" }];
  table.show({ ...DIFF, functions: [{ name: "Setup", rows }] }, ["<u>", "<s>"]);
  expect(table.element.querySelector("img, b, u, s")).toBeNull();
});
