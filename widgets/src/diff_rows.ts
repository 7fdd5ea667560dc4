// What became of a line, in a sign, in words and in its tokens; drawn_row.ts draws it.

import { joined, tokenize, type Token } from "./listing";

export type DiffKind = "same" | "renamed" | "moved" | "changed" | "added" | "removed";

export interface DiffRow {
  kind: DiffKind;
  left: string | null;
  right: string | null;
  left_live: boolean;
  right_live: boolean;
  left_line: number | null;
  right_line: number | null;
  matters: boolean;
  rewired: boolean;
  /** Where rewired: what is read now, and what was read before. */
  why?: string;
}

export interface DiffFunction {
  name: string;
  rows: DiffRow[];
}

/** What became of a line, as it is drawn. */
export type Change = DiffKind | "rewired" | "died" | "revived";

export const SIGNS: Record<Change, string> = {
  changed: "~",
  added: "+",
  removed: "−",
  died: "−",
  revived: "+",
  rewired: "≠",
  moved: "↕",
  renamed: "=",
  same: "",
};
/** In the order in which they are told. */
export const NAMES: [Change, string][] = [
  ["changed", "changed"],
  ["added", "added"],
  ["removed", "removed"],
  ["revived", "effective now"],
  ["died", "dead now"],
  ["rewired", "reads something else"],
  ["moved", "moved"],
  ["renamed", "same computation, renamed"],
];
const SPOKEN: Record<Change, string> = {
  changed: "Changed.",
  added: "Added:",
  removed: "Removed:",
  died: "Dead now:",
  revived: "Effective now:",
  rewired: "Reads something else:",
  moved: "Moved:",
  renamed: "Renamed:",
  same: "",
};

export function changeOf(row: DiffRow): Change {
  if (row.kind === "same" || row.kind === "renamed") {
    if (row.left_live !== row.right_live) return row.left_live ? "died" : "revived";
    if (row.rewired) return "rewired";
  }
  return row.kind;
}

export function isEffective(row: DiffRow): boolean {
  return row.matters || row.left_live || row.right_live;
}

/** What a cell says, apart from how it is drawn. */
export interface CellWords {
  live: boolean;
  empty: boolean;
  code: Token[];
  dead: boolean;
  note: Note | null;
  jump: Jump | null;
  /** Whether the other cell says the same, so that this one is not read out. */
  silent: boolean;
}

interface Note {
  marked: boolean;
  long: string;
  text: string;
  was: string;
}

interface Jump {
  text: string;
  title: string;
}

export interface RowWords {
  change: Change;
  sign: string;
  sides: "same" | "both" | "left" | "right";
  matters: boolean;
  pair: string | null;
  numbers: [string, string];
  /** What a screen reader says before the left code and before the right. */
  spoken: [string, string];
  left: CellWords;
  right: CellWords;
  /** Rows of one shape differ in their texts only. */
  shape: string;
  /** Rows of one content differ in their line numbers only. */
  content: string;
}

/** Say what became of a line; `down` says which way a moved line went. */
export function inWords(row: DiffRow, down: boolean): RowWords {
  const change = changeOf(row);
  const { left, right } = row;
  const two = left !== null && right !== null;
  const differ = two && left !== right;
  const spoken = SPOKEN[change];
  const colours = [coloursOf(row.left_live, row.matters), coloursOf(row.right_live, row.matters)] as const;
  const [before, after] =
    two && row.kind !== "same"
      ? marked(left, right, colours)
      : [tokens(left ?? "", colours[0]), tokens(right ?? "", colours[1])];
  const moved = row.kind === "moved";
  const words: RowWords = {
    change,
    sign: change === "moved" ? (down ? "↓" : "↑") : SIGNS[change],
    sides: two ? (differ ? "both" : "same") : left === null ? "right" : "left",
    matters: row.matters,
    pair: moved ? `${row.left_line}-${row.right_line}` : null,
    numbers: [left === null ? "" : String(row.left_line ?? ""), right === null ? "" : String(row.right_line ?? "")],
    spoken: differ ? [`${spoken} Before:`, "Now:"] : [spoken, ""],
    left: {
      live: row.left_live,
      empty: left === null,
      code: before,
      dead: left !== null && !row.left_live,
      note: null,
      jump: left === null && moved ? jump(down, "from", row.left_line) : null,
      silent: two && !differ,
    },
    right: {
      live: row.right_live,
      empty: right === null,
      code: after,
      dead: right !== null && !row.right_live,
      note: note(row, change),
      jump: right === null && moved ? jump(down, "to", row.right_line) : null,
      silent: false,
    },
    shape: "",
    content: "",
  };
  const flags = Number(row.left_live) + 2 * Number(row.right_live) + 4 * Number(row.matters);
  words.shape = `${change} ${flags} ${shapeOf(before)}|${shapeOf(after)}`;
  words.content = [change, flags, left, right, row.why, row.rewired, words.left.jump?.text, words.right.jump?.text].join("\n");
  return words;
}

/** Which tokens have a colour of their own; the others are drawn in one piece. */
type Colours = "all" | "memory" | "none";

/** Lines that stand back are grey but for their memories, dead ones altogether. */
function coloursOf(live: boolean, matters: boolean): Colours {
  return !live ? "none" : matters ? "all" : "memory";
}

