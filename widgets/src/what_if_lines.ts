// The lines of a program under edit: in or out, constants on sliders, other operations.

import { h, setAttributes, setText } from "./dom";
import { highlight } from "./listing";
import { numeral } from "./numbers";
import { rove } from "./rove";
import { sliderScale, type SliderScale } from "./sliders";
import { plain, spelling, tag, type Constant, type EditFunction, type EditRow, type Op, type Weights } from "./what_if_parts";

export type Send = (name: string, more: Record<string, unknown>) => void;

const WHEN: Record<string, string> = {
  Setup: "once, before the first example",
  Predict: "for each example",
  Learn: "after each training example",
};
let gestures = 0;
const session = Date.now().toString(36);

export class LineEditor {
  readonly element = h("div", { class: "wb-edit-lines" });
  private readonly rows = new Map<number, EditLine>();
  private readonly reach: () => void;
  private ops: Record<string, Op> = {};

  constructor(
    private readonly send: Send,
    private readonly signal: AbortSignal,
  ) {
    this.reach = rove(this.element, ".wb-tick, .wb-op", signal);
  }

  /** Lines of another program may come under the same ids. */
  forget(): void {
    this.rows.clear();
    this.element.replaceChildren();
  }

  /** Rows stay the same elements while they are edited: a slider may be in hand. */
  show(functions: EditFunction[], ops: Record<string, Op>): void {
    this.ops = ops;
    const seen = new Set<number>();
    const order = functions.map((one) => one.rows.map((row) => this.line(row, seen).element));
    for (const id of this.rows.keys()) if (!seen.has(id)) this.rows.delete(id);
    const lists = [...this.element.querySelectorAll<HTMLElement>(".wb-edit-rows")];
    if (lists.length !== functions.length) {
      this.element.replaceChildren(...functions.map((one, i) => section(one, order[i]!)));
    } else {
      lists.forEach((list, i) => {
        const rows = order[i]!;
        if (rows.length === list.children.length && rows.every((row, k) => row === list.children[k])) return;
        list.replaceChildren(...rows);
      });
    }
    functions.forEach((one, f) => {
      const empty = this.element.querySelectorAll<HTMLElement>(".wb-edit-empty")[f];
      if (empty) empty.hidden = one.rows.length > 0;
      one.rows.forEach((row, i) => this.rows.get(row.id)!.update(row, one.name, i + 1));
    });
    this.reach();
  }

  weigh(weights: Weights, current: boolean): void {
    const values = Object.values(weights.values ?? {});
    const most = Math.max(1e-12, ...values.map(Math.abs));
    this.element.classList.toggle("wb-weighing", !!weights.on);
    for (const [id, row] of this.rows) {
      row.weigh(weights.on && current ? weights.values[String(id)] : undefined, most);
    }
  }

  private line(row: EditRow, seen: Set<number>): EditLine {
    seen.add(row.id);
    let line = this.rows.get(row.id);
    if (!line || line.op !== row.op) {
      const before = line?.element;
      line = new EditLine(row, this.ops, this.send, this.signal);
      this.rows.set(row.id, line);
      if (before?.contains(document.activeElement)) queueMicrotask(() => line!.focus());
    }
    return line;
  }
}

function section({ name }: EditFunction, rows: HTMLElement[]): HTMLElement {
  return h(
    "section",
    { class: `wb-edit-part wb-part-${name.toLowerCase()}`, "aria-label": name },
    h("h4", {}, h("span", { class: "wb-function-name" }, name), h("small", {}, WHEN[name] ?? ""), name === "Setup" && h("span", { class: "wb-bar-title" }, "change without it")),
    h("ol", { class: "wb-edit-rows" }, ...rows),
    h("p", { class: "wb-note wb-edit-empty", hidden: rows.length > 0 }, "Empty"),
  );
}

class EditLine {
  readonly element: HTMLElement;
  readonly op: string;
  private readonly tick = h("input", { type: "checkbox", class: "wb-tick", tabindex: -1 });
  private readonly number = h("span", { class: "wb-line-number", "aria-hidden": "true" });
  private readonly code = h("code", {});
  private readonly tag = h("span", { class: "wb-tag" });
  private readonly restore: HTMLButtonElement;
  private readonly bar = h("span", { class: "wb-weight", role: "img" });
  private readonly fill = h("i", {});
  private readonly loss = h("b", {});
  private readonly constants: ConstantControl[];
  private readonly menu: HTMLSelectElement;
  private places = "";

