// Browser half of workbench.widgets.WhatIf.

import { Channel } from "./channel";
import { CopyNote } from "./copying";
import { h, keepKeys, setAttributes, setText } from "./dom";
import { fitness } from "./format";
import type { RenderContext } from "./model";
import { segmented } from "./segmented";
import { followTheme } from "./theme";
import { LearningChart, type LossAxis } from "./what_if_curve";
import { LineEditor } from "./what_if_lines";
import type { EditFunction, Learning, Op, Problem, Result, Weights } from "./what_if_parts";
import { DifferenceChart, TaskChart, type FitnessAxis } from "./what_if_tasks";
import { TextEditor } from "./what_if_text";

const PARTS = ["listing", "source", "ops", "state", "result", "learning", "weights"];
const WEIGH = "Knock out each";
const BUSY: Record<string, string> = {
  fitness: "Evaluating …",
  curve: "Learning curve …",
  weights: "Knocking out each line …",
  tasks: "Drawing tasks …",
};

function render({ model, el, signal }: RenderContext): void {
  const view = new WhatIfView(new Channel(model, PARTS, signal), signal);
  el.replaceChildren(view.root);
  followTheme(view.root, signal, () => {});
  view.start();
}

class WhatIfView {
  readonly root: HTMLElement;
  private readonly title = h("h3", { class: "wb-title" });
  private readonly facts = h("span", { class: "wb-facts", role: "status" });
  private readonly copied: CopyNote;
  private readonly buttons: Record<string, HTMLButtonElement>;
  private readonly problem = h("p", { class: "wb-problem", role: "alert", hidden: true });
  private readonly note = h("p", { class: "wb-note wb-what-note", hidden: true });
  private readonly lines: LineEditor;
  private readonly text: TextEditor;
  private readonly tasks = new Map<string, HTMLElement>();
  private readonly verdict = h("section", { class: "wb-verdict", "aria-label": "Fitness of both programs" });
  private readonly headline = h("b", {}, "–");
  private readonly words = h("p", { class: "wb-verdict-words" });
  private readonly taskWords = h("p", { class: "wb-note" });
  private readonly busy = h("span", { class: "wb-note wb-busy" });
  private readonly taskChart: TaskChart;
  private readonly differenceChart: DifferenceChart;
  private readonly learningChart: LearningChart;
  private readonly outcome = h("div", { class: "wb-outcome" });
  private readonly empty = h("p", { class: "wb-note wb-outcome-empty" }, "Fitness and learning curves of both programs appear here.");
  private readonly lossAxis = h("span", {});
  private readonly weighed = h("span", { class: "wb-note", role: "status" });
  private stamp = 0;
  private last = "";
  private shown: Record<string, unknown> = {};

