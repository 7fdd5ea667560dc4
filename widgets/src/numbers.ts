// Float64 numbers that travel in JSON as base64, and how they are written and classed.

export type NumberClass = "zero" | "positive" | "negative" | "nan" | "infinity" | "minus-infinity";

export function unpack(text: string | undefined): Float64Array {
  const bytes = unpackBytes(text);
  return new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / 8));
}

/** The same of float32, for pictures and charts. */
export function unpackFloats(text: string | undefined): Float32Array {
  const bytes = unpackBytes(text);
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}

export function unpackBytes(text: string | undefined): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text ?? ""), (letter) => letter.charCodeAt(0));
}

export function classOf(value: number): NumberClass {
  if (Number.isNaN(value)) return "nan";
  if (value === Infinity) return "infinity";
  if (value === -Infinity) return "minus-infinity";
  if (value === 0) return "zero";
  return value > 0 ? "positive" : "negative";
}

/** JSON has no words for these, so Python's stand in it. */
const WORDS: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/** Five digits, a true minus; "NaN" and "∞" as such. */
export function numeral(value: number | string | undefined): string {
  const number = typeof value === "string" ? (WORDS[value] ?? Number(value)) : Number(value);
  if (value === undefined) return "–";
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  const size = Math.abs(number);
  const text =
    size !== 0 && (size < 1e-4 || size >= 1e6)
      ? number.toExponential(3)
      : String(Number(number.toPrecision(5)));
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** Equal, NaN included. */
export function same(a: number | undefined, b: number | undefined): boolean {
  return Object.is(a, b) || a === b;
}
