// One address as cells: hue and glyph tell the sign, depth the size, marks what is no number.

import { h, setAttributes, setText } from "./dom";
import { classOf, numeral, same, type NumberClass } from "./numbers";

export interface Layout {
  name: string;
  shape: number[];
  start: number;
  size: number;
}

export interface HeatColours {
  surface: string;
  text: string;
  grid: string;
  accent: string;
  positive: string;
  negative: string;
}

/** Roles that stand beside the name; the others are longer, and in the tooltip. */
const SHORT = new Set(["label", "prediction", "features"]);
const LARGEST = 18;
const SMALLEST = 3;
const GLYPHS: Partial<Record<NumberClass, string>> = {
  zero: "·",
  negative: "−",
  nan: "×",
  infinity: "∞",
  "minus-infinity": "-∞",
};

export class HeatMap {
  readonly element: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly size = h("small", {});
  private readonly watch: HTMLElement;
  private values: Float64Array = new Float64Array(0);
  private before: Float64Array = new Float64Array(0);
  private cursor = 0;
  private cell = LARGEST;

  constructor(
    readonly layout: Layout,
    role: string,
    private readonly say: (text: string | undefined, spoken: boolean) => void,
    /** Called with the cell that is chosen; without it, cells can only be read. */
    private readonly choose: ((element: number[] | undefined) => void) | undefined,
    signal: AbortSignal,
  ) {
    const { name, shape } = layout;
    this.canvas = h("canvas", { class: "wb-heat-cells", role: "img", tabindex: 0 });
    const label = h("b", { class: `wb-memory-${name[0]}` }, name);
    this.watch = choose
      ? h(
          "button",
          { type: "button", class: "wb-heat-name", "data-watch": name, title: `Draw ${shape.length ? "the length of " : ""}${name} over the examples` },
          label,
        )
      : h("span", { class: "wb-heat-name" }, label);
    this.element = h(
      "div",
      { class: `wb-heat wb-heat-${shape.length}`, "data-heat": name },
      h("div", { class: "wb-heat-head", title: role }, this.watch, SHORT.has(role) && h("span", { class: "wb-heat-role" }, role), this.size),
      this.canvas,
    );
    if (choose) this.watch.addEventListener("click", () => choose(undefined), { signal });
    this.listen(signal);
  }

  update(values: Float64Array, before: Float64Array): void {
    this.values = values;
    this.before = before;
    const changed = this.changes();
    this.element.classList.toggle("wb-heat-changed", changed > 0);
    setText(this.size, this.layout.shape.length === 0 ? numeral(values[0]) : summary(values));
    setAttributes(this.canvas, { "aria-label": this.describe(changed) });
  }

