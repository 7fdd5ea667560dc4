// The graph as a table, for who would rather read than look.

import { h } from "./dom";
import type { GraphNode, Layout } from "./graph_layout";
import { valueText } from "./graph_values";
import { exampleText, lineText, placeOf, reads, type Now } from "./graph_words";
import { isBack } from "./graph_layout";

export class GraphTable {
  readonly element: HTMLDetailsElement;
  private readonly body = h("div", { class: "wb-flow-table-body" });
  private state: { nodes: GraphNode[]; layout: Layout; now: Now | undefined } | undefined;

  constructor(signal: AbortSignal) {
    this.element = h("details", { class: "wb-curve-table wb-flow-table" }, h("summary", {}, "The graph as a table"), this.body);
    this.element.addEventListener("toggle", () => this.draw(), { signal });
  }

  show(nodes: GraphNode[], layout: Layout, now: Now | undefined): void {
    this.state = { nodes, layout, now };
    this.draw();
  }

  /** Only what is open is drawn. */
  private draw(): void {
    if (!this.element.open || !this.state) return;
    const { nodes, layout, now } = this.state;
    const value = now ? `Value on ${exampleText(now)}` : "Value";
    const heads = ["Where", "What", "Reads", "Goes on to the next example as", value];
    this.body.replaceChildren(
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
        h(
          "tbody",
          {},
          ...nodes.map((node) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, placeOf(node)),
              h("td", {}, h("code", {}, node.text)),
              h("td", {}, reads(node, layout)),
              h("td", {}, carried(node, layout)),
              h("td", {}, valueText(now?.values[node.id])),
            ),
          ),
        ),
      ),
    );
  }
}

function carried(node: GraphNode, layout: Layout): string {
  const lines = layout.lines.filter((line) => line.source === node.id && isBack(line.kind));
  return lines.map((line) => (line.kind === "carried" ? line.address : lineText(line))).join(", ");
}
