// Vectors over the steps of an episode, one column a step: keys, queries.

import { h, setAttributes, setText } from "./dom";
import type { Inks } from "./matrix_figure";
import { depth } from "./matrix_picture";
import { numeral } from "./numbers";

const HEIGHT = 96;
const LEFT = 42;
const RIGHT = 10;

export class StepMap {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { class: "wb-step-map", role: "img" });
  private readonly scale = h("span", { class: "wb-note" });
  private values: Float32Array = new Float32Array(0);
  private d = 1;
  private here = 0;

  constructor(
    private readonly title: string,
    help: string,
    go: (step: number) => void,
    signal: AbortSignal,
  ) {
    this.element = h("figure", { class: "wb-step-figure", title: help }, h("figcaption", {}, h("b", {}, title), this.scale), this.canvas);
    this.canvas.addEventListener(
      "click",
      (event) => {
        const steps = this.values.length / this.d;
        const share = (event.offsetX - LEFT) / Math.max(1, this.canvas.clientWidth - LEFT - RIGHT);
        go(Math.max(1, Math.min(steps, Math.floor(share * steps) + 1)));
      },
      { signal },
    );
  }

  show(values: Float32Array, d: number, here: number): void {
    this.values = values;
    this.d = Math.max(1, d);
    this.here = here;
    setText(this.scale, `share of each row of W; no colour 0, darkest ${numeral(Number(largest(values).toPrecision(2)))}`);
    const steps = values.length / this.d;
    const column = here > 0 ? values.subarray((here - 1) * this.d, here * this.d) : new Float32Array(0);
    const peak = column.length ? column.indexOf(Math.max(...column)) : -1;
    const now = peak < 0 ? "" : `; now largest at row ${peak}, ${numeral(Number(column[peak]!.toPrecision(3)))}`;
    setAttributes(this.canvas, { "aria-label": `${this.title}, ${this.d} numbers for each of ${steps} examples${now}.` });
  }

  draw(inks: Inks): void {
    const { canvas, values, d } = this;
    const width = canvas.parentElement?.clientWidth || 300;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round((HEIGHT + 20) * ratio);
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.font = `11.5px ${getComputedStyle(canvas).fontFamily || "sans-serif"}`;
    const steps = values.length / d;
    const top = largest(values) || 1;
    const across = (width - LEFT - RIGHT) / Math.max(1, steps);
    const down = HEIGHT / d;
    context.fillStyle = inks.accent;
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < d; i++) {
        context.globalAlpha = Math.max(0.03, depth(values[t * d + i]!, top));
        context.fillRect(LEFT + t * across, i * down, Math.max(1, across - (across > 4 ? 1 : 0)), Math.max(0.5, down - (down > 4 ? 1 : 0)));
      }
    }
    context.globalAlpha = 1;
    context.strokeStyle = inks.text;
    context.lineWidth = 2;
    if (this.here > 0) context.strokeRect(LEFT + (this.here - 1) * across - 0.5, 1, across, HEIGHT - 2);
    context.fillStyle = inks.muted;
    context.textAlign = "right";
    context.fillText("row 0", LEFT - 6, 10);
    context.fillText(String(d - 1), LEFT - 6, HEIGHT - 2);
    context.textAlign = "left";
    context.fillText("example 1", LEFT, HEIGHT + 15);
    context.textAlign = "right";
    if (steps > 1) context.fillText(String(steps), width - RIGHT, HEIGHT + 15);
  }
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
