// Learning curves of two programs: the median over tasks in a band of quartiles.

import { h, setAttributes, setText } from "./dom";
import { short } from "./format";
import { numeral } from "./numbers";
import { linearScale, wholeStep, type Scale } from "./scales";
import { fitted, label, node } from "./svg";
import type { Band, Learning } from "./what_if_parts";

export type LossAxis = "log" | "linear";

const HEIGHT = 230;
const LEFT = 70;
const RIGHT = 16;
const TOP = 8;
const BOTTOM = 36;
const TITLES = {
  rmse: "Validation error (RMSE)",
  accuracy: "Mistakes in validation (share)",
};
const HINT = "Point, or use the arrow keys, to read values.";
const TABLE_ROWS = 11;

export class LearningChart {
  readonly element: HTMLElement;
  axis: LossAxis = "log";
  private readonly svg = node("svg", { class: "wb-chart wb-learning", role: "img", height: HEIGHT, tabindex: 0 });
  private readonly room = h("div", {});
  private readonly said = h("p", { class: "wb-note wb-learning-read", "aria-live": "polite" }, HINT);
  private readonly table = h("details", { class: "wb-curve-table" }, h("summary", { "data-key": "learning-table" }, "Curves as a table"));
  private readonly body = h("div", {});
  private readonly redrawNow: () => void;
  private learning: Learning | undefined;
  private at: number | undefined;
  private x: (i: number) => number = () => 0;

  constructor(signal: AbortSignal) {
    this.room.append(this.svg);
    this.table.append(this.body);
    this.element = h("div", { class: "wb-learning-chart" }, this.said, this.room, this.table);
    this.redrawNow = fitted(this.room, this.svg, (width) => this.draw(width), signal);
    const on = (name: string, action: (event: Event) => void) => this.svg.addEventListener(name, action, { signal });
    on("pointermove", (event) => this.point(this.nearest((event as PointerEvent).clientX)));
    on("pointerleave", () => this.point(undefined));
    on("blur", () => this.point(undefined));
    on("keydown", (event) => this.onKey(event as KeyboardEvent));
    this.table.addEventListener("toggle", () => this.fillTable(), { signal });
  }

  show(learning: Learning): void {
    this.learning = learning;
    this.redraw();
    this.fillTable();
  }

  redraw(): void {
    this.redrawNow();
    if (this.at !== undefined) this.point(this.at);
  }

  private onKey(event: KeyboardEvent): void {
    const last = (this.learning?.examples.length ?? 1) - 1;
    const from = this.at ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.point(Math.max(0, Math.min(last, to)));
  }

  private nearest(clientX: number): number | undefined {
    const count = this.learning?.examples.length ?? 0;
    if (!count) return undefined;
    const here = clientX - this.svg.getBoundingClientRect().left;
    let best = 0;
    for (let i = 1; i < count; i++) if (Math.abs(this.x(i) - here) < Math.abs(this.x(best) - here)) best = i;
    return best;
  }

  private point(i: number | undefined): void {
    this.at = i;
    this.svg.querySelector(".wb-chart-here")?.remove();
    const { learning } = this;
    if (i === undefined || !learning) {
      setText(this.said, HINT);
      return;
    }
    const x = this.x(i);
    this.svg.append(node("path", { class: "wb-chart-here", d: `M${x} ${TOP}V${HEIGHT - BOTTOM}` }));
    const read = (band: Band) => (band.median[i] == null ? "cut short" : `${numeral(Number(band.median[i]!.toPrecision(4)))} (${spoken(band.low[i])} to ${spoken(band.high[i])})`);
    setText(this.said, `After ${learning.examples[i]!.toLocaleString("en")} examples: original ${read(learning.original)}, edited ${read(learning.edited)}`);
  }

  private draw(width: number): void {
    const { learning } = this;
    if (!learning) return;
    setAttributes(this.svg, { viewBox: `0 0 ${width} ${HEIGHT}` });
    const [bottom, right] = [HEIGHT - BOTTOM, width - RIGHT];
    const total = learning.examples.at(-1) ?? 1;
    const xs = linearScale(0, total, Math.max(2, width / 110), short, wholeStep);
    const ys = lossScale(learning, this.axis);
    this.x = (i) => LEFT + xs.place(learning.examples[i]!) * (right - LEFT);
    const y = (value: number) => bottom - Math.max(0, Math.min(1, ys.place(value))) * (bottom - TOP);
    const parts: Node[] = [];
    for (const tick of ys.ticks) {
      parts.push(node("path", { class: "wb-chart-grid", d: `M${LEFT} ${y(tick.value)}H${right}` }));
      parts.push(label(LEFT - 6, y(tick.value) + 4, "end", tick.label));
    }
    for (const tick of xs.ticks) {
      const here = LEFT + xs.place(tick.value) * (right - LEFT);
      parts.push(label(here, bottom + 15, here > right - 12 ? "end" : "middle", tick.label));
    }
    parts.push(label(LEFT + (right - LEFT) / 2, HEIGHT - 4, "middle", "Training examples seen"));
    const title = label(0, 0, "middle", TITLES[learning.measure]);
    setAttributes(title, { transform: `translate(11 ${TOP + (bottom - TOP) / 2}) rotate(-90)` });
    parts.push(title);
    for (const name of ["original", "edited"] as const) parts.push(...this.band(learning[name], name, y));
    this.svg.replaceChildren(...parts);
    setAttributes(this.svg, { "aria-label": describe(learning) });
  }

