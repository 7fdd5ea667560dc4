// Numbers and durations as people read them.

const SUFFIXES: [number, string][] = [
  [1e18, "E"],
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** 1234567 -> "1.23 M": three digits, a thin space, an SI letter. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1e4) return trim(Number.isInteger(value) ? String(value) : value.toPrecision(3));
  for (const [unit, letter] of SUFFIXES) {
    if (size >= 0.9995 * unit) return `${trim((value / unit).toPrecision(3))}\u202f${letter}`;
  }
  return String(value);
}

/** Fitness: enough digits to tell 0.9999 from 1. */
export function fitness(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value >= 1) return "1";
  if (value <= 0) return "0";
  const nines = Math.max(0, Math.floor(-Math.log10(1 - value) + 1e-9));
  const digits = Math.min(12, Math.max(4, nines + 2));
  // Never round up to 1 what is below 1.
  const floor = Math.floor(value * 10 ** digits) / 10 ** digits;
  return floor.toFixed(digits);
}

/** 4000 -> "1:06:40". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${hours > 0 ? two(minutes) : minutes}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return "–";
  const value = (100 * part) / whole;
  return `${value >= 99.95 || value < 9.95 ? value.toFixed(1) : Math.round(value)}\u202f%`;
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
