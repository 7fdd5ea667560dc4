// Fitness of the steps of a lineage against individuals: click or drag to go to a step.

import { h, setAttributes, setText } from "./dom";
import { fitness, short } from "./format";
import { whole, type Lineage } from "./lineage_data";
import { fitnessScale, linearScale, ninesScale, wholeStep, type Scale } from "./scales";
import { node, label as text } from "./svg";

export type FitnessAxis = "linear" | "nines";
export type StepAxis = "individuals" | "steps";

/** Taller where it can be read from the back of the room. */
const HEIGHTS = { usual: 218, wide: 320, from: 1400 };
const LEFT = 66;
const RIGHT = 18;
const TOP = 26;
const BOTTOM = 40;
const MARK = 4.5;
const REACH = 9;

export class LineageChart {
  readonly element: HTMLElement;
  fitnessAxis: FitnessAxis = "linear";
  stepAxis: StepAxis = "individuals";
  private readonly svg = node("svg", { class: "wb-lineage-chart", role: "img" }) as SVGSVGElement;
  /** A picture of its own above the other, so that moving it paints nothing anew. */
  private readonly here = node("svg", { class: "wb-lineage-here", width: 2 * REACH, "aria-hidden": "true" });
  private readonly said = h("p", { class: "wb-chart-said", "aria-hidden": "true" });
  private lineage: Lineage | undefined;
  private path: number[] = [];
  private title = "Individuals";
  private at = 0;
  private width = 0;
  private height = HEIGHTS.usual;
  private places: { x: number; y: number }[] = [];
  private readonly flag = node("path", { class: "wb-lineage-flag", d: `M-5.5 ${TOP - 11}h11l-5.5 8z` });
  private readonly line = node("path", { class: "wb-lineage-rule" });
  private readonly dot = node("path", { class: "wb-lineage-spot", d: "M0-6.5L6.5 0L0 6.5L-6.5 0z" });

