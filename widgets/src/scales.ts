// Axes: where a value stands, and which values get a label.

export interface Tick {
  value: number;
  label: string;
}

export interface Scale {
  /** Place of a value on the axis, 0 at its start, 1 at its end. */
  place(value: number): number;
  ticks: Tick[];
}

/** Round steps 1, 2, 5 times a power of ten. */
export function niceStep(span: number, count: number): number {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((step) => step * power >= raw * 0.999) ?? 10;
  return factor * power;
}

/** The same for counts: nothing between two whole numbers. */
export function wholeStep(span: number, count: number): number {
  return Math.max(1, niceStep(span, count));
}

const CLOCK = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
const DAY = 86400;

/** Steps that a clock has, in seconds. */
export function clockStep(span: number, count: number): number {
  const raw = span / Math.max(1, count);
  return CLOCK.find((step) => step >= raw * 0.999) ?? wholeStep(span / DAY, count) * DAY;
}

export function linearScale(
  from: number,
  to: number,
  count: number,
  label: (value: number) => string,
  niceSteps = niceStep,
): Scale {
  const span = to - from > 0 ? to - from : 1;
  const step = niceSteps(span, count);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= from + span * 1.0001; i++) {
    const value = i * step;
    ticks.push({ value, label: label(value) });
  }
  return { place: (value) => (value - from) / span, ticks };
}

/** Losses below this draw at the top of the "near 1" axis. */
export const SMALLEST_LOSS = 1e-12;

/** Axis of -log10(1 - fitness): each nine takes the same room. Takes a loss. */
export function ninesScale(smallestLoss: number): Scale {
  const nines = (loss: number) => -Math.log10(Math.max(loss, SMALLEST_LOSS));
  const top = Math.max(2, Math.ceil(nines(smallestLoss) + 0.15));
  const every = Math.ceil(top / 7);
  const ticks: Tick[] = [];
  for (let n = 0; n <= top; n += every) {
    ticks.push({ value: 10 ** -n, label: ninesLabel(n) });
  }
  return { place: (loss) => Math.max(0, nines(loss)) / top, ticks };
}

/** Linear axis of fitness. Takes a loss, as the other one does. */
export function fitnessScale(): Scale {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => ({
    value: 1 - value,
    label: value === 0 || value === 1 ? String(value) : value.toFixed(1),
  }));
  return { place: (loss) => 1 - loss, ticks };
}

export function ninesLabel(n: number): string {
  if (n === 0) return "0";
  return n <= 5 ? `0.${"9".repeat(n)}` : `1 − 10${superscript(-n)}`;
}

function superscript(n: number): string {
  return String(n).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!));
}
