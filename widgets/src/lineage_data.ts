// A lineage as it comes from workbench/widgets/lineage_parts.py, decoded where it is looked at.

import type { DiffFunction, DiffKind, DiffParts, DiffRow } from "./diff_table";
import type { ListingFunction } from "./listing";

/** A same row, or kind, left, right, flags, left line, right line, and why. */
type RowCode = number | number[];
type Verdict = [DiffParts["verdict"]["kind"], number, number];
type DiffCode = [Verdict, RowCode[], RowCode[], RowCode[]];

export interface StepPart {
  individuals: number;
  fitness: number;
  gain: number;
  mutation: number;
  previous: number | null;
  lost: number;
  merged?: number;
  program: [number[], number[], number[]];
  diff: DiffCode | null;
  since?: DiffCode | null;
  event?: number;
  drift?: number[];
}

export interface Best {
  event: number;
  parent: number | null;
  individuals: number;
  fitness: number;
  population: number;
  step: number | null;
  main: boolean;
  selected: boolean;
  column: number;
  lane: number;
}

export interface LineagePart {
  texts: string[];
  mutations: [string, string, string][];
  steps: StepPart[];
  main: number;
  length: number;
  left_out: number;
  total: number;
  bests: Best[];
  csv: string;
  revision?: number;
}

export interface DriftStep {
  individuals: number;
  mutation: string;
  kind: 0 | 1 | 2;
}

const NAMES = ["Setup", "Predict", "Learn"];
const KINDS: DiffKind[] = ["same", "renamed", "moved", "changed", "added", "removed"];
/** What a step without effect left as it was. */
export const DRIFT = ["left the program as it was", "changed dead code only", "changed effective code at equal fitness"];

export class Lineage {
  private readonly bestOf = new Map<number, Best>();

  constructor(readonly part: LineagePart) {
    for (const best of part.bests) if (best.step !== null) this.bestOf.set(best.step, best);
  }

  get steps(): StepPart[] {
    return this.part.steps;
  }

  step(number: number): StepPart {
    return this.part.steps[number]!;
  }

  best(number: number): Best | undefined {
    return this.bestOf.get(number);
  }

  /** The steps on the way to one, itself included; the whole main line if it is on that. */
  path(number: number): number[] {
    if (number < this.part.main) return Array.from({ length: this.part.main }, (_, i) => i);
    const found: number[] = [];
    for (let at: number | null = number; at !== null; at = this.step(at).previous) found.push(at);
    return found.reverse();
  }

  mutation(number: number): { name: string; words: string; id: string } {
    const [name = "", words = "", id = ""] = this.part.mutations[this.step(number).mutation] ?? [];
    return { name, words, id };
  }

  program(number: number): ListingFunction[] {
    return this.step(number).program.map((codes, i) => ({
      name: NAMES[i]!,
      rows: codes.map((code) => ({ text: this.part.texts[code >> 1]!, live: (code & 1) === 1 })),
    }));
  }

  /** What the mutation changed, or what changed since the step shown before. */
  diff(number: number, since: boolean): DiffParts | undefined {
    const step = this.step(number);
    const code = since && step.since !== undefined ? step.since : step.diff;
    if (!code) return undefined;
    const [[kind, text, share], ...functions] = code;
    return {
      verdict: { kind, text: this.part.texts[text]!, share },
      functions: functions.map((rows, i) => ({ name: NAMES[i]!, rows: this.rows(rows) })),
    };
  }

  drift(number: number): DriftStep[] {
    const codes = this.step(number).drift ?? [];
    return Array.from({ length: codes.length / 2 }, (_, i) => ({
      individuals: codes[2 * i]!,
      mutation: this.part.mutations[Math.floor(codes[2 * i + 1]! / 3)]?.[0] ?? "",
      kind: (codes[2 * i + 1]! % 3) as 0 | 1 | 2,
    }));
  }

  /** Steps between this one and the one shown before, whether they are kept or not. */
  skipped(number: number): number {
    const step = this.step(number);
    return (step.drift?.length ?? 0) / 2 + step.lost;
  }

  private rows(codes: RowCode[]): DiffFunction["rows"] {
    let [left, right] = [0, 0];
    return codes.map((code): DiffRow => {
      if (typeof code === "number") {
        const text = this.part.texts[code >> 2]!;
        return {
          kind: "same",
          left: text,
          right: text,
          left_live: (code & 2) !== 0,
          right_live: (code & 1) !== 0,
          left_line: ++left,
          right_line: ++right,
          matters: false,
          rewired: false,
        };
      }
      const [kind = 0, leftText = -1, rightText = -1, flags = 0, leftLine, rightLine, why] = code;
      if (leftText >= 0) left++;
      if (rightText >= 0) right++;
      return {
        kind: KINDS[kind]!,
        left: this.part.texts[leftText] ?? null,
        right: this.part.texts[rightText] ?? null,
        left_live: (flags & 2) !== 0,
        right_live: (flags & 1) !== 0,
        left_line: leftLine || null,
        right_line: rightLine || null,
        matters: (flags & 8) !== 0,
        rewired: (flags & 4) !== 0,
        ...(why === undefined ? {} : { why: this.part.texts[why]! }),
      };
    });
  }
}

/** "+0.2108", "−2.1·10⁻⁶": two digits or four places, with its sign. */
export function gain(value: number): string {
  if (value === 0) return "±0";
  const sign = value > 0 ? "+" : "−";
  const size = Math.abs(value);
  if (size >= 0.001) return sign + size.toFixed(4);
  const [digits = "", power = ""] = size.toExponential(1).split("e-");
  return `${sign}${digits}·10⁻${power.replace(/\d/g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!)}`;
}

/** 375298 -> "375 298": exact, in groups of three. */
export function whole(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