  constructor(
    row: EditRow,
    private readonly ops: Record<string, Op>,
    send: Send,
    signal: AbortSignal,
  ) {
    this.op = row.op;
    this.constants = row.constants.map((constant, which) => new ConstantControl(constant, row.id, which, send, signal));
    this.menu = h("select", { class: "wb-op", tabindex: -1 });
    this.menu.addEventListener("change", () => send("op", { line: row.id, op: this.menu.value }), { signal });
    this.tick.addEventListener("change", () => send("switch", { line: row.id, on: this.tick.checked }), { signal });
    this.restore = h("button", { type: "button", class: "wb-restore", hidden: true }, "↺");
    this.restore.addEventListener("click", () => send("restore", { line: row.id }), { signal });
    this.bar.append(this.fill, this.loss);
    this.element = h(
      "li",
      { class: "wb-edit-row", "data-row": "", "data-id": row.id },
      this.tick,
      this.number,
      h("span", { class: "wb-edit-code" }, this.code, h("span", { class: "wb-op-cell" }, this.menu), this.tag, this.restore),
      this.bar,
      this.constants.length > 0 && h("div", { class: "wb-constants" }, ...this.constants.map((one) => one.element)),
    );
  }

  focus(): void {
    (this.menu.hidden ? this.tick : this.menu).focus();
  }

  update(row: EditRow, name: string, number: number): void {
    setText(this.number, String(number));
    setAttributes(this.element, { "data-line": `${name}-${number}` });
    if (this.code.textContent !== row.text) this.code.replaceChildren(...highlight(row.text));
    this.code.title = row.words;
    this.tick.checked = row.on;
    setAttributes(this.tick, { "aria-label": `${name} ${number}: ${row.text}`, title: row.on ? "Knock this line out (Space)" : "Put this line back (Space)" });
    const said = tag(row);
    this.tag.hidden = said === "";
    setText(this.tag, said);
    this.element.classList.toggle("wb-out", !row.on);
    this.element.classList.toggle("wb-dead", row.on && !row.live);
    this.element.classList.toggle("wb-turned", row.on && row.live !== row.was_live && row.origin !== null);
    this.element.classList.toggle("wb-edited", row.edited);
    this.restore.hidden = !(row.edited && row.on && row.origin !== null);
    setAttributes(this.restore, { "aria-label": `Restore ${name} ${number}`, title: `Restore: ${row.origin ?? ""}` });
    this.fillMenu(row, name, number);
    row.constants.forEach((constant, i) => this.constants[i]?.update(constant, `${name} ${number}`, row.on));
  }

  weigh(value: number | undefined, most: number): void {
    this.bar.hidden = value === undefined;
    if (value === undefined) return;
    const width = (100 * Math.abs(value)) / most;
    this.fill.hidden = value === 0;
    this.fill.style.width = `${width.toFixed(1)}%`;
    this.bar.classList.toggle("wb-gain", value < 0);
    const text = value === 0 ? "0" : numeral(Number((-value).toPrecision(2))).replace(/^(?=\d)/, "+");
    setText(this.loss, text);
    const what = value > 0 ? "falls" : "rises";
    const label = value === 0 ? "Without this line the fitness stays the same" : `Without this line the fitness ${what} by ${numeral(Math.abs(Number(value.toPrecision(3))))}`;
    setAttributes(this.bar, { "aria-label": label, title: label });
  }

  private fillMenu(row: EditRow, name: string, number: number): void {
    const key = JSON.stringify(row.places);
    const others = this.ops[row.op]?.others ?? [];
    this.menu.hidden = others.length < 2;
    if (key !== this.places) {
      this.places = key;
      this.menu.replaceChildren(
        ...others.map((other) => {
          const op = this.ops[other]!;
          return h("option", { value: other, title: op.title }, spelling(op, row.places));
        }),
      );
    }
    this.menu.value = row.op;
    this.menu.disabled = !row.on;
    setAttributes(this.menu, { "aria-label": `Operation of ${name} ${number}`, title: "Replace the operation" });
  }
}

