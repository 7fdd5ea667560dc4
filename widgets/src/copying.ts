// Copies to the clipboard, also where the page is not served over https.

import { h, setText } from "./dom";

const SAID_MS = 2500;

/** Says for a moment what became of a copy. */
export class CopyNote {
  readonly element = h("span", { class: "wb-copied", role: "status" });
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => clearTimeout(this.hiding));
  }

  say(text: string): void {
    setText(this.element, text);
    clearTimeout(this.hiding);
    this.hiding = setTimeout(() => setText(this.element, ""), SAID_MS);
  }

  async copy(text: string, done = "Copied"): Promise<void> {
    this.say((await copyText(text)) ? done : "The browser refused; select the text and press Ctrl+C");
  }
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement as HTMLElement | null;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;top:0;left:0;opacity:0";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    before?.focus();
  }
}
