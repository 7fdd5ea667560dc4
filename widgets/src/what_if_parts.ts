// What the kernel tells WhatIf's page: see workbench/widgets/what_if_parts.py.

export interface Constant {
  kind: string;
  noun: string;
  value: number | string;
  text: string;
  /** What stood here at first; null if another operation did. */
  first: number | string | null;
}

export interface EditRow {
  id: number;
  text: string;
  words: string;
  on: boolean;
  live: boolean;
  was_live: boolean;
  edited: boolean;
  origin: string | null;
  op: string;
  places: Record<string, string>;
  constants: Constant[];
}

export interface EditFunction {
  name: string;
  rows: EditRow[];
}

export interface Op {
  title: string;
  form: string;
  constants: string[];
  others: string[];
}

export interface Problem {
  message: string;
  accepted?: string;
  id?: number;
  line?: number;
  column?: number;
  length?: number;
}

export interface Weights {
  edit: number;
  on: boolean;
  done: number;
  total: number;
  values: Record<string, number>;
}

export interface Outcome {
  fitness: number;
  tasks: number[];
  stopped: number;
}

export interface Result {
  edit: number;
  failed?: string;
  original: Outcome;
  edited: Outcome;
  difference: { mean: number; low: number | string; high: number | string; clear: boolean; headline: string; words: string };
}

export interface Band {
  low: (number | null)[];
  median: (number | null)[];
  high: (number | null)[];
}

export interface Learning {
  edit: number;
  examples: number[];
  measure: "rmse" | "accuracy";
  original: Band;
  edited: Band;
}

const WORDS: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/** A number that JSON may have had to spell. */
export function plain(value: number | string): number {
  return typeof value === "string" ? (WORDS[value] ?? Number(value)) : value;
}

/** An operation on these addresses; constants by what they mean. */
export function spelling(op: Op, places: Record<string, string>): string {
  return op.form.replace(/\{(\w+)\}/g, (_, place: string) =>
    /^c\d$/.test(place) ? (op.constants[Number(place[1])] ?? "") : (places[place] ?? ""),
  );
}

/** What an edit did to a line, in a word or two. */
export function tag(row: EditRow): string {
  if (!row.on) return "knocked out";
  if (row.origin === null) return row.live ? "new" : "new, dead";
  if (row.live === row.was_live) return row.live ? "" : "dead";
  return row.live ? "now alive" : "now dead";
}
