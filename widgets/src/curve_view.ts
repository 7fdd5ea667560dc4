// The curve with its legend and axis choices.

import type { Channel } from "./channel";
import { Curve, X_AXES, type XAxis, type YAxis } from "./curve";
import { h, setAttributes } from "./dom";
import { fitness, short } from "./format";
import { segmented } from "./segmented";
import { Timeline } from "./timeline";

export interface CurveState {
  xAxis: XAxis;
  yAxis: YAxis;
}

const TABLE_ROWS = 12;
const TABLE_MS = 1000;

export class CurveView {
  readonly element: HTMLElement;
  readonly curve: Curve;
  private readonly timeline: Timeline;
  private readonly table: HTMLDetailsElement;
  private readonly tableBody = h("div", {});
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
        h("label", { class: "wb-axis" }, "against ", axis),
      ),
      legend(),
      this.curve.element,
      this.timeline.element,
      this.table,
    );
  }

  update(): void {
    this.fillTableSoon();
    this.curve.marks = (this.channel.part("marks").individuals ?? []) as number[];
    this.curve.emptyText =
      this.channel.part("state").status === "preparing"
        ? "Compiling the engine: up to a minute, once after an update."
        : this.channel.part("state").status === "ready"
          ? "The curve appears here when the search starts."
          : "The curve begins after the first few hundred individuals.";
    this.timeline.update();
    this.curve.redraw();
    setAttributes(this.curve.element.firstElementChild!, { "aria-label": this.curve.describe() });
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
        h("thead", {}, row("th", ["Individuals", "Best", "Median", "5 %", "95 %"])),
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
            ]);
          }),
        ),
      ),
    );
  }
}

function legend(): HTMLElement {
  const item = (kind: string, text: string) =>
    h("li", {}, h("i", { class: `wb-key wb-key-${kind}` }), text);
  return h(
    "ul",
    { class: "wb-legend", "aria-label": "Legend" },
    item("best", "best so far"),
    item("mark", "new best"),
    item("find", "discovery"),
    item("median", "population median"),
    item("inner", "25–75 %"),
    item("outer", "5–95 %"),
  );
}
