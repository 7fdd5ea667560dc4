// What can be taken along: shown first, then copied or saved as a file.

import type { Channel } from "./channel";
import { CopyNote } from "./copying";
import { h, setText } from "./dom";
import { segmented } from "./segmented";

interface Form {
  name: string;
  label: string;
  help: string;
  file: string;
  mime: string;
}

const FETCH_MS = 2500; // that the browser has to take a file
const SHOWN = 20_000;

export class Taking {
  readonly element: HTMLDetailsElement;
  private readonly copy = h("button", { type: "button", class: "wb-button wb-small", "data-key": "take-copy" }, "Copy");
  private readonly save = h("button", { type: "button", class: "wb-button wb-small", "data-key": "take-save" }, "Download");
  private readonly said: CopyNote;
  private readonly text = h("pre", { class: "wb-source", tabindex: 0, hidden: true });
  private readonly picture = h("div", { class: "wb-picture", hidden: true });
  private readonly note = h("p", { class: "wb-note" });
  private form: Form;
  private shown = "";
  private asked = "";

  constructor(
    private readonly channel: Channel,
    forms: Form[],
    signal: AbortSignal,
  ) {
    this.said = new CopyNote(signal);
    this.form = forms[0] ?? { name: "", label: "", help: "", file: "", mime: "" };
    this.copy.addEventListener("click", () => void this.copyIt(), { signal });
    this.save.addEventListener("click", () => this.saveIt(), { signal });
    this.element = h(
      "details",
      { class: "wb-details wb-taking" },
      h(
        "summary",
        { "data-key": "taking" },
        h("span", { class: "wb-settings-title" }, "Export"),
        h("span", { class: "wb-settings-summary" }, forms.map(({ label }) => label).join(" · ")),
      ),
      h(
        "div",
        { class: "wb-details-body" },
        h(
          "div",
          { class: "wb-bar" },
          segmented(
            "What to export",
            forms.map(({ name, label, help }) => ({ value: name, label, help })),
            this.form.name,
            (name) => {
              this.form = forms.find((form) => form.name === name) ?? this.form;
              this.ask();
            },
            signal,
          ),
          this.copy,
          this.save,
          this.said.element,
        ),
        this.note,
        this.text,
        this.picture,
      ),
    );
    this.element.addEventListener("toggle", () => this.element.open && this.ask(), { signal });
  }

  private ask(): void {
    this.asked = this.form.name;
    if (this.channel.link !== "none") this.channel.send("export", { form: this.form.name });
    this.update();
  }

  /** What came: text, or the bytes of a file in base64. */
  private get content(): string | undefined {
    const { form, text } = this.channel.part("exported");
    return text && form === this.form.name && this.asked === form ? String(text) : undefined;
  }

  private get isBinary(): boolean {
    return this.channel.part("exported").base64 === true;
  }

  update(): void {
    if (!this.element.open) return;
    const part = this.channel.part("exported");
    const shown = `${part.revision} ${this.form.name} ${this.channel.link}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const { content } = this;
    const isPicture = content !== undefined && this.form.mime.startsWith("image/");
    const isText = content !== undefined && !this.isBinary && !isPicture;
    this.text.hidden = !isText;
    this.picture.hidden = !isPicture;
    this.save.disabled = content === undefined;
    this.copy.disabled = content === undefined || this.isBinary;
    setText(this.text, !isText ? "" : content.slice(0, SHOWN) + (content.length > SHOWN ? "\n…" : ""));
    this.text.setAttribute("aria-label", this.form.label);
    this.picture.replaceChildren(
      isPicture
        ? h("img", { src: this.isBinary ? `data:${this.form.mime};base64,${content}` : `data:${this.form.mime};charset=utf-8,${encodeURIComponent(content)}`, alt: "The curve as it will be saved" })
        : "",
    );
    const none = this.channel.link === "none" && content === undefined;
    const problem = part.form === this.form.name ? String(part.problem ?? "") : "";
    setText(this.note, none ? "No kernel is attached to make this." : problem ? `Not yet: ${problem}.` : `${this.form.help}.`);
  }

  private copyIt(): Promise<void> {
    return this.said.copy(this.content ?? "");
  }

  private saveIt(): void {
    const content = this.content ?? "";
    const data = this.isBinary ? Uint8Array.from(atob(content), (one) => one.charCodeAt(0)) : content;
    const url = URL.createObjectURL(new Blob([data], { type: this.form.mime }));
    const link = h("a", { href: url, download: this.form.file, hidden: true });
    this.element.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), FETCH_MS);
    this.said.say(`Saved as ${this.form.file}`);
  }
}
