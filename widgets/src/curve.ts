// The fitness curve on a canvas: best so far, the population's spread, new bests.

import { drawChanges, type Change } from "./changes";
import { h, setText } from "./dom";
import { FailedLane } from "./failed_lane";
import { duration, fitness, percent, short } from "./format";
import { boxFor, drawAxes, drawXAxis, fillBand, prepare, strokeLine, type Box } from "./plot";
import { clockStep, fitnessScale, linearScale, ninesScale, wholeStep, type Scale } from "./scales";
import { dashesOf, lineColours } from "./line_styles";
import type { Table } from "./table";
import { colours, type Colours } from "./theme";

export const X_AXES = {
  individuals: { title: "Individuals", label: short, steps: wholeStep },
  evaluations: { title: "Full evaluations", label: short, steps: wholeStep },
  train_steps: { title: "Train steps", label: short, steps: wholeStep },
  seconds: { title: "Running time", label: duration, steps: clockStep },
} as const;

export type XAxis = keyof typeof X_AXES;
export type YAxis = "linear" | "nines";

export const FITNESS_TITLE = "Fitness (1 is perfect)";
const MARK = 4.5;

/** Lines of populations begin here: the first two looks are near those of best and median. */
export const FIRST_LOOK = 2;

/** The best so far of each population, as losses. */
export interface PopulationLines {
  axes: Record<XAxis, number[]>;
  losses: number[][];
}

export class Curve {
  readonly element: HTMLElement;
  xAxis: XAxis = "individuals";
  yAxis: YAxis = "linear";
  /** Individuals at which a new best was found. */
  marks: number[] = [];
  /** What was changed while the search was paused. */
  changes: Change[] = [];
  /** Thin lines, one a population; undefined where they are off. */
  populations: PopulationLines | undefined;
  emptyText = "";
  /** Called when the curve has been drawn, so what lies over it can follow. */
  ondraw: () => void = () => {};

  private readonly canvas: HTMLCanvasElement;
  private readonly readout: HTMLElement;
  private readonly empty: HTMLElement;
  private readonly spoken: HTMLElement;
  private paint: Colours | undefined;
  private hover: number | undefined;
  private pending = 0;
  private box: Box = { left: 0, top: 0, width: 1, height: 1 };
  private readonly lane: FailedLane;
  private xScale: Scale = linearScale(0, 1, 5, short);
  private yScale: Scale | undefined;

  constructor(
    private readonly table: Table,
    signal: AbortSignal,
  ) {
    this.lane = new FailedLane(table);
    this.canvas = h("canvas", {
      class: "wb-curve-canvas",
      tabindex: 0,
      role: "img",
      "aria-label": "Fitness curve",
    });
    this.readout = h("div", { class: "wb-readout", hidden: true, "aria-hidden": "true" });
    this.empty = h("p", { class: "wb-curve-empty" });
    this.spoken = h("p", { class: "wb-hidden", "aria-live": "polite" });
    this.element = h("div", { class: "wb-curve" }, this.canvas, this.empty, this.readout, this.spoken);
    this.listen(signal);
  }

