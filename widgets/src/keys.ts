// The keys of the whole panel, and what tells them.

import { h } from "./dom";

export interface Key {
  keys: string[];
  says: string;
  act?: () => void;
}

/** What has a use of its own for Space and Enter. */
const OWN_SPACE = "button, input, select, textarea, summary, a, tr, [role=tab], [contenteditable]";
const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]";

export class Keys {
  readonly button = h(
    "button",
    { type: "button", class: "wb-button wb-keys-button", "aria-label": "Keys", title: "Keys (?)", "aria-expanded": "false", "data-key": "keys" },
    "?",
  );
  readonly element: HTMLElement;
  private before: HTMLElement | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly keys: Key[],
    signal: AbortSignal,
  ) {
    const close = h("button", { type: "button", class: "wb-button wb-small", "data-key": "keys-close" }, "Close");
    this.element = h(
      "div",
      { class: "wb-keys", role: "dialog", "aria-label": "Keys", hidden: true },
      h("h4", {}, "Keys"),
      h(
        "dl",
        {},
        ...keys.flatMap(({ keys, says }) => [
          h("dt", {}, ...keys.map((key) => h("kbd", {}, key))),
          h("dd", {}, says),
        ]),
      ),
      close,
    );
    this.button.addEventListener("click", () => this.toggle(), { signal });
    close.addEventListener("click", () => this.toggle(false), { signal });
    root.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  private toggle(open = this.element.hidden): void {
    if (open === !this.element.hidden) return;
    if (open) this.before = document.activeElement as HTMLElement | null;
    this.element.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.element.querySelector("button")?.focus();
    else (this.before?.isConnected ? this.before : this.button).focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element;
    // A view inside the panel has keys of its own.
    if (target.closest(".wb") !== this.root || target.matches(TYPING)) return;
    if (event.key === "Escape" && !this.element.hidden) this.toggle(false);
    else if (event.key === "?") this.toggle();
    else {
      const name = event.key === " " ? "Space" : event.key.toUpperCase();
      const found = this.keys.find((key) => key.act && key.keys.includes(name));
      if (!found || (name === "Space" && target.closest(OWN_SPACE))) return;
      found.act!();
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
