// A matrix on a canvas: cells in two colours about zero, and what meets it at its edges.

import { h, setAttributes, setText } from "./dom";
import { cellAt, depth, FOOT, frameOf, HEAD, partOf, STRIP, type Frame, type Picture } from "./matrix_picture";
import { numeral } from "./numbers";

export interface Inks {
  surface: string;
  text: string;
  muted: string;
  line: string;
  positive: string;
  negative: string;
  accent: string;
}

export type Cell = [row: number, column: number] | undefined;

export class MatrixFigure {
  readonly element: HTMLElement;
  cell: Cell;
  private readonly canvas: HTMLCanvasElement;
  private readonly title = h("h5", { class: "wb-matrix-title" });
  private picture: Picture | undefined;
  private frame: Frame = frameOf(1, [], 1);
  private cursor: [number, number] = [0, 0];

  constructor(
    name: string,
    /** Called with what a pointer or a key reads. */
    private readonly read: (cell: Cell, spoken: boolean) => void,
    private readonly legend: HTMLElement | undefined,
    signal: AbortSignal,
  ) {
    this.canvas = h("canvas", { class: "wb-matrix-cells", role: "img", tabindex: 0, "data-key": `matrix-${name}` });
    this.element = h("div", { class: "wb-matrix", "data-matrix": name }, h("div", { class: "wb-matrix-head" }, this.title, this.legend), h("div", { class: "wb-scroll-x wb-matrix-room" }, this.canvas));
    this.listen(signal);
  }

  show(title: string, picture: Picture | undefined): void {
    setText(this.title, title);
    this.picture = picture;
    setAttributes(this.canvas, { "aria-label": picture ? this.describe(title, picture) : `${title}: nothing to show` });
  }

  /** The number in a cell, as text. */
  value(cell: [number, number]): string {
    return numeral(this.at(cell));
  }

  at([row, column]: [number, number]): number {
    const { values, rows } = this.picture!;
    return values[row * (values.length / rows) + column]!;
  }

  draw(inks: Inks): void {
    const { picture, canvas } = this;
    const room = canvas.parentElement?.clientWidth || 420;
    const frame = (this.frame = frameOf(picture?.rows ?? 1, picture?.parts ?? [], room));
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(frame.width * ratio);
    canvas.height = Math.round(frame.height * ratio);
    canvas.style.width = `${frame.width}px`;
    canvas.style.height = `${frame.height}px`;
    const context = canvas.getContext("2d");
    if (!context || !picture) return;
    context.scale(ratio, ratio);
    context.font = `11px ${getComputedStyle(canvas).fontFamily || "sans-serif"}`;
    picture.parts.forEach((_, i) => this.drawPart(context, inks, picture, i));
    this.drawLeft(context, inks, picture);
    this.drawCross(context, inks, picture);
  }

