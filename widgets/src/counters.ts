// The row of numbers under the head.

import type { Channel } from "./channel";
import { h, setText } from "./dom";
import { duration, fitness, percent, short } from "./format";

type Counters = Record<string, any>;

const ITEMS: { name: string; label: string; help: string; text: (c: Counters) => string }[] = [
  {
    name: "best",
    label: "Best fitness",
    help: "Fitness on the search tasks, 0 to 1; 1 is a perfect prediction",
    text: (c) => fitness(c.best),
  },
  {
    name: "individuals",
    label: "Individuals",
    help: "Programs made, evaluated or not",
    text: (c) => short(c.individuals),
  },
  {
    name: "rate",
    label: "Individuals/s",
    help: "Over the last moments",
    text: (c) => short(c.rate),
  },
  {
    name: "evaluations",
    label: "Evaluations",
    help: "Programs run on all tasks, because the cache did not know what they do",
    text: (c) => short(c.evaluations),
  },
  {
    name: "cache",
    label: "Cache hits",
    help: "Share of individuals that do the same as one seen before",
    text: (c) => percent(c.cache_hits, c.individuals),
  },
  {
    name: "train_steps",
    label: "Train steps",
    help: "Calls of Learn in all evaluations: the compute spent",
    text: (c) => short(c.train_steps),
  },
  {
    name: "seconds",
    label: "Running time",
    help: "Without pauses",
    text: (c) => duration(c.seconds),
  },
];

export class CounterRow {
  readonly element: HTMLElement;
  private readonly values = new Map<string, HTMLElement>();
  private readonly bar = h("span", { class: "wb-progress-bar" });
  private readonly progress: HTMLElement;

  constructor(private readonly channel: Channel) {
    const items = ITEMS.map(({ name, label, help }) => {
      const value = h("dd", { "data-counter": name }, "–");
      this.values.set(name, value);
      return h("div", { title: help, class: `wb-counter wb-counter-${name}` }, h("dt", {}, label), value);
    });
    this.progress = h(
      "div",
      {
        class: "wb-progress",
        role: "progressbar",
        "aria-label": "Share of the budget used",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      this.bar,
    );
    this.element = h("div", {}, this.progress, h("dl", { class: "wb-counters" }, ...items));
  }

  update(): void {
    const counters = this.channel.part("counters");
    for (const { name, text } of ITEMS) setText(this.values.get(name)!, text(counters));
    const share = Number(counters.share ?? 0);
    const rounded = Math.min(100, Math.round(1000 * share) / 10);
    this.bar.style.width = `${rounded}%`;
    this.progress.setAttribute("aria-valuenow", String(Math.round(rounded)));
  }
}
