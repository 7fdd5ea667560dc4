// The best program, or what changed since the best before it.

import type { Channel } from "./channel";
import { h, setText } from "./dom";
import { fitness, short } from "./format";
import { difference, listing, type DiffFunction, type ListingFunction } from "./listing";
import { segmented } from "./segmented";

export interface ProgramState {
  showDead: boolean;
  view: "program" | "change";
}

export class ProgramView {
  readonly element: HTMLElement;
  private readonly title = h("h4", {}, "Best program");
  private readonly facts = h("span", { class: "wb-facts" });
  private readonly body = h("div", { class: "wb-program-body" });
  private readonly dead = h("input", { type: "checkbox", "data-key": "show-dead" });
  private readonly deadLabel = h("span", {}, "Show dead");
  private readonly deadBox = h(
    "label",
    { class: "wb-check", title: "Instructions that cannot change any prediction" },
    this.dead,
    this.deadLabel,
  );
  private shown = "";

  constructor(
    private readonly channel: Channel,
    private readonly state: ProgramState,
    signal: AbortSignal,
  ) {
    this.dead.checked = state.showDead;
    const redraw = () => {
      this.state.showDead = this.dead.checked;
      this.update();
    };
    this.dead.addEventListener("change", redraw, { signal });
    this.element = h(
      "section",
      { class: "wb-program", "aria-label": "Best program" },
      h(
        "div",
        { class: "wb-bar" },
        this.title,
        this.facts,
        segmented(
          "What to show of the best program",
          [
            { value: "program", label: "Program" },
            { value: "change", label: "Change" },
          ],
          state.view,
          (value) => {
            this.state.view = value;
            this.update();
          },
          signal,
        ),
        this.deadBox,
      ),
      this.body,
    );
  }

  update(): void {
    const best = this.channel.part("program");
    const { showDead, view } = this.state;
    const shown = `${best.revision} ${showDead} ${view}`;
    if (shown === this.shown) return;
    this.shown = shown;
    setText(this.title, best.winner ? "Winner" : "Best program");
    if (!best.functions) {
      setText(this.facts, "");
      this.body.replaceChildren(
        h("p", { class: "wb-note" }, "The best program found so far is listed here, and what each improvement changed in it."),
      );
      return;
    }
    setText(this.facts, `fitness ${fitness(best.fitness)} · individual ${short(best.individuals)}`);
    setText(this.deadLabel, view === "program" ? `Show dead (${best.dead})` : "Show dead");
    if (view === "program") {
      this.body.replaceChildren(listing(best.functions as ListingFunction[], showDead));
    } else {
      this.body.replaceChildren(...this.change(best));
    }
  }

  private change(best: Record<string, any>): Node[] {
    if (best.winner && best.previous) {
      const text = `The winner did best on fresh tasks. How it differs from the best on the search tasks (fitness ${fitness(best.previous.fitness)}):`;
      return [h("p", { class: "wb-note" }, text), difference(best.diff as DiffFunction[], this.state.showDead)];
    }
    if (!best.previous) {
      return [h("p", { class: "wb-note" }, "This is the first best program; there is none before it to compare with.")];
    }
    const mutation = best.mutation ? ` Last mutation: ${String(best.mutation).replaceAll("_", " ")}.` : "";
    const text = `Fitness ${fitness(best.previous.fitness)} → ${fitness(best.fitness)}, since individual ${short(best.previous.individuals)}.${mutation}`;
    return [h("p", { class: "wb-note" }, text), difference(best.diff as DiffFunction[], this.state.showDead)];
  }
}
