// Curves of many runs on one canvas: zoom, pan, read out, highlight.

import { FITNESS_TITLE, X_AXES, type XAxis, type YAxis } from "./curve";
import { h, setText } from "./dom";
import { fitness, short } from "./format";
import { dashesOf, lineColours, swatch } from "./line_styles";
import { middle, readingsAt, type Line, type Reading } from "./many_lines";
import { numeral } from "./numbers";
import { boxFor, drawAxes, fillBand, prepare, strokeLine, type Box } from "./plot";
import { fitnessScale, linearScale, ninesScale, wholeStep, type Scale } from "./scales";
import { colours, type Colours } from "./theme";

export interface Shown {
  lines: Line[];
  fitness: boolean;
  stepped: boolean;
  x: string;
  xTitle: string;
  yTitle: string;
  /** Levels worth a dotted line with its name, such as chance. */
  levels?: { value: number; name: string }[];
  /** Places worth a mark with its name. */
  marks?: { x: number; name: string; slot: number }[];
  /** Ends of the vertical axis, where the values alone should not set them. */
  ends?: [number, number];
}

export type Window = [number, number];

const READ_MOST = 9;
const DRAG_PX = 4;
const KEY_STEPS = 200;

export class ManyCurves {
  readonly element: HTMLElement;
  yAxis: YAxis = "linear";
  emptyText = "";
  hidden = new Set<string>();
  highlighted: string | undefined;
  shown: Shown = { lines: [], fitness: true, stepped: true, x: "individuals", xTitle: "Individuals", yTitle: "" };
  span: Window = [0, 1];
  window: Window = [0, 1];

  private readonly canvas = h("canvas", { class: "wb-curve-canvas", tabindex: 0, role: "img", "aria-label": "Curves", "data-key": "curves" });
  private readonly readout = h("div", { class: "wb-readout", hidden: true, "aria-hidden": "true" });
  private readonly empty = h("p", { class: "wb-curve-empty" });
  private readonly spoken = h("p", { class: "wb-hidden", "aria-live": "polite" });
  private paint: Colours | undefined;
  private inks: string[] = [];
  private hover: number | undefined;
  private drag: { from: number; to: number; pan: boolean; window: Window } | undefined;
  private pending = 0;
  private box: Box = { left: 0, top: 0, width: 1, height: 1 };

  constructor(
    private readonly zoomed: () => void,
    signal: AbortSignal,
  ) {
    this.element = h("div", { class: "wb-curve wb-many-curves" }, this.canvas, this.empty, this.readout, this.spoken);
    this.listen(signal);
  }

  get width(): number {
    return Math.max(1, Math.round(this.box.width * (window.devicePixelRatio || 1)));
  }

  get zoomedIn(): boolean {
    return this.window[0] > this.span[0] || this.window[1] < this.span[1];
  }

