// A question to the audience, its prediction, and the cover over the program.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";

let lessons = 0;

export class Lesson {
  /** The question; hidden without one. */
  readonly element = h("section", { class: "wb-lesson", "aria-label": "Prediction", hidden: true });
  /** Stands in the program's place until it is revealed. */
  readonly cover: HTMLElement;
  private readonly question = h("h4", { id: `wb-lesson-${++lessons}` });
  private readonly answers = h("div", { class: "wb-answers" });
  private readonly kept = h("p", { class: "wb-note", "aria-live": "polite" });
  private readonly reveal = h(
    "button",
    { type: "button", class: "wb-button wb-primary", "data-key": "reveal" },
    "Reveal",
  );
  private inputs: HTMLInputElement[] = [];
  private drawn = "";

  constructor(
    private readonly channel: Channel,
    private readonly signal: AbortSignal,
  ) {
    this.element.append(this.question, this.answers, this.kept);
    this.cover = h(
      "section",
      { class: "wb-cover", "aria-label": "Best program, covered", hidden: true },
      h("p", {}, "The best program is covered."),
      this.reveal,
    );
    const uncover = () => {
      if (this.reveal.getAttribute("aria-disabled") !== "true") channel.send("reveal");
    };
    this.reveal.addEventListener("click", uncover, { signal });
  }

  /** `covered`: what shows programs and is not to be seen before the reveal. */
  update(root: HTMLElement, covered: HTMLElement[]): void {
    const part = this.channel.part("lesson");
    const question = String(part.question ?? "");
    const prediction = String(part.prediction ?? "");
    const hidden = part.covered === true;
    const noKernel = this.channel.link === "none";
    root.dataset.controls = String(part.controls ?? "show");
    for (const element of covered) element.hidden = hidden;
    this.cover.hidden = !hidden;
    this.element.hidden = question === "";
    setAttributes(this.reveal, { "aria-disabled": noKernel && "true" });
    setText(this.question, question);
    this.draw((part.choices ?? []) as string[]);
    for (const input of this.inputs) {
      input.disabled = noKernel || !hidden;
      if (input.type === "radio") input.checked = input.value === prediction;
      else if (input.ownerDocument.activeElement !== input) input.value = prediction;
    }
    setText(this.kept, said(prediction, hidden));
  }

  private draw(choices: string[]): void {
    const key = JSON.stringify(choices);
    if (this.drawn === key) return;
    this.drawn = key;
    const name = this.question.id;
    this.inputs = choices.length
      ? choices.map((value, i) => h("input", { type: "radio", name, value, "data-key": `choice-${i}` }))
      : [h("input", { type: "text", maxlength: 2000, autocomplete: "off", placeholder: "In your own words", "aria-labelledby": name, "data-key": "prediction" })];
    for (const input of this.inputs) {
      const send = () => this.channel.send("predict", { text: input.value });
      input.addEventListener("change", send, { signal: this.signal });
      if (input.type === "text") {
        input.addEventListener("keydown", (event) => event.stopPropagation(), { signal: this.signal });
      }
    }
    setAttributes(this.answers, {
      role: choices.length ? "radiogroup" : null,
      "aria-labelledby": choices.length ? name : null,
    });
    this.answers.replaceChildren(
      ...this.inputs.map((input, i) =>
        choices.length
          ? h("label", { class: `wb-answer${choices[i]!.includes("\n") ? " wb-sketch" : ""}` }, input, h("span", {}, choices[i]!))
          : input,
      ),
    );
  }
}

function said(prediction: string, covered: boolean): string {
  if (!prediction) return covered ? "Predict first; the program stays covered until Reveal." : "Nothing was predicted.";
  return covered ? "Your prediction is kept; it can be changed until Reveal." : "This was predicted before the reveal.";
}
