// Fitness of two programs task by task, and the mean difference with its interval.

import { h, setAttributes } from "./dom";
import { fitness } from "./format";
import { numeral } from "./numbers";
import { linearScale, ninesScale, type Scale } from "./scales";
import { fitted, label, node } from "./svg";
import { plain, type Result } from "./what_if_parts";

export type FitnessAxis = "fit" | "nines";

const LEFT = 12;
const RIGHT = 18;
const MOST_ROWS = 80;

export class TaskChart {
  readonly element = h("div", { class: "wb-task-chart" });
  axis: FitnessAxis = "fit";
  private readonly svg = node("svg", { class: "wb-chart", role: "img" });
  private readonly redrawNow: () => void;
  private result: Result | undefined;

  constructor(signal: AbortSignal) {
    this.element.append(this.svg);
    this.redrawNow = fitted(this.element, this.svg, (width) => this.draw(width), signal);
  }

  show(result: Result): void {
    this.result = result;
    this.redrawNow();
  }

  redraw(): void {
    this.redrawNow();
  }

  private draw(width: number): void {
    if (!this.result) return;
    const pairs = pairsOf(this.result);
    const step = Math.max(2.4, Math.min(15, 170 / pairs.length));
    const bottom = 8 + step * pairs.length + 4;
    const height = bottom + 34;
    setAttributes(this.svg, { height, viewBox: `0 0 ${width} ${height}` });
    const room = width - LEFT - RIGHT;
    const { scale, at } = this.scale(pairs, Math.max(4, room / 70));
    const x = (value: number) => LEFT + at(value) * room;
    const parts: Node[] = [];
    const ticks = scale.ticks.filter((tick) => place(scale, tick.value) <= 1.001);
    ticks.forEach((tick, i) => {
      const here = LEFT + place(scale, tick.value) * room;
      parts.push(node("path", { class: "wb-chart-grid", d: `M${here} 4V${bottom}` }));
      const anchor = i === ticks.length - 1 && here > width - 30 ? "end" : "middle";
      parts.push(label(anchor === "end" ? width - 2 : here, bottom + 14, anchor, tick.label));
    });
    parts.push(label(LEFT + room / 2, height - 4, "middle", "Fitness, a task a row"));
    const size = Math.min(4.2, step * 0.42);
    pairs.forEach(({ before, after, task }, i) => {
      const y = 8 + step * (i + 0.5);
      const [from, to] = [x(before), x(after)];
      const way = after > before ? "better" : after < before ? "worse" : "same";
      const title = node("title", {});
      title.textContent = `Task ${task + 1}: original ${fitness(before)}, edited ${fitness(after)}`;
      parts.push(
        node(
          "g",
          { class: `wb-pair wb-pair-${way}` },
          title,
          node("rect", { x: 0, y: y - step / 2, width, height: step, class: "wb-pair-hit" }),
          node("path", { d: `M${from} ${y}H${to}`, class: "wb-pair-line" }),
          node("circle", { cx: from, cy: y, r: size, class: "wb-pair-before" }),
          node("path", { d: diamond(to, y, size), class: "wb-pair-after" }),
        ),
      );
    });
    this.svg.replaceChildren(...parts);
    const { original, edited } = this.result;
    const thinned = pairs.length < original.tasks.length ? ` ${pairs.length} of them are drawn.` : "";
    setAttributes(this.svg, {
      "aria-label": `Fitness on ${original.tasks.length} tasks: original ${range(original.tasks)}, edited ${range(edited.tasks)}.${thinned}`,
    });
  }

