// What small charts draw, in numbers, for who would rather read than look.

import { h } from "./dom";
import { numeral } from "./numbers";
import type { StepData } from "./step_chart";

const ROWS = 24;

export class StepTable {
  readonly element: HTMLElement;
  private readonly details = h("details", { class: "wb-curve-table" });
  private readonly body = h("div", { class: "wb-step-tables" });
  private charts: [string, StepData][] = [];

  constructor(name: string, key: string, signal: AbortSignal) {
    this.details.append(h("summary", { "data-key": key }, name), this.body);
    this.details.addEventListener("toggle", () => this.fill(), { signal });
    this.element = h("div", { class: "wb-step-table" }, this.details);
  }

  /** The charts by title; an open table follows. */
  show(charts: [string, StepData][]): void {
    this.charts = charts;
    this.element.hidden = charts.length === 0;
    this.fill();
  }

  private fill(): void {
    if (!this.details.open) return;
    this.body.replaceChildren(
      ...this.charts.map(([title, data]) => h("div", { class: "wb-scroll-x", role: "region", tabindex: 0, "aria-label": title, "data-key": `table-${title}` }, tableOf(title, data))),
    );
  }
}

function tableOf(title: string, { lines, first, every = 1, xTitle = "Examples seen" }: StepData): HTMLElement {
  const length = Math.max(0, ...lines.map(({ values }) => values.length));
  return h(
    "table",
    {},
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, ...[xTitle, ...lines.map(({ name }, i) => name || `${i + 1}`)].map((text) => h("th", { scope: "col" }, text)))),
    h(
      "tbody",
      {},
      ...rowsOf(length).map((row) =>
        h("tr", {}, h("th", { scope: "row" }, String(first + row * every)), ...lines.map(({ values }) => h("td", {}, row < values.length && Number.isFinite(values[row]!) ? numeral(values[row]!) : "–"))),
      ),
    ),
  );
}

/** Rows at equal distances, the first and the last included; all if they are few. */
export function rowsOf(length: number): number[] {
  if (length <= ROWS) return Array.from({ length }, (_, row) => row);
  return Array.from({ length: ROWS }, (_, i) => Math.round((i * (length - 1)) / (ROWS - 1)));
}
