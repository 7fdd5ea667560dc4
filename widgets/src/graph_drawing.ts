// The dataflow graph as SVG: nodes with their signs and values, lines, and what is lit.

import { setAttributes } from "./dom";
import { isBack, layOut, type Box, type GraphEdge, type GraphNode, type Layout, type Line } from "./graph_layout";
import { curve, head, outline, track, type Shape } from "./graph_shapes";
import { bars, cells, numbersOf, type NodeValue } from "./graph_values";
import { lineText, operandMark, placeOf, sentence, type Now } from "./graph_words";
import { numeral } from "./numbers";

const KEPT = "kept for the next example";
const NAMESPACE = "http://www.w3.org/2000/svg";

export class GraphDrawing {
  readonly svg = s("svg", { class: "wb-flow", role: "listbox" });
  layout: Layout = { width: 0, height: 0, boxes: new Map(), lines: [], lanes: [] };
  private readonly nodes = new Map<string, { node: GraphNode; element: SVGGElement; value: SVGGElement }>();
  private lines: { line: Line; element: SVGGElement }[] = [];

  show(nodes: GraphNode[], edges: GraphEdge[]): void {
    this.layout = layOut(nodes, edges);
    const { width, height } = this.layout;
    setAttributes(this.svg, { viewBox: `0 0 ${width} ${height}`, "aria-label": describe(nodes) });
    this.nodes.clear();
    const byId = new Map(nodes.map((node) => [node.id, node]));
    this.lines = this.layout.lines.map((line) => ({ line, element: drawLine(line, byId.get(line.target)!) }));
    // What runs back lies under what runs forward.
    const ordered = [...this.lines].sort((a, b) => Number(isBack(b.line.kind)) - Number(isBack(a.line.kind)));
    this.svg.replaceChildren(
      s("g", { "aria-hidden": "true" }, ...ordered.map(({ element }) => element), ...this.layout.lanes.map(laneLabel)),
      ...nodes.map((node) => this.drawNode(node, this.layout.boxes.get(node.id)!)),
    );
  }

  /** Show the values of an example. */
  update(now: Now | undefined): void {
    for (const { node, element, value } of this.nodes.values()) {
      setAttributes(element, { "aria-label": sentence(node, this.layout, now) });
      value.replaceChildren(...drawValue(now?.values[node.id], this.layout.boxes.get(node.id)!, node.rank));
    }
  }

  /** Light a node, what it reads and what reads it. */
  light(id: string | undefined): void {
    this.svg.classList.toggle("wb-some-lit", id !== undefined);
    for (const { line, element } of this.lines) {
      element.classList.toggle("wb-lit", id !== undefined && (line.source === id || line.target === id));
    }
    const { inputs, outputs } = this.around(id);
    for (const [name, { element }] of this.nodes) {
      element.classList.toggle("wb-lit", name === id);
      element.classList.toggle("wb-lit-near", inputs.has(name) || outputs.has(name));
      setAttributes(element, { "aria-selected": String(name === id) });
    }
  }

  around(id: string | undefined): { inputs: Set<string>; outputs: Set<string> } {
    const { lines } = this.layout;
    return {
      inputs: new Set(lines.filter((line) => line.target === id).map((line) => line.source)),
      outputs: new Set(lines.filter((line) => line.source === id).map((line) => line.target)),
    };
  }

  element(id: string): SVGGElement | undefined {
    return this.nodes.get(id)?.element;
  }

  node(id: string | undefined): GraphNode | undefined {
    return id === undefined ? undefined : this.nodes.get(id)?.node;
  }

  private drawNode(node: GraphNode, box: Box): SVGGElement {
    const value = s("g", { class: "wb-flow-value", transform: `translate(${box.sign + 9} 0)` });
    const shape = shapeOf(node);
    const element = s(
      "g",
      {
        class: `wb-flow-node wb-flow-${node.function ?? node.kind}`,
        transform: `translate(${box.x - box.width / 2} ${box.y - box.height / 2})`,
        "data-node": node.id,
        role: "option",
        tabindex: -1,
        "aria-selected": "false",
      },
      node.kind === "state" &&
        s("path", { class: "wb-flow-halo", transform: "translate(-3.5 -3.5)", d: outline(shape, { ...box, width: box.width + 7, height: box.height + 7 }) }),
      s("path", { class: "wb-flow-box", d: outline(shape, box) }),
      s("path", { class: "wb-flow-sign-box", d: outline(shape, box, box.sign) }),
      s("path", { class: "wb-flow-rim", d: outline(shape, box) }),
      s("text", { class: "wb-flow-sign", x: box.sign / 2 + (shape === "pill" ? 2 : 0), y: box.height / 2, dy: "0.35em" }, node.sign),
      s("text", { class: `wb-flow-address wb-fill-${node.address[0]}`, x: box.sign + 9, y: 16 }, node.address),
      s("text", { class: "wb-flow-place", x: box.width - (shape === "pill" ? 14 : 9), y: 15.5 }, placeOf(node)),
      value,
    );
    this.nodes.set(node.id, { node, element, value });
    return element;
  }
}

