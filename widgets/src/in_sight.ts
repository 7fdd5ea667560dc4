// Rows of a diff that are out of sight are patched when a replay rests, not in each frame.

import type { RowWords } from "./diff_rows";
import type { DrawnRow } from "./drawn_row";

/** Without another diff for so long, a replay rests: longer than a frame, shorter than a glance. */
const REST_MS = 120;

export class InSight {
  private readonly known = new WeakSet<Element>();
  private readonly seen = new WeakSet<Element>();
  private readonly waiting = new Map<Element, () => void>();
  private readonly watch: IntersectionObserver | undefined;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal) {
    if (typeof IntersectionObserver === "undefined") return;
    this.watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        this.seen[isIntersecting ? "add" : "delete"](target);
        if (isIntersecting) this.showNow(target);
      }
    });
    signal.addEventListener("abort", () => {
      this.watch?.disconnect();
      clearTimeout(this.rest);
    });
  }

  /** Show a line in a row: now if the row is new or in sight, or if nobody can tell. */
  show(row: DrawnRow, words: RowWords): void {
    const { element } = row;
    if (this.watch && this.known.has(element) && !this.seen.has(element)) {
      this.waiting.set(element, () => row.show(words));
      return;
    }
    if (!this.known.has(element)) this.watch?.observe(element);
    this.known.add(element);
    this.waiting.delete(element);
    row.show(words);
  }

  /** Have what is out of sight shown once no other diff comes. */
  wait(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => [...this.waiting.keys()].forEach((element) => this.showNow(element)), REST_MS);
  }

  private showNow(element: Element): void {
    this.waiting.get(element)?.();
    this.waiting.delete(element);
  }
}
