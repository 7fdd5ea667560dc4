// A few lines over the steps of an episode, with where the reader stands; a click goes there.

import { h, setAttributes, setText } from "./dom";
import { dashesOf } from "./line_styles";
import { short } from "./format";
import { numeral } from "./numbers";
import { linearScale, wholeStep } from "./scales";
import { fitted, label, node } from "./svg";

export interface StepLine {
  name: string;
  slot: number;
  /** One value a step; the first belongs to `first`. */
  values: Float32Array;
  faint?: boolean;
}

export interface StepData {
  lines: StepLine[];
  /** The step of the first value: 0 before the first example, 1 with it. */
  first: number;
  steps: number;
  /** Ends of the vertical axis; what is not given follows the values. */
  low?: number;
  high?: number;
  /** Levels worth a dashed line, such as chance. */
  levels?: { value: number; name: string }[];
  frozen?: number | null;
  /** Steps from one value to the next, 1 without; and what the axis counts. */
  every?: number;
  xTitle?: string;
}

const HEIGHT = 132;
const LEFT = 42;
const RIGHT = 16;
const TOP = 8;
const BOTTOM = 32;

export class StepChart {
  readonly element: HTMLElement;
  private readonly svg = node("svg", { class: "wb-step-chart", role: "img", height: HEIGHT }) as SVGSVGElement;
  private readonly legend = h("span", { class: "wb-step-legend" });
  private readonly redraw: () => void;
  private data: StepData = { lines: [], first: 0, steps: 0 };
  private here = 0;
  private width = 0;

  constructor(
    readonly title: string,
    private readonly unit: string,
    go: ((step: number) => void) | undefined,
    signal: AbortSignal,
    help = "",
  ) {
    const room = h("div", {}, this.svg);
    this.element = h("figure", { class: "wb-step-figure", title: help }, h("figcaption", {}, h("b", {}, title), unit && h("span", { class: "wb-note" }, unit), this.legend), room);
    this.redraw = fitted(
      room,
      this.svg,
      (width) => {
        this.width = width;
        this.draw();
      },
      signal,
    );
    this.svg.classList.toggle("wb-step-still", !go);
    this.svg.addEventListener(
      "click",
      (event) => {
        const x = event.clientX - this.svg.getBoundingClientRect().left;
        const share = (x - LEFT) / Math.max(1, this.width - LEFT - RIGHT);
        go?.(Math.max(0, Math.min(this.data.steps, Math.round(share * this.data.steps))));
      },
      { signal },
    );
  }

  show(data: StepData, here: number): void {
    const before = this.data;
    this.data = data;
    this.here = here;
    if (data === before) return this.drawHere();
    this.legend.replaceChildren(...(data.lines.length > 1 ? data.lines.filter(({ faint }) => !faint).map((line) => key(line)) : []));
    this.redraw();
  }

  /** Where the axis begins: at 0, but with the first value where nothing comes before. */
  private get from(): number {
    return this.data.xTitle && !this.data.every ? this.data.first : 0;
  }

  private x(step: number): number {
    return LEFT + ((step - this.from) / Math.max(1, this.data.steps - this.from)) * (this.width - LEFT - RIGHT);
  }

