// What a matrix picture shows and where: parts side by side, strips along both edges.

export interface Part {
  name: string;
  start: number;
  size: number;
}

export interface Picture {
  rows: number;
  parts: Part[];
  /** Row by row. */
  values: Float32Array;
  /** The value of full colour, part by part: the same at all steps. */
  tops: number[];
  /** Along the rows, and its name; drawn as bars left of the matrix. */
  left: Float32Array;
  leftName: string;
  /** Along the columns, and the name for each part; bars below the matrix. */
  below: Float32Array;
  belowNames: string[];
}

export interface Frame {
  cell: number;
  width: number;
  height: number;
  top: number;
  /** Left edge of each part. */
  lefts: number[];
}

export const HEAD = 18;
export const STRIP = 34;
export const FOOT = 18;
const GAP = 10;
const LEAST = 3;
const MOST = 11;
const NARROWEST = 52;

/** Where everything stands in so much room; what is wider than it scrolls. */
export function frameOf(rows: number, parts: Part[], room: number): Frame {
  const columns = parts.reduce((sum, part) => sum + part.size, 0);
  const fixed = STRIP + 4 + GAP * (parts.length - 1) + 2;
  let cell = Math.max(LEAST, Math.min(MOST, Math.floor((room - fixed) / Math.max(1, columns))));
  const widthOf = (size: number) => Math.max(size * cell, NARROWEST);
  const total = () => fixed + parts.reduce((sum, part) => sum + widthOf(part.size), 0);
  while (cell > LEAST && total() > room) cell -= 1;
  const lefts: number[] = [];
  let left = STRIP + 4;
  for (const part of parts) {
    lefts.push(left);
    left += widthOf(part.size) + GAP;
  }
  return { cell, width: Math.max(1, left - GAP + 2), height: HEAD + rows * cell + 4 + STRIP + FOOT, top: HEAD, lefts };
}

/** Row, column of the whole matrix, and number of the part at a point; undefined beside it. */
export function cellAt(frame: Frame, picture: Picture, x: number, y: number): [number, number, number] | undefined {
  const row = Math.floor((y - frame.top) / frame.cell);
  if (row < 0 || row >= picture.rows) return undefined;
  for (let i = 0; i < picture.parts.length; i++) {
    const { start, size } = picture.parts[i]!;
    const column = Math.floor((x - frame.lefts[i]!) / frame.cell);
    if (column >= 0 && column < size) return [row, start + column, i];
  }
  return undefined;
}

export function partOf(parts: Part[], column: number): number {
  return Math.max(0, parts.findIndex(({ start, size }) => column >= start && column < start + size));
}

/** How deep a colour is: 0 at zero, 1 at the top; the root spreads what is small. */
export function depth(value: number, top: number): number {
  if (!(top > 0) || !Number.isFinite(value)) return Number.isFinite(value) ? 0 : 1;
  return Math.min(1, Math.sqrt(Math.abs(value) / top));
}

/** The row u of a change that is the outer product of a key and u. */
export function writtenBy(change: Float32Array, key: Float32Array): Float32Array {
  const columns = key.length ? change.length / key.length : 0;
  const written = new Float32Array(columns);
  const size = key.reduce((sum, value) => sum + value * value, 0);
  if (size === 0) return written;
  for (let i = 0; i < key.length; i++) {
    for (let j = 0; j < columns; j++) written[j]! += (key[i]! * change[i * columns + j]!) / size;
  }
  return written;
}

export function added(a: Float32Array, b: Float32Array, sign = 1): Float32Array {
  return a.map((value, i) => value + sign * (b[i] ?? 0));
}