/** Setup has cut corners, Predict square and Learn round ones; what is given or kept, round ends. */
function shapeOf(node: GraphNode): Shape {
  if (node.function === null) return "pill";
  return ({ setup: "cut", predict: "square", learn: "round" } as const)[node.function];
}

function drawValue(value: NodeValue | undefined, box: Box, rank: number): SVGElement[] {
  const room = box.width - box.sign - 9 - 14;
  if (!value) return [s("text", { class: "wb-flow-none", x: 0, y: 34 }, "no value")];
  if (rank === 0) {
    const number = numbersOf(value)[0];
    return [s("text", { class: Number.isFinite(number) ? "wb-flow-number" : "wb-flow-number wb-flow-bad", x: 0, y: 34 }, numeral(number))];
  }
  const height = box.height - 22 - 7;
  const thumb = s("g", { class: "wb-thumb", transform: "translate(0 22)" });
  const drawn = rank === 1 ? bars(value, room, height) : cells(value, room * 0.55, height);
  if (rank === 1) thumb.append(s("path", { class: "wb-thumb-line", d: `M0 ${height / 2}h${room}` }));
  thumb.append(...drawn.map(({ className, path }) => s("path", { class: className, d: path })));
  if (rank === 1) return [thumb];
  const x = room * 0.55 + 5;
  const [above, below] = scale(value);
  return [thumb, s("text", { class: "wb-flow-small", x, y: 36 }, above), s("text", { class: "wb-flow-small", x, y: 49 }, below)];
}

/** What a matrix is drawn in proportion to, or how much of it is no number. */
function scale(value: NodeValue): [string, string] {
  const bad = value.nan + value.infinite;
  if (bad > 0) return [value.nan > 0 ? "NaN" : "∞", `in ${bad}`];
  const top = Math.max(Math.abs(value.low ?? 0), Math.abs(value.high ?? 0));
  return top === 0 ? ["all", "0"] : ["|x| ≤", numeral(Number(top.toPrecision(2)))];
}

function drawLine(line: Line, target: GraphNode): SVGGElement {
  const back = isBack(line.kind);
  const { x, y } = line.points.at(-1)!;
  const mark = operandMark(line, target);
  return s(
    "g",
    { class: `wb-flow-line wb-flow-line-${line.kind}`, "data-line-from": line.source, "data-line-to": line.target },
    s("title", {}, lineText(line)),
    s("path", { class: "wb-flow-reach", d: back ? track(line.points) : curve(line.points) }),
    s("path", { class: "wb-flow-path", d: back ? track(line.points) : curve(line.points) }),
    s("path", { class: "wb-flow-head", d: head(line) }),
    mark !== "" && s("text", { class: "wb-flow-operand", x: x + 6, y: y - 4 }, mark),
  );
}

function laneLabel({ x, top, bottom }: { x: number; top: number; bottom: number }): SVGTextElement {
  const text = bottom - top > 165 ? KEPT : "kept";
  return s("text", { class: "wb-flow-kept", transform: `translate(${x} ${(top + bottom) / 2}) rotate(-90)`, dy: "0.35em" }, text);
}

function describe(nodes: GraphNode[]): string {
  const written = nodes.filter((node) => node.function !== null).length;
  const kept = nodes.filter((node) => node.kind === "state").length;
  return `Dataflow graph: ${count(written, "instruction")}, ${count(kept, "address", "es")} kept from example to example. Arrow keys follow the lines.`;
}

export function count(number: number, what: string, plural = "s"): string {
  return `${number} ${what}${number === 1 ? "" : plural}`;
}

type Child = Node | string | false;

/** Create an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(NAMESPACE, tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

