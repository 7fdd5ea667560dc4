import { expect, it } from "vitest";

import { gather, isBack, layOut, type GraphEdge, type GraphNode, type Layout, type Point } from "../src/graph_layout";
import { curve, head, outline, track } from "../src/graph_shapes";
import { walk } from "../src/graph_walk";
import { LINEAR, edge, node } from "./graphs";

const linear = () => layOut(LINEAR.nodes, LINEAR.edges);

function overlap(layout: Layout): string[] {
  const boxes = [...layout.boxes];
  return boxes.flatMap(([a, one], i) =>
    boxes
      .slice(i + 1)
      .filter(
        ([, two]) =>
          Math.abs(one.x - two.x) < (one.width + two.width) / 2 && Math.abs(one.y - two.y) < (one.height + two.height) / 2,
      )
      .map(([b]) => `${a} ${b}`),
  );
}

/** Nodes through which a straight piece of a line runs. */
function crossed(layout: Layout, points: Point[], ends: string[]): string[] {
  return [...layout.boxes]
    .filter(([name]) => !ends.includes(name))
    .filter(([, box]) =>
      points.slice(1).some((b, i) => {
        const a = points[i]!;
        const within = (low: number, high: number, middle: number, half: number) => Math.max(low, middle - half) < Math.min(high, middle + half);
        return (
          (a.x === b.x || a.y === b.y) &&
          within(Math.min(a.x, b.x) - 0.1, Math.max(a.x, b.x) + 0.1, box.x, box.width / 2) &&
          within(Math.min(a.y, b.y) - 0.1, Math.max(a.y, b.y) + 0.1, box.y, box.height / 2)
        );
      }),
    )
    .map(([name]) => name);
}

/** A graph as large as the largest programs, with edges that a seeded generator chooses. */
function large(count: number): { nodes: GraphNode[]; edges: GraphEdge[] } {
  let state = 12345;
  const random = (below: number) => (state = (state * 1103515245 + 12345) % 2147483648) % below;
  const states = Array.from({ length: 8 }, (_, i) => node(`state:v${i}`, "↻", `v${i}`));
  const all = [...states, ...Array.from({ length: count }, (_, i) => node(`learn:${i}`, "+", `${"svm"[i % 3]}${i}`))];
  const edges = Array.from({ length: count }, (_, i) => i + states.length).flatMap((i) => [
    edge(all[Math.max(0, i - 1 - random(12))]!.id, all[i]!.id, "now", 0),
    edge(all[random(i)]!.id, all[i]!.id, "now", 1),
  ]);
  const back = states.flatMap(({ id }) => [edge(`learn:${random(count)}`, id, "carried"), edge(`learn:${random(count)}`, id, "validation")]);
  return { nodes: all, edges: [...edges, ...back] };
}

it("lets time run downwards, and state back up outside the nodes", () => {
  const layout = linear();
  for (const line of layout.lines) {
    const [from, to] = [layout.boxes.get(line.source)!, layout.boxes.get(line.target)!];
    expect(from.y < to.y).toBe(!isBack(line.kind));
    expect(line.points[0]!.y).toBeCloseTo(from.y + from.height / 2);
    expect(line.points.at(-1)!.y).toBeCloseTo(to.y - to.height / 2);
  }
  const [back] = layout.lines.filter((line) => line.kind === "carried");
  expect([back!.source, back!.target]).toEqual(["learn:3", "state:v1"]);
  const outside = back!.points[2]!.x;
  const sides = [...layout.boxes.values()].flatMap(({ x, width }) => [x - width / 2, x + width / 2]);
  expect(outside < Math.min(...sides) || outside > Math.max(...sides)).toBe(true);
  expect(layout.lanes).toHaveLength(1);
});

it("keeps nodes apart and lines off them, also in the largest programs", () => {
  for (const { nodes, edges } of [LINEAR, large(87)]) {
    const layout = layOut(nodes, edges);
    expect(overlap(layout)).toEqual([]);
    for (const line of layout.lines) expect(crossed(layout, line.points, [line.source, line.target])).toEqual([]);
    for (const { points } of layout.lines) {
      for (const { x, y } of points) {
        expect(x >= 0 && x <= layout.width && y >= 0 && y <= layout.height).toBe(true);
      }
    }
  }
});

it("lays out the same graph the same way, whatever the values", () => {
  expect(linear()).toEqual(linear());
});

it("draws one line for operands that come from the same node", () => {
  const [line, ...more] = gather([edge("a", "b", "now", 0), edge("a", "b", "now", 1)]);
  expect(more).toEqual([]);
  expect(line!.operands).toEqual([0, 1]);
  expect(gather([edge("a", "b", "now", 0), edge("a", "b", "kept", 1)])).toHaveLength(2);
});

it("has room for a graph of a single node", () => {
  const layout = layOut([node("prediction", "ŷ", "s1")], []);
  expect(layout.boxes.get("prediction")!.x).toBeGreaterThan(0);
  expect(layout.width).toBeGreaterThan(layout.boxes.get("prediction")!.width);
});

it("walks along the lines, and around from one example to the next", () => {
  const layout = linear();
  const go = (from: string, ...keys: string[]) => keys.reduce((at, key) => walk(layout, at, key) ?? at, from);
  expect(go("predict:0", "ArrowDown", "ArrowDown", "ArrowDown")).toBe("learn:1");
  expect(go("predict:0", "ArrowUp", "ArrowUp")).toBe("learn:3");
  expect(go("learn:3", "ArrowDown")).toBe("state:v1");
  expect(go("state:v1", "ArrowUp")).toBe("learn:3");
  expect(new Set([go("prediction", "ArrowRight"), go("prediction", "ArrowLeft")])).toEqual(new Set(["prediction", "label"]));
  expect(go("learn:1", "Home")).toBe("setup:0");
  expect(go("setup:0", "End")).toBe("learn:3");
  expect(walk(layout, "features", "ArrowUp")).toBeUndefined();
  expect(walk(layout, "features", "a")).toBeUndefined();
});

it("draws outlines and lines as whole paths", () => {
  const box = { x: 50, y: 20, width: 100, height: 40, sign: 28 };
  for (const shape of ["cut", "square", "round", "pill"] as const) {
    expect(outline(shape, box)).toMatch(/^M[\d.]+ 0H[\d.]+.*z$/);
    expect(outline(shape, box, 28)).toContain("H28V40");
  }
  const points = [
    { x: 0, y: 0 },
    { x: 0, y: 10 },
    { x: 20, y: 10 },
    { x: 20, y: 30 },
  ];
  expect(track(points)).not.toContain("NaN");
  expect(curve(points)).toMatch(/^M0 0C.*L20 10C.*L20 30$/);
  expect(head({ ...gather([edge("a", "b", "now")])[0]!, points })).toBe("M20 30l-4 -8h8z");
});
