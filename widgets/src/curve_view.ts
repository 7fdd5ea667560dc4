// The curve with its legend and axis choices.

import { ChangeList, type Change } from "./changes";
import type { Channel } from "./channel";
import { Curve, FIRST_LOOK, X_AXES, type PopulationLines, type XAxis, type YAxis } from "./curve";
import { h, setAttributes, setText } from "./dom";
import { fitness, percent, short } from "./format";
import { swatch } from "./line_styles";
import { segmented } from "./segmented";
import { Timeline } from "./timeline";

export interface CurveState {
  xAxis: XAxis;
  yAxis: YAxis;
  /** Whether each population has a line. */
  populations: boolean;
}

const FAILED = "Individuals whose errors were NaN, infinite or too large on all tasks (where the median of tasks counts: on most), or that went over the budget";
const TABLE_ROWS = 12;
const TABLE_MS = 1000;

export class CurveView {
  readonly element: HTMLElement;
  readonly curve: Curve;
  private readonly timeline: Timeline;
  private readonly table: HTMLDetailsElement;
  private readonly tableBody = h("div", {});
  private readonly changes = new ChangeList();
  private readonly each = h("input", { type: "checkbox", "data-key": "populations" });
  private readonly eachLabel = h("label", { class: "wb-check", title: "The best so far of each population, as a thin line", hidden: true }, this.each, h("span", {}, "Populations"));
  private readonly eachLegend = h("ul", { class: "wb-legend wb-each", "aria-label": "Populations", hidden: true });
  private filling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly state: CurveState,
    signal: AbortSignal,
  ) {
    this.curve = new Curve(channel.table, signal);
    this.curve.xAxis = state.xAxis;
    this.curve.yAxis = state.yAxis;
    this.timeline = new Timeline(channel, this.curve, signal);
    const axis = h(
      "select",
      { "aria-label": "What the horizontal axis counts", "data-key": "x-axis" },
      ...Object.entries(X_AXES).map(([value, { title }]) => h("option", { value }, title)),
    );
    axis.value = state.xAxis;
    axis.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    axis.addEventListener(
      "change",
      () => {
        this.curve.xAxis = this.state.xAxis = axis.value as XAxis;
        this.curve.redraw();
      },
      { signal },
    );
    this.each.checked = state.populations;
    this.each.addEventListener(
      "change",
      () => {
        this.state.populations = this.each.checked;
        this.updatePopulations();
        this.curve.redraw();
        this.fillTable();
      },
      { signal },
    );
    this.table = h(
      "details",
      { class: "wb-curve-table" },
      h("summary", { "data-key": "curve-table" }, "Curve as a table"),
      this.tableBody,
    );
    this.table.addEventListener("toggle", () => this.fillTable(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.filling));
    this.element = h(
      "section",
      { class: "wb-curve-section", "aria-label": "Fitness curve" },
      h(
        "div",
        { class: "wb-bar" },
        h("h4", {}, "Fitness"),
        segmented(
          "Fitness axis",
          [
            { value: "linear", label: "0 – 1", help: "Linear fitness axis" },
            { value: "nines", label: "Near 1", help: "Spread what is close to 1: −log₁₀(1 − fitness)" },
          ],
          state.yAxis,
          (value) => {
            this.curve.yAxis = this.state.yAxis = value;
            this.curve.redraw();
          },
          signal,
        ),
        this.eachLabel,
        h("label", { class: "wb-axis" }, "against ", axis),
      ),
      legend(),
      this.eachLegend,
      this.curve.element,
      this.timeline.element,
      this.changes.element,
      this.table,
    );
  }

  update(): void {
    this.fillTableSoon();
    const { individuals, changes } = this.channel.part("marks");
    this.curve.marks = (individuals ?? []) as number[];
    this.curve.changes = (changes ?? []) as Change[];
    this.changes.update(this.curve.changes);
    this.curve.emptyText =
      this.channel.part("state").status === "preparing"
        ? "Compiling the engine: up to a minute, once after an update."
        : this.channel.part("state").status === "ready"
          ? "The curve appears here when the search starts."
          : "The curve begins after the first few hundred individuals.";
    this.updatePopulations();
    this.timeline.update();
    this.curve.drawNow();
    setAttributes(this.curve.element.firstElementChild!, { "aria-label": this.curve.describe() });
  }

  private updatePopulations(): void {
    const part = this.channel.part("populations");
    const losses = (part.losses ?? []) as number[][];
    this.eachLabel.hidden = losses.length === 0;
    this.curve.populations = this.state.populations && losses.length > 0 ? (part as unknown as PopulationLines) : undefined;
    this.eachLegend.hidden = !this.curve.populations;
    const left = Number(part.of ?? 0) - losses.length;
    const count = losses.length + (left > 0 ? 1 : 0);
    if (this.eachLegend.childElementCount !== count) {
      this.eachLegend.replaceChildren(...losses.map((_, i) => h("li", {}, swatch(i + FIRST_LOOK), `population ${i + 1}`)));
      if (left > 0) this.eachLegend.append(h("li", {}));
    }
    if (left > 0) setText(this.eachLegend.lastElementChild!, `the first ${losses.length} of ${part.of}`);
  }

  /** The open table follows the curve at a pace at which it can be read. */
  private fillTableSoon(): void {
    if (!this.table.open) return;
    this.filling ??= setTimeout(() => {
      this.filling = undefined;
      this.fillTable();
    }, TABLE_MS);
  }

  /** Fill the table that says the curve in numbers. */
  private fillTable(): void {
    if (!this.table.open) return;
    const last = this.channel.table.length - 1;
    const count = Math.min(TABLE_ROWS, last + 1);
    const picks = Array.from({ length: count }, (_, i) =>
      Math.round((i * last) / Math.max(1, count - 1)),
    );
    const row = (tag: "th" | "td", cells: string[]) =>
      h("tr", {}, ...cells.map((cell) => h(tag, tag === "th" ? { scope: "col" } : {}, cell)));
    this.tableBody.replaceChildren(
      h(
        "table",
        {},
        h("thead", {}, row("th", ["Individuals", "Best", "Median", "5 %", "95 %", "Failed"])),
        h(
          "tbody",
          {},
          ...picks.map((pick) => {
            const at = this.curve.readRow(pick);
            return row("td", [
              short(at.individuals),
              fitness(at.best),
              fitness(at.median),
              fitness(at.q05),
              fitness(at.q95),
              Number.isNaN(at.failed) ? "not recorded" : percent(at.failed, 1),
            ]);
          }),
        ),
      ),
      ...this.populationTable(row),
    );
  }

  /** What each population had reached, at a few points of the running time. */
  private populationTable(row: (tag: "th" | "td", cells: string[]) => HTMLElement): HTMLElement[] {
    const lines = this.curve.populations;
    if (!lines) return [];
    const at = lines.axes.individuals;
    const count = Math.min(TABLE_ROWS, at.length);
    const picks = Array.from({ length: count }, (_, i) => Math.round((i * (at.length - 1)) / Math.max(1, count - 1)));
    const head = row("th", ["Individuals", ...lines.losses.map((_, i) => `Population ${i + 1}`)]);
    const body = picks.map((pick) => row("td", [short(at[pick]!), ...lines.losses.map((losses) => fitness(1 - losses[pick]!))]));
    return [h("table", { "aria-label": "Best of each population" }, h("thead", {}, head), h("tbody", {}, ...body))];
  }
}

function legend(): HTMLElement {
  const item = (kind: string, text: string, help?: string) =>
    h("li", { title: help }, h("i", { class: `wb-key wb-key-${kind}` }), text);
  return h(
    "ul",
    { class: "wb-legend", "aria-label": "Legend" },
    item("best", "best so far"),
    item("mark", "new best"),
    item("find", "discovery"),
    item("median", "population median"),
    item("inner", "25–75 %"),
    item("outer", "5–95 %"),
    item("failed", "failed: fitness 0", FAILED),
  );
}