  redraw(): void {
    this.pending ||= requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  recolour(): void {
    this.paint = undefined;
    this.redraw();
  }

  visible(): Line[] {
    return this.shown.lines.filter((line) => !this.hidden.has(line.key));
  }

  /** Fitness, or whatever is drawn, as text. */
  value(raw: number): string {
    return this.shown.fitness ? fitness(1 - raw) : numeral(raw);
  }

  xText(value: number): string {
    const axis = X_AXES[this.shown.x as XAxis];
    const close = (this.window[1] - this.window[0]) / Math.max(1, Math.abs(this.window[1])) < 0.02;
    if (this.shown.x !== "seconds" && close) return Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
    return (axis?.label ?? short)(value);
  }

  describe(): string {
    const lines = this.visible();
    if (lines.length === 0) return "Curves. Empty: no run with a curve is selected.";
    const last = lines.slice(0, 8).map((line) => `${line.label} ${this.value(middle(line)[line.length - 1] ?? NaN)}`);
    const more = lines.length > 8 ? `, and ${lines.length - 8} more` : "";
    return `Curves of ${lines.length} ${lines.length === 1 ? "line" : "lines"}, ${this.shown.yTitle.toLowerCase()} against ${this.shown.xTitle.toLowerCase()}. At the end: ${last.join(", ")}${more}. Arrow keys read, plus and minus zoom, 0 shows all.`;
  }

  /** Zoom by a factor about a place, 0 to 1 along the axis. */
  zoom(factor: number, about = 0.5): void {
    const [low, high] = this.window;
    const centre = low + (high - low) * about;
    this.setWindow(centre - (centre - low) * factor, centre + (high - centre) * factor);
  }

  showAll(): void {
    this.setWindow(...this.span);
  }

  private setWindow(low: number, high: number): void {
    const [from, to] = this.span;
    const least = Math.max((to - from) * 1e-7, Number.EPSILON);
    let size = Math.min(to - from, Math.max(least, high - low));
    if (this.shown.x !== "seconds") size = Math.min(to - from, Math.max(size, 2));
    const start = Math.min(Math.max(from, low), to - size);
    this.window = [start, start + size];
    this.redraw();
    this.zoomed();
  }

  private listen(signal: AbortSignal): void {
    const { canvas } = this;
    const on = <K extends keyof HTMLElementEventMap>(type: K, call: (event: HTMLElementEventMap[K]) => void, passive = true) =>
      canvas.addEventListener(type, call, { signal, passive });
    const size = new ResizeObserver(() => this.redraw());
    size.observe(this.element);
    signal.addEventListener("abort", () => {
      size.disconnect();
      cancelAnimationFrame(this.pending);
    });
    on("pointermove", (event) => this.onMove(this.placeOf(event)));
    on("pointerleave", () => this.setHover(undefined, false));
    on("blur", () => this.setHover(undefined, false));
    on("pointerdown", (event) => {
      if (event.button !== 0 || this.shown.lines.length === 0) return;
      canvas.setPointerCapture?.(event.pointerId);
      const at = this.placeOf(event);
      this.drag = { from: at, to: at, pan: event.shiftKey, window: this.window };
    });
    on("pointerup", () => this.endDrag());
    on("pointercancel", () => (this.drag = undefined));
    on("dblclick", () => this.showAll());
    on(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 300))), this.placeOf(event));
      },
      false,
    );
    on("keydown", (event) => this.onKey(event), false);
  }

  private placeOf(event: MouseEvent): number {
    return (event.clientX - this.canvas.getBoundingClientRect().left - this.box.left) / this.box.width;
  }

  private onMove(place: number): void {
    const clipped = Math.max(0, Math.min(1, place));
    if (this.drag) {
      this.drag.to = clipped;
      if (this.drag.pan) {
        const [low, high] = this.drag.window;
        const by = (this.drag.from - place) * (high - low);
        this.setWindow(low + by, high + by);
      }
    }
    this.setHover(clipped, false);
  }

  private endDrag(): void {
    const drag = this.drag;
    this.drag = undefined;
    if (!drag || drag.pan) return;
    const [a, b] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if ((b - a) * this.box.width < DRAG_PX) return this.redraw();
    const [low, high] = this.window;
    this.setWindow(low + a * (high - low), low + b * (high - low));
  }

  private onKey(event: KeyboardEvent): void {
    if (this.shown.lines.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.hover ?? 1;
    const step = (event.shiftKey ? 10 : 1) / KEY_STEPS;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.readTo(at - step),
      ArrowRight: () => this.readTo(at + step),
      Home: () => this.readTo(0),
      End: () => this.readTo(1),
      Escape: () => this.setHover(undefined, true),
      "+": () => this.zoom(0.5, at),
      "=": () => this.zoom(0.5, at),
      "-": () => this.zoom(2, at),
      "0": () => this.showAll(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }

  /** Read at a place; beyond an edge the window moves along. */
  private readTo(place: number): void {
    if (place >= 0 && place <= 1) return this.setHover(place, true);
    const [low, high] = this.window;
    const by = (place < 0 ? place : place - 1) * (high - low);
    this.setWindow(low + by, high + by);
    this.setHover(place < 0 ? 0 : 1, true);
  }

  private setHover(place: number | undefined, speak: boolean): void {
    this.hover = place;
    if (speak && place !== undefined) {
      const readings = this.readings(place).slice(0, 4);
      setText(
        this.spoken,
        `${this.xText(this.at(place))} ${this.shown.xTitle.toLowerCase()}: ${readings.map(({ line, row }) => `${line.label} ${this.value(middle(line)[row]!)}`).join(", ")}`,
      );
    }
    this.redraw();
  }

  private at(place: number): number {
    return this.window[0] + place * (this.window[1] - this.window[0]);
  }

  private readings(place: number): Reading[] {
    const best = this.shown.fitness ? 1 : -1;
    return readingsAt(this.visible(), this.at(place), this.shown.stepped).sort(
      (a, b) => best * (middle(a.line)[a.row]! - middle(b.line)[b.row]!),
    );
  }

  private draw(): void {
    const context = prepare(this.canvas, this.element);
    if (!context) return;
    if (!this.paint) {
      this.paint = colours(this.element);
      this.inks = lineColours(this.element);
    }
    const lines = this.visible();
    const yScale = this.makeYScale(lines);
    this.box = boxFor(context, this.element, yScale);
    const steps = X_AXES[this.shown.x as XAxis]?.steps ?? wholeStep;
    const xScale = linearScale(...this.window, this.box.width / 110, (x) => this.xText(x), steps);
    const some = lines.length > 0;
    const seconds = this.shown.x === "seconds" ? ` (${this.window[1] >= 3600 ? "h:min:s" : "min:s"})` : "";
    const title = this.shown.fitness ? FITNESS_TITLE : this.shown.yTitle;
    drawAxes(context, this.paint, this.box, yScale, some ? xScale : undefined, title, this.shown.xTitle + seconds);
    context.save();
    context.beginPath();
    context.rect(this.box.left - 1, this.box.top - 2, this.box.width + 2, this.box.height + 4);
    context.clip();
    for (const line of lines) this.drawBands(context, line, xScale, yScale);
    for (const line of lines) if (line.key !== this.highlighted) this.drawLine(context, line, xScale, yScale);
    for (const line of lines) if (line.key === this.highlighted) this.drawLine(context, line, xScale, yScale);
    this.drawMarks(context, xScale, yScale);
    context.restore();
    setText(this.empty, some ? "" : this.emptyText);
    this.drawBrush(context);
    this.drawReadout(context, xScale, yScale);
  }

  private makeYScale(lines: Line[]): Scale {
    if (this.shown.fitness && this.yAxis === "linear") return fitnessScale();
    let [least, most] = [Infinity, -Infinity];
    for (const line of lines) {
      for (const row of line.y) {
        for (const value of row) {
          if (value < least && value > -Infinity) least = value;
          if (value > most && value < Infinity) most = value;
        }
      }
    }
    if (this.shown.fitness) return ninesScale(least < Infinity ? least : 0.1);
    if (this.shown.ends) return linearScale(...this.shown.ends, 5, numeral);
    if (!(least < Infinity)) [least, most] = [0, 1];
    const room = 0.05 * (most - least || 1);
    return linearScale(least - room, most + room, 5, numeral);
  }

  private places(line: Line, y: Float32Array, xScale: Scale, yScale: Scale) {
    const { left, top, width, height } = this.box;
    return {
      x: (row: number) => left + width * xScale.place(line.x[row]!),
      y: (row: number) => top + height * (1 - yScale.place(y[row]!)),
    };
  }

  private drawBands(context: CanvasRenderingContext2D, line: Line, xScale: Scale, yScale: Scale): void {
    if (line.y.length < 5) return;
    context.fillStyle = this.inks[line.slot % this.inks.length]!;
    for (const [low, high, alpha] of [[0, 4, 0.12], [1, 3, 0.22]] as const) {
      context.globalAlpha = alpha * (this.highlighted && this.highlighted !== line.key ? 0.4 : 1);
      const [a, b] = [this.places(line, line.y[low]!, xScale, yScale), this.places(line, line.y[high]!, xScale, yScale)];
      fillBand(context, line.length, a.x, a.y, b.y, this.shown.stepped);
    }
    context.globalAlpha = 1;
  }

  private drawLine(context: CanvasRenderingContext2D, line: Line, xScale: Scale, yScale: Scale): void {
    const lit = this.highlighted === line.key;
    context.globalAlpha = this.highlighted && !lit ? 0.35 : 1;
    context.lineJoin = "round";
    context.strokeStyle = this.inks[line.slot % this.inks.length]!;
    context.lineWidth = lit ? 3 : 1.75;
    // Dashes along thousands of zigzags cost more than the line itself, and do not show.
    context.setLineDash(line.length > 4000 ? [] : dashesOf(line.slot));
    const { x, y } = this.places(line, middle(line), xScale, yScale);
    strokeLine(context, line.length, x, y, this.shown.stepped);
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  private drawMarks(context: CanvasRenderingContext2D, xScale: Scale, yScale: Scale): void {
    const { left, top, width, height } = this.box;
    context.lineWidth = 1;
    context.textBaseline = "bottom";
    for (const { value, name } of this.shown.levels ?? []) {
      const y = Math.round(top + height * (1 - yScale.place(value))) + 0.5;
      context.strokeStyle = context.fillStyle = this.paint!.muted;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.stroke();
      context.setLineDash([]);
      context.textAlign = "right";
      this.write(context, name, left + width - 2, y - 2);
    }
    for (const { x, name, slot } of this.shown.marks ?? []) {
      const at = left + width * xScale.place(x);
      context.strokeStyle = context.fillStyle = this.inks[slot % this.inks.length]!;
      context.setLineDash(dashesOf(slot));
      context.beginPath();
      context.moveTo(at, top);
      context.lineTo(at, top + height);
      context.stroke();
      context.setLineDash([]);
      const right = at - left > width * 0.7;
      context.textAlign = right ? "right" : "left";
      this.write(context, name, at + (right ? -5 : 5), top + height - 3 - 15 * slot);
    }
  }

  /** Text that can be read over the lines. */
  private write(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
    context.strokeStyle = this.paint!.surface;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeText(text, x, y);
    context.lineWidth = 1;
    context.fillText(text, x, y);
  }

  private drawBrush(context: CanvasRenderingContext2D): void {
    if (!this.drag || this.drag.pan) return;
    const { left, top, width, height } = this.box;
    context.fillStyle = this.paint!.text;
    context.globalAlpha = 0.1;
    context.fillRect(left + width * this.drag.from, top, width * (this.drag.to - this.drag.from), height);
    context.globalAlpha = 1;
  }

  private drawReadout(context: CanvasRenderingContext2D, xScale: Scale, yScale: Scale): void {
    const place = this.hover;
    const readings = place === undefined ? [] : this.readings(place);
    this.readout.hidden = readings.length === 0;
    if (place === undefined || readings.length === 0) return;
    const { left, top, width, height } = this.box;
    const x = Math.round(left + width * place) + 0.5;
    context.strokeStyle = this.paint!.muted;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + height);
    context.stroke();
    for (const { line, row } of readings) {
      const y = top + height * (1 - yScale.place(middle(line)[row]!));
      const dot = this.shown.stepped ? x : left + width * xScale.place(line.x[row]!);
      context.fillStyle = this.inks[line.slot % this.inks.length]!;
      context.beginPath();
      context.arc(dot, y, 3.5, 0, 2 * Math.PI);
      context.fill();
    }
    const more = readings.length - READ_MOST;
    this.readout.replaceChildren(
      h("div", {}, h("span", {}, this.shown.xTitle), h("b", {}, this.xText(this.at(place)))),
      readings.some(({ line }) => line.going) ? h("div", {}, h("span", {}, ""), h("span", {}, "median (25 – 75 %)")) : "",
      ...readings.slice(0, READ_MOST).map((reading) => this.readingRow(reading)),
      more > 0 ? h("div", {}, h("span", {}, `and ${more} more`)) : "",
    );
    const room = this.readout.offsetWidth + 14;
    const shift = x + room > this.element.clientWidth ? Math.max(0, x - room) : x + 12;
    const down = Math.max(0, top + height - this.readout.offsetHeight - 8);
    this.readout.style.transform = `translate(${shift}px, ${down}px)`;
  }

  private readingRow({ line, row, ended }: Reading): HTMLElement {
    const value = this.value(middle(line)[row]!);
    const going = line.going ? Math.round(line.going[row]!) : 0;
    const spread = line.y.length > 1 ? this.spread(line, row) : "";
    const note = line.going ? (going < line.members ? ` · ${going} of ${line.members} going` : ` · ${line.members} runs`) : ended ? " · ended" : "";
    return h("div", {}, h("span", {}, swatch(line.slot, 22), ` ${line.label}${note}`), h("b", {}, value + spread));
  }

  private spread(line: Line, row: number): string {
    const [a, b] = [this.value(line.y[1]![row]!), this.value(line.y[3]![row]!)];
    return `  (${a} – ${b})`;
  }
}