  private drawPart(context: CanvasRenderingContext2D, inks: Inks, picture: Picture, i: number): void {
    const { cell, top, lefts } = this.frame;
    const { name, start, size } = picture.parts[i]!;
    const left = lefts[i]!;
    const columns = picture.values.length / picture.rows;
    const limit = picture.tops[i]!;
    const gap = cell >= 5 ? 1 : 0;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillStyle = inks.text;
    context.font = context.font.replace(/^(bold )?/, "bold ");
    context.fillText(name, left, 11);
    const after = context.measureText(name).width + 5;
    context.font = context.font.replace("bold ", "");
    context.fillStyle = inks.muted;
    const free = (lefts[i + 1] ?? this.frame.width) - left - after - 4;
    const scale = [2, 1].map((digits) => `±${numeral(Number(limit.toPrecision(digits)))}`).find((text) => context.measureText(text).width <= free);
    if (scale) context.fillText(scale, left + after, 11);
    for (let row = 0; row < picture.rows; row++) {
      for (let j = 0; j < size; j++) {
        const value = picture.values[row * columns + start + j]!;
        const [x, y] = [left + j * cell, top + row * cell];
        if (!Number.isFinite(value)) {
          context.fillStyle = inks.text;
          context.fillRect(x, y, cell - gap, cell - gap);
          continue;
        }
        const deep = depth(value, limit);
        context.globalAlpha = deep;
        context.fillStyle = value > 0 ? inks.positive : inks.negative;
        context.fillRect(x, y, cell - gap, cell - gap);
        context.globalAlpha = 1;
        // A sign tells what the colour tells, where there is room for it.
        if (value < 0 && cell >= 9 && deep > 0.25) {
          context.fillStyle = deep > 0.55 ? inks.surface : inks.text;
          context.fillRect(x + Math.floor(cell / 2) - 2, y + Math.floor((cell - gap) / 2), 4, 1);
        }
      }
    }
    context.strokeStyle = inks.line;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, top - 0.5, size * cell + 1 - gap, picture.rows * cell + 1 - gap);
    this.drawBelow(context, inks, picture, i);
  }

  /** Bars under a part, each under its column; signed ones from the middle. */
  private drawBelow(context: CanvasRenderingContext2D, inks: Inks, picture: Picture, i: number): void {
    if (picture.below.length === 0) return;
    const { cell, top, lefts } = this.frame;
    const { start, size } = picture.parts[i]!;
    const values = picture.below.subarray(start, start + size);
    const from = top + picture.rows * cell + 4;
    const left = lefts[i]!;
    bars(values, STRIP, (j, low, high, value) => {
      context.fillStyle = value < 0 ? inks.negative : inks.positive;
      context.fillRect(left + j * cell, from + STRIP - high, Math.max(1, cell - 1), Math.max(1, high - low));
    });
    const zero = values.some((value) => value < 0) ? STRIP / 2 : 0;
    context.fillStyle = inks.line;
    context.fillRect(left, from + STRIP - zero, size * cell, 1);
    context.fillStyle = inks.muted;
    context.textAlign = "left";
    context.fillText(picture.belowNames[i] ?? "", left, from + STRIP + FOOT - 5);
  }

  private drawLeft(context: CanvasRenderingContext2D, inks: Inks, picture: Picture): void {
    if (picture.left.length === 0) return;
    const { cell, top } = this.frame;
    bars(picture.left, STRIP - 4, (i, low, high, value) => {
      context.fillStyle = value < 0 ? inks.negative : inks.positive;
      context.fillRect(STRIP - 2 - high, top + i * cell, Math.max(1, high - low), Math.max(1, cell - 1));
    });
    const zero = picture.left.some((value) => value < 0) ? (STRIP - 4) / 2 : 0;
    context.fillStyle = inks.line;
    context.fillRect(STRIP - 2 - zero, top, 1, picture.rows * cell);
    context.fillStyle = inks.text;
    context.textAlign = "right";
    context.fillText(picture.leftName, STRIP - 2, 11);
  }

  /** The row and the column of the cell that is read. */
  private drawCross(context: CanvasRenderingContext2D, inks: Inks, picture: Picture): void {
    if (!this.cell) return;
    const [row, column] = this.cell;
    if (row >= picture.rows) return;
    const { cell, top, lefts, width } = this.frame;
    const i = partOf(picture.parts, column);
    const x = lefts[i]! + (column - picture.parts[i]!.start) * cell;
    context.strokeStyle = inks.text;
    context.globalAlpha = 0.55;
    context.strokeRect(2.5, top + row * cell - 0.5, width - 4, cell);
    context.strokeRect(x - 0.5, HEAD - 2.5, cell, picture.rows * cell + STRIP + 8);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeRect(x - 1, top + row * cell - 1, cell + 1, cell + 1);
    context.lineWidth = 1;
  }

  private describe(title: string, picture: Picture): string {
    const parts = picture.parts.map(({ name, size, start }, i) => {
      let most = 0;
      const columns = picture.values.length / picture.rows;
      picture.values.forEach((value, at) => {
        const column = at % columns;
        if (column >= start && column < start + size) most = Math.max(most, Math.abs(value));
      });
      return `part ${name}, ${picture.rows} by ${size}, largest ${numeral(Number(most.toPrecision(3)))} of ${numeral(Number(picture.tops[i]!.toPrecision(3)))}`;
    });
    return `${title}: ${parts.join("; ")}. Arrow keys read cells.`;
  }

  private listen(signal: AbortSignal): void {
    const { canvas } = this;
    const say = (cell: Cell, spoken: boolean) => this.read(cell, spoken);
    canvas.addEventListener(
      "pointermove",
      (event) => {
        const found = this.picture && cellAt(this.frame, this.picture, event.offsetX, event.offsetY);
        say(found && [found[0], found[1]], false);
      },
      { signal },
    );
    canvas.addEventListener("pointerleave", () => say(undefined, false), { signal });
    canvas.addEventListener("blur", () => say(undefined, false), { signal });
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && say([...this.cursor], true), { signal });
    canvas.addEventListener(
      "keydown",
      (event) => {
        const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
        if (!move || !this.picture) return;
        const columns = this.picture.values.length / this.picture.rows;
        const [row, column] = [this.cursor[0] + move[0]!, this.cursor[1] + move[1]!];
        if (row >= 0 && row < this.picture.rows && column >= 0 && column < columns) this.cursor = [row, column];
        event.preventDefault();
        event.stopPropagation();
        say([...this.cursor], true);
      },
      { signal },
    );
  }
}

/** Call with each bar's number, lower and upper end and value; signed ones share a middle. */
function bars(values: Float32Array, height: number, draw: (i: number, low: number, high: number, value: number) => void): void {
  let top = 0;
  let signed = false;
  for (const value of values) {
    if (Number.isFinite(value)) top = Math.max(top, Math.abs(value));
    signed ||= value < 0;
  }
  if (top === 0) return;
  const zero = signed ? height / 2 : 0;
  const unit = (signed ? height / 2 : height) / top;
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const end = zero + value * unit;
    draw(i, Math.min(zero, end), Math.max(zero, end), value);
  });
}