  constructor(go: (position: number) => void, changed: () => void, signal: AbortSignal) {
    this.element = h("div", { class: "wb-lineage-chart-room" }, this.said);
    this.element.prepend(this.svg, this.here);
    this.here.append(node("g", { transform: `translate(${REACH} 0)` }, this.line, this.flag, this.dot));
    const size = new ResizeObserver(() => {
      if (Math.round(this.element.clientWidth) === this.width) return;
      this.draw();
      changed();
    });
    size.observe(this.element);
    signal.addEventListener("abort", () => size.disconnect());
    const near = (event: PointerEvent) => this.nearest(event.clientX - this.svg.getBoundingClientRect().left);
    this.svg.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0 || this.path.length === 0) return;
        this.svg.setPointerCapture?.(event.pointerId);
        go(near(event));
      },
      { signal },
    );
    this.svg.addEventListener(
      "pointermove",
      (event) => {
        if (this.path.length === 0) return;
        const position = near(event);
        if (event.buttons & 1) go(position);
        this.say(position);
      },
      { signal },
    );
    this.svg.addEventListener("pointerleave", () => this.say(undefined), { signal });
  }

  show(lineage: Lineage, path: number[], title: string): void {
    this.lineage = lineage;
    this.path = path;
    this.title = title;
    this.draw();
  }

  /** Mark where the reader is: all that moves from step to step. */
  select(position: number): void {
    this.at = position;
    const place = this.places[position];
    if (!place) return;
    this.here.style.transform = `translateX(${(place.x - REACH).toFixed(1)}px)`;
    setAttributes(this.dot, { transform: `translate(0 ${place.y.toFixed(1)})` });
  }

  /** Where a step stands, from the left edge of the chart. */
  x(position: number): number {
    return this.places[position]?.x ?? 0;
  }

  redraw(): void {
    this.draw();
  }

  private say(position: number | undefined): void {
    if (position === undefined || !this.lineage) return setText(this.said, "");
    const step = this.lineage.step(this.path[position]!);
    setText(this.said, `Step ${position + 1}: fitness ${fitness(step.fitness)} at individual ${whole(step.individuals)}`);
  }

  private nearest(x: number): number {
    let [low, high] = [0, this.places.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.places[middle]!.x <= x) low = middle;
      else high = middle;
    }
    return x - this.places[low]!.x < this.places[high]!.x - x ? low : high;
  }

  private draw(): void {
    const { lineage, path } = this;
    const width = Math.round(this.element.clientWidth) || 700;
    this.width = width;
    if (!lineage || lineage.steps.length === 0) return;
    this.height = width < HEIGHTS.from ? HEIGHTS.usual : HEIGHTS.wide;
    const [right, bottom] = [width - RIGHT, this.height - BOTTOM];
    setAttributes(this.svg, { width, height: this.height, viewBox: `0 0 ${width} ${this.height}` });
    setAttributes(this.here, { height: this.height });
    setAttributes(this.line, { d: `M0 ${TOP - 3}V${bottom}` });
    const main = lineage.path(0);
    const onMain = path.at(-1) === main.at(-1);
    const losses = [...path, ...main].map((number) => 1 - lineage.step(number).fitness);
    const yScale = this.fitnessAxis === "linear" ? fitnessScale() : ninesScale(Math.min(...losses, 0.1));
    const y = (loss: number) => bottom - Math.max(0, yScale.place(loss)) * (bottom - TOP);
    const byCount = this.stepAxis === "steps";
    const last = path.length > 0 ? lineage.step(path.at(-1)!).individuals : 1;
    const end = Math.max(1, last, lineage.part.total);
    const count = Math.max(2, (right - LEFT) / 110);
    const xScale = byCount
      ? linearScale(1, Math.max(2, path.length), count, short, wholeStep)
      : linearScale(0, end, count, short, wholeStep);
    const x = (value: number) => LEFT + xScale.place(value) * (right - LEFT);
    const place = (number: number, position: number) => {
      const step = lineage.step(number);
      return { x: x(byCount ? position + 1 : step.individuals), y: y(1 - step.fitness) };
    };
    this.places = path.map(place);

    const parts: Node[] = this.axes(yScale, xScale, x, y, right, bottom);
    if (!onMain && !byCount) {
      parts.push(node("path", { class: "wb-lineage-other", d: stairs(main.map(place), right) }));
    }
    parts.push(node("path", { class: "wb-lineage-line", d: stairs(this.places, byCount || !onMain ? 0 : right) }));
    const marks = (best: boolean) => this.places.filter((_, i) => (lineage.step(path[i]!).event !== undefined) === best);
    parts.push(node("path", { class: "wb-lineage-dots", d: marks(false).map((p) => `M${p.x.toFixed(1)} ${p.y.toFixed(1)}h0`).join("") || "M0 0" }));
    const diamond = `m0-${MARK}l${MARK} ${MARK}l-${MARK} ${MARK}l-${MARK}-${MARK}z`;
    parts.push(node("path", { class: "wb-lineage-marks", d: marks(true).map((p) => `M${p.x.toFixed(1)} ${p.y.toFixed(1)}${diamond}`).join("") || "M0 0" }));
    this.svg.replaceChildren(...parts);
    const [first, final] = [path[0], path.at(-1)];
    setAttributes(this.svg, {
      "aria-label":
        first === undefined || final === undefined
          ? "Fitness of the lineage. Empty."
          : `Fitness of the lineage: from ${fitness(lineage.step(first).fitness)} to ${fitness(lineage.step(final).fitness)} in ${path.length} steps. A click goes to the nearest.`,
    });
    this.select(Math.min(this.at, Math.max(0, path.length - 1)));
  }

  private axes(yScale: Scale, xScale: Scale, x: (value: number) => number, y: (loss: number) => number, right: number, bottom: number): Node[] {
    const parts: Node[] = [text(16, 12, "start", "Fitness (1 is perfect)", "wb-chart-title")];
    for (const tick of yScale.ticks) {
      parts.push(node("path", { class: "wb-chart-grid", d: `M${LEFT} ${Math.round(y(tick.value)) + 0.5}H${right}` }));
      parts.push(text(LEFT - 8, y(tick.value) + 4, "end", tick.label, "wb-chart-tick"));
    }
    for (const tick of xScale.ticks) {
      parts.push(node("path", { class: "wb-chart-grid wb-chart-x", d: `M${Math.round(x(tick.value)) + 0.5} ${bottom}v4` }));
      parts.push(text(x(tick.value), bottom + 17, "middle", tick.label, "wb-chart-tick"));
    }
    const title = this.stepAxis === "steps" ? "Steps that mattered" : this.title;
    parts.push(text((LEFT + right) / 2, this.height - 6, "middle", title, "wb-chart-title"));
    return parts;
  }
}

function stairs(places: { x: number; y: number }[], end: number): string {
  let path = "";
  let before: { x: number; y: number } | undefined;
  for (const place of places) {
    path += before ? `H${place.x.toFixed(1)}V${place.y.toFixed(1)}` : `M${place.x.toFixed(1)} ${place.y.toFixed(1)}`;
    before = place;
  }
  return before && end > before.x ? `${path}H${end}` : path || "M0 0";
}
