// Outlines of nodes and curves of lines, as SVG paths.

import type { Box, Line, Point } from "./graph_layout";

export type Shape = "cut" | "square" | "round" | "pill";

/** A box from its upper left corner; with `part` only its left end, so wide. */
export function outline(shape: Shape, { width, height }: Box, part?: number): string {
  const radius = { cut: 9, square: 1.5, round: 13, pill: height / 2 }[shape];
  const r = Math.min(radius, height / 2);
  const corner = (dx: number, dy: number) => (shape === "cut" ? `l${dx} ${dy}` : `a${r} ${r} 0 0 1 ${dx} ${dy}`);
  const turned = `${corner(-r, -r)}V${r}${corner(r, -r)}`;
  if (part !== undefined) return `M${r} 0H${part}V${height}H${r}${turned}z`;
  return `M${r} 0H${width - r}${corner(r, r)}V${height - r}${corner(-r, r)}H${r}${turned}z`;
}

/** Swings between the ranks, and upright through those that are crossed. */
export function curve(points: Point[]): string {
  let path = `M${at(points[0]!)}`;
  for (let i = 1; i < points.length; i += 2) {
    const [a, b] = [points[i - 1]!, points[i]!];
    // The head of a line wants a straight end.
    const end = i === points.length - 1 ? { x: b.x, y: b.y - 7 } : b;
    const half = Math.max(6, (end.y - a.y) * 0.55);
    path += `C${at({ x: a.x, y: a.y + half })} ${at({ x: end.x, y: end.y - half })} ${at(end)}`;
    const next = points[i + 1] ?? b;
    path += `L${at(next)}`;
  }
  return path;
}

/** Straight pieces with rounded corners. */
export function track(points: Point[], radius = 7): string {
  let path = `M${at(points[0]!)}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, corner, after] = [points[i - 1]!, points[i]!, points[i + 1]!];
    path += `L${at(towards(corner, before, radius))}Q${at(corner)} ${at(towards(corner, after, radius))}`;
  }
  return `${path}L${at(points.at(-1)!)}`;
}

/** The head of a line that arrives from above. */
export function head(line: Line): string {
  const { x, y } = line.points.at(-1)!;
  return `M${at({ x, y })}l-4 -8h8z`;
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
