// The curves of trainings side by side, and a table of where they stand.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { short } from "./format";
import { swatch } from "./line_styles";
import { ManyCurves } from "./many_curves";
import type { Line } from "./many_lines";
import { unpackFloats } from "./numbers";
import { segmented } from "./segmented";
import { StepChart, type StepData } from "./step_chart";
import { StepTable } from "./step_table";

type Measure = "score" | "valid";

export interface TrainingLine {
  key: string;
  label: string;
  steps: string;
  loss: string;
  score: string;
  valid: string;
  change: string;
  gradient: string;
  byShot: string;
  rates: string;
  rateNames: string[];
  left: number | null;
  every: number;
}

const STATUS: Record<string, string> = { ready: "ready", preparing: "compiling", running: "running", paused: "paused", stopping: "stopping", stopped: "stopped", finished: "finished", failed: "failed" };

export class TrainingView {
  readonly element: HTMLElement;
  readonly curves: ManyCurves;
  private readonly legend = h("ul", { class: "wb-lines", "aria-label": "Lines" });
  private readonly table = h("div", { class: "wb-scroll-x wb-training-table", role: "region", tabindex: 0, "aria-label": "The trainings", "data-key": "trainings" });
  private readonly plateau = h("p", { class: "wb-note", role: "status" });
  private readonly charts: Record<"loss" | "shots" | "change" | "gradient" | "rates", StepChart>;
  private readonly numbers: StepTable;
  private measure: Measure = "score";
  private seen: unknown;
  private seenRuns: unknown;

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    this.curves = new ManyCurves(() => {}, signal);
    const choice = segmented<Measure>(
      "Accuracy on which episodes",
      [
        { value: "score", label: "training", help: "Means over the episodes of the steps between two points" },
        { value: "valid", label: "validation", help: "The same episodes each time" },
      ],
      this.measure,
      (value) => {
        this.measure = value;
        this.seen = undefined;
        this.update();
      },
      signal,
    );
    this.charts = {
      loss: new StepChart("Loss", "nats", undefined, signal),
      shots: new StepChart("Accuracy against shots", "in validation", undefined, signal, "How much each further example of a class helps, within an episode"),
      change: new StepChart("Self-modification", "norm of an episode's changes", undefined, signal, "How far an episode moves the matrices from where it found them"),
      gradient: new StepChart("Gradient", "norm before clipping", undefined, signal, "Means over the steps between two points. Far above the clip: a smaller learning rate may help"),
      rates: new StepChart("Rates it gives itself", "means in validation", undefined, signal),
    };
    this.numbers = new StepTable("Curves as tables", "training-table", signal);
    this.element = h(
      "section",
      { class: "wb-training", "aria-label": "Training" },
      h(
        "div",
        { class: "wb-training-main" },
        h("div", { class: "wb-training-curve" }, h("div", { class: "wb-bar" }, h("h4", {}, "Accuracy"), choice), this.legend, this.curves.element),
        h("div", { class: "wb-training-side" }, this.table, this.plateau),
      ),
      h("div", { class: "wb-micro-charts wb-training-charts" }, ...Object.values(this.charts).map((chart) => chart.element)),
      this.numbers.element,
    );
  }

  update(): void {
    const part = this.channel.part("curves");
    this.element.hidden = !part.lines;
    if (!part.lines) return;
    this.updateTable();
    if (part.revision === this.seen) return;
    this.seen = part.revision;
    const lines = part.lines as TrainingLine[];
    const { curves } = this;
    curves.shown = {
      lines: lines.map((line, slot) => asLine(line, slot, this.measure)).filter(({ length }) => length > 0),
      fitness: false,
      stepped: false,
      x: "steps",
      xTitle: "Steps",
      yTitle: "Share of queries answered rightly",
      levels: levelsOf(part),
      marks: lines.flatMap(({ label, left }, slot) => (left === null ? [] : [{ x: left, name: `${label} leaves chance`, slot }])),
      ends: [0, 1],
    };
    const whole = !curves.zoomedIn;
    curves.span = [0, reach(lines, Number(part.total))];
    if (whole) curves.window = curves.span;
    curves.emptyText = "The first point comes after the update is compiled.";
    setAttributes(curves.element.firstElementChild!, { "aria-label": this.describe(lines) });
    curves.redraw();
    this.legend.replaceChildren(...lines.map(({ label }, slot) => h("li", {}, swatch(slot), h("span", {}, ` ${label}`))));
    const data = trainingCharts(part);
    for (const [name, chart] of Object.entries(this.charts)) {
      chart.element.hidden = !data[name];
      if (data[name]) chart.show(data[name], -1);
    }
    const accuracy = (["score", "valid"] as const).map((measure): [string, StepData] => [measure === "score" ? "Accuracy, training" : "Accuracy, validation", accuracyOf(part, measure)]);
    this.numbers.show([...accuracy.filter(([, { lines: drawn }]) => drawn.length > 0), ...Object.entries(this.charts).flatMap(([name, { title }]): [string, StepData][] => (data[name] ? [[title, data[name]]] : []))]);
    setText(this.plateau, plateauText(lines, Number(part.threshold)));
  }

  private updateTable(): void {
    const part = this.channel.part("runs");
    if (part.revision === this.seenRuns) return;
    this.seenRuns = part.revision;
    const head = ["Model", "", "Steps", "Steps/s", "Training", "Best valid.", "Test"];
    const held = this.channel.part("curves").validOf ?? "";
    const share = (value: unknown) => (typeof value === "number" ? `${(100 * value).toFixed(1)}\u202f%` : "–");
    const rows = ((part.rows ?? []) as Record<string, any>[]).map((row, slot) =>
      h(
        "tr",
        { "data-run": row.kind },
        h("th", { scope: "row" }, swatch(slot, 18), ` ${row.name}`),
        ...[STATUS[row.status] ?? row.status, short(row.steps), row.status === "running" ? short(row.rate) : "–", share(row.score), share(row.best), share(row.final)].map((text) => h("td", {}, text)),
      ),
    );
    this.table.replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "wb-hidden" }, "The trainings: accuracy in training, best in validation, and on held-out classes at the end"),
        h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text || h("span", { class: "wb-hidden" }, "State"))))),
        h("tbody", {}, ...rows),
      ),
      ...(held && rows.length ? [h("p", { class: "wb-note" }, `Validation: ${held}. Test, at the end: classes that occurred nowhere else.`)] : []),
    );
  }

  private describe(lines: TrainingLine[]): string {
    const told = lines.map((line) => {
      const values = unpackFloats(line[this.measure]);
      const last = values.at(-1);
      return last === undefined ? `${line.label} has no point yet` : `${line.label} ${Math.round(100 * last)} %`;
    });
    return `Accuracy against steps, ${this.measure === "score" ? "training" : "validation"} episodes. Now: ${told.join(", ")}. Arrow keys read, plus and minus zoom, 0 shows all.`;
  }
}

