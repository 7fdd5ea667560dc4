// The row that puts edited settings into force in a paused search.

import { h, setAttributes, setText } from "./dom";

export class ApplyRow {
  readonly element: HTMLElement;
  private readonly button = h(
    "button",
    { type: "button", class: "wb-button", "data-key": "apply" },
    "Apply to the paused search",
  );
  private readonly text = h("span", { class: "wb-note", "aria-live": "polite" });

  constructor(apply: () => void, signal: AbortSignal) {
    this.element = h("div", { class: "wb-apply", hidden: true }, this.button, this.text);
    this.button.addEventListener(
      "click",
      () => {
        if (this.button.getAttribute("aria-disabled") !== "true") apply();
      },
      { signal },
    );
  }

  /** Show it while settings may be changed; `pending` are the labels of those edited. */
  update(shown: boolean, pending: string[], typing: boolean): void {
    this.element.hidden = !shown;
    this.enable(pending.length > 0 || typing);
    setText(
      this.text,
      pending.length > 0
        ? `Not applied yet: ${pending.join(", ").toLowerCase()}.`
        : "Edit a setting, then apply it.",
    );
  }

  /** Something was typed that the kernel has not seen. */
  edited(): void {
    this.enable(true);
  }

  private enable(on: boolean): void {
    setAttributes(this.button, { "aria-disabled": !on && "true" });
  }
}
