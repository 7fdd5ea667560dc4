// The text of a program under edit, with the parser's complaint at its line.

import { h, setAttributes } from "./dom";
import type { Send } from "./what_if_lines";
import type { Problem } from "./what_if_parts";

const PAUSE_MS = 150;
let sessions = 0;

export class TextEditor {
  readonly element: HTMLElement;
  private readonly area = h("textarea", {
    class: "wb-edit-area",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
    "aria-label": "Text of the program",
    "data-key": "text",
  });
  private readonly gutter = h("div", { class: "wb-edit-gutter", "aria-hidden": "true" });
  private readonly under = h("i", { class: "wb-edit-under", hidden: true });
  private readonly message = h("p", { class: "wb-edit-problem", role: "alert", hidden: true, id: `wb-problem-${Date.now().toString(36)}-${++sessions}` });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private gesture = "";
  private dirty = false;
  private problem: Problem | undefined;
  private told = " ";

  constructor(
    private readonly send: Send,
    signal: AbortSignal,
  ) {
    const page = h("div", { class: "wb-edit-page" }, this.area, this.under, this.message);
    this.element = h(
      "div",
      { class: "wb-edit-text" },
      h("p", { class: "wb-note" }, "A line after # is knocked out. What can be read is evaluated as you type."),
      h("div", { class: "wb-edit-frame" }, this.gutter, page),
    );
    this.area.addEventListener("focus", () => (this.gesture = `text-${Date.now().toString(36)}-${++sessions}`), { signal });
    this.area.addEventListener(
      "input",
      () => {
        this.dirty = true;
        this.problem = undefined;
        this.layout();
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.flush(), PAUSE_MS);
      },
      { signal },
    );
    this.area.addEventListener("blur", () => this.flush(), { signal });
    this.area.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Take the kernel's text, unless the reader's own is being written. */
  show(text: string, problem: Problem | undefined, overwrite: boolean): void {
    const writing = this.dirty || document.activeElement === this.area || this.problem !== undefined;
    if (overwrite || (!writing && problem?.line === undefined)) {
      this.dirty = false;
      if (this.area.value !== text) this.area.value = text;
    }
    this.problem = this.dirty ? undefined : problem?.line === undefined ? undefined : problem;
    this.layout();
  }

  private flush(): void {
    clearTimeout(this.timer);
    if (!this.dirty) return;
    this.dirty = false;
    this.send("text", { text: this.area.value, gesture: this.gesture });
  }

  private layout(): void {
    const lines = this.area.value.split("\n");
    const { problem } = this;
    const [line, column] = [problem?.line ?? 0, problem?.column ?? 1];
    this.area.rows = Math.max(6, lines.length + (line > lines.length - 3 && line > 0 ? 3 : 1));
    this.gutter.replaceChildren(
      ...lines.map((_, i) => h("span", { class: i + 1 === line ? "wb-edit-bad" : "" }, i + 1 === line ? `⚠ ${i + 1}` : String(i + 1))),
    );
    this.under.hidden = this.message.hidden = !problem;
    const told = `${problem?.message ?? ""} ${problem?.accepted ?? ""}`;
    if (this.told !== told) {
      this.told = told;
      this.message.replaceChildren(h("b", {}, problem?.message ?? ""), problem?.accepted ? h("span", {}, `Accepted: ${problem.accepted}`) : "");
    }
    setAttributes(this.area, { "aria-invalid": problem ? "true" : null, "aria-describedby": problem ? this.message.id : null });
    const style = this.element.style;
    style.setProperty("--line", String(line));
    style.setProperty("--column", String(column - 1));
    style.setProperty("--length", String(problem?.length ?? 1));
  }
}
