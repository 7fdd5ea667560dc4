// What one node of the graph is, reads, gives and holds on the example shown.

import { h, setText } from "./dom";
import { HeatMap, type HeatColours } from "./heat_map";
import type { GraphNode, Layout } from "./graph_layout";
import { numbersOf, valueText } from "./graph_values";
import { exampleText, fromText, placeOf, reads, stopText, title, toText, type Now } from "./graph_words";
import { highlight } from "./listing";
import { formula } from "./mathml";
import { numeral } from "./numbers";

const HINT = "Point at a node or at a line of the program, or Tab into the graph and walk it with the arrow keys: here is what the node computes and what it holds.";
const FEW = 12;
const ROOM = 250;

export class GraphDetail {
  readonly element = h("div", { class: "wb-flow-detail", role: "group", "aria-label": "Node" });
  private map: HeatMap | undefined;
  private mapEnd: AbortController | undefined;

  constructor(
    private readonly colours: () => HeatColours,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.mapEnd?.abort());
  }

  show(node: GraphNode | undefined, math: string, layout: Layout, nodes: GraphNode[], now: Now | undefined): void {
    this.mapEnd?.abort();
    this.map = undefined;
    if (!node) {
      this.element.replaceChildren(h("p", { class: "wb-note" }, HINT));
      return;
    }
    const drawn = formula(math);
    const by = new Map(nodes.map((one) => [one.id, one]));
    this.element.replaceChildren(
      h(
        "h4",
        {},
        h("span", { class: "wb-flow-what" }, ...highlight(node.text)),
        h("small", { class: `wb-flow-at wb-flow-at-${node.function ?? node.kind}` }, placeOf(node)),
      ),
      drawn ? h("p", { class: "wb-flow-math" }, drawn) : "",
      h("p", { class: "wb-flow-meaning" }, node.meaning),
      h("dl", { class: "wb-flow-ends" }, ...this.ends(node, layout, by)),
      this.value(node, now),
    );
    this.redraw();
  }

  redraw(): void {
    this.map?.draw(this.colours(), this.map.layout.shape.length === 2 ? 130 : ROOM);
  }

  private ends(node: GraphNode, layout: Layout, by: Map<string, GraphNode>): HTMLElement[] {
    const from = layout.lines.filter((line) => line.target === node.id);
    from.sort((a, b) => (a.operands[0] ?? 0) - (b.operands[0] ?? 0));
    const to = layout.lines.filter((line) => line.source === node.id);
    const place = (id: string) => placeOf(by.get(id)!);
    const item = (term: string, texts: string[]) => h("div", {}, h("dt", {}, term), h("dd", {}, texts.join("; ")));
    const found: HTMLElement[] = [];
    const order = node.ordered && reads(node, layout).includes(",") ? "Reads, in order" : "Reads";
    if (from.length > 0) found.push(item(order, from.map((line) => fromText(line, place(line.source)))));
    if (to.length > 0) found.push(item("Read by", to.map((line) => toText(line, place(line.target)))));
    return found;
  }

  private value(node: GraphNode, now: Now | undefined): HTMLElement {
    const value = now?.values[node.id];
    const text = h("p", { class: "wb-flow-holds" });
    const box = h("div", { class: "wb-flow-held" }, text);
    if (!now || !value) {
      setText(text, `No value. ${stopText(now)}`);
      return box;
    }
    const numbers = numbersOf(value);
    const when = node.function === "setup" ? "since Setup" : `on ${exampleText(now)}`;
    if (value.shape.length === 0) {
      text.append(h("b", { class: "wb-flow-value-now", title: String(numbers[0]) }, numeral(numbers[0])), ` ${when}`);
      return box;
    }
    text.append(`${title(valueText(value))} ${when}`);
    if (numbers.length <= FEW) text.append(h("br"), h("span", { class: "wb-flow-few" }, [...numbers].map((one) => numeral(one)).join("   ")));
    const read = h("p", { class: "wb-flow-cell", "aria-live": "polite" });
    this.mapEnd = new AbortController();
    const shape = value.shape.length === 1 ? [value.cells[1]] : value.cells;
    const gathered = value.cells.reduce((product, length) => product * length, 1) < value.shape.reduce((product, length) => product * length, 1);
    const note = gathered ? "Each cell is the largest of its part." : "Point at a cell to read it.";
    setText(read, note);
    const layout = { name: node.address, shape: [...shape], start: 0, size: numbers.length };
    this.map = new HeatMap(layout, "", (said) => setText(read, said ?? note), undefined, this.mapEnd.signal);
    this.map.update(numbers, numbers);
    box.append(h("div", { class: `wb-flow-map wb-flow-map-${value.shape.length}` }, this.map.element, read));
    return box;
  }
}
