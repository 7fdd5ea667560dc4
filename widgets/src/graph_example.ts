// Which training example gives the values: first, previous, next, last, or a number.

import type { Link } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { exampleText, title, type Now } from "./graph_words";

export class ExampleControl {
  readonly element: HTMLElement;
  private readonly where = h("span", { class: "wb-where", role: "status" });
  private readonly input = h("input", {
    class: "wb-flow-number-input",
    inputmode: "numeric",
    "aria-label": "Number of the training example",
    "data-key": "example",
  });
  private readonly buttons: [HTMLButtonElement, (now: number, last: number) => number][];
  private now: Now | undefined;
  private link: Link = "connecting";
  /** What was asked for and has not come yet. */
  private wanted: number | undefined;
  private answers = 0;

  constructor(
    private readonly go: (example: number) => void,
    signal: AbortSignal,
  ) {
    this.buttons = [
      [button("first", "«", "First example"), () => 0],
      [button("previous", "‹", "Previous example (<)"), (now) => now - 1],
      [button("next", "›", "Next example (>)"), (now) => now + 1],
      [button("last", "»", "Last example"), (_, last) => last],
    ];
    for (const [element, to] of this.buttons) {
      element.addEventListener("click", () => this.ask(to(this.here(), this.last())), { signal });
    }
    this.input.addEventListener("change", () => this.askTyped(), { signal });
    this.input.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    const [first, previous, next, last] = this.buttons.map(([element]) => element);
    this.element = h("div", { class: "wb-flow-example", role: "group", "aria-label": "Example" }, this.where, first!, previous!, this.input, next!, last!);
  }

  update(now: Now | undefined, link: Link): void {
    this.link = link;
    if (now !== this.now) {
      this.now = now;
      // Of what was asked before, one answer may still come; more are someone else's wish.
      this.answers += 1;
      if (now?.example === this.wanted || this.answers > 1) this.wanted = undefined;
    }
    const none = link === "none" || !now;
    for (const [element, to] of this.buttons) {
      const target = to(this.here(), this.last());
      const useless = target === this.here() || target < 0 || target > this.last();
      setAttributes(element, { "aria-disabled": none || useless ? "true" : null });
    }
    this.input.disabled = none;
    if (document.activeElement !== this.input) this.input.value = String(this.here() + 1);
    setText(this.where, now ? title(exampleText(now)) + (link === "waiting" ? ", waiting for the kernel" : "") : "");
    setAttributes(this.input, { title: now && `1 to ${now.count}` });
  }

  move(by: number): void {
    this.ask(this.here() + by);
  }

  private here(): number {
    return this.wanted ?? this.now?.example ?? 0;
  }

  private last(): number {
    return (this.now?.count ?? 1) - 1;
  }

  private ask(example: number): void {
    if (!this.now || this.link === "none" || example < 0 || example > this.last() || example === this.here()) return;
    this.wanted = example;
    this.answers = 0;
    this.input.value = String(example + 1);
    this.go(example);
    this.update(this.now, this.link);
  }

  private askTyped(): void {
    const number = Number(this.input.value.replace(/[\s_,]/g, ""));
    const good = Number.isInteger(number) && number >= 1 && number <= this.last() + 1;
    setAttributes(this.input, { "aria-invalid": !good && "true" });
    if (good) this.ask(number - 1);
  }
}

function button(key: string, text: string, label: string): HTMLButtonElement {
  return h("button", { type: "button", class: "wb-button wb-small wb-flow-step", title: label, "aria-label": label, "data-key": key }, text);
}