  /** Draw in the next animation frame, however often this is called. */
  redraw(): void {
    this.pending ||= requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  /** Draw now: for who is called in an animation frame, and would wait for the next. */
  drawNow(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    this.draw();
  }

  recolour(): void {
    this.paint = undefined;
    this.redraw();
  }

  /** One sentence on the curve for those who do not see it. */
  describe(): string {
    const last = this.table.length - 1;
    if (last < 0) return "Fitness curve. Empty: nothing has been evaluated yet.";
    const at = this.readRow(last);
    return (
      `Fitness curve. After ${short(at.individuals)} individuals the best fitness is ` +
      `${fitness(at.best)}, the median of the population ${fitness(at.median)}. ` +
      (Number.isNaN(at.failed) ? "" : `${percent(at.failed, 1)} of the population failed. `) +
      "Arrow keys read other points."
    );
  }

  /** The rectangle between the axes. */
  get frame(): Readonly<Box> {
    return this.box;
  }

  /** Where the best curve stands at a number of individuals; undefined if off it. */
  locate(individuals: number): { x: number; y: number } | undefined {
    const rows = this.table.length;
    if (rows === 0 || !this.yScale) return undefined;
    const at = this.table.column("individuals");
    let [low, high] = [0, rows - 1];
    if (individuals > at(high)) return undefined;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(middle) < individuals) low = middle + 1;
      else high = middle;
    }
    const { left, top, width, height } = this.box;
    const x = left + width * this.xScale.place(this.table.column(this.xAxis)(low));
    const y = top + height * (1 - this.yScale.place(this.table.column("best")(low)));
    return { x, y };
  }

  /** Values of one row, fitness not loss. */
  readRow(row: number) {
    const of = (name: string) => this.table.column(name)(row);
    const fit = (name: string) => 1 - of(name);
    return {
      individuals: of("individuals"),
      evaluations: of("evaluations"),
      train_steps: of("train_steps"),
      seconds: of("seconds"),
      best: fit("best"),
      median: fit("q50"),
      q05: fit("q05"),
      q25: fit("q25"),
      q75: fit("q75"),
      q95: fit("q95"),
      /** Share of the population at fitness 0; NaN where it was not recorded. */
      failed: of("failed"),
    };
  }

  private listen(signal: AbortSignal): void {
    const { canvas } = this;
    const size = new ResizeObserver(() => this.redraw());
    size.observe(this.element);
    signal.addEventListener("abort", () => {
      size.disconnect();
      cancelAnimationFrame(this.pending);
    });
    canvas.addEventListener(
      "pointermove",
      (event) => {
        const x = event.clientX - canvas.getBoundingClientRect().left;
        this.setHover(this.nearest((x - this.box.left) / this.box.width), false);
      },
      { signal },
    );
    canvas.addEventListener("pointerleave", () => this.setHover(undefined, false), { signal });
    canvas.addEventListener("blur", () => this.setHover(undefined, false), { signal });
    canvas.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  private onKey(event: KeyboardEvent): void {
    const last = this.table.length - 1;
    if (last < 0) return;
    const at = this.hover ?? last;
    const step = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const target: Record<string, number | undefined> = {
      ArrowLeft: Math.max(0, at - step),
      ArrowRight: Math.min(last, at + step),
      Home: 0,
      End: last,
      Escape: undefined,
    };
    if (!(event.key in target)) return;
    event.preventDefault();
    event.stopPropagation();
    this.setHover(target[event.key], true);
  }

  private setHover(row: number | undefined, speak: boolean): void {
    if (row === this.hover) return;
    this.hover = row;
    if (speak && row !== undefined) {
      const at = this.readRow(row);
      setText(
        this.spoken,
        `${short(at.individuals)} individuals: best ${fitness(at.best)}, median ${fitness(at.median)}` +
          (Number.isNaN(at.failed) ? "" : `, ${percent(at.failed, 1)} failed`),
      );
    }
    this.redraw();
  }

  /** The row nearest to a place on the x axis. */
  private nearest(place: number): number | undefined {
    const x = this.table.column(this.xAxis);
    let [low, high] = [0, this.table.length - 1];
    if (high < 0) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.xScale.place(x(middle)) < place) low = middle;
      else high = middle;
    }
    const nearer = place - this.xScale.place(x(low)) < this.xScale.place(x(high)) - place;
    return nearer ? low : high;
  }

  private draw(): void {
    const context = prepare(this.canvas, this.element);
    if (!context) return;
    this.paint ??= colours(this.element);

    const rows = this.table.length;
    const yScale = (this.yScale = this.makeYScale());
    this.box = boxFor(context, this.element, yScale);
    this.lane.fit();
    this.box.height -= this.lane.height;
    const axis = X_AXES[this.xAxis];
    const end = rows > 0 ? this.table.column(this.xAxis)(rows - 1) : 0;
    this.xScale = linearScale(0, end > 0 ? end : 1, this.box.width / 110, axis.label, axis.steps);

    const xScale = rows > 0 ? this.xScale : undefined;
    drawAxes(context, this.paint, this.box, yScale, undefined, FITNESS_TITLE, "");
    const { height } = this.box;
    drawXAxis(context, this.paint, { ...this.box, height: height + this.lane.height }, xScale, this.xTitle());
    this.lane.draw(context, this.paint, this.box, this.xScale, this.xAxis);
    if (rows > 0) this.drawData(context, this.paint, yScale, rows);
    setText(this.empty, rows > 0 ? "" : this.emptyText);
    this.drawReadout(context, this.paint, yScale, this.element.clientWidth);
    this.canvas.dataset.drawn = rows > 0 ? String(this.table.column("individuals")(rows - 1)) : "";
    this.ondraw();
  }

  private makeYScale(): Scale {
    if (this.yAxis === "linear") return fitnessScale();
    const best = this.table.column("best");
    return ninesScale(this.table.length > 0 ? best(this.table.length - 1) : 0.1);
  }

  private xTitle(): string {
    const { title } = X_AXES[this.xAxis];
    if (this.xAxis !== "seconds") return title;
    const end = this.table.length > 0 ? this.table.column("seconds")(this.table.length - 1) : 0;
    return `${title} (${end >= 3600 ? "h:min:s" : "min:s"})`;
  }

  private drawData(
    context: CanvasRenderingContext2D,
    paint: Colours,
    yScale: Scale,
    rows: number,
  ): void {
    const { left, top, width, height } = this.box;
    const axis = this.table.column(this.xAxis);
    const x = (row: number) => left + width * this.xScale.place(axis(row));
    const y = (name: string) => {
      const loss = this.table.column(name);
      return (row: number) => top + height * (1 - yScale.place(loss(row)));
    };
    context.save();
    context.beginPath();
    context.rect(left - MARK, top - MARK - 1, width + 2 * MARK, height + 2 * MARK + 1);
    context.clip();
    context.fillStyle = paint.population;
    for (const [low, high, alpha] of [
      ["q05", "q95", 0.14],
      ["q25", "q75", 0.26],
    ] as const) {
      context.globalAlpha = alpha;
      fillBand(context, rows, x, y(low), y(high));
    }
    context.globalAlpha = 1;
    context.lineJoin = "round";
    context.strokeStyle = paint.population;
    context.lineWidth = 1.5;
    context.setLineDash([5, 3]);
    strokeLine(context, rows, x, y("q50"), false);
    context.setLineDash([]);
    this.drawPopulations(context, yScale);
    context.strokeStyle = paint.best;
    context.lineWidth = 2;
    strokeLine(context, rows, x, y("best"), true);
    if (this.changes.length > 0) {
      drawChanges(context, paint, this.changes, this.box, (individuals) => this.placeOf(individuals, rows, x));
    }
    this.drawMarks(context, paint, rows, x, y("best"));
    context.restore();
  }

  private drawPopulations(context: CanvasRenderingContext2D, yScale: Scale): void {
    if (!this.populations) return;
    const { left, top, width, height } = this.box;
    const axis = this.populations.axes[this.xAxis];
    const paint = lineColours(this.element);
    context.lineWidth = 1.25;
    this.populations.losses.forEach((losses, number) => {
      const slot = number + FIRST_LOOK;
      context.strokeStyle = paint[slot % paint.length]!;
      context.setLineDash(dashesOf(slot));
      const x = (row: number) => left + width * this.xScale.place(axis[row]!);
      strokeLine(context, losses.length, x, (row) => top + height * (1 - yScale.place(losses[row]!)), true);
    });
    context.setLineDash([]);
  }

  /** Where a number of individuals stands, on whatever axis; the end if beyond it. */
  private placeOf(individuals: number, rows: number, x: (row: number) => number): number {
    const { left, width } = this.box;
    if (this.xAxis === "individuals") return left + width * Math.min(1, this.xScale.place(individuals));
    const column = this.table.column("individuals");
    let row = 0;
    while (row < rows - 1 && column(row) < individuals) row++;
    return x(row);
  }

  private drawMarks(
    context: CanvasRenderingContext2D,
    paint: Colours,
    rows: number,
    x: (row: number) => number,
    y: (row: number) => number,
  ): void {
    const individuals = this.table.column("individuals");
    context.fillStyle = paint.surface;
    context.strokeStyle = paint.best;
    context.lineWidth = 1.5;
    let [row, lastX, lastY] = [0, -100, -100];
    for (const mark of this.marks) {
      while (row < rows - 1 && individuals(row) < mark) row++;
      const [markX, markY] = [x(row), y(row)];
      if (Math.hypot(markX - lastX, markY - lastY) < 2 * MARK) continue;
      [lastX, lastY] = [markX, markY];
      context.beginPath();
      context.moveTo(markX, markY - MARK);
      context.lineTo(markX + MARK, markY);
      context.lineTo(markX, markY + MARK);
      context.lineTo(markX - MARK, markY);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }

  private drawReadout(
    context: CanvasRenderingContext2D,
    paint: Colours,
    yScale: Scale,
    width: number,
  ): void {
    const row = this.hover;
    this.readout.hidden = row === undefined || row >= this.table.length;
    if (row === undefined || this.readout.hidden) return;
    const { left, top, height } = this.box;
    const at = this.readRow(row);
    const x = Math.round(left + this.box.width * this.xScale.place(at[this.xAxis])) + 0.5;
    context.strokeStyle = paint.muted;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + height + this.lane.height);
    context.stroke();
    context.fillStyle = paint.best;
    context.beginPath();
    context.arc(x, top + height * (1 - yScale.place(1 - at.best)), 3.5, 0, 2 * Math.PI);
    context.fill();
    const line = (name: string, value: string) =>
      h("div", {}, h("span", {}, name), h("b", {}, value));
    const band = (low: number, high: number) => `${fitness(low)} – ${fitness(high)}`;
    this.readout.replaceChildren(
      line("Individuals", short(at.individuals)),
      ...(this.xAxis === "individuals"
        ? []
        : [line(X_AXES[this.xAxis].title, X_AXES[this.xAxis].label(at[this.xAxis]))]),
      line("Best so far", fitness(at.best)),
      line("Median", fitness(at.median)),
      line("25–75 %", band(at.q25, at.q75)),
      line("5–95 %", band(at.q05, at.q95)),
      ...(Number.isNaN(at.failed) ? [] : [line("Failed", percent(at.failed, 1))]),
    );
    const room = this.readout.offsetWidth + 14;
    this.readout.style.transform = `translate(${x + room > width ? x - room : x + 12}px, ${top + height - this.readout.offsetHeight - 8}px)`;
  }
}
