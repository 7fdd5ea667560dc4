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
  forward.forEach((line, i) => {
    const { points } = graph.edge({ v: line.source, w: line.target, name: String(i) }) as { points: Point[] };
    line.points = throughRanks(points, line, boxes);
  });
  spreadEnds(forward, boxes);
  const back = lines.filter((line) => isBack(line.kind));
  return withLanes(boxes, forward, back);
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

/** The ends of a line, and between them where it enters and leaves each rank that it crosses.
 *
 * There it runs upright, so that it meets no node; from side to side it goes between ranks.
 */
function throughRanks(points: Point[], { source, target }: Line, boxes: Map<string, Box>): Point[] {
  const [from, to] = [boxes.get(source)!, boxes.get(target)!];
  const all = [...boxes.values()];
  const crossed = [...new Map(all.map((box) => [Math.round(box.y), box])).values()]
    .filter(({ y }) => y > from.y + 1 && y < to.y - 1)
    .sort((a, b) => a.y - b.y);
  const between = crossed.flatMap((box) => {
    const { x } = points.reduce((best, point) => (Math.abs(point.y - box.y) < Math.abs(best.y - box.y) ? point : best));
    return [
      { x, y: rankEnd(box, all, -1) },
      { x, y: rankEnd(box, all, 1) },
    ];
  });
  return [points[0]!, ...between, points.at(-1)!].map(({ x, y }) => ({ x, y }));
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
function withLanes(boxes: Map<string, Box>, forward: Line[], back: Line[]): Layout {
  const all = [...boxes.values()];
  let left = Math.min(...all.map((box) => box.x - box.width / 2));
  let right = Math.max(...all.map((box) => box.x + box.width / 2));
  for (const line of forward) {
    left = Math.min(left, ...line.points.map(({ x }) => x));
    right = Math.max(right, ...line.points.map(({ x }) => x));
  }
  let bottom = Math.max(...all.map((box) => box.y + box.height / 2));
  let top = Math.min(...all.map((box) => box.y - box.height / 2));
  const middle = (left + right) / 2;
  const lanes: Lanes[] = [];
  const leaving = new Map<string, number>();
  const gaps = new Map<number, number>();
  const inGap = (y: number) => {
    const count = gaps.get(y) ?? 0;
    gaps.set(y, count + 1);
    return (count % 4) * 4;
  };
  for (const side of ["left", "right"] as const) {
    const way = side === "left" ? -1 : 1;
    const mine = back.filter((line) => {
      const x = boxes.get(line.source)!.x + boxes.get(line.target)!.x;
      return x / 2 < middle === (side === "left");
    });
    if (mine.length === 0) continue;
    // Short ways inside, so that lanes do not cross each other.
    mine.sort((a, b) => span(a, boxes) - span(b, boxes));
    let x = (side === "left" ? left : right) + way * 12;
    const ends: number[] = [];
    for (const line of mine) {
      const [from, to] = [boxes.get(line.source)!, boxes.get(line.target)!];
      const nth = leaving.get(line.source) ?? 0;
      leaving.set(line.source, nth + 1);
      const out = from.x + way * (from.width / 2 - 10 - 8 * nth);
      const into = to.x + way * (to.width / 2 - 12 - (line.kind === "validation" ? 12 : 0));
      const below = rankEnd(from, all, 1);
      const above = rankEnd(to, all, -1);
      const low = below + 9 + inGap(below);
      const high = above - 9 - inGap(above);
      line.points = [
        { x: out, y: from.y + from.height / 2 },
        { x: out, y: low },
        { x, y: low },
        { x, y: high },
        { x: into, y: high },
        { x: into, y: to.y - to.height / 2 },
      ];
      ends.push(low, high);
      bottom = Math.max(bottom, low);
      top = Math.min(top, high);
      x += way * LANE;
    }
    const edge = x + way * (LABEL / 2 - LANE / 2);
    lanes.push({ side, x: edge, top: Math.min(...ends), bottom: Math.max(...ends) });
    if (side === "left") left = edge - LABEL / 2;
    else right = edge + LABEL / 2;
  }
  const move = (point: Point) => {
    point.x += MARGIN - left;
    point.y += MARGIN - top;
  };
  for (const box of all) move(box);
  for (const line of [...forward, ...back]) line.points.forEach(move);
  for (const lane of lanes) {
    lane.x += MARGIN - left;
    lane.top += MARGIN - top;
    lane.bottom += MARGIN - top;
  }
  return {
    width: Math.ceil(right - left + 2 * MARGIN),
    height: Math.ceil(bottom - top + 2 * MARGIN),
    boxes,
    lines: [...forward, ...back],
    lanes,
  };
}

function span(line: Line, boxes: Map<string, Box>): number {
  return Math.abs(boxes.get(line.source)!.y - boxes.get(line.target)!.y);
}

/** The lower (1) or upper (-1) end of the rank in which a box stands. */
function rankEnd(box: Box, all: Box[], way: 1 | -1): number {
  const rank = all.filter(({ y }) => Math.abs(y - box.y) < 1);
  const ends = rank.map(({ y, height }) => y + (way * height) / 2);
  return way > 0 ? Math.max(...ends) : Math.min(...ends);
}
