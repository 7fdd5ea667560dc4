// Linear regression as a dataflow graph, with values on an example.

import type { EdgeKind, GraphEdge, GraphNode, NodeKind } from "../src/graph_layout";
import type { NodeValue } from "../src/graph_values";
import type { Now } from "../src/graph_words";

const FUNCTIONS = new Set(["setup", "predict", "learn"]);

export function node(id: string, sign: string, address: string, more: Partial<GraphNode> = {}): GraphNode {
  const [kind, index] = id.split(":");
  const own = FUNCTIONS.has(kind!);
  return {
    id,
    kind: (own ? "instruction" : kind) as NodeKind,
    text: own ? `${address} = …` : kind!,
    meaning: `Meaning of ${id}.`,
    address,
    function: own ? (kind as GraphNode["function"]) : null,
    index: own ? Number(index) : null,
    sign,
    rank: "svm".indexOf(address[0]!),
    ordered: false,
    ...more,
  };
}

export function edge(source: string, target: string, kind: EdgeKind, operand: number | null = null, address = "s9"): GraphEdge {
  return { source, target, address, kind, operand };
}

export const LINEAR = {
  nodes: [
    node("setup:0", "=", "s2", { text: "s2 = 0.01", kind: "constant" }),
    node("features", "x", "v0"),
    node("state:v1", "↻", "v1", { text: "v1 so far" }),
    node("predict:0", "dot", "s1", { text: "s1 = dot(v1, v0)" }),
    node("prediction", "ŷ", "s1"),
    node("label", "y", "s0"),
    node("learn:0", "−", "s3", { text: "s3 = s0 - s1", ordered: true }),
    node("learn:1", "×", "s3", { text: "s3 = s2 * s3" }),
    node("learn:2", "×", "v2", { text: "v2 = s3 * v0" }),
    node("learn:3", "+", "v1", { text: "v1 = v1 + v2" }),
  ],
  edges: [
    edge("state:v1", "predict:0", "now", 0, "v1"),
    edge("features", "predict:0", "now", 1, "v0"),
    edge("predict:0", "prediction", "now", null, "s1"),
    edge("label", "learn:0", "now", 0, "s0"),
    edge("prediction", "learn:0", "now", 1, "s1"),
    edge("setup:0", "learn:1", "kept", 0, "s2"),
    edge("learn:0", "learn:1", "now", 1, "s3"),
    edge("learn:1", "learn:2", "now", 0, "s3"),
    edge("features", "learn:2", "now", 1, "v0"),
    edge("state:v1", "learn:3", "now", 0, "v1"),
    edge("learn:2", "learn:3", "now", 1, "v2"),
    edge("learn:3", "state:v1", "carried", null, "v1"),
  ],
};

const pack = (numbers: number[]) => btoa(String.fromCharCode(...new Uint8Array(new Float64Array(numbers).buffer)));

/** What Python makes of an array. */
export function valueOf(shape: number[], ...numbers: number[]): NodeValue {
  const finite = numbers.filter(Number.isFinite);
  return {
    shape,
    cells: shape.length === 2 ? [shape[0]!, shape[1]!] : [1, numbers.length],
    data: pack(numbers),
    low: finite.length > 0 ? Math.min(...finite) : null,
    high: finite.length > 0 ? Math.max(...finite) : null,
    nan: numbers.filter(Number.isNaN).length,
    infinite: numbers.filter((one) => Math.abs(one) === Infinity).length,
  };
}

export function nowAt(example: number, more: Partial<Now> = {}): Now & { revision: number } {
  const weights = valueOf([3], 0.5, -1, 0);
  return {
    example,
    count: 200,
    place: (example % 100) + 1,
    of: 100,
    epoch: Math.floor(example / 100) + 1,
    epochs: 2,
    stopped: "",
    values: {
      "setup:0": valueOf([], 0.01),
      features: valueOf([3], 1, 2, -3),
      "state:v1": weights,
      "predict:0": valueOf([], example),
      prediction: valueOf([], example),
      label: valueOf([], NaN),
      "learn:0": valueOf([], Infinity),
      "learn:1": valueOf([], 0.12),
      "learn:2": valueOf([3], NaN, -Infinity, 2),
      "learn:3": weights,
    },
    revision: 10 + example,
    ...more,
  };
}