/** A slider, a field and a way back. */
class ConstantControl {
  readonly element: HTMLElement;
  private readonly scale: SliderScale;
  private readonly slider: HTMLInputElement;
  private readonly field: HTMLInputElement;
  private readonly back: HTMLButtonElement;
  private readonly first: number;
  private gesture = "";
  private dragging = false;
  private shown = "";

  constructor(
    private readonly constant: Constant,
    private readonly line: number,
    private readonly which: number,
    private readonly send: Send,
    signal: AbortSignal,
  ) {
    this.first = plain(constant.first ?? constant.value);
    this.scale = sliderScale(constant.kind, this.first);
    const { min, max, home } = this.scale;
    this.slider = h("input", { type: "range", min, max, step: 1, class: "wb-tune" });
    this.field = h("input", { type: "text", inputmode: "decimal", class: "wb-tune-value", spellcheck: "false" });
    this.back = h("button", { type: "button", class: "wb-restore" }, "↺");
    const track = h("span", { class: "wb-track" }, this.slider);
    track.style.setProperty("--home", String((home - min) / (max - min)));
    if (min < 0) track.classList.add("wb-track-zero");
    this.element = h("span", { class: "wb-constant" }, h("span", { class: "wb-noun" }, constant.noun), track, this.field, this.back);
    this.listen(signal);
  }

  update(constant: Constant, where: string, on: boolean): void {
    const value = plain(constant.value);
    const label = `${sentence(this.constant.noun)} of ${where}`;
    setAttributes(this.slider, { "aria-label": label, "aria-valuetext": constant.text });
    setAttributes(this.field, { "aria-label": `${label} as a number`, "aria-invalid": null });
    setAttributes(this.back, { "aria-label": `Reset the ${this.constant.noun} of ${where}`, title: `Back to ${numeral(this.first)}` });
    this.slider.disabled = this.field.disabled = !on;
    this.back.style.visibility = Object.is(value, this.first) || !on ? "hidden" : "visible";
    // What is in hand moves ahead of the kernel.
    if (!this.dragging) this.slider.value = String(this.scale.place(value));
    if (constant.text !== this.shown || document.activeElement !== this.field) {
      if (!this.dragging) this.field.value = constant.text;
      this.shown = constant.text;
    }
  }

  private listen(signal: AbortSignal): void {
    const begin = () => (this.gesture = `${session}-${++gestures}`);
    const on = (target: HTMLElement, name: string, action: (event: Event) => void) =>
      target.addEventListener(name, action, { signal });
    on(this.slider, "focus", begin);
    on(this.slider, "pointerdown", () => {
      begin();
      this.dragging = true;
    });
    for (const name of ["pointerup", "pointercancel", "blur"]) on(this.slider, name, () => (this.dragging = false));
    on(this.slider, "input", () => {
      const value = this.scale.value(Number(this.slider.value));
      this.field.value = this.shown = numeral(value).replaceAll("−", "-");
      this.put(value);
    });
    on(this.slider, "dblclick", () => this.reset());
    on(this.back, "click", () => this.reset());
    on(this.field, "focus", begin);
    on(this.field, "change", () => {
      const text = this.field.value.trim().replaceAll("−", "-");
      const value = plain(text.toLowerCase());
      const good = text !== "" && (!Number.isNaN(value) || text.toLowerCase() === "nan");
      setAttributes(this.field, { "aria-invalid": good ? null : "true", title: good ? null : "A number, inf or nan" });
      if (good) this.put(value);
    });
    for (const control of [this.slider, this.field]) {
      on(control, "keydown", (event) => {
        if ((event as KeyboardEvent).key === "Escape") return;
        event.stopPropagation();
      });
    }
  }

  private reset(): void {
    this.dragging = false;
    this.gesture = `${session}-${++gestures}`;
    this.slider.value = String(this.scale.home);
    this.put(this.first);
  }

  private put(value: number): void {
    const sent = Number.isFinite(value) ? value : Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    this.send("constant", { line: this.line, which: this.which, value: sent, gesture: this.gesture });
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
