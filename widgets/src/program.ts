// The program shown, in tabs: its lines, what changed, and the views inside the panel.

import type { Channel } from "./channel";
import { ConceptChips, type ConceptPart } from "./concept_chips";
import { DiffTable, type DiffParts } from "./diff_table";
import { h, setText } from "./dom";
import { fitness, short } from "./format";
import { listing, markCarriers, type ListingFunction } from "./listing";
import type { WidgetHost, WidgetModel } from "./model";
import { Nested } from "./nested";
import { describePick, finds, isPicked, pickBest } from "./picks";
import { Tabs } from "./tabs";

export interface ProgramState {
  tab: string;
  showDead: boolean;
  meanings: boolean;
}

const OWN_TABS = [
  { name: "program", label: "Program" },
  { name: "change", label: "Change" },
];
const EMPTY = "The best program found so far is listed here, and what each improvement changed in it.";

export class ProgramArea {
  readonly element: HTMLElement;
  private readonly title = h("h4", {}, "Best program");
  private readonly facts = h("span", { class: "wb-facts" });
  private readonly spoken = h("span", { class: "wb-hidden", "aria-live": "polite" });
  private readonly back = button("Back to the best", "back");
  private readonly options = h("div", { class: "wb-program-options" });
  private readonly dead = checkbox("show-dead", "Show dead", "Instructions that cannot change any prediction");
  private readonly meanings = checkbox("meanings", "Formulas and words", "What each line computes and where each address is used");
  private readonly note = h("p", { class: "wb-note wb-view-note" });
  private readonly refresh = button("Show the present one", "refresh-view");
  private readonly body = h("div", { class: "wb-program-body" });
  private readonly chips: ConceptChips;
  private readonly tabs: Tabs;
  private readonly nested = new Map<string, Nested>();
  private diff: DiffTable | undefined;
  private shown = "";
  private picked = "";
  private carriers: ReadonlySet<string> = new Set();

  constructor(
    private readonly channel: Channel,
    private readonly model: WidgetModel,
    private readonly state: ProgramState,
    private readonly signal: AbortSignal,
    private readonly host?: WidgetHost,
  ) {
    this.dead.input.checked = state.showDead;
    this.meanings.input.checked = state.meanings;
    this.dead.input.addEventListener(
      "change",
      () => {
        this.state.showDead = this.dead.input.checked;
        this.update();
      },
      { signal },
    );
    this.meanings.input.addEventListener(
      "change",
      () => {
        this.state.meanings = this.meanings.input.checked;
        this.open();
      },
      { signal },
    );
    this.back.addEventListener("click", () => pickBest(this.channel), { signal });
    this.refresh.addEventListener("click", () => this.open(), { signal });
    this.chips = new ConceptChips((lines) => {
      this.carriers = lines;
      markCarriers(this.body, lines);
    }, signal);
    this.tabs = new Tabs(
      "The program shown",
      state.tab,
      (name) => {
        this.state.tab = name;
        this.open();
      },
      signal,
    );
    this.options.append(this.dead.label, this.meanings.label);
    this.tabs.panel.append(this.options, h("div", { class: "wb-view-state" }, this.note, this.refresh), this.chips.element, this.body);
    this.element = h(
      "section",
      { class: "wb-program", "aria-label": "Program" },
      h("div", { class: "wb-bar" }, this.title, this.facts, this.back, this.spoken),
      this.tabs.list,
      this.tabs.panel,
    );
  }

  /** The view that the chosen tab needs; "" for what the panel shows itself. */
  private get view(): string {
    const { tab, meanings } = this.state;
    if (tab === "change") return "";
    return tab === "program" ? (meanings ? "program" : "") : tab;
  }

  private open(): void {
    if (this.channel.link !== "none") this.channel.send("view", { view: this.view });
    this.update();
  }

  update(): void {
    const views = this.channel.part("views");
    const offered = (views.offered ?? []) as { name: string; label: string }[];
    this.tabs.offer([...OWN_TABS, ...offered.filter(({ name }) => name !== "program")]);
    const best = this.channel.part("program");
    this.updateHead(best);
    const { tab, showDead } = this.state;
    const isListing = tab === "program" && this.view === "";
    this.options.hidden = tab !== "program" || !best.functions;
    this.dead.label.hidden = !isListing;
    this.meanings.label.hidden = !offered.some(({ name }) => name === "program");
    this.element.dataset.shows = tab;
    this.element.dataset.wide = String(this.view !== "");
    this.updateChips(best, isListing);
    if (this.view !== "") return this.updateView(best, views);
    this.setNote("");
    const shown = `${best.revision} ${showDead} ${tab}`;
    if (shown === this.shown) return;
    this.shown = shown;
    if (!best.functions) this.body.replaceChildren(h("p", { class: "wb-note" }, EMPTY));
    else if (isListing) this.body.replaceChildren(this.marked(listing(best.functions as ListingFunction[], showDead)));
    else this.showChange(best);
  }

