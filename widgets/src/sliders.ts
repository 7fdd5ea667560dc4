// Where a constant stands on its slider: logarithmic about its first value, through 0.

export interface SliderScale {
  min: number;
  max: number;
  /** The first value's place. */
  home: number;
  place(value: number): number;
  value(place: number): number;
}

/** Places of the first value and of its negative; the ends are a hundred times it. */
const HALF = 50;
const END = 100;
const STEEPNESS = 2 * Math.log(END);

/** The scale of a constant whose first value this is. */
export function sliderScale(kind: string, first: number): SliderScale {
  return kind === "index" ? fractions(first) : symmetric(first);
}

/** A fraction of the size, from 0 to below 1. */
function fractions(first: number): SliderScale {
  const place = (value: number) => clamp(Math.round(value * 100), 0, 99);
  const home = place(first);
  return { min: 0, max: 99, home, place, value: (at) => (at === home ? first : at / 100) };
}

/** Each step a like factor far from 0, a like distance near it. */
function symmetric(first: number): SliderScale {
  const unit = Number.isFinite(first) && first !== 0 ? Math.abs(first) : 1;
  const middle = Math.sinh(STEEPNESS / 2);
  const place = (value: number) => {
    if (Number.isNaN(value)) return 0;
    if (!Number.isFinite(value)) return value > 0 ? END : -END;
    const at = (END * Math.asinh((Math.abs(value) / unit) * middle)) / STEEPNESS;
    return clamp(Math.round(Math.sign(value) * at), -END, END);
  };
  const value = (at: number) => {
    if (at === 0) return 0;
    // The first value and its negative can be reached exactly.
    if (Math.abs(at) === HALF) return Math.sign(at) * unit;
    const size = (unit * Math.sinh((STEEPNESS * Math.abs(at)) / END)) / middle;
    return Math.sign(at) * Number(size.toPrecision(3));
  };
  return { min: -END, max: END, home: place(first), place, value };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
