// What is said about nodes and edges: labels for screen readers, the table, the details.

import type { GraphNode, Layout, Line } from "./graph_layout";
import { valueText, type NodeValue } from "./graph_values";

export interface Now {
  example: number;
  count: number;
  place: number;
  of: number;
  epoch: number;
  epochs: number;
  /** Where training was cut short: at this example, before it, or not (yet). */
  stopped: "here" | "before" | "";
  values: Record<string, NodeValue>;
}

/** "Learn 1", or what a node is that no instruction wrote. */
export function placeOf(node: GraphNode): string {
  if (node.function) return `${title(node.function)} ${(node.index ?? 0) + 1}`;
  return { features: "features", label: "label", prediction: "prediction", state: "state", zero: "unset" }[node.kind as string] ?? node.kind;
}

/** "training example 5 of 100", in words that name the epoch where there are several. */
export function exampleText(now: Now): string {
  const epoch = now.epochs > 1 ? `epoch ${now.epoch} of ${now.epochs}, ` : "";
  return `${epoch}training example ${now.place} of ${now.of}`;
}

export function stopText(now: Now | undefined): string {
  if (!now?.stopped) return "";
  const at = now.stopped === "here" ? "at this example: its" : "before this example: an";
  return `Training was cut short ${at} error was beyond the limit.`;
}

/** What a node reads, in the order of its operands: "s0, s1", "s2 twice". */
export function reads(node: GraphNode, layout: Layout): string {
  const into = layout.lines.filter((line) => line.target === node.id && line.operands.length > 0);
  into.sort((a, b) => a.operands[0]! - b.operands[0]!);
  return into.map((line) => (line.operands.length > 1 ? `${line.address} twice` : line.address)).join(", ");
}

export function sentence(node: GraphNode, layout: Layout, now: Now | undefined): string {
  const head = node.function
    ? `${node.text} in ${title(node.function)}: ${node.meaning.replace(/\.$/, "")}`
    : `${node.text}${node.address && !node.text.includes(node.address) ? ` in ${node.address}` : ""}: ${node.meaning.replace(/\.$/, "")}`;
  const read = reads(node, layout);
  const example = now && (now.epochs > 1 ? `${now.place} of epoch ${now.epoch}` : String(now.place));
  const value = now && `value ${valueText(now.values[node.id])} on example ${example}`;
  return [head, read && `reads ${read}`, value].filter(Boolean).join("; ");
}

/** How a line between two nodes differs from others. */
export function lineText(line: Line): string {
  return {
    now: `${line.address} of the same example`,
    kept: `${line.address}, made once in Setup`,
    initial: `${line.address} as Setup leaves it, for the first example`,
    carried: `${line.address}, kept for the next example`,
    validation: `${line.address}, kept for the next example where Learn does not run`,
  }[line.kind];
}

/** The same, as the node at its end sees it. */
export function fromText(line: Line, place: string): string {
  const when = {
    now: "",
    kept: "",
    initial: ", at the first example",
    carried: ", kept from the example before",
    validation: ", kept from the example before where Learn does not run",
  }[line.kind];
  const twice = line.operands.length > 1 ? " twice" : "";
  return `${line.address}${twice} from ${place}${when}`;
}

/** The same, as the node at its beginning sees it. */
export function toText(line: Line, place: string): string {
  if (line.kind === "now" || line.kind === "kept") return place;
  const when = {
    initial: "at the first example",
    carried: "at the next example",
    validation: "at the next example where Learn does not run",
  }[line.kind];
  return `${line.address} ${when}`;
}

/** What stands at the head of a line: which operand it is, where that matters. */
export function operandMark(line: Line, target: GraphNode): string {
  if (line.operands.length > 1) return line.operands.map((operand) => operand + 1).join(", ");
  return target.ordered && line.operands.length === 1 ? String(line.operands[0]! + 1) : "";
}

export function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
