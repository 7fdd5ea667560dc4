// The value of a node: in words, in one line, and as a small picture.

import { classOf, numeral, unpack } from "./numbers";

export interface NodeValue {
  shape: number[];
  /** Rows and columns drawn: fewer than the shape says where that is large. */
  cells: [number, number];
  data: string;
  low: number | null;
  high: number | null;
  nan: number;
  infinite: number;
}

/** Paths by class of number, so that a matrix is a handful of elements. */
export interface Thumb {
  className: string;
  path: string;
}

const DEPTHS = 4;

export function numbersOf(value: NodeValue): Float64Array {
  return unpack(value.data);
}

/** "0.12", "4 numbers from −0.2 to 0.5, 1 NaN", or "9 numbers, 1 NaN, else 0". */
export function valueText(value: NodeValue | undefined): string {
  if (!value) return "no value";
  const { shape, low, high, nan, infinite } = value;
  if (shape.length === 0) return numeral(numbersOf(value)[0]);
  const numbers = `${shape.length === 1 ? shape[0] : shape.join(" by ")} numbers`;
  const bad = [nan > 0 && `${nan} NaN`, infinite > 0 && `${infinite} infinite`].filter(Boolean).join(", ");
  if (low === null || high === null) return `${numbers}, ${bad}`;
  if (low !== high) return `${numbers} from ${numeral(low)} to ${numeral(high)}${bad && `, ${bad}`}`;
  return bad ? `${numbers}, ${bad}, else ${numeral(low)}` : `${numbers}, all ${numeral(low)}`;
}

/** A vector as bars up and down from a line; what is no number fills its column. */
export function bars(value: NodeValue, width: number, height: number): Thumb[] {
  const numbers = numbersOf(value);
  const paths = new Map<string, string>();
  const add = (name: string, path: string) => paths.set(name, (paths.get(name) ?? "") + path);
  const step = width / numbers.length;
  const bar = Math.max(0.6, step - (step > 4 ? 1.5 : step > 2 ? 0.5 : 0));
  const middle = height / 2;
  const top = largest(numbers);
  numbers.forEach((number, i) => {
    const x = i * step + (step - bar) / 2;
    const kind = classOf(number);
    if (kind === "positive" || kind === "negative") {
      const size = Math.max(0.8, (Math.abs(number) / top) * middle);
      add(kind, rect(x, kind === "positive" ? middle - size : middle, bar, size));
    } else if (kind === "zero") {
      add("zero", rect(x, middle - 0.75, bar, 1.5));
    } else {
      add("bad", rect(x, 0, bar, height));
      add("bad-mark", mark(kind, x, 0, bar, height));
    }
  });
  return sorted(paths);
}

/** A matrix as cells, deeper where they are further from 0. */
export function cells(value: NodeValue, width: number, height: number): Thumb[] {
  const numbers = numbersOf(value);
  const [rows, columns] = value.cells;
  const size = Math.min(width / columns, height / rows);
  const inner = size > 4 ? size - 1 : size;
  const top = largest(numbers);
  const paths = new Map<string, string>();
  const add = (name: string, path: string) => paths.set(name, (paths.get(name) ?? "") + path);
  numbers.forEach((number, i) => {
    const x = (i % columns) * size;
    const y = Math.floor(i / columns) * size;
    const kind = classOf(number);
    if (kind === "positive" || kind === "negative") {
      const depth = Math.min(DEPTHS, 1 + Math.floor(Math.sqrt(Math.abs(number) / top) * DEPTHS));
      // Negative cells leave a slit, so that colour is not all that tells.
      const slit = kind === "negative" && size > 3 ? inner * 0.3 : 0;
      add(`${kind} wb-depth-${depth}`, rect(x, y + slit / 2, inner, inner - slit));
    } else if (kind === "zero") {
      add("zero", rect(x + inner * 0.35, y + inner * 0.35, inner * 0.3, inner * 0.3));
    } else {
      add("bad", rect(x, y, inner, inner));
      add("bad-mark", mark(kind, x, y, inner, inner));
    }
  });
  return sorted(paths);
}

function largest(numbers: Float64Array): number {
  return numbers.reduce((top, number) => (Number.isFinite(number) ? Math.max(top, Math.abs(number)) : top), 0) || 1;
}

/** Marks stand on what they mark. */
function sorted(paths: Map<string, string>): Thumb[] {
  return [...paths]
    .sort(([a], [b]) => Number(a === "bad-mark") - Number(b === "bad-mark"))
    .map(([name, path]) => ({ className: `wb-thumb-${name}`, path }));
}

function rect(x: number, y: number, width: number, height: number): string {
  return `M${r(x)} ${r(y)}h${r(width)}v${r(height)}h${r(-width)}z`;
}

/** A cross for NaN, an upright stroke for infinity, a flat one for minus infinity. */
function mark(kind: string, x: number, y: number, width: number, height: number): string {
  const size = Math.min(width, height) * 0.3;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const line = (dx: number, dy: number) => `M${r(cx - dx)} ${r(cy - dy)}L${r(cx + dx)} ${r(cy + dy)}`;
  if (kind === "nan") return line(size, size) + line(size, -size);
  return kind === "infinity" ? line(0, size) : line(size, 0);
}

function r(value: number): number {
  return Math.round(value * 100) / 100;
}
