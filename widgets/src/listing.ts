// Programs as the field writes them: three functions, line numbers, dead code marked.

import { h } from "./dom";

export interface ListingRow {
  text: string;
  live: boolean;
  /** What the line does, in words. */
  words?: string;
}

export interface ListingFunction {
  name: string;
  rows: ListingRow[];
}

const MEANING: Record<string, string> = {
  Setup: "once, before the first example",
  Predict: "for each example; s1 is the prediction",
  Learn: "after each training example; s0 is its label",
};

const TOKENS =
  /([svm]\d+)|((?<=[=(,[]\s?)-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|\b(?:nan|inf)\b)|([A-Za-z_]\w*)|(\s+)|(.)/gi;

/** A piece of an instruction: what is shown, its class, and what stands in the program. */
export interface Token {
  kind: string;
  text: string;
  whole: string;
}

/** Tell memories, numbers and function names apart; what else there is comes in single characters. */
export function tokenize(text: string): Token[] {
  return [...text.matchAll(TOKENS)].map(([whole, memory, number, word]) => {
    if (memory) return { kind: `wb-memory wb-memory-${memory[0]!.toLowerCase()}`, text: whole, whole };
    // Five digits are enough to read; the exact constant stands in the tooltip.
    if (number && whole.length > 8) return { kind: "wb-number wb-rounded", text: String(Number(Number(whole).toPrecision(5))), whole };
    return { kind: number ? "wb-number" : word ? "wb-word" : "", text: whole, whole };
  });
}

/** Join what is neither coloured nor marked, so that few pieces are drawn. */
export function joined(tokens: Token[]): Token[] {
  const found: Token[] = [];
  for (const token of tokens) {
    const last = found.at(-1);
    if (last?.kind === "" && token.kind === "") found[found.length - 1] = { kind: "", text: last.text + token.text, whole: last.whole + token.whole };
    else found.push(token);
  }
  return found;
}

/** A token as it is drawn. */
export function tokenNode({ kind, text, whole }: Token): HTMLElement | Text {
  return kind ? h("span", { class: kind, title: kind.includes("wb-rounded") && whole }, text) : document.createTextNode(text);
}

/** Colour one instruction: memories, numbers, function names. */
export function highlight(text: string): Node[] {
  return joined(tokenize(text)).map(tokenNode);
}

export function listing(functions: ListingFunction[], showDead: boolean): HTMLElement {
  return h("div", { class: "wb-functions" }, ...functions.map((f) => oneFunction(f, showDead)));
}

function oneFunction({ name, rows }: ListingFunction, showDead: boolean): HTMLElement {
  const shown = rows.map((row, i) => ({ ...row, number: i + 1 })).filter((r) => showDead || r.live);
  const dead = rows.filter((row) => !row.live).length;
  return functionBlock(
    name,
    shown.map((row) => codeRow(name, row, row.number)),
    dead > 0 && !showDead ? `${dead} dead hidden` : "",
    rows.length === 0 ? "empty" : "nothing that matters",
  );
}

function functionBlock(
  name: string,
  rows: HTMLElement[],
  note: string,
  emptyNote: string,
): HTMLElement {
  return h(
    "section",
    { class: `wb-function wb-function-${name.toLowerCase()}`, "aria-label": name },
    h(
      "h4",
      {},
      h("span", { class: "wb-function-name" }, name),
      h("small", {}, MEANING[name] ?? ""),
    ),
    rows.length > 0 && h("ol", { class: "wb-code" }, ...rows),
    rows.length === 0 && note === "" && h("p", { class: "wb-note" }, emptyNote),
    note !== "" && h("p", { class: "wb-note" }, note),
  );
}

/** Mark the lines that carry a concept: "Learn-3", counted from 1. */
export function markCarriers(root: HTMLElement, lines: ReadonlySet<string>): void {
  for (const row of root.querySelectorAll<HTMLElement>("[data-line]")) {
    row.classList.toggle("wb-carries", lines.has(row.dataset.line ?? ""));
  }
}

function codeRow(name: string, { text, live, words }: ListingRow, number: number): HTMLElement {
  return h(
    "li",
    { class: live ? "wb-line" : "wb-line wb-dead", "data-line": `${name}-${number}` },
    h("span", { class: "wb-line-number", "aria-hidden": "true" }, String(number)),
    h("code", { title: words ?? null }, ...highlight(text)),
    !live &&
      h("span", { class: "wb-tag", title: "It cannot change any prediction." }, "dead"),
  );
}
