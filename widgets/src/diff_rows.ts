// The rows of a diff: what became of a line, in a sign, in words and in its tokens.

import { h, setAttributes } from "./dom";
import { highlight } from "./listing";

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

/** Builds rows, and keeps those of the last diff to use them again. */
export class DiffRows {
  private kept = new Map<string, HTMLElement[]>();
  private next = new Map<string, HTMLElement[]>();
  private readonly codes = new Map<string, HTMLElement>();

  /** Call when all rows of a diff were taken: what was not used is forgotten. */
  turn(): void {
    [this.kept, this.next] = [this.next, new Map()];
    if (this.codes.size > 2000) this.codes.clear();
  }

  /** The row's element; `down` says which way a moved line went. */
  take(row: DiffRow, down: boolean): HTMLElement {
    const key = [row.kind, row.left, row.right, row.left_line, row.right_line, row.left_live, row.right_live, row.matters, row.why, down].join("\n");
    const item = this.kept.get(key)?.shift() ?? this.build(row, down);
    const same = this.next.get(key);
    if (same) same.push(item);
    else this.next.set(key, [item]);
    return item;
  }

  private build(row: DiffRow, down: boolean): HTMLElement {
    const change = changeOf(row);
    const two = row.left !== null && row.right !== null;
    const item = h("li", {
      class: "wb-diff-row",
      "data-row": "",
      "data-change": change,
      "data-matters": row.matters,
      "data-sides": two ? (row.left === row.right ? "same" : "both") : row.left === null ? "right" : "left",
      "data-pair": row.kind === "moved" && `${row.left_line}-${row.right_line}`,
    });
    const [left, right] = this.texts(row);
    const differ = two && row.left !== row.right;
    item.append(
      h("span", { class: "wb-diff-sign", "aria-hidden": "true" }, change === "moved" ? (down ? "↓" : "↑") : SIGNS[change]),
      number("left", row.left === null ? null : row.left_line),
      h(
        "span",
        // Where both say the same, it is read out once.
        { class: "wb-diff-cell wb-diff-left", "aria-hidden": two && !differ && "true", "data-live": row.left_live, "data-empty": row.left === null },
        change !== "same" && hidden(`${SPOKEN[change]} ${differ ? "before: " : ""}`),
        left,
        row.left !== null && !row.left_live && dead(),
        row.left === null && row.kind === "moved" && jump(down, "from", row.left_line),
      ),
      number("right", row.right === null ? null : row.right_line),
      h(
        "span",
        { class: "wb-diff-cell wb-diff-right", "data-live": row.right_live, "data-empty": row.right === null },
        two && change !== "same" && hidden(differ ? "now: " : `${SPOKEN[change]} `),
        right,
        row.right !== null && !row.right_live && dead(),
        note(row, change),
        row.right === null && row.kind === "moved" && jump(down, "to", row.right_line),
      ),
    );
    return item;
  }

  private texts({ kind, left, right }: DiffRow): [HTMLElement | null, HTMLElement | null] {
    if (left !== null && right !== null && kind !== "same") return marked(left, right);
    return [left === null ? null : this.code(left), right === null ? null : this.code(right)];
  }

  private code(text: string): HTMLElement {
    let code = this.codes.get(text);
    if (!code) this.codes.set(text, (code = h("code", {}, ...highlight(text))));
    return code.cloneNode(true) as HTMLElement;
  }
}

/** Both texts, with the tokens marked in which they differ. */
function marked(left: string, right: string): [HTMLElement, HTMLElement] {
  const tokens = [highlight(left), highlight(right)] as const;
  const whole = (node: Node) => (node as HTMLElement).title || node.textContent || "";
  const [a, b] = [tokens[0].map(whole), tokens[1].map(whole)];
  let start = 0;
  let end = 0;
  if (a.length !== b.length) {
    while (a[start] === b[start]) start += 1;
    while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  }
  const differs = (i: number) => (a.length === b.length ? a[i] !== b[i] : true);
  const shown = tokens.map((nodes) => nodes.map((node) => node.textContent));
  for (const [side, nodes] of tokens.entries()) {
    for (let i = start; i < nodes.length - end; i += 1) {
      const node = nodes[i] as HTMLElement;
      if (!differs(i) || !node.classList) continue;
      node.classList.add("wb-diff-token");
      // Two long constants may differ only in digits that are not shown.
      if (node.title && shown[0]![i] === shown[1]![i]) node.textContent = [a, b][side]![i]!;
    }
  }
  return [h("code", {}, ...tokens[0]), h("code", {}, ...tokens[1])];
}

function note(row: DiffRow, change: Change): HTMLElement | false {
  const words: string[] = [];
  if (change === "renamed") words.push(exchanged(row) ? "operands exchanged" : "renamed");
  if (change === "died" || (row.kind === "moved" && row.left_live && !row.right_live)) words.push("no longer reaches a prediction");
  if (change === "revived" || (row.kind === "moved" && !row.left_live && row.right_live)) words.push("reaches the prediction now");
  if (row.right !== null && (row.why || row.rewired)) words.push(row.why ?? "what it reads comes from elsewhere now");
  if (words.length === 0) return false;
  return h(
    "span",
    { class: "wb-diff-note" },
    change === "moved" && row.rewired && h("b", { title: "Reads something else now" }, "≠ "),
    change === "renamed" && h("span", { class: "wb-diff-long" }, "same computation, "),
    words.join("; "),
    change === "renamed" && !exchanged(row) && h("span", { class: "wb-diff-was" }, ` (${renames(row)})`),
  );
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

function jump(down: boolean, way: "from" | "to", line: number | null): HTMLElement {
  // Where a line went is on the other side of the arrow from where it came.
  const arrow = down === (way === "to") ? "↓" : "↑";
  const text = `${arrow} moved ${way} line ${line}`;
  return h("button", { type: "button", class: "wb-diff-jump", tabindex: -1, title: `Go to where it ${way === "to" ? "is now" : "was"}` }, text);
}

function number(side: "left" | "right", line: number | null): HTMLElement {
  return h("span", { class: `wb-line-number wb-diff-number-${side}`, "aria-hidden": "true" }, line === null ? null : String(line));
}

function dead(): HTMLElement {
  return h("span", { class: "wb-tag", title: "It cannot change any prediction." }, "dead");
}

function hidden(text: string): HTMLElement {
  return h("span", { class: "wb-hidden" }, text);
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

/** Draw an arrow for each line that moved; lanes keep them apart. */
export function arrows(rows: DiffRow[], down: boolean[]): HTMLElement[] {
  const at = new Map<string, number>();
  const free: number[] = [];
  const drawn: HTMLElement[] = [];
  rows.forEach((row, i) => {
    if (row.kind !== "moved") return;
    const pair = `${row.left_line}-${row.right_line}`;
    const from = at.get(pair);
    if (from === undefined) {
      at.set(pair, i);
      return;
    }
    let lane = free.findIndex((until) => until < from);
    if (lane < 0) lane = free.length;
    free[lane] = i;
    const arrow = h("div", { class: "wb-diff-arrow", "aria-hidden": "true", "data-pair": pair, "data-way": down[i] ? "down" : "up", "data-matters": row.matters }, h("i", {}));
    setAttributes(arrow, { style: `grid-row: ${gridRow(from)} / ${gridRow(i)}; --lane: ${lane % 3}` });
    drawn.push(arrow);
  });
  return drawn;
}

/** Row of the grid: between any two there is one for a gap. */
export function gridRow(index: number): number {
  return 2 * index + 3;
}
