// The two pictures of one step: the matrix with what goes through it, and its change.

import type { Part as ChannelPart } from "./channel";
import { h, setText } from "./dom";
import { MatrixFigure, type Cell, type Inks } from "./matrix_figure";
import { added, partOf, writtenBy, type Part, type Picture } from "./matrix_picture";
import { numeral, unpackFloats } from "./numbers";
import { segmented } from "./segmented";

type View = "before" | "after" | "since";

const HINT = "Point at a cell, or use the arrow keys on a picture, to read it.";
const EQUATIONS: Record<string, string> = {
  srwm: "x W = (y, q, k, rates).  Change = softmax(k)ᵀ × rates · (softmax(q) W − softmax(k) W): the key says which rows, the query what they become.",
  deltanet: "Change = kᵀ × rate · (v − k W): keys, values, rates and queries come from weights that do not change.",
  "linear-attention": "Change = kᵀ × (v, 1): the value is added whole. A read, q W, is divided by its last number, the sum. Keys, values and queries come from weights that do not change.",
};
const EMPTY: Float32Array = new Float32Array(0);

export class WeightFigures {
  readonly element: HTMLElement;
  private readonly title = h("h4", {});
  private readonly heads = h("span", { class: "wb-note" });
  private readonly weights: MatrixFigure;
  private readonly change: MatrixFigure;
  private readonly legend = h(
    "p",
    { class: "wb-heat-legend wb-note" },
    h("span", {}, "−"),
    h("i", { "aria-hidden": "true" }),
    h("span", {}, "+"),
    h("span", {}, "Blue (with a dash, where there is room) is negative, orange positive, no colour 0. The ± over a part is its full colour, the same at every step of the episode."),
  );
  private readonly equations = h("p", { class: "wb-equation wb-note" });
  private readonly read = h("p", { class: "wb-cell-text wb-note", "aria-hidden": "true" }, HINT);
  private readonly spoken = h("p", { class: "wb-hidden", "aria-live": "polite" });
  private readonly none = h("p", { class: "wb-note", hidden: true }, "This model has no matrix that changes while it reads an episode.");
  private readonly pictures: HTMLElement;
  private view: View = "before";
  private parts: Part[] = [];
  private key = EMPTY;
  private written = EMPTY;
  private inks: Inks | undefined;
  private again: () => void = () => {};

  constructor(private readonly place: "main" | "beside", signal: AbortSignal) {
    const read = (cell: Cell, spoken: boolean) => this.tell(cell, spoken);
    const choice = segmented<View>(
      "Which W is drawn",
      [
        { value: "before", label: "before", help: "W as this example meets it" },
        { value: "after", label: "after", help: "W with this step's change" },
        { value: "since", label: "− W₀", help: "All that has changed since the beginning, this step included" },
      ],
      this.view,
      (value) => {
        this.view = value;
        this.again();
      },
      signal,
    );
    this.weights = new MatrixFigure(`${place}-w`, read, choice, signal);
    this.change = new MatrixFigure(`${place}-change`, read, undefined, signal);
    this.pictures = h("div", { class: "wb-pictures" }, this.weights.element, h("span", { class: "wb-plus", "aria-hidden": "true" }, "+"), this.change.element);
    this.element = h("section", { class: "wb-weights" }, h("div", { class: "wb-bar" }, this.title, this.heads), this.none, this.pictures, this.legend, this.equations, this.read, this.spoken);
  }

  /** Show a step of a trace; both as they come from microscope_parts.py. */
  update(name: string, kind: string, trace: ChannelPart, figure: ChannelPart): void {
    this.again = () => {
      this.update(name, kind, trace, figure);
      if (this.inks) this.draw(this.inks);
    };
    const has = Number(trace.layers ?? 0) > 0;
    this.none.hidden = has;
    this.pictures.hidden = this.equations.hidden = this.read.hidden = !has;
    this.legend.hidden = !has || this.place === "beside";
    setText(this.title, name);
    setText(this.heads, has ? `layer ${trace.layer + 1} of ${trace.layers}, head ${trace.head + 1} of ${trace.heads}` : "");
    if (!has) return;
    const srwm = kind === "srwm";
    this.parts = trace.parts as Part[];
    const rows = Number(trace.d);
    const before = unpackFloats(figure.weights as string);
    const change = unpackFloats(figure.change as string);
    const began = change.length > 0;
    const after = began ? added(before, change) : before;
    const values = { before, after, since: added(after, unpackFloats(trace.first as string), -1) }[this.view];
    this.key = unpackFloats(figure.key as string);
    this.written = began ? writtenBy(change, this.key) : EMPTY;
    const through = this.view === "before";
    const step = Number(figure.step ?? 0);
    const picture: Picture = {
      rows,
      parts: this.parts,
      values,
      tops: trace.tops[this.view === "since" ? "since" : "W"] as number[],
      left: through ? unpackFloats(figure.left as string) : EMPTY,
      leftName: began && through ? (srwm ? "x" : "q") : "",
      below: through ? unpackFloats(figure.below as string) : EMPTY,
      belowNames: began && through ? this.parts.map(({ name: part }) => ({ y: "y", q: "softmax q", k: "softmax k", b: "rates" })[part] ?? "y") : [],
    };
    const at = { before: step > 0 ? `W before example ${step}` : "W₀, before the first example", after: step > 0 ? `W after example ${step}` : "W₀", since: "W − W₀" }[this.view];
    this.weights.show(at, picture);
    this.change.show(began ? `Its change by example ${step}` : "No change yet", {
      ...picture,
      values: began ? change : new Float32Array(before.length),
      tops: trace.tops.change as number[],
      left: this.key,
      leftName: began ? "k" : "",
      below: this.written,
      belowNames: began ? this.parts.map((_, i) => (i === 0 ? "written" : "")) : [],
    });
    setText(this.equations, EQUATIONS[kind] ?? "");
  }

  draw(inks: Inks): void {
    this.inks = inks;
    this.weights.draw(inks);
    this.change.draw(inks);
  }

  /** A cell, in both pictures at once. */
  private tell(cell: Cell, spoken: boolean): void {
    this.weights.cell = this.change.cell = cell;
    if (this.inks) this.draw(this.inks);
    const text = cell ? this.words(cell) : HINT;
    setText(this.read, text);
    this.read.classList.toggle("wb-cell-read", cell !== undefined);
    if (spoken) setText(this.spoken, text);
  }

  private words([row, column]: [number, number]): string {
    const part = this.parts[partOf(this.parts, column)]!;
    const four = (value: number) => numeral(Number(value.toPrecision(4)));
    const name = `W${part.name}[${row}, ${column - part.start}]`;
    const value = four(this.weights.at([row, column]));
    const shown = this.view === "since" ? `${name} − its first value = ${value}` : `${name} = ${value}`;
    if (this.written.length === 0) return shown;
    return `${shown}; change ${four(this.change.at([row, column]))} = key ${four(this.key[row]!)} × written ${four(this.written[column]!)}`;
  }
}
