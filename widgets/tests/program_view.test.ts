import { expect, it, vi } from "vitest";

import view from "../src/program_view";
import { FakeModel } from "./fake_model";
import { abort, el, press } from "./page";

const MATH = "<math><msub><mi>s</mi><mn>2</mn></msub></math>";
const row = (text: string, live = true) => ({ text, live, math: MATH, words: `Meaning of ${text}` });
const LISTING = {
  title: "The winner",
  functions: [
    { name: "Setup", rows: [row("s2 = 0.01"), row("s7 = 0.5", false)] },
    { name: "Predict", rows: [row("s1 = dot(v1, v0)")] },
    { name: "Learn", rows: [row("s3 = s0 - s1"), row("v2 = s3 * v0"), row("v1 = v1 + v2")] },
  ],
  special: { features: "v0", label: "s0", prediction: "s1" },
  sources: { text: "the text", numpy: "import numpy as np", latex: "\\mathbf{v}" },
  revision: 1,
};

let model: FakeModel;

async function show(listing: Record<string, unknown> = LISTING, live = true): Promise<void> {
  model = new FakeModel({ listing });
  model.live = live;
  view.render({ model, el, signal: abort.signal });
  await vi.advanceTimersByTimeAsync(50);
}

const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
const token = (line: string, address: string) =>
  el.querySelector<HTMLElement>(`[data-line="${line}"] [data-address="${address}"]`)!;
const marks = () =>
  all(".wb-row")
    .filter((one) => one.querySelector(".wb-mark")!.textContent !== "")
    .map((one) => `${one.dataset.line} ${one.querySelector(".wb-mark")!.textContent}`);
const point = (target: HTMLElement) => target.dispatchEvent(new Event("pointerover", { bubbles: true }));
const choose = (value: string) => {
  const radio = el.querySelector<HTMLInputElement>(`input[value="${value}"]`)!;
  radio.checked = true;
  radio.dispatchEvent(new Event("change"));
};

it("shows each line with its formula and its words, and counts what is dead", async () => {
  await show();
  expect(text(".wb-title")).toBe("The winner");
  expect(text(".wb-facts")).toBe("6 instructions, 1 dead (17\u202f%)");
  const second = all(".wb-row")[1]!;
  expect(second.querySelector(".wb-tag")!.textContent).toBe("dead");
  expect(second.querySelector("math msub")).not.toBeNull();
  expect(second.querySelector(".wb-words")!.textContent).toBe("Meaning of s7 = 0.5");
  expect(second.querySelector("[title]")!.getAttribute("title")).toBe("Meaning of s7 = 0.5");
});

it("lights an address up where it is written and read, in letters too", async () => {
  await show();
  point(token("Predict-1", "v1"));
  expect(marks()).toEqual(["Predict-1 R", "Learn-3 RW"]);
  expect(text(".wb-lit-text")).toContain("Written in Learn 3. Read in Predict 1; Learn 3.");
  point(el.querySelector<HTMLElement>(".wb-title")!);
  el.querySelector(".wb-listing")!.dispatchEvent(new Event("pointerleave"));
  expect(marks()).toEqual([]);
});

it("keeps an address lit after a click, until Escape", async () => {
  await show();
  const chip = el.querySelector<HTMLElement>('.wb-addresses [data-address="s3"]')!;
  chip.click();
  expect(chip.getAttribute("aria-pressed")).toBe("true");
  expect(marks()).toEqual(["Learn-1 W", "Learn-2 R"]);
  press(chip, "Escape");
  expect(marks()).toEqual([]);
});

it("is walked by arrow keys from a single stop of the Tab key", async () => {
  await show();
  const stops = all('.wb-annotated [tabindex="0"]');
  expect(stops).toHaveLength(1);
  token("Predict-1", "v1").focus();
  press(document.activeElement!, "ArrowRight");
  expect(document.activeElement).toBe(token("Predict-1", "v0"));
  expect(document.activeElement!.getAttribute("aria-label")).toContain("v0, read in Predict 1.");
  press(document.activeElement!, "ArrowDown");
  expect(document.activeElement!.closest(".wb-part")!.getAttribute("aria-label")).toBe("Learn");
  expect(all('.wb-annotated [tabindex="0"]')).toHaveLength(1);
});