  private scale(pairs: { before: number; after: number }[], count: number): { scale: Scale; at: (value: number) => number } {
    const values = pairs.flatMap(({ before, after }) => [before, after]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (this.axis === "nines") {
      const scale = ninesScale(1 - high);
      return { scale, at: (value) => Math.min(1, scale.place(1 - value)) };
    }
    const pad = Math.max((high - low) * 0.06, 1e-9, high === low ? 0.01 : 0);
    const [from, to] = [Math.max(0, low - pad), Math.min(1, high + pad)];
    const scale = linearScale(from, to, count, (value) => String(Number(value.toPrecision(6))));
    return { scale, at: scale.place };
  }
}

/** Ticks of the near-1 axis hold losses, as its `place` takes them. */
function place(scale: Scale, value: number): number {
  return scale.place(value);
}

function pairsOf({ original, edited }: Result): { before: number; after: number; task: number }[] {
  const pairs = original.tasks.map((before, task) => ({ before, after: edited.tasks[task] ?? 0, task }));
  pairs.sort((a, b) => b.before - a.before || a.task - b.task);
  const every = Math.ceil(pairs.length / MOST_ROWS);
  return pairs.filter((_, i) => i % every === 0);
}

function range(values: number[]): string {
  return `${fitness(Math.min(...values))} to ${fitness(Math.max(...values))}`;
}

function diamond(x: number, y: number, size: number): string {
  return `M${x - size} ${y}L${x} ${y - size}L${x + size} ${y}L${x} ${y + size}Z`;
}

/** The mean difference: a point, its interval, and what other tasks gave. */
export class DifferenceChart {
  readonly element = h("div", { class: "wb-difference-chart" });
  private readonly svg = node("svg", { class: "wb-chart", role: "img", height: 58 });
  private readonly redrawNow: () => void;
  private result: Result | undefined;
  private draws: { draw: number; mean: number }[] = [];

  constructor(signal: AbortSignal) {
    this.element.append(this.svg);
    this.redrawNow = fitted(this.element, this.svg, (width) => this.draw(width), signal);
  }

  show(result: Result, draws: { draw: number; mean: number }[], draw: number): void {
    this.result = result;
    this.draws = draws.filter((one) => one.draw !== draw);
    this.redrawNow();
  }

  private draw(width: number): void {
    if (!this.result) return;
    const { mean, headline } = this.result.difference;
    const [low, high] = [plain(this.result.difference.low), plain(this.result.difference.high)];
    const known = [low, high, mean, ...this.draws.map((one) => one.mean)].filter(Number.isFinite);
    const most = Math.max(1e-9, ...known.map(Math.abs)) * 1.12;
    const room = width - LEFT - RIGHT;
    const scale = linearScale(-most, most, Math.max(4, room / 75), (value) => (Math.abs(value) < most * 1e-6 ? "0" : numeral(Number(value.toPrecision(3))).replace(/^(?=\d)/, "+")));
    const x = (value: number) => LEFT + scale.place(value) * room;
    const middle = 14;
    const parts: Node[] = [];
    for (const tick of scale.ticks) {
      const zero = tick.label === "0";
      parts.push(node("path", { class: zero ? "wb-chart-zero" : "wb-chart-grid", d: `M${x(tick.value)} 2V28` }));
      parts.push(label(x(tick.value), 40, "middle", tick.label));
    }
    parts.push(label(LEFT, 54, "start", "← worse"), label(LEFT + room / 2, 54, "middle", "Difference of the mean fitness"), label(width - RIGHT, 54, "end", "better →"));
    for (const one of this.draws) {
      const title = node("title", {});
      title.textContent = `${one.draw === 0 ? "The given tasks" : `Fresh draw ${one.draw}`}: ${numeral(one.mean)}`;
      parts.push(node("circle", { cx: x(one.mean), cy: 24, r: 3, class: "wb-other-draw" }, title));
    }
    if (Number.isFinite(low)) {
      parts.push(node("path", { class: "wb-whisker", d: `M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 5}v10M${x(high)} ${middle - 5}v10` }));
    }
    parts.push(node("path", { class: "wb-pair-after", d: diamond(x(mean), middle, 5) }));
    this.svg.replaceChildren(...parts);
    const others = this.draws.length ? ` On other tasks: ${this.draws.map((one) => numeral(Number(one.mean.toPrecision(3)))).join(", ")}.` : "";
    setAttributes(this.svg, {
      "aria-label": `Difference of the mean fitness: ${headline}${Number.isFinite(low) ? `, 95 % interval ${numeral(Number(low.toPrecision(3)))} to ${numeral(Number(high.toPrecision(3)))}` : ""}.${others}`,
    });
  }
}
