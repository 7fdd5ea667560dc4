// A program with the meaning of each line; an address lights up wherever it is used.

import { accesses, describe, uses, type ProgramFunction, type Row, type Special, type Use } from "./addresses";
import { h, setAttributes, setText } from "./dom";
import { highlight, markCarriers } from "./listing";
import { formula } from "./mathml";
import { rove } from "./rove";

export interface Program {
  functions: ProgramFunction[];
  special: Special;
}

const HINT =
  "Point at an address, or Tab to one and use the arrow keys, to see where it is written (W) and read (R). A click keeps it lit.";
const MARKS: Record<string, string> = { W: "written here", R: "read here", RW: "read and written here" };

export class AnnotatedListing {
  readonly element: HTMLElement;
  private readonly said = h("p", { class: "wb-lit-text wb-lit-hint" }, HINT);
  private readonly strip = h("ul", { class: "wb-addresses", "aria-label": "Addresses" });
  private readonly body = h("div", { class: "wb-annotated" });
  private readonly reachStrip: () => void;
  private readonly reachBody: () => void;
  private program: Program = { functions: [], special: { features: "v0", label: "s0", prediction: "s1" } };
  private used = new Map<string, Use>();
  private pointed: string | undefined;
  private focused: string | undefined;
  private pinned: string | undefined;
  private lit: string | undefined;

  /** With `runTo`, line numbers are buttons that call it; with Shift, or the key B, `toggle`. */
  constructor(
    signal: AbortSignal,
    private readonly runTo?: (name: string, line: number) => void,
    private readonly toggle?: (name: string, line: number) => void,
  ) {
    this.element = h("div", { class: "wb-listing" }, this.strip, this.said, this.body);
    this.reachStrip = rove(this.strip, "[data-address]", signal);
    this.reachBody = rove(this.body, "[data-address], .wb-run-to", signal);
    this.listen(signal);
  }

  /** Mark the line that ran last, or the heading for what the loop did itself. */
  markCurrent(line: string | undefined): void {
    for (const row of this.element.querySelectorAll<HTMLElement>("[data-line]")) {
      setAttributes(row, { "aria-current": row.dataset.line === line && "step" });
    }
  }

  /** Mark breakpoints: "Learn-3", counted from 1. */
  markStops(lines: ReadonlySet<string>): void {
    for (const row of this.body.querySelectorAll<HTMLElement>("[data-line]")) {
      const number = row.querySelector<HTMLElement>(".wb-run-to");
      if (!number) continue;
      const stop = lines.has(row.dataset.line ?? "");
      number.classList.toggle("wb-stop", stop);
      const label = `Run on to ${row.dataset.line?.replace("-", " ")}${stop ? ", a breakpoint" : ""}`;
      setAttributes(number, { "aria-label": label, title: `${label} (Shift+click or B: ${stop ? "no breakpoint" : "breakpoint"})` });
    }
  }

  show(program: Program): void {
    this.program = program;
    this.used = new Map(uses(program.functions, program.special).map((use) => [use.address, use]));
    if (this.pinned && !this.used.has(this.pinned)) this.pinned = undefined;
    this.strip.replaceChildren(...[...this.used.values()].map((use) => this.chip(use)));
    this.body.replaceChildren(...program.functions.map((one) => this.section(one)));
    this.reach();
    this.lit = undefined;
    this.light();
  }

  /** Mark the lines that carry a concept: "Learn-3", counted from 1. */
  markCarriers(lines: ReadonlySet<string>): void {
    markCarriers(this.body, lines);
  }

  /** Call after lines were hidden or shown. */
  reach(): void {
    this.reachStrip();
    this.reachBody();
  }