  private marked(lines: HTMLElement): HTMLElement {
    markCarriers(lines, this.carriers);
    return lines;
  }

  /** The program view has chips of its own. A discovery lights up what it brought. */
  private updateChips(best: Record<string, any>, isListing: boolean): void {
    this.chips.element.hidden = !isListing || !best.functions;
    if (!best.functions) return;
    this.chips.show(this.channel.part("concepts") as ConceptPart, Number(best.version), this.channel.link);
    const picked = best.pick?.kind === "discovery" ? String(best.pick.key) : "";
    if (picked === this.picked) return;
    this.picked = picked;
    const find = finds(this.channel).find(({ number }) => String(number) === picked);
    this.chips.choose(find?.concepts?.[0]);
  }

  private updateHead(best: Record<string, any>): void {
    const picked = isPicked(this.channel);
    const title = picked ? describePick(this.channel) : best.winner ? "Winner" : "Best program";
    setText(this.title, title);
    setText(this.spoken, picked ? `Shown: ${title}` : "");
    this.back.hidden = !picked || this.channel.link === "none";
    setText(
      this.facts,
      best.functions ? `fitness ${fitness(best.fitness)} · individual ${short(best.individuals)}` : "",
    );
    setText(this.dead.text, best.functions ? `Show dead (${best.dead})` : "Show dead");
  }

  private showChange(best: Record<string, any>): void {
    const before = best.previous;
    if (!before) {
      const text =
        best.pick?.kind === "hall"
          ? "This is the program that others are compared with; pick another in the hall of fame to see how it differs."
          : "This is the first best program; there is none before it to compare with.";
      this.body.replaceChildren(h("p", { class: "wb-note" }, text));
      return;
    }
    const mutation = best.mutation ? ` Last mutation: ${String(best.mutation).replaceAll("_", " ")}.` : "";
    const [text, titles]: [string, [string, string]] = best.winner
      ? [
          `The winner did best on fresh tasks. How it differs from the best on the search tasks (fitness ${fitness(before.fitness)}):`,
          ["Best in the search", "Winner"],
        ]
      : best.role === "best"
        ? [`How it differs from the best (fitness ${fitness(before.fitness)}).${mutation}`, ["Best", describePick(this.channel)]]
        : [
            `Fitness ${fitness(before.fitness)} → ${fitness(best.fitness)}, since individual ${short(before.individuals)}.${mutation}`,
            ["Before", best.pick ? "Discovery" : "Best program"],
          ];
    this.diff ??= new DiffTable(this.signal);
    this.diff.show(best.diff as DiffParts, titles);
    this.body.replaceChildren(h("p", { class: "wb-note" }, text), this.diff.element);
  }

  private updateView(best: Record<string, any>, views: Record<string, any>): void {
    const name = this.view;
    const open = views.open?.[name] as { model: string; version: number } | undefined;
    const problem = views.problems?.[name] as string | undefined;
    if (problem) this.setNote(problem, true);
    else if (!best.functions) this.setNote("This view opens with the first program that the search finds.");
    else if (this.channel.link === "none") {
      this.setNote(open ? "" : "No kernel is attached, and this view was not open when the notebook was saved.");
    } else if (views.making === name) this.setNote(views.compiling || (open ? "" : "Opening…"));
    else if (open && open.version !== best.version) this.setNote("The search has found a better program since this one.", true);
    else this.setNote("");
    const shown = `view ${name} ${open?.model}`;
    if (shown === this.shown) return;
    this.shown = shown;
    if (!open) return this.body.replaceChildren();
    let nested = this.nested.get(name);
    if (!nested) this.nested.set(name, (nested = new Nested(this.model, this.signal, this.host)));
    void nested.show(open.model);
    this.body.replaceChildren(nested.element);
  }

  private setNote(text: string, withButton = false): void {
    setText(this.note, text);
    this.note.parentElement!.hidden = text === "";
    this.refresh.hidden = !withButton || this.channel.link === "none";
  }
}

function button(text: string, key: string): HTMLButtonElement {
  return h("button", { type: "button", class: "wb-button wb-small", "data-key": key }, text);
}

function checkbox(key: string, label: string, help: string) {
  const input = h("input", { type: "checkbox", "data-key": key });
  const text = h("span", {}, label);
  return { input, text, label: h("label", { class: "wb-check", title: help }, input, text) };
}
