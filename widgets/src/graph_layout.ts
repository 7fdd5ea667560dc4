// Where the nodes and edges of a dataflow graph go. dagre places what runs forward in
// time; state that is carried to the next example runs back beside it, in lanes.

import { Graph, layout as place } from "@dagrejs/dagre";

export type NodeKind = "instruction" | "constant" | "random" | "features" | "label" | "prediction" | "state" | "zero";
export type EdgeKind = "now" | "kept" | "initial" | "carried" | "validation";

export interface GraphNode {
  id: string;
  kind: NodeKind;
  text: string;
  meaning: string;
  address: string;
  function: "setup" | "predict" | "learn" | null;
  index: number | null;
  sign: string;
  rank: number;
  ordered: boolean;
}

export interface GraphEdge {
  source: string;
  target: string;
  address: string;
  kind: EdgeKind;
  operand: number | null;
}

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  width: number;
  height: number;
  /** Width of the part that holds the sign. */
  sign: number;
}

export interface Line {
  source: string;
  target: string;
  address: string;
  kind: EdgeKind;
  /** Operands of the target, from 0; none where it has no operands. */
  operands: number[];
  points: Point[];
}

export interface Lanes {
  side: "left" | "right";
  x: number;
  top: number;
  bottom: number;
}

export interface Layout {
  width: number;
  height: number;
  boxes: Map<string, Box>;
  lines: Line[];
  lanes: Lanes[];
}

interface Rank {
  y: number;
  top: number;
  bottom: number;
}

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const HEIGHTS = [42, 48, 70];
const BODY = 104;
const LANE = 9;
const LABEL = 22;
const MARGIN = 14;

/** Sizes do not depend on values, so that another example moves nothing. */
export function sizeOf(node: GraphNode): { width: number; height: number; sign: number } {
  const sign = Math.max(28, Math.ceil([...node.sign].length * 7.6) + 16);
  return { width: sign + BODY, height: HEIGHTS[node.rank] ?? HEIGHTS[0]!, sign };
}

export function isBack(kind: EdgeKind): boolean {
  return kind === "carried" || kind === "validation";
}

export function layOut(nodes: GraphNode[], edges: GraphEdge[]): Layout {
  const lines = gather(edges);
  const forward = lines.filter((line) => !isBack(line.kind));
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 22, edgesep: 9, ranksep: 40, marginx: MARGIN, marginy: MARGIN + LANE });
  const sizes = new Map(nodes.map((node) => [node.id, sizeOf(node)]));
  for (const [id, { width, height }] of sizes) graph.setNode(id, { width, height });
  forward.forEach((line, i) => graph.setEdge(line.source, line.target, { weight: line.kind === "now" ? 2 : 1 }, String(i)));
  place(graph);
  const boxes = new Map<string, Box>();
  for (const [id, size] of sizes) {
    const { x, y } = graph.node(id) as Point;
    boxes.set(id, { x, y, ...size });
  }
  const ranks = ranksOf(boxes);
  forward.forEach((line, i) => {
    const { points } = graph.edge({ v: line.source, w: line.target, name: String(i) }) as { points: Point[] };
    line.points = throughRanks(points, ranks);
  });
  spreadEnds(forward, boxes);
  const back = lines.filter((line) => isBack(line.kind));
  return withLanes(boxes, ranks, forward, back);
}

/** One line for all edges of a kind between two nodes: `x * x` reads x twice. */
export function gather(edges: GraphEdge[]): Line[] {
  const found = new Map<string, Line>();
  for (const { source, target, address, kind, operand } of edges) {
    const key = `${source} ${target} ${kind}`;
    if (!found.has(key)) found.set(key, { source, target, address, kind, operands: [], points: [] });
    if (operand !== null) found.get(key)!.operands.push(operand);
  }
  return [...found.values()];
}

/** The rows of nodes, from the top. */
function ranksOf(boxes: Map<string, Box>): Rank[] {
  const ranks = new Map<number, Rank>();
  for (const { y, height } of boxes.values()) {
    const key = Math.round(y);
    const rank = ranks.get(key) ?? { y, top: y, bottom: y };
    rank.top = Math.min(rank.top, y - height / 2);
    rank.bottom = Math.max(rank.bottom, y + height / 2);
    ranks.set(key, rank);
  }
  return [...ranks.values()].sort((a, b) => a.y - b.y);
}

/** The ends of a line, and between them where it enters and leaves each rank that it crosses.
 *
 * There it runs upright, so that it meets no node; from side to side it goes between ranks.
 */
function throughRanks(points: Point[], ranks: Rank[]): Point[] {
  const [first, last] = [points[0]!, points.at(-1)!];
  const crossed = ranks.filter(({ top, bottom }) => top > first.y && bottom < last.y);
  const between = crossed.flatMap(({ y, top, bottom }) => {
    const { x } = points.reduce((best, point) => (Math.abs(point.y - y) < Math.abs(best.y - y) ? point : best));
    return [
      { x, y: top },
      { x, y: bottom },
    ];
  });
  return [{ ...first }, ...between, { ...last }];
}