  private listen(signal: AbortSignal): void {
    const { element } = this;
    const address = (event: Event) =>
      (event.target as Element).closest<HTMLElement>("[data-address]")?.dataset.address;
    const on = (name: string, action: (event: Event) => void) =>
      element.addEventListener(name, action, { signal });
    on("pointerover", (event) => {
      this.pointed = address(event);
      this.light();
    });
    on("pointerleave", () => {
      this.pointed = undefined;
      this.light();
    });
    on("focusin", (event) => {
      this.focused = address(event);
      this.light();
    });
    on("focusout", () => {
      this.focused = undefined;
      this.light();
    });
    on("click", (event) => this.pin(address(event)));
    element.addEventListener(
      "keydown",
      (event) => {
        const at = address(event);
        if (event.key === "Escape") this.pin(undefined);
        else if (at && (event.key === "Enter" || event.key === " ")) this.pin(at);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
      { signal },
    );
  }

  private pin(address: string | undefined): void {
    if (address === undefined && this.pinned === undefined) return;
    this.pinned = address === this.pinned ? undefined : address;
    for (const chip of this.strip.querySelectorAll<HTMLElement>("[data-address]")) {
      setAttributes(chip, { "aria-pressed": String(chip.dataset.address === this.pinned) });
    }
    this.light();
  }

  private light(): void {
    const wanted = this.pointed ?? this.focused ?? this.pinned;
    if (wanted === this.lit) return;
    this.lit = wanted;
    const use = wanted === undefined ? undefined : this.used.get(wanted);
    setText(this.said, use ? describe(use, this.program.special) : HINT);
    this.said.classList.toggle("wb-lit-hint", !use);
    for (const token of this.element.querySelectorAll<HTMLElement>("[data-address]")) {
      token.classList.toggle("wb-lit", token.dataset.address === wanted);
    }
    for (const row of this.element.querySelectorAll<HTMLElement>("[data-row]")) this.markRow(row);
  }

  private markRow(row: HTMLElement): void {
    const tokens = [...row.querySelectorAll<HTMLElement>(".wb-lit")];
    const letters = ["R", "W"].filter((letter) => tokens.some((token) => token.dataset.access === letter));
    const mark = row.querySelector(".wb-mark")!;
    setText(mark, letters.join(""));
    setAttributes(mark, { title: MARKS[letters.join("")] });
    row.classList.toggle("wb-row-lit", letters.length > 0);
  }

  private chip(use: Use): HTMLElement {
    const { address, role } = use;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "wb-address",
          "data-address": address,
          "aria-pressed": String(address === this.pinned),
          "aria-label": describe(use, this.program.special),
        },
        h("b", { class: `wb-memory-${address[0]}` }, address),
        " ",
        h("span", {}, role),
      ),
    );
  }

  private section({ name, rows }: ProgramFunction): HTMLElement {
    const dead = rows.filter((row) => !row.live).length;
    const note = rows.length === 0 ? "Empty" : dead === rows.length ? "Nothing that matters" : "";
    return h(
      "section",
      { class: `wb-part wb-part-${name.toLowerCase()}`, "aria-label": name },
      this.heading(name),
      h("ol", { class: "wb-rows" }, ...rows.map((row, i) => this.row(row, i + 1, name))),
      rows.length === 0 && h("p", { class: "wb-note" }, note),
      dead > 0 && h("p", { class: "wb-note wb-dead-note" }, `${dead} dead hidden`),
    );
  }

  /** The heading is a row too: it holds what the training loop reads and writes. */
  private heading(name: string): HTMLElement {
    const { features, label, prediction } = this.program.special;
    const token = (address: string, access: "R" | "W") => this.token(address, access, name);
    const text: Record<string, (Node | string)[]> = {
      Setup: ["once, before the first example"],
      Predict: ["for each example: ", token(features, "W"), " holds its features, ", token(prediction, "R"), " becomes the prediction"],
      Learn: ["after each training example: ", token(label, "W"), " holds its label, ", token(features, "W"), " its features"],
    };
    return h(
      "h4",
      { "data-row": "", "data-line": `${name}-0` },
      h("span", { class: "wb-mark", "aria-hidden": "true" }),
      h("span", { class: "wb-function-name" }, name),
      h("small", {}, ...(text[name] ?? [])),
    );
  }

  private row(row: Row, number: number, name: string): HTMLElement {
    const code = h("code", {}, ...highlight(row.text));
    this.prepareTokens(code, row.text, `${name} ${number}`);
    const math = h("span", { class: "wb-math" });
    math.append(formula(row.math) ?? "");
    return h(
      "li",
      { class: row.live ? "wb-row" : "wb-row wb-dead", "data-row": "", "data-line": `${name}-${number}` },
      h("span", { class: "wb-mark", "aria-hidden": "true" }),
      this.lineNumber(name, number),
      h(
        "span",
        { class: "wb-code-cell", title: row.words },
        code,
        !row.live && h("span", { class: "wb-tag", title: "It cannot change any prediction." }, "dead"),
      ),
      math,
      h("span", { class: "wb-words" }, row.words),
    );
  }

  private lineNumber(name: string, number: number): HTMLElement {
    const { runTo, toggle } = this;
    if (!runTo) return h("span", { class: "wb-line-number", "aria-hidden": "true" }, String(number));
    const label = `Run on to ${name} ${number}`;
    const button = h(
      "button",
      { type: "button", class: "wb-line-number wb-run-to", tabindex: -1, title: label, "aria-label": label },
      String(number),
    );
    button.addEventListener("click", (event) => (event.shiftKey && toggle ? toggle : runTo)(name, number));
    button.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "b" || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      toggle?.(name, number);
    });
    return button;
  }

  private prepareTokens(code: HTMLElement, text: string, where: string): void {
    const { write } = accesses(text);
    code.querySelectorAll<HTMLElement>(".wb-memory").forEach((token, i) => {
      this.prepareToken(token, i === 0 && write ? "W" : "R", where);
    });
  }

  private token(address: string, access: "R" | "W", where: string): HTMLElement {
    const token = h("span", { class: `wb-memory wb-memory-${address[0]}` }, address);
    this.prepareToken(token, access, where);
    return token;
  }

  private prepareToken(token: HTMLElement, access: "R" | "W", where: string): void {
    const address = token.textContent ?? "";
    const use = this.used.get(address);
    setAttributes(token, {
      "data-address": address,
      "data-access": access,
      tabindex: -1,
      role: "button",
      "aria-label": `${address}, ${access === "W" ? "written" : "read"} in ${where}. ${use ? describe(use, this.program.special) : ""}`,
    });
  }
}
