// The verdict when a search ends: what the winner does on tasks it has never seen.

import type { Channel } from "./channel";
import { h } from "./dom";
import { fitness } from "./format";

interface Score {
  name: string;
  fitness: number | null;
  meaning: string;
}

export class Result {
  readonly element = h("section", { class: "wb-result", "aria-label": "Result", hidden: true });
  private shown = -1;

  constructor(private readonly channel: Channel) {}

  update(): void {
    const part = this.channel.part("result");
    const revision = part.revision ?? 0;
    if (revision === this.shown) return;
    this.shown = revision;
    const scores = (part.scores ?? []) as Score[];
    this.element.hidden = scores.length === 0;
    this.element.replaceChildren(
      h("h4", {}, "Result"),
      h("p", { class: "wb-verdict" }, String(part.verdict ?? "")),
      h(
        "dl",
        { class: "wb-scores" },
        ...scores.map((score) =>
          h(
            "div",
            {},
            h("dt", {}, score.name),
            h("dd", {}, h("b", {}, fitness(score.fitness)), h("span", {}, score.meaning)),
          ),
        ),
      ),
    );
  }
}