function asLine(line: TrainingLine, slot: number, measure: Measure): Line {
  const x = Float64Array.from(unpackFloats(line.steps));
  return { key: line.key, label: line.label, slot, members: 1, length: x.length, x, y: [unpackFloats(line[measure])], going: undefined };
}

function accuracyOf(part: Record<string, any>, measure: Measure): StepData {
  const lines = (part.lines as TrainingLine[]).map((line, slot) => ({ name: line.label, slot, values: unpackFloats(line[measure]) }));
  const every = Number(part.every ?? 1);
  return { lines: lines.filter(({ values }) => values.length > 0), first: every, every, steps: Number(part.total), xTitle: "Steps" };
}

function levelsOf(part: Record<string, any>): { value: number; name: string }[] {
  const levels = [{ value: Number(part.chance), name: "chance" }];
  if (typeof part.neighbour === "number") levels.push({ value: part.neighbour, name: "1-NN on held-out classes" });
  return levels;
}

/** The axis grows with the runs, a little ahead of them. */
export function reach(lines: TrainingLine[], total: number): number {
  const last = Math.max(0, ...lines.map(({ steps }) => unpackFloats(steps).at(-1) ?? 0));
  return Math.max(1, Math.min(total, Math.max(last * 1.25, total / 100)));
}

/** What the small charts draw; none for what has no values yet. */
export function trainingCharts(part: Record<string, any>): Record<string, StepData> {
  const lines = (part.lines ?? []) as TrainingLine[];
  const steps = reach(lines, Number(part.total));
  const every = Number(part.every ?? 1);
  const along = { first: every, every, steps, xTitle: "Steps", low: 0 };
  const of = (what: "loss" | "change" | "gradient") => lines.map((line, slot) => ({ name: line.label, slot, values: unpackFloats(line[what]) })).filter(({ values }) => values.length > 0);
  const data: Record<string, StepData> = {};
  const loss = of("loss");
  if (loss.length) data.loss = { lines: loss, ...along, levels: [{ value: -Math.log(Number(part.chance)), name: "knows nothing" }] };
  const change = of("change").filter(({ values }) => values.some((value) => value > 0));
  if (change.length) data.change = { lines: change, ...along };
  const gradient = of("gradient");
  if (gradient.length) data.gradient = { lines: gradient, ...along };
  const shots = (part.shots ?? []) as number[];
  const byShot = lines.map((line, slot) => ({ name: line.label, slot, values: unpackFloats(line.byShot) })).filter(({ values }) => values.length > 0);
  if (byShot.length && shots.length > 1)
    data.shots = { lines: byShot, first: shots[0]!, steps: shots.at(-1)!, low: 0, high: 1, xTitle: "Examples of each class seen", levels: [{ value: Number(part.chance), name: "chance" }] };
  const own = lines.find(({ rateNames }) => rateNames.length > 0);
  if (own) {
    const rates = unpackFloats(own.rates);
    const count = rates.length / own.rateNames.length;
    data.rates = { lines: own.rateNames.map((name, i) => ({ name, slot: i, values: rates.subarray(i * count, (i + 1) * count) })), ...along, high: 1 };
  }
  return data;
}

export function plateauText(lines: TrainingLine[], threshold: number): string {
  const begun = lines.filter(({ steps }) => steps !== "");
  if (begun.length === 0) return "";
  const share = `${Math.round(100 * threshold)}\u202f%`;
  const told = begun.map(({ label, left }) => (left === null ? `${label} is still on the plateau at chance (below ${share})` : `${label} left the plateau at step ${short(left)}`));
  return `${told.join("; ")}.`;
}
