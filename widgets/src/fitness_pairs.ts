// The fitness of two programs, task by task: a line from before to after.

import { h, setText } from "./dom";
import { fitness } from "./format";
import { rove } from "./rove";
import { linearScale, ninesLabel, type Scale } from "./scales";

export interface Fitness {
  state: "none" | "computing" | "failed" | "done";
  message?: string;
  metric: string;
  names: string[];
  before: number[];
  after: number[];
  stopped: [number[], number[]];
  mean: [number, number];
  median: [number, number];
  better: number;
  worse: number;
}

interface Line {
  name: string;
  before: number;
  after: number;
  note: string;
}

/** More lines than this are thinned out evenly; the table has them all. */
const LINES = 200;
const METRICS: Record<string, string> = { rmse: "Fitness comes from the root mean square error", accuracy: "Fitness is the accuracy" };

export class FitnessPairs {
  readonly element: HTMLElement;
  private readonly facts = h("p", { class: "wb-pairs-facts" });
  private readonly legend = h("ul", { class: "wb-legend", "aria-label": "Legend" });
  private readonly axis = h("div", { class: "wb-pairs-axis", "aria-hidden": "true" });
  private readonly list = h("ol", { class: "wb-pairs-rows", "aria-label": "Fitness of each task" });
  private readonly note = h("p", { class: "wb-note" });
  private readonly tableBody = h("div", {});
  private readonly table = h("details", { class: "wb-pairs-table wb-more" }, h("summary", { "data-key": "pairs-table" }, "As a table"), this.tableBody);
  private readonly chart: HTMLElement;
  private readonly reach: () => void;
  private fitness: Fitness | undefined;
  private titles: [string, string] = ["Before", "After"];

  constructor(signal: AbortSignal) {
    this.chart = h("div", { class: "wb-pairs-chart" }, this.axis, this.list);
    this.element = h(
      "div",
      { class: "wb-pairs", role: "group", "aria-label": "Fitness before and after" },
      h("h4", {}, "Fitness"),
      this.facts,
      this.legend,
      this.chart,
      this.note,
      this.table,
    );
    this.reach = rove(this.list, ".wb-pair", signal);
    this.table.addEventListener("toggle", () => this.fillTable(), { signal });
  }

  show(given: Fitness, titles: [string, string], link: string): void {
    this.titles = titles;
    this.element.hidden = given.state === "none";
    const done = given.state === "done";
    this.legend.hidden = this.chart.hidden = this.table.hidden = !done;
    this.fitness = done ? given : undefined;
    this.note.classList.toggle("wb-pairs-failed", given.state === "failed");
    if (!done) {
      setText(this.note, waiting(given, link));
      setText(this.facts, "");
      return;
    }
    setText(this.facts, summary(given));
    this.legend.replaceChildren(
      h("li", {}, h("i", { class: "wb-pair-before", "aria-hidden": "true" }), titles[0]),
      h("li", {}, h("i", { class: "wb-pair-after", "data-way": "up", "aria-hidden": "true" }), `${titles[1]}, the tip shows the way it went`),
    );
    this.draw(given);
    this.fillTable();
  }

  private draw(given: Fitness): void {
    const all = lines(given);
    const step = Math.max(1, all.length / LINES);
    const shown = Array.from({ length: Math.min(all.length, LINES) }, (_, i) => all[Math.floor(i * step)]!);
    const sums: Line[] = [
      { name: "Mean", before: given.mean[0], after: given.mean[1], note: "" },
      { name: "Median", before: given.median[0], after: given.median[1], note: "" },
    ];
    const { scale, title } = axisOf([...given.before, ...given.after]);
    this.axis.replaceChildren(
      h("span", { class: "wb-pairs-title" }, title),
      h("div", { class: "wb-pairs-ticks" }, ...scale.ticks.map(({ value, label }) => h("span", { style: place(scale, value) }, label))),
      h("span", { class: "wb-pairs-change" }, "Change"),
    );
    const grid = scale.ticks.map(({ value }) => h("i", { class: "wb-pairs-grid", style: place(scale, value) }));
    this.list.replaceChildren(...sums.map((line) => row(line, scale, grid, true)), ...shown.map((line) => row(line, scale, grid, false)));
    const thinned = shown.length < all.length ? ` ${shown.length} of the ${all.length} tasks are drawn, evenly from best to worst.` : "";
    setText(this.note, `Tasks in the order of their gain. ${METRICS[given.metric] ?? "Fitness"}; 1 is best.${thinned}`);
    this.reach();
  }

  private fillTable(): void {
    if (!this.table.open || !this.fitness) return;
    const cells = (tag: "th" | "td", texts: string[]) => h("tr", {}, ...texts.map((text) => h(tag, tag === "th" ? { scope: "col" } : {}, text)));
    this.tableBody.replaceChildren(
      h(
        "table",
        {},
        h("thead", {}, cells("th", ["Task", ...this.titles, "Change"])),
        h(
          "tbody",
          {},
          ...lines(this.fitness).map((line) => cells("td", [line.name, fitness(line.before), fitness(line.after), gain(line)])),
        ),
      ),
    );
  }
}