it("hides dead code on demand", async () => {
  await show();
  choose("hide");
  expect(all(".wb-row").filter((one) => !one.hidden)).toHaveLength(5);
  expect(text(".wb-part-setup .wb-dead-note")).toBe("1 dead hidden");
});

it("copies what it shows", async () => {
  const written: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (value: string) => void written.push(value) } });
  await show();
  for (const form of ["text", "numpy", "latex"]) {
    choose(form);
    el.querySelector<HTMLButtonElement>('[data-key="copy"]')!.click();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(written).toEqual(Object.values(LISTING.sources));
  expect(text("[role=status]")).toBe("Copied");
  expect(text(".wb-source")).toBe("\\mathbf{v}");
  vi.unstubAllGlobals();
});

it("has the kernel compare the NumPy code with the engine, and says how it went", async () => {
  const line = () => `${text(".wb-export-mark")} ${text(".wb-export-check span:last-child")}`;
  const asked = () => model.sent.filter(({ name }) => name === "check").map(({ version }) => version);
  const tell = async (sequence: number, parts: Record<string, unknown>, snapshot = false) => {
    model.frame(sequence, { snapshot, parts });
    await vi.advanceTimersByTimeAsync(50);
  };
  await show({ ...LISTING, version: 7 });
  await tell(1, {}, true);
  expect(el.querySelector<HTMLElement>(".wb-export-check")!.hidden).toBe(true);
  expect(asked()).toEqual([]);
  choose("numpy");
  expect(asked()).toEqual([7]);
  expect(line()).toBe("… being compared with the engine …");
  const done = { state: "equal", text: "equals the engine: 240 predictions", version: 7, revision: 2 };
  await tell(2, { check: done });
  expect(line()).toBe("✓ equals the engine: 240 predictions");
  expect(el.querySelector(".wb-export-check")!.getAttribute("role")).toBe("status");
  // Another program: what was said of the one before no longer stands.
  await tell(3, { listing: { ...LISTING, version: 8, revision: 3 } });
  expect(line()).toBe("… being compared with the engine …");
  expect(asked()).toEqual([7, 8]);
  await tell(4, { check: { state: "different", text: "differs", version: 8, revision: 4 } });
  expect(line()).toBe("✗ differs");
  choose("latex");
  expect(el.querySelector<HTMLElement>(".wb-export-check")!.hidden).toBe(true);
});

it("claims nothing of the NumPy code that no kernel has compared", async () => {
  await show({ ...LISTING, version: 7 }, false);
  choose("numpy");
  expect(text(".wb-export-check")).toBe("?not compared with the engine yet; run the cell to do so");
  expect(model.sent).toEqual([]);
});

it("does all that without a kernel", async () => {
  await show(LISTING, false);
  point(token("Learn-1", "s3"));
  expect(marks()).toEqual(["Learn-1 W", "Learn-2 R"]);
  expect(model.sent).toEqual([]);
});

it("takes only mathematics from a formula, only text from the rest", async () => {
  const math = '<math><mi onclick="x()">s</mi><script>x()</script><img src="x"></math>';
  const rows = [{ text: "<img src=x>", live: true, math, words: "<img src=x>" }];
  await show({ ...LISTING, title: "<img>", functions: [{ name: "Setup", rows }], revision: 2 });
  expect(el.querySelector("img, script, [onclick]")).toBeNull();
  expect(text(".wb-math mi")).toBe("s");
});

it("follows the kernel to another program", async () => {
  await show();
  const functions = [{ name: "Setup", rows: [row("s5 = 1.0")] }];
  model.frame(1, { snapshot: true, parts: { listing: { ...LISTING, functions, revision: 2 } } });
  await vi.advanceTimersByTimeAsync(50);
  expect(all(".wb-row")).toHaveLength(1);
});
