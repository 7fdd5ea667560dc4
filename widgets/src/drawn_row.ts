// A row of a diff in the page. Showing another line in it touches only what differs.

import type { CellWords, RowWords } from "./diff_rows";
import { h, setAttributes } from "./dom";
import { tokenNode, type Token } from "./listing";

export class DrawnRow {
  readonly element: HTMLElement;
  words: RowWords | undefined;
  private readonly sign = textIn("wb-diff-sign");
  private readonly numbers = [textIn("wb-line-number wb-diff-number-left"), textIn("wb-line-number wb-diff-number-right")] as const;
  private readonly left = new Cell("left");
  private readonly right = new Cell("right");

  constructor(words: RowWords) {
    this.element = h("li", { class: "wb-diff-row", "data-row": "" });
    this.show(words);
    this.element.append(this.sign, this.numbers[0], this.left.element, this.numbers[1], this.right.element);
  }

  show(words: RowWords): void {
    const before = this.words;
    if (before === words) return;
    this.words = words;
    words.numbers.forEach((text, i) => text !== before?.numbers[i] && setData(this.numbers[i]!, text));
    if (words.pair !== before?.pair) setAttributes(this.element, { "data-pair": words.pair });
    if (words.content === before?.content) return;
    if (words.sign !== before?.sign) setData(this.sign, words.sign);
    if (words.spoken[0] !== before?.spoken[0]) say(this.sign, words.spoken[0]);
    if (words.spoken[1] !== before?.spoken[1]) say(this.numbers[1], words.spoken[1]);
    if (words.change !== before?.change) setAttributes(this.element, { "data-change": words.change });
    if (words.sides !== before?.sides) setAttributes(this.element, { "data-sides": words.sides });
    if (words.matters !== (before?.matters ?? false)) setAttributes(this.element, { "data-matters": words.matters });
    this.left.show(words.left);
    this.right.show(words.right);
  }
}

class Cell {
  readonly element: HTMLElement;
  private readonly code = h("code");
  private shown: CellWords | undefined;
  private rest: HTMLElement[] = [];

  constructor(side: "left" | "right") {
    this.element = h("span", { class: `wb-diff-cell wb-diff-${side}` }, this.code);
  }

  show(words: CellWords): void {
    const { element, shown } = this;
    this.shown = words;
    if (words.silent !== (shown?.silent ?? false)) setAttributes(element, { "aria-hidden": words.silent && "true" });
    if (words.live !== (shown?.live ?? false)) setAttributes(element, { "data-live": words.live });
    if (words.empty !== (shown?.empty ?? false)) setAttributes(element, { "data-empty": words.empty });
    if (words.code !== shown?.code) patch(this.code, shown?.code ?? [], words.code);
    if (ending(words) === ending(shown)) return;
    for (const one of this.rest) one.remove();
    this.rest = rest(words);
    element.append(...this.rest);
  }
}

/** Show other tokens: those of the same class keep their element. */
function patch(code: HTMLElement, before: Token[], after: Token[]): void {
  const nodes = [...code.childNodes];
  after.forEach((token, i) => {
    const node = nodes[i];
    const old = before[i];
    if (!node || !old || !old.kind !== !token.kind) {
      const made = tokenNode(token);
      if (node) node.replaceWith(made);
      else code.append(made);
      return;
    }
    const text = token.kind ? (node.firstChild as Text) : (node as Text);
    if (old.text !== token.text) text.data = token.text;
    if (!token.kind) return;
    const element = node as HTMLElement;
    if (old.kind !== token.kind) element.className = token.kind;
    const rounded = token.kind.includes("wb-rounded");
    if (rounded || old.kind.includes("wb-rounded")) setAttributes(element, { title: rounded && token.whole });
  });
  for (const node of nodes.slice(after.length)) node.remove();
}

/** What stands behind the code, in one text. */
function ending(words: CellWords | undefined): string {
  if (!words) return "false";
  const { dead, note, jump } = words;
  return dead || note || jump ? [dead, note?.marked, note?.long, note?.text, note?.was, jump?.text].join("\n") : "false";
}

function rest({ dead, note, jump }: CellWords): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (dead) found.push(h("span", { class: "wb-tag", title: "It cannot change any prediction." }, "dead"));
  if (note) {
    found.push(
      h(
        "span",
        { class: "wb-diff-note" },
        note.marked && h("b", { title: "Reads something else now" }, "≠ "),
        note.long && h("span", { class: "wb-diff-long" }, note.long),
        note.text,
        note.was && h("span", { class: "wb-diff-was" }, note.was),
      ),
    );
  }
  if (jump) found.push(h("button", { type: "button", class: "wb-diff-jump", tabindex: -1, title: jump.title }, jump.text));
  return found;
}

/** An element with a text that is set often. */
function textIn(name: string): HTMLElement {
  const element = h("span", { class: name, "aria-hidden": "true" });
  element.append(document.createTextNode(""));
  return element;
}

function setData(element: HTMLElement, text: string): void {
  (element.firstChild as Text).data = text;
}

/** Have a sign read out in words: an element for them alone would have to be laid out too. */
function say(sign: HTMLElement, words: string): void {
  setAttributes(sign, words ? { role: "img", "aria-label": words, "aria-hidden": null } : { role: null, "aria-label": null, "aria-hidden": "true" });
}