/** "Better on 8 of 10 tasks, worse on 1. Mean 0.8123 → 0.9345, median ...". */
export function summary({ after, better, worse, mean, median, stopped }: Fitness): string {
  const same = after.length - better - worse;
  const counts = [better > 0 && `better on ${better}`, worse > 0 && `worse on ${worse}`, same > 0 && `the same on ${same}`].filter(Boolean).join(", ");
  const of = `${after.length} task${after.length === 1 ? "" : "s"}`;
  const sums = `Mean ${fitness(mean[0])} → ${fitness(mean[1])}, median ${fitness(median[0])} → ${fitness(median[1])}`;
  const cuts = stopped.map((tasks, i) => tasks.length > 0 && `${tasks.length} ${["before", "after"][i]}`).filter(Boolean).join(" and ");
  return `${sums}. Of ${of}: ${counts}.${cuts && ` Training was cut short on ${cuts}.`}`;
}

function waiting({ state, message }: Fitness, link: string): string {
  if (state === "failed") return `The fitness is not known: ${message ?? ""}`;
  if (link === "none") return "The fitness was still being evaluated. Run the cell to know it.";
  return "Both programs are being evaluated. A line for each task will show its fitness before and after.";
}

/** Largest gain first. */
function lines({ names, before, after, stopped }: Fitness): Line[] {
  const [was, is] = stopped.map((all) => new Set(all));
  return before
    .map((value, i) => {
      const cut = [was!.has(i) && "before", is!.has(i) && "after"].filter(Boolean).join(" and ");
      return { name: names[i] || `Task ${i + 1}`, before: value, after: after[i]!, note: cut && `Training was cut short ${cut}.` };
    })
    .sort((a, b) => b.after - b.before - (a.after - a.before));
}

function gain({ before, after }: Line): string {
  const change = after - before;
  if (change === 0) return "same";
  const size = Math.abs(change);
  return `${change > 0 ? "+" : "−"}${size >= 0.001 ? size.toFixed(4) : size.toExponential(1).replace("-", "−")}`;
}

function row(line: Line, scale: Scale, grid: HTMLElement[], sum: boolean): HTMLElement {
  const { name, before, after, note } = line;
  const [x, to] = [scale.place(before), scale.place(after)];
  const way = after > before ? "up" : after < before ? "down" : "same";
  const said = { up: `better by ${gain(line).slice(1)}`, down: `worse by ${gain(line).slice(1)}`, same: "the same" }[way];
  const text = `${name}: ${fitness(before)} before, ${fitness(after)} after, ${said}.${note ? ` ${note}` : ""}`;
  return h(
    "li",
    { class: sum ? "wb-pair wb-pair-sum" : "wb-pair", "data-row": "", "data-way": way, tabindex: -1, title: text },
    h("span", { class: "wb-hidden" }, text),
    h("span", { class: "wb-pair-name", "aria-hidden": "true" }, name),
    h(
      "span",
      { class: "wb-pair-track", "aria-hidden": "true" },
      ...grid.map((one) => one.cloneNode()),
      h("i", { class: "wb-pair-line", style: `left:${percent(Math.min(x, to))};width:${percent(Math.abs(to - x))}` }),
      h("i", { class: "wb-pair-before", style: `left:${percent(x)}` }),
      h("i", { class: "wb-pair-after", "data-way": way, style: `left:${percent(to)}` }),
    ),
    h("span", { class: "wb-pair-gain", "aria-hidden": "true" }, gain(line)),
  );
}

/** The axis that holds all values; where all come near 1, each nine gets the same room. */
function axisOf(values: number[]): { scale: Scale; title: string } {
  const loss = (value: number) => Math.max(1e-12, 1 - value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low >= 0.9 && loss(low) > 20 * loss(high)) {
    const nines = (value: number) => -Math.log10(loss(value));
    const [from, to] = [Math.floor(nines(low)), Math.ceil(nines(high))];
    const every = Math.ceil((to - from) / 5);
    const ticks = [];
    for (let n = from; n <= to; n += every) ticks.push({ value: 1 - 10 ** -n, label: ninesLabel(n) });
    return { scale: { place: (value) => (nines(value) - from) / (to - from), ticks }, title: "Fitness (near 1)" };
  }
  const room = 0.04 * (high - low || 0.1);
  const [from, to] = [Math.max(0, low - room), Math.min(1, high + room)];
  return { scale: linearScale(from, to, 5, (value) => String(Number(value.toPrecision(6)))), title: "Fitness" };
}

function place(scale: Scale, value: number): string {
  return `left:${percent(scale.place(value))}`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`;
}
