// Edits of the episode, and what they cost.

import type { Channel, Part } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { numeral } from "./numbers";
import { percent } from "./verdict";

const EDIT_MS = 120;

export class Meddling {
  readonly element: HTMLElement;
  private readonly about = h("p", { class: "wb-note" });
  private readonly noise: HTMLInputElement;
  private readonly noiseText = h("output", {});
  private readonly label: HTMLSelectElement;
  private readonly freeze: HTMLButtonElement;
  private readonly undo: HTMLButtonElement;
  private readonly cost = h("div", { class: "wb-cost", role: "status" });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private position = 0;
  private frozen: number | null = null;

  constructor(
    private readonly channel: Channel,
    signal: AbortSignal,
  ) {
    this.noise = h("input", { type: "range", min: 0, step: 0.25, class: "wb-slider", "aria-label": "Noise on this example's features, in their standard deviations", "data-key": "noise" });
    this.label = h("select", { "aria-label": "Label that this example is shown with", "data-key": "swap" });
    this.freeze = h("button", { type: "button", class: "wb-button wb-small", "data-key": "freeze" });
    this.undo = h("button", { type: "button", class: "wb-button wb-small", "data-key": "reset" }, "Undo all");
    const act = (button: HTMLElement, go: () => void) =>
      button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && go(), { signal });
    this.noise.addEventListener(
      "input",
      () => {
        setText(this.noiseText, noiseWords(Number(this.noise.value)));
        clearTimeout(this.timer);
        const example = this.position;
        this.timer = setTimeout(() => {
          this.timer = undefined;
          channel.send("perturb", { example, noise: Number(this.noise.value) });
        }, EDIT_MS);
      },
      { signal },
    );
    this.label.addEventListener("change", () => channel.send("swap", { example: this.position, label: Number(this.label.value) }), { signal });
    for (const control of [this.noise, this.label]) control.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    act(this.freeze, () => channel.send("freeze", { example: this.frozen === null ? Math.max(1, this.position) : null }));
    act(this.undo, () => channel.send("reset"));
    signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.element = h(
      "section",
      { class: "wb-meddling", "aria-label": "What if" },
      h("h4", {}, "What if"),
      this.about,
      h("label", { class: "wb-meddle" }, h("span", {}, "Noise"), this.noise, this.noiseText),
      h("label", { class: "wb-meddle" }, h("span", {}, "Label"), this.label),
      h("div", { class: "wb-meddle-buttons" }, this.freeze, this.undo),
      this.cost,
    );
  }

  update(episode: Part, position: number, letters: string[]): void {
    this.position = position;
    this.frozen = (episode.frozenFrom ?? null) as number | null;
    const none = this.channel.link === "none";
    const off = none || position === 0;
    const at = position - 1;
    const truth = (episode.targets as number[] | undefined)?.[at];
    if (this.label.options.length !== letters.length) this.label.replaceChildren(...letters.map((name, i) => h("option", { value: i }, name)));
    letters.forEach((name, i) => setText(this.label.options[i]!, i === truth ? `${name} (its own)` : name));
    this.label.disabled = this.noise.disabled = off;
    setAttributes(this.noise, { max: this.channel.part("about").most_noise ?? 4 });
    const size = Number(episode.noise?.[at] ?? 0);
    if (this.timer === undefined) {
      this.noise.value = String(size);
      setText(this.noiseText, noiseWords(size));
    }
    if (truth !== undefined) this.label.value = String(episode.labels?.[at] ?? truth);
    setText(this.about, position === 0 ? "Go to an example to edit it; the whole episode is then run again." : `Example ${position} as the model gets it:`);
    const kind = this.channel.part("about").model?.kind;
    const what = kind === "srwm" ? "self-modification" : "writing";
    setText(this.freeze, this.frozen === null ? `No ${what} from example ${Math.max(1, position)} on` : `Let ${what} go on (off from ${this.frozen + 1})`);
    const edited = Object.keys(episode.noise ?? {}).length + Object.keys(episode.labels ?? {}).length > 0 || this.frozen !== null;
    setAttributes(this.freeze, { "aria-disabled": none && "true", "aria-pressed": String(this.frozen !== null) });
    setAttributes(this.undo, { "aria-disabled": (none || !edited) && "true" });
    this.updateCost(edited);
  }

  private updateCost(edited: boolean): void {
    const costs = (this.channel.part("course").costs ?? []) as { name: string; right: [number, number]; loss: [number, number] }[];
    const told = ([from, to]: [number, number], words: (value: number) => string) => h("b", {}, edited ? `${words(from)} → ${words(to)}` : words(to));
    const three = (value: number) => numeral(Number(value.toPrecision(3)));
    const row = (name: string, value: HTMLElement) => h("div", {}, h("span", { class: "wb-note" }, name), value);
    this.cost.replaceChildren(
      h("p", { class: "wb-note" }, edited ? "After the last example, unedited → edited:" : "After the last example:"),
      ...costs.flatMap(({ name, right, loss }) => {
        const whose = costs.length > 1 ? [h("h5", {}, name)] : [];
        return [...whose, row("Queries right", told(right, percent)), row("Loss (nats)", told(loss, three))];
      }),
    );
    this.cost.hidden = costs.length === 0;
  }
}

function noiseWords(size: number): string {
  return size === 0 ? "none" : `${size} σ`;
}
