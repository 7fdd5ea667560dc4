// What a chart draws, in rows of words, for who would rather read than look.

import { h } from "./dom";
import { rowsOf } from "./step_table";

export class ValueTable {
  readonly element: HTMLElement;
  private readonly details: HTMLDetailsElement;
  private readonly body = h("div", {});
  private values: string[][] = [];

  constructor(
    private readonly name: string,
    key: string,
    private readonly head: string[],
    signal: AbortSignal,
  ) {
    this.details = h("details", { class: "wb-curve-table" }, h("summary", { "data-key": key }, "Curve as a table"), this.body);
    this.details.addEventListener("toggle", () => this.fill(), { signal });
    this.element = h("div", { class: "wb-value-table" }, this.details);
  }

  /** One row for each value, its first cell what it is found by; an open table follows. */
  show(values: string[][]): void {
    this.values = values;
    this.element.hidden = values.length === 0;
    this.fill();
  }

  /** Rows at equal distances where there are many. */
  private fill(): void {
    if (!this.details.open) return;
    this.body.replaceChildren(
      h(
        "table",
        {},
        h("caption", { class: "wb-hidden" }, this.name),
        h("thead", {}, h("tr", {}, ...this.head.map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, ...rowsOf(this.values.length).map((row) => h("tr", {}, ...this.values[row]!.map((text, i) => (i === 0 ? h("th", { scope: "row" }, text) : h("td", {}, text)))))),
      ),
    );
  }
}