const known = { all: new Map<string, Token[]>(), memory: new Map<string, Token[]>(), none: new Map<string, Token[]>() };

/** The tokens of a line; those of lines seen before are kept. */
function tokens(text: string, colours: Colours): Token[] {
  const kept = known[colours];
  let found = kept.get(text);
  if (!found) {
    if (kept.size > 2000) kept.clear();
    kept.set(text, (found = coloured(tokenize(text), colours)));
  }
  return found;
}

function coloured(found: Token[], colours: Colours): Token[] {
  const plain = ({ kind }: Token) =>
    !kind.includes("wb-diff-token") && !kind.includes("wb-rounded") && (colours === "none" || (colours === "memory" && !kind.includes("wb-memory")));
  return joined(found.map((token) => (plain(token) ? { ...token, kind: "" } : token)));
}

/** Both texts, with the tokens marked in which they differ. */
function marked(left: string, right: string, colours: readonly [Colours, Colours]): [Token[], Token[]] {
  const [a, b] = [tokenize(left), tokenize(right)];
  let start = 0;
  let end = 0;
  if (a.length !== b.length) {
    while (a[start]?.whole === b[start]?.whole) start += 1;
    while (end < Math.min(a.length, b.length) - start && a.at(-1 - end)!.whole === b.at(-1 - end)!.whole) end += 1;
  }
  const mark = (of: Token[], other: Token[]) =>
    of.map((token, i): Token => {
      const differs = of.length === other.length ? token.whole !== other[i]!.whole : i >= start && i < of.length - end && token.kind !== "";
      if (!differs) return token;
      // Two long constants may differ only in digits that are not shown.
      const text = token.text === other[i]?.text ? token.whole : token.text;
      return { ...token, text, kind: `${token.kind} wb-diff-token`.trimStart() };
    });
  return [coloured(mark(a, b), colours[0]), coloured(mark(b, a), colours[1])];
}

function shapeOf(code: Token[]): string {
  return code.map(({ kind }) => kind).join();
}

function note(row: DiffRow, change: Change): Note | null {
  const words: string[] = [];
  if (change === "renamed") words.push(exchanged(row) ? "operands exchanged" : "renamed");
  if (change === "died" || (row.kind === "moved" && row.left_live && !row.right_live)) words.push("no longer reaches a prediction");
  if (change === "revived" || (row.kind === "moved" && !row.left_live && row.right_live)) words.push("reaches the prediction now");
  if (row.right !== null && (row.why || row.rewired)) words.push(row.why ?? "what it reads comes from elsewhere now");
  if (words.length === 0) return null;
  return {
    marked: change === "moved" && row.rewired,
    long: change === "renamed" ? "same computation, " : "",
    text: words.join("; "),
    was: change === "renamed" && !exchanged(row) ? ` (${renames(row)})` : "",
  };
}

const ADDRESS = /\b[svm]\d+\b/g;
const addresses = (text: string | null): string[] => text?.match(ADDRESS) ?? [];

/** Whether the operands of a sum or product only changed places. */
function exchanged({ left, right }: DiffRow): boolean {
  const [[write, ...reads], [rewrite, ...others]] = [addresses(left), addresses(right)];
  return write === rewrite && reads.sort().join() === others.sort().join();
}

/** "s4 → s9, v7 → v9". */
function renames({ left, right }: DiffRow): string {
  const now = addresses(right);
  const pairs = addresses(left).map((address, i) => (address === now[i] ? "" : `${address} → ${now[i]}`));
  return [...new Set(pairs)].filter(Boolean).join(", ");
}

function jump(down: boolean, way: "from" | "to", line: number | null): Jump {
  // Where a line went is on the other side of the arrow from where it came.
  const arrow = down === (way === "to") ? "↓" : "↑";
  return { text: `${arrow} moved ${way} line ${line}`, title: `Go to where it ${way === "to" ? "is now" : "was"}` };
}

/** Which way each moved line went: true where its new place stands below its old. */
export function ways(rows: DiffRow[]): boolean[] {
  const seen = new Set<string>();
  const first = rows.map((row) => {
    const pair = `${row.left_line}-${row.right_line}`;
    return row.kind === "moved" && !seen.has(pair) && !!seen.add(pair);
  });
  // The old place comes first if the line went down.
  return rows.map((row, i) => row.kind === "moved" && first[i] === (row.left !== null));
}

/** A line that moved, between the indices of its two rows; lanes keep arrows apart. */
export interface Move {
  pair: string;
  from: number;
  to: number;
  down: boolean;
  matters: boolean;
  lane: number;
}

export function moves(rows: DiffRow[], down: boolean[]): Move[] {
  const at = new Map<string, number>();
  const free: number[] = [];
  const found: Move[] = [];
  rows.forEach((row, to) => {
    if (row.kind !== "moved") return;
    const pair = `${row.left_line}-${row.right_line}`;
    const from = at.get(pair);
    if (from === undefined) {
      at.set(pair, to);
      return;
    }
    let lane = free.findIndex((until) => until < from);
    if (lane < 0) lane = free.length;
    free[lane] = to;
    found.push({ pair, from, to, down: down[to]!, matters: row.matters, lane: lane % 3 });
  });
  return found;
}
