// Where the settings of a search were changed: on the curve, and in words below it.

import { h } from "./dom";
import { short } from "./format";
import type { Colours } from "./theme";

export interface Change {
  individuals: number;
  text: string;
}

const FLAG = 5;
const SHOWN = 6;

/** Draw a line with a flag on top at each change; `place` tells where a row stands. */
export function drawChanges(
  context: CanvasRenderingContext2D,
  paint: Colours,
  changes: Change[],
  box: { top: number; height: number },
  place: (individuals: number) => number,
): void {
  context.strokeStyle = context.fillStyle = paint.text;
  context.lineWidth = 1;
  context.setLineDash([1, 3]);
  for (const { individuals } of changes) {
    const x = Math.round(place(individuals)) + 0.5;
    context.beginPath();
    context.moveTo(x, box.top);
    context.lineTo(x, box.top + box.height);
    context.stroke();
  }
  context.setLineDash([]);
  for (const { individuals } of changes) {
    const x = Math.round(place(individuals)) + 0.5;
    context.beginPath();
    context.moveTo(x - FLAG, box.top - FLAG);
    context.lineTo(x + FLAG, box.top - FLAG);
    context.lineTo(x, box.top + FLAG - 1);
    context.closePath();
    context.fill();
  }
}

/** The changes in words, the latest last; empty and hidden without any. */
export class ChangeList {
  readonly element = h("ul", { class: "wb-changes", "aria-label": "Changed while paused", hidden: true });
  private shown = "";

  update(changes: Change[]): void {
    const key = JSON.stringify(changes);
    if (key === this.shown) return;
    this.shown = key;
    this.element.hidden = changes.length === 0;
    const earlier = changes.length - SHOWN;
    this.element.replaceChildren(
      ...(earlier > 0 ? [h("li", {}, `${earlier} earlier changes`)] : []),
      ...changes
        .slice(-SHOWN)
        .map(({ individuals, text }) =>
          h("li", {}, h("b", {}, `▼ ${short(individuals)}`), h("span", {}, text)),
        ),
    );
  }
}