  draw(paint: HeatColours, room: number): void {
    const { columns, rows } = this.grid();
    // Two matrices side by side also in a narrow cell.
    const half = Math.max(130, Math.floor(room / 2) - 22);
    const wide = this.layout.shape.length === 2 ? Math.min(room, half, 232) : room;
    this.cell = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(wide / columns)));
    const ratio = window.devicePixelRatio || 1;
    const { cell, canvas } = this;
    const width = columns * cell + 1;
    const height = rows * cell + 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.fillStyle = paint.grid;
    context.fillRect(0, 0, width, height);
    const top = largest(this.values) || 1;
    this.values.forEach((value, i) => {
      const x = (i % columns) * cell + 1;
      const y = Math.floor(i / columns) * cell + 1;
      drawCell(context, value, x, y, cell - 1, top, paint);
    });
    context.strokeStyle = paint.accent;
    context.lineWidth = 2;
    this.values.forEach((value, i) => {
      if (same(value, this.before[i])) return;
      context.strokeRect((i % columns) * cell + 1, Math.floor(i / columns) * cell + 1, cell - 1, cell - 1);
    });
  }

  markWatched(watched: boolean): void {
    setAttributes(this.watch, { "aria-pressed": String(watched) });
  }

  private grid(): { columns: number; rows: number } {
    const [rows, columns] = this.layout.shape;
    if (rows === undefined) return { columns: 1, rows: 1 };
    return columns === undefined ? { columns: rows, rows: 1 } : { columns, rows };
  }

  private changes(): number {
    return this.values.reduce((count, value, i) => count + Number(!same(value, this.before[i])), 0);
  }

  private describe(changed: number): string {
    const { name, shape } = this.layout;
    if (shape.length === 0) return `${name} is ${numeral(this.values[0])}`;
    const counts = new Map<string, number>();
    for (const value of this.values) counts.set(classOf(value), (counts.get(classOf(value)) ?? 0) + 1);
    const parts = [...counts].map(([kind, count]) => `${count} ${kind.replace("minus-", "minus ")}`);
    return `${name}, ${shape.join(" by ")}: ${parts.join(", ")}${this.choose ? `; ${changed} changed. Arrow keys read cells, Enter watches one.` : ". Arrow keys read cells."}`;
  }

  private place(i: number): number[] {
    const { columns } = this.grid();
    if (this.layout.shape.length === 0) return [];
    return this.layout.shape.length === 1 ? [i] : [Math.floor(i / columns), i % columns];
  }

  private tell(i: number, spoken: boolean): void {
    const { name, shape } = this.layout;
    const place = shape.length ? `${name}[${this.place(i).join(", ")}]` : name;
    const was = same(this.values[i], this.before[i]) ? "" : ` (was ${exact(this.before[i])})`;
    this.say(`${place} = ${exact(this.values[i])}${was}`, spoken);
  }

  private listen(signal: AbortSignal): void {
    const { canvas } = this;
    const at = (event: MouseEvent) => {
      const { columns, rows } = this.grid();
      const x = Math.floor((event.offsetX - 1) / this.cell);
      const y = Math.floor((event.offsetY - 1) / this.cell);
      return x >= 0 && y >= 0 && x < columns && y < rows ? y * columns + x : undefined;
    };
    canvas.addEventListener(
      "pointermove",
      (event) => {
        const i = at(event);
        if (i !== undefined) this.tell(i, false);
      },
      { signal },
    );
    canvas.addEventListener("pointerleave", () => this.say(undefined, false), { signal });
    canvas.addEventListener("blur", () => this.say(undefined, false), { signal });
    canvas.addEventListener("focus", () => this.tell(this.cursor, true), { signal });
    canvas.addEventListener(
      "click",
      (event) => {
        const i = at(event);
        if (i !== undefined) this.choose?.(this.place(i));
      },
      { signal },
    );
    canvas.addEventListener(
      "keydown",
      (event) => {
        const { columns } = this.grid();
        const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
        if (event.key === "Enter") this.choose?.(this.place(this.cursor));
        else if (step === undefined) return;
        else if (this.values[this.cursor + step] !== undefined) this.cursor += step;
        event.preventDefault();
        event.stopPropagation();
        this.tell(this.cursor, true);
      },
      { signal },
    );
  }
}

function largest(values: Float64Array): number {
  return values.reduce((top, value) => (Number.isFinite(value) ? Math.max(top, Math.abs(value)) : top), 0);
}

/** "max |x| 0.334, 3 NaN, 2 ∞". */
function summary(values: Float64Array): string {
  const nan = values.filter(Number.isNaN).length;
  const infinite = values.filter((value) => Math.abs(value) === Infinity).length;
  const top = largest(values);
  return [
    (top > 0 || nan + infinite === 0) && `max |x| ${numeral(Number(top.toPrecision(3)))}`,
    nan > 0 && `${nan} NaN`,
    infinite > 0 && `${infinite} ∞`,
  ]
    .filter(Boolean)
    .join(", ");
}

function exact(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? numeral(value) : String(value).replaceAll("-", "−");
}

function drawCell(
  context: CanvasRenderingContext2D,
  value: number,
  x: number,
  y: number,
  size: number,
  top: number,
  paint: HeatColours,
): void {
  const kind = classOf(value);
  context.fillStyle = paint.surface;
  context.fillRect(x, y, size, size);
  let ink = paint.text;
  if (kind === "positive" || kind === "negative") {
    const depth = 0.15 + 0.85 * Math.sqrt(Math.abs(value) / top);
    context.globalAlpha = Math.min(1, depth);
    context.fillStyle = paint[kind];
    context.fillRect(x, y, size, size);
    context.globalAlpha = 1;
    if (depth > 0.6) ink = paint.surface;
  } else if (kind !== "zero") {
    context.fillStyle = paint.text;
    context.fillRect(x, y, size, size);
    ink = paint.surface;
  }
  const glyph = GLYPHS[kind];
  if (!glyph) return;
  if (size < 8) {
    // Too small for letters: a stroke for what is no number or minus infinity.
    if (kind !== "nan" && kind !== "minus-infinity") return;
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, kind === "nan" ? y : y + size / 2);
    context.lineTo(x + size, y + (kind === "nan" ? size : size / 2));
    context.stroke();
    return;
  }
  context.fillStyle = ink;
  context.font = `${glyph.length > 1 ? Math.round(size * 0.6) : Math.round(size * 0.85)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(glyph, x + size / 2, y + size / 2 + 0.5);
}
