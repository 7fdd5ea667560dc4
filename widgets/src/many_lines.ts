// The lines of the chart of many runs, as they come from workbench/widgets/runs_lines.py.

import type { Part } from "./channel";

export interface Line {
  key: string;
  label: string;
  slot: number;
  members: number;
  length: number;
  x: Float64Array;
  /** Losses for fitness, else values: one row, or five for the bands of a group. */
  y: Float32Array[];
  /** Members of a group that have not ended. */
  going: Float32Array | undefined;
}

export interface Packed {
  key: string;
  label: string;
  slot: number;
  members: number;
  rows: number;
  data: string;
}

export function unpackLine(packed: Packed, low: number): Line {
  const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
  const numbers = new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
  const length = packed.rows > 0 ? Math.floor(numbers.length / packed.rows) : 0;
  const row = (i: number) => numbers.subarray(i * length, (i + 1) * length);
  const grouped = packed.rows > 2;
  return {
    key: packed.key,
    label: packed.label,
    slot: packed.slot,
    members: packed.members,
    length,
    x: Float64Array.from(row(0), (x) => low + x),
    y: grouped ? [1, 2, 3, 4, 5].map(row) : [row(1)],
    going: grouped ? row(6) : undefined,
  };
}

export function unpackLines(part: Part): Line[] {
  const low = Number((part.window as number[] | undefined)?.[0] ?? 0);
  return ((part.lines ?? []) as Packed[]).map((one) => unpackLine(one, low));
}

export const middle = (line: Line): Float32Array => line.y[line.y.length >> 1]!;

/** The last row at or before a place; -1 before the first. */
export function rowAt(line: Line, x: number): number {
  let [low, high] = [-1, line.length - 1];
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (line.x[half]! <= x) low = half;
    else high = half - 1;
  }
  return low;
}

export interface Reading {
  line: Line;
  row: number;
  /** Whether the line ended before this place. */
  ended: boolean;
}

/** What each line says at a place; steps hold until the next, else the nearest point. */
export function readingsAt(lines: Line[], x: number, stepped: boolean): Reading[] {
  return lines.flatMap((line) => {
    const row = rowAt(line, x);
    if (row < 0) return [];
    const next = row + 1;
    const nearer = !stepped && next < line.length && line.x[next]! - x < x - line.x[row]!;
    const at = nearer ? next : row;
    const ended = row === line.length - 1 && x > line.x[row]!;
    return Number.isNaN(middle(line)[at]!) ? [] : [{ line, row: at, ended }];
  });
}