  private band(band: Band, name: string, y: (value: number) => number): Node[] {
    const areas = runs(band.low, band.high).map((run) => {
      const top = run.map((i) => `${this.x(i).toFixed(1)} ${y(band.high[i]!).toFixed(1)}`);
      const bottom = [...run].reverse().map((i) => `${this.x(i).toFixed(1)} ${y(band.low[i]!).toFixed(1)}`);
      return node("path", { class: `wb-band wb-band-${name}`, d: `M${[...top, ...bottom].join("L")}Z` });
    });
    const d = runs(band.median, band.median)
      .map((run) => `M${run.map((i) => `${this.x(i).toFixed(1)} ${y(band.median[i]!).toFixed(1)}`).join("L")}`)
      .join("");
    return [...areas, node("path", { class: `wb-median wb-median-${name}`, d: d || "M0 0" })];
  }

  private fillTable(): void {
    const { learning } = this;
    if (!this.table.open || !learning) return;
    const last = learning.examples.length - 1;
    const count = Math.min(TABLE_ROWS, last + 1);
    const picks = [...new Set(Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(1, count - 1))))];
    const row = (tag: "th" | "td", cells: string[]) => h("tr", {}, ...cells.map((cell) => h(tag, tag === "th" ? { scope: "col" } : {}, cell)));
    this.body.replaceChildren(
      h(
        "table",
        {},
        h("thead", {}, row("th", ["Examples", "Original", "25 to 75 %", "Edited", "25 to 75 %"])),
        h("tbody", {}, ...picks.map((i) => row("td", [short(learning.examples[i]), ...cells(learning.original, i), ...cells(learning.edited, i)]))),
      ),
    );
  }
}

function cells(band: Band, i: number): string[] {
  return [spoken(band.median[i]), `${spoken(band.low[i])} to ${spoken(band.high[i])}`];
}

function spoken(value: number | null | undefined): string {
  return value == null ? "∞" : numeral(Number(value.toPrecision(4)));
}

/** Stretches in which both are numbers. */
function runs(low: (number | null)[], high: (number | null)[]): number[][] {
  const found: number[][] = [[]];
  low.forEach((value, i) => {
    if (value !== null && high[i] !== null) found.at(-1)!.push(i);
    else if (found.at(-1)!.length) found.push([]);
  });
  return found.filter((run) => run.length > 0);
}

export function describe({ examples, measure, original, edited }: Learning): string {
  const end = (band: Band) => (band.median.at(-1) == null ? "training cut short" : numeral(Number(band.median.at(-1)!.toPrecision(4))));
  return `${TITLES[measure]} against training examples, median over tasks. After all ${examples.at(-1)}: original ${end(original)}, edited ${end(edited)}.`;
}

/** Decades with room for what is drawn, or from 0. */
export function lossScale(learning: Learning, axis: LossAxis): Scale {
  const values = [learning.original, learning.edited].flatMap((band) => [...band.low, ...band.median, ...band.high]);
  const finite = values.filter((value): value is number => value !== null);
  const positive = finite.filter((value) => value > 1e-15);
  const high = Math.max(...finite, 1e-12);
  if (axis === "linear" || positive.length === 0) return linearScale(0, high * 1.04, 5, numeral);
  const low = Math.max(Math.min(...positive), high * 1e-12);
  const [from, to] = [Math.log10(low) - 0.04, Math.log10(high) + 0.04];
  const span = Math.max(to - from, 0.2);
  return { place: (value) => (Math.log10(Math.max(value, 1e-300)) - from) / span, ticks: logTicks(from, from + span) };
}

/** Short enough to stand beside the axis: 10⁻⁶, not 1.000e−6. */
function decadeLabel(value: number): string {
  const decade = Math.round(Math.log10(value));
  if (value >= 1e-4 && value < 1e6) return numeral(value);
  const factor = Number((value / 10 ** decade).toPrecision(2));
  const power = `10${[...String(decade)].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("")}`;
  return factor === 1 ? power : `${factor} × ${power}`;
}

function logTicks(from: number, to: number): { value: number; label: string }[] {
  const span = to - from;
  const factors = span < 0.5 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : span < 1.3 ? [1, 2, 5] : span < 2.5 ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil(span / 7));
  const ticks = [];
  for (let decade = Math.floor(from); decade <= Math.ceil(to); decade++) {
    if (decade % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** decade;
      const at = Math.log10(value);
      if (at >= from - 1e-9 && at <= to + 1e-9) ticks.push({ value, label: decadeLabel(value) });
    }
  }
  return ticks;
}