/** Lines leave from below and arrive from above, each at a place of its own. */
function spreadEnds(lines: Line[], boxes: Map<string, Box>): void {
  for (const [id, box] of boxes) {
    const out = lines.filter((line) => line.source === id);
    const into = lines.filter((line) => line.target === id);
    spread(out, box, box.height / 2, (line) => line.points[1], (line, end) => (line.points[0] = end));
    spread(into, box, -box.height / 2, (line) => line.points.at(-2), (line, end) => (line.points[line.points.length - 1] = end));
  }
}

function spread(
  lines: Line[],
  box: Box,
  dy: number,
  next: (line: Line) => Point | undefined,
  set: (line: Line, end: Point) => void,
): void {
  const ordered = lines.map((line) => ({ line, x: next(line)?.x ?? box.x })).sort((a, b) => a.x - b.x);
  const step = Math.min(24, (box.width - 24) / Math.max(1, ordered.length - 1));
  ordered.forEach(({ line }, i) => {
    const x = box.x + (i - (ordered.length - 1) / 2) * step;
    set(line, { x: Math.round(x), y: box.y + dy });
  });
}

/** Lead the lines back through the gaps between the ranks and up beside the graph. */
function withLanes(boxes: Map<string, Box>, ranks: Rank[], forward: Line[], back: Line[]): Layout {
  const frame = frameOf(boxes, forward);
  const middle = (frame.left + frame.right) / 2;
  const lanes = (["left", "right"] as const).flatMap((side) => {
    const mine = back.filter(({ source, target }) => {
      return (boxes.get(source)!.x + boxes.get(target)!.x) / 2 < middle === (side === "left");
    });
    return mine.length > 0 ? [leadBack(side, mine, boxes, ranks, frame)] : [];
  });
  const [dx, dy] = [MARGIN - frame.left, MARGIN - frame.top];
  for (const point of [...boxes.values(), ...forward.flatMap((line) => line.points), ...back.flatMap((line) => line.points)]) {
    point.x += dx;
    point.y += dy;
  }
  return {
    width: Math.ceil(frame.right + dx + MARGIN),
    height: Math.ceil(frame.bottom + dy + MARGIN),
    boxes,
    lines: [...forward, ...back],
    lanes: lanes.map(({ side, x, top, bottom }) => ({ side, x: x + dx, top: top + dy, bottom: bottom + dy })),
  };
}

function frameOf(boxes: Map<string, Box>, lines: Line[]): Frame {
  const frame = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  const take = (x: number, y: number) => {
    frame.left = Math.min(frame.left, x);
    frame.right = Math.max(frame.right, x);
    frame.top = Math.min(frame.top, y);
    frame.bottom = Math.max(frame.bottom, y);
  };
  for (const { x, y, width, height } of boxes.values()) {
    take(x - width / 2, y - height / 2);
    take(x + width / 2, y + height / 2);
  }
  for (const { points } of lines) for (const { x, y } of points) take(x, y);
  return frame;
}

/** Lay the lines of one side into lanes, and widen the frame by them. */
function leadBack(side: Lanes["side"], lines: Line[], boxes: Map<string, Box>, ranks: Rank[], frame: Frame): Lanes {
  const way = side === "left" ? -1 : 1;
  const height = ({ source, target }: Line) => Math.abs(boxes.get(source)!.y - boxes.get(target)!.y);
  // Short ways inside, so that lanes do not cross each other.
  const ordered = [...lines].sort((a, b) => height(a) - height(b));
  const used = new Map<string, number>();
  const nth = (key: string) => {
    const count = used.get(key) ?? 0;
    used.set(key, count + 1);
    return count;
  };
  const lanes: Lanes = { side, x: 0, top: Infinity, bottom: -Infinity };
  let x = frame[side] + way * 12;
  for (const line of ordered) {
    const [from, to] = [boxes.get(line.source)!, boxes.get(line.target)!];
    const below = rankOf(from, ranks).bottom;
    const above = rankOf(to, ranks).top;
    const low = below + 9 + (nth(`below ${below}`) % 4) * 4;
    const high = above - 9 - (nth(`above ${above}`) % 4) * 4;
    const out = from.x + way * (from.width / 2 - 10 - 8 * nth(line.source));
    const into = to.x + way * (to.width / 2 - 12 - 12 * nth(line.target));
    line.points = [
      { x: out, y: from.y + from.height / 2 },
      { x: out, y: low },
      { x, y: low },
      { x, y: high },
      { x: into, y: high },
      { x: into, y: to.y - to.height / 2 },
    ];
    lanes.top = Math.min(lanes.top, high);
    lanes.bottom = Math.max(lanes.bottom, low);
    x += way * LANE;
  }
  lanes.x = x + (way * (LABEL - LANE)) / 2;
  frame[side] = lanes.x + (way * LABEL) / 2;
  frame.top = Math.min(frame.top, lanes.top);
  frame.bottom = Math.max(frame.bottom, lanes.bottom);
  return lanes;
}

function rankOf(box: Box, ranks: Rank[]): Rank {
  return ranks.reduce((best, rank) => (Math.abs(rank.y - box.y) < Math.abs(best.y - box.y) ? rank : best));
}
