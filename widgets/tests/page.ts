// A page for each test, with time that only tests move: what every panel's tests begin with.

import { afterEach, beforeEach, vi } from "vitest";

/** Where a panel is rendered; fresh for each test. */
export let el: HTMLElement;
/** Ends the panel when the test ends. */
export let abort: AbortController;

/** End what was rendered, and begin with an empty page. */
export function renew(): void {
  abort?.abort();
  abort = new AbortController();
  el = document.createElement("div");
  document.body.replaceChildren(el);
}

beforeEach(() => {
  vi.useFakeTimers();
  renew();
});

afterEach(() => {
  abort.abort();
  vi.useRealTimers();
});

export function press(target: Element, key: string): boolean {
  return target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}