  private draw(): void {
    const { lines, first, steps, levels = [], frozen, every = 1 } = this.data;
    setAttributes(this.svg, { viewBox: `0 0 ${this.width} ${HEIGHT}` });
    const [low, high] = this.span();
    const scale = linearScale(low, high, 3, tick);
    const bottom = HEIGHT - BOTTOM;
    const y = (value: number) => bottom - scale.place(value) * (bottom - TOP);
    const parts: Node[] = [];
    if (frozen !== null && frozen !== undefined) {
      const from = this.x(frozen);
      parts.push(node("rect", { class: "wb-step-frozen", x: from, y: TOP, width: Math.max(0, this.x(steps) - from), height: bottom - TOP }));
    }
    for (const tick of scale.ticks) {
      parts.push(node("path", { class: "wb-step-grid", d: `M${LEFT} ${y(tick.value)}H${this.width - RIGHT}` }));
      parts.push(label(LEFT - 6, y(tick.value) + 4, "end", tick.label));
    }
    for (const { value, name } of levels) {
      parts.push(node("path", { class: "wb-step-level", d: `M${LEFT} ${y(value)}H${this.width - RIGHT}` }));
      parts.push(label(this.width - RIGHT, y(value) - 3, "end", name));
    }
    for (const { value, label: words } of linearScale(this.from, Math.max(1, steps), Math.max(2, this.width / 70), short, wholeStep).ticks) {
      parts.push(label(this.x(value), bottom + 14, "middle", words));
    }
    parts.push(label((LEFT + this.width - RIGHT) / 2, HEIGHT - 4, "middle", this.data.xTitle ?? "Examples seen"));
    for (const line of lines) {
      const points = [...line.values].flatMap((value, i) => (Number.isFinite(value) ? [`${this.x(first + i * every).toFixed(1)} ${y(value).toFixed(1)}`] : []));
      parts.push(
        node("path", {
          class: line.faint ? "wb-step-line wb-step-faint" : "wb-step-line",
          d: points.length ? `M${points.join("L")}` : "M0 0",
          "stroke-dasharray": dashesOf(line.slot).join(" "),
          style: `stroke: var(--wb-line-${line.slot % 8})`,
        }),
      );
    }
    this.svg.replaceChildren(...parts);
    this.drawHere();
  }

  private drawHere(): void {
    this.svg.querySelector(".wb-step-here")?.remove();
    setAttributes(this.svg, { "aria-label": this.describe() });
    if (this.here < 0) return;
    const x = this.x(this.here);
    const bottom = HEIGHT - BOTTOM;
    const [low, high] = this.span();
    const group = node("g", { class: "wb-step-here" }, node("path", { d: `M${x} ${TOP - 4}V${bottom}` }));
    for (const { values, slot, faint } of this.data.lines) {
      const value = values[this.here - this.data.first];
      if (faint || value === undefined || !Number.isFinite(value)) continue;
      const y = bottom - ((value - low) / (high - low)) * (bottom - TOP);
      group.append(node("circle", { cx: x, cy: y.toFixed(1), r: 3.5, style: `fill: var(--wb-line-${slot % 8})` }));
    }
    this.svg.append(group);
  }

  private span(): [number, number] {
    let [low, high] = [this.data.low ?? Infinity, this.data.high ?? -Infinity];
    for (const { values } of this.data.lines) {
      for (const value of values) {
        if (!Number.isFinite(value)) continue;
        if (this.data.low === undefined) low = Math.min(low, value);
        if (this.data.high === undefined) high = Math.max(high, value);
      }
    }
    if (!Number.isFinite(low)) low = 0;
    if (!(high > low)) high = low + 1;
    return [low, high];
  }

  private describe(): string {
    const { lines, first } = this.data;
    const told = lines.filter(({ faint }) => !faint).map(({ name, values }) => {
      const value = this.here < 0 ? undefined : values[this.here - first];
      const now = value === undefined ? "" : `, now ${numeral(Number(value.toPrecision(3)))}`;
      return `${name} from ${numeral(Number((values[0] ?? NaN).toPrecision(3)))} to ${numeral(Number((values.at(-1) ?? NaN).toPrecision(3)))}${now}`;
    });
    return `${this.title}${this.unit ? ` (${this.unit})` : ""} over ${(this.data.xTitle ?? "Examples seen").toLowerCase()}: ${told.join("; ") || "nothing to show"}.`;
  }
}

/** A number in the little room left of an axis. */
export function tick(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(1).replace(".0e", "e").replace("e+", "e").replace(/-/g, "\u2212");
  return numeral(value);
}

function key({ name, slot }: StepLine): HTMLElement {
  const line = node("path", { d: "M1 5H21", fill: "none", "stroke-width": 2.2, "stroke-dasharray": dashesOf(slot).join(" "), style: `stroke: var(--wb-line-${slot % 8})` });
  const words = h("span", {});
  setText(words, name);
  return h("span", { class: "wb-step-key" }, node("svg", { viewBox: "0 0 22 10", width: 22, height: 10, "aria-hidden": "true" }, line), words);
}