  constructor(
    private readonly channel: Channel,
    private readonly signal: AbortSignal,
  ) {
    this.copied = new CopyNote(signal);
    const send = (name: string, more: Record<string, unknown> = {}) => this.send(name, more);
    this.buttons = {
      undo: this.button("undo", "Undo", "Take the last edit back (Ctrl+Z)", () => send("undo")),
      redo: this.button("redo", "Redo", "Do it again (Ctrl+Shift+Z)", () => send("redo")),
      reset: this.button("reset", "Reset", "Back to the original; can be undone", () => send("reset")),
      copy: this.button("copy", "Copy", "Copy the edited program's text", () => this.copy()),
      weigh: this.button("weigh", WEIGH, "Knock out each line in turn: what does the fitness lose?", () => send("weigh", { on: !this.channel.part("weights").on })),
      fresh: this.button("fresh", "Fresh tasks", "Both programs on other tasks of the same kind: how much is chance?", () => send("fresh")),
      given: this.button("given", "Back", "Back to the tasks that were given", () => send("given")),
    };
    for (const key of ["weigh", "fresh", "given"]) this.buttons[key]!.classList.add("wb-small");
    this.lines = new LineEditor(send, signal);
    this.text = new TextEditor(send, signal);
    this.taskChart = new TaskChart(signal);
    this.differenceChart = new DifferenceChart(signal);
    this.learningChart = new LearningChart(signal);
    this.root = h(
      "div",
      { class: "wb wb-what-if", role: "region", "aria-label": "What if" },
      h("div", { class: "wb-head" }, h("div", { class: "wb-what-title" }, this.title, this.facts), this.copied.element, h("div", { class: "wb-transport", role: "group", "aria-label": "Edits" }, this.buttons.undo!, this.buttons.redo!, this.buttons.reset!, this.buttons.copy!)),
      this.note,
      this.scores(),
      h("div", { class: "wb-what-main" }, this.editSide(), this.answerSide()),
    );
    keepKeys(this.root, signal);
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  start(): void {
    this.channel.onchange = () => this.update();
    this.update();
    void this.channel.attach();
  }

  private editSide(): HTMLElement {
    this.text.element.hidden = true;
    const choose = (value: string) => {
      this.text.element.hidden = value !== "text";
      this.lines.element.hidden = value === "text";
      this.root.classList.toggle("wb-as-text", value === "text");
    };
    const forms = segmented(
      "Edit as",
      [
        { value: "lines", label: "Lines", help: "Tick boxes, sliders and menus" },
        { value: "text", label: "Text", help: "The whole program" },
      ],
      "lines",
      choose,
      this.signal,
    );
    const weigh = h("span", { class: "wb-weigh" }, this.weighed, this.buttons.weigh!);
    return h("section", { class: "wb-edit-side", "aria-label": "Program" }, h("div", { class: "wb-bar" }, forms, weigh), this.problem, this.lines.element, this.text.element);
  }

  private scores(): HTMLElement {
    const number = (key: string, name: string, sign: string) => {
      const value = h("dd", {}, h("b", {}, "–"));
      this.tasks.set(key, value);
      return h("div", { class: `wb-score wb-score-${key}` }, h("dt", {}, h("i", { class: `wb-sign wb-sign-${sign}`, "aria-hidden": "true" }), name), value);
    };
    const difference = h("div", { class: "wb-score wb-score-difference" }, h("dt", {}, "Difference of fitness"), h("dd", {}, this.headline));
    this.verdict.append(h("dl", { class: "wb-score-row" }, number("original", "Original", "before"), number("edited", "Edited", "after"), difference), this.words);
    return this.verdict;
  }

  private answerSide(): HTMLElement {
    const fitnessAxis = segmented<FitnessAxis>(
      "Fitness axis",
      [
        { value: "fit", label: "Fit", help: "Linear, as wide as the tasks need" },
        { value: "nines", label: "Near 1", help: "Spread what is close to 1: −log₁₀(1 − fitness)" },
      ],
      "fit",
      (value) => {
        this.taskChart.axis = value;
        this.taskChart.redraw();
      },
      this.signal,
    );
    this.outcome.append(
      this.differenceChart.element,
      this.taskChart.element,
      h("div", { class: "wb-bar wb-learning-bar" }, h("h4", {}, "Learning"), this.lossAxis),
      legend(),
      this.learningChart.element,
    );
    return h(
      "section",
      { class: "wb-answer-side", "aria-label": "Fitness and learning" },
      h("div", { class: "wb-bar" }, h("h4", {}, "Fitness"), this.busy, fitnessAxis),
      h("div", { class: "wb-tasks-row" }, this.taskWords, this.buttons.given!, this.buttons.fresh!),
      this.empty,
      this.outcome,
    );
  }

  private update(): void {
    this.updateListing();
    this.updateState();
    this.updateResult();
    this.updateLearning();
    this.updateWeights();
  }

  private updateListing(): void {
    const part = this.channel.part("listing");
    const ops = this.channel.part("ops").ops as Record<string, Op> | undefined;
    const source = this.channel.part("source");
    if (!part.functions || !ops || source.text === undefined) return;
    if (!this.news("listing", `${part.revision} ${source.revision}`)) return;
    setText(this.title, String(part.title ?? "What if"));
    setText(this.facts, factsOf(part));
    if (this.news("base", part.base)) this.lines.forget();
    const problem = (part.problem ?? undefined) as Problem | undefined;
    const late = Number(part.stamp) < this.stamp;
    if (!late) this.lines.show(part.functions as EditFunction[], ops);
    this.text.show(String(source.text), problem, this.last !== "text");
    this.problem.hidden = !problem || problem.line !== undefined;
    setText(this.problem, problem?.message ?? "");
    const enable = (key: string, on: boolean) => setAttributes(this.buttons[key]!, { "aria-disabled": on && this.alive() ? null : "true" });
    enable("undo", part.undo > 0);
    enable("redo", part.redo > 0);
    enable("reset", !part.same || part.counts?.edited > 0);
  }

  private updateState(): void {
    const state = this.channel.part("state");
    const none = !this.alive();
    const notes = [state.compiling, none && "No kernel is attached: this is what was shown last. Run the cell to go on."].filter(Boolean);
    this.note.hidden = notes.length === 0;
    setText(this.note, notes.join(" "));
    setText(this.taskWords, sentence(String(state.tasks ?? "")));
    setText(this.busy, none ? "" : (BUSY[String(state.busy)] ?? ""));
    this.buttons.fresh!.hidden = !state.fresh;
    this.buttons.given!.hidden = !state.draw;
    for (const key of ["weigh", "fresh", "given"]) setAttributes(this.buttons[key]!, { "aria-disabled": none ? "true" : null });
    if (this.news("none", none)) this.root.classList.toggle("wb-no-kernel", none);
  }

  private updateResult(): void {
    const result = this.channel.part("result") as Partial<Result>;
    const state = this.channel.part("state");
    this.outcome.hidden = !result.original;
    this.empty.hidden = !!result.original;
    if (result.failed && this.news("result", result.failed)) {
      setText(this.empty, `Not evaluated: ${result.failed}`);
      for (const value of this.tasks.values()) value.replaceChildren(h("b", {}, "–"));
      setText(this.headline, "–");
      setText(this.words, "");
      this.verdict.dataset.way = "unclear";
    }
    this.empty.classList.toggle("wb-error", !!result.failed);
    const current = result.edit === this.channel.part("listing").edit;
    for (const one of [this.outcome, this.verdict]) one.classList.toggle("wb-old", !current);
    if (!result.original || !this.news("result", `${(result as { revision?: number }).revision} ${state.draws?.length} ${state.draw}`)) return;
    const full = result as Result;
    for (const key of ["original", "edited"] as const) {
      const stopped = full[key].stopped;
      const value = this.tasks.get(key)!;
      value.replaceChildren(h("b", {}, fitness(full[key].fitness)), stopped > 0 && h("span", { class: "wb-stopped", title: "Training ended where an error was NaN or too large" }, `⚠ ${stopped} cut short`) || "");
    }
    const { mean, clear, headline, words } = full.difference;
    setText(this.headline, headline);
    const way = mean > 0 ? "better" : mean < 0 ? "worse" : "same";
    this.verdict.dataset.way = clear ? way : "unclear";
    setText(this.words, this.channel.part("listing").same_effective ? wordsOfSame(this.channel.part("listing")) : words);
    this.taskChart.show(full);
    this.differenceChart.show(full, state.draws ?? [], Number(state.draw ?? 0));
  }

  private updateLearning(): void {
    const learning = this.channel.part("learning") as Partial<Learning>;
    const current = learning.edit === this.channel.part("listing").edit;
    this.learningChart.element.classList.toggle("wb-old", !current);
    if (!learning.examples || !this.news("learning", (learning as { revision?: number }).revision)) return;
    if (this.news("measure", learning.measure)) {
      const chosen: LossAxis = learning.measure === "rmse" ? "log" : "linear";
      this.learningChart.axis = chosen;
      const choose = (value: LossAxis) => {
        this.learningChart.axis = value;
        this.learningChart.redraw();
      };
      const options: { value: LossAxis; label: string; help: string }[] = [
        { value: "log", label: "Log", help: "Each factor takes the same room" },
        { value: "linear", label: "Linear", help: "From 0" },
      ];
      this.lossAxis.replaceChildren(segmented("Loss axis", options, chosen, choose, this.signal));
    }
    this.learningChart.show(learning as Learning);
  }

  private updateWeights(): void {
    const weights = this.channel.part("weights") as unknown as Weights;
    const on = !!weights.on;
    const running = on && weights.done < weights.total;
    setAttributes(this.buttons.weigh!, { "aria-pressed": String(on) });
    setText(this.buttons.weigh!, running ? "Cancel" : on ? "Hide bars" : WEIGH);
    setText(this.weighed, running ? `${weights.done} of ${weights.total}` : "");
    this.lines.weigh(weights, weights.edit === this.channel.part("listing").edit);
  }

  /** Whether a value differs from the one that was drawn last. */
  private news(name: string, value: unknown): boolean {
    if (this.shown[name] === value) return false;
    this.shown[name] = value;
    return true;
  }

  private alive(): boolean {
    return this.channel.link !== "none";
  }

  private send(name: string, more: Record<string, unknown>): void {
    if (!this.alive()) return;
    this.last = name;
    // Of the clock, so that a second view or a reloaded page counts on.
    this.stamp = Math.max(this.stamp + 1, Date.now());
    this.channel.send(name, { ...more, stamp: this.stamp });
  }

  private copy(): void {
    void this.copied.copy(String(this.channel.part("listing").source ?? ""));
  }

  private onKey(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const wanted = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : undefined;
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    this.buttons[wanted]!.click();
  }

  private button(key: string, text: string, help: string, action: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: "wb-button", "data-key": key, title: help }, text);
    button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && action(), { signal: this.signal });
    return button;
  }
}

function factsOf(part: Record<string, any>): string {
  const { lines, first_lines, effective, first_effective, edited } = part.counts ?? {};
  const was = (now: number, before: number) => (now === before ? "" : ` (was ${before})`);
  const edits = edited === 0 ? "not edited" : `${edited} edited`;
  return `${lines} line${lines === 1 ? "" : "s"}${was(lines, first_lines)}, ${effective} effective${was(effective, first_effective)}, ${edits}`;
}

function wordsOfSame(part: Record<string, any>): string {
  return part.same ? "Both are the same program. Edit a line to compare." : "Only dead code was edited: the effective program is the same.";
}

function sentence(text: string): string {
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : "";
}

function legend(): HTMLElement {
  const item = (kind: string, text: string) => h("li", {}, h("i", { class: `wb-key wb-key-${kind}` }), text);
  return h("ul", { class: "wb-legend", "aria-label": "Legend" }, item("original", "original"), item("edited", "edited"), item("quartiles", "25–75 % of the tasks"));
}

export default { render };
