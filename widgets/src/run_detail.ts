// One run, opened: facts, best program, code to take it up or repeat it, what befell it.

import type { Channel } from "./channel";
import { CopyNote } from "./copying";
import { h, icon } from "./dom";
import { fitness, short } from "./format";
import { listing, type ListingFunction } from "./listing";
import { brief, localTime, statusMark } from "./runs_table";


export class RunDetail {
  readonly element = h("section", { class: "wb-run-detail", "aria-label": "Opened run", hidden: true, tabindex: -1 });
  private revision: unknown;
  private id: unknown = null;

  constructor(
    private readonly channel: Channel,
    private readonly closed: () => void,
    private readonly signal: AbortSignal,
  ) {}

  update(): void {
    const part = this.channel.part("detail");
    if (part.revision === this.revision) return;
    this.revision = part.revision;
    const opened = part.id !== this.id;
    this.id = part.id ?? null;
    this.element.hidden = !part.id;
    if (!part.id) {
      this.element.replaceChildren();
      return;
    }
    const functions = part.functions as ListingFunction[] | undefined;
    const parts = [
      h("div", { class: "wb-bar" }, h("h4", {}, String(part.title)), statusMark(String(part.status)), h("code", { class: "wb-note" }, String(part.id)), this.closeButton()),
      h("dl", { class: "wb-counters wb-run-facts" }, ...facts(part).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      h("p", { class: "wb-note wb-made-with" }, madeWith((part.versions ?? {}) as Record<string, string>)),
      part.problem && h("p", { class: "wb-problem" }, icon("warning"), h("span", {}, String(part.problem))),
      part.error && h("details", { open: true }, h("summary", {}, "Why it failed"), h("pre", { class: "wb-code", tabindex: 0 }, String(part.error))),
      h("h4", {}, "Best program"),
      functions ? listing(functions, true) : h("p", { class: "wb-note" }, "None yet."),
      this.code("Open in a search panel", "Shows this run in a panel of its own; one that has not ended can go on from there.", String(part.open_code ?? "")),
      part.again_code ? this.code("Run it again", "The same settings and seed: a new run with the same result.", String(part.again_code)) : "",
      this.notes(part.notes as { time: number; kind: string; text: string }[]),
    ];
    this.element.replaceChildren(...parts.filter((one): one is HTMLElement => one instanceof HTMLElement));
    if (opened && this.channel.link === "live") this.element.scrollIntoView?.({ block: "nearest" });
  }

  private closeButton(): HTMLElement {
    const button = h("button", { type: "button", class: "wb-button wb-small", "data-key": "close-detail" }, "Close");
    button.addEventListener("click", () => {
      this.channel.send("open", { run: null });
      this.closed();
    }, { signal: this.signal });
    return button;
  }

  private code(title: string, help: string, text: string): HTMLElement {
    const copy = h("button", { type: "button", class: "wb-button wb-small", "aria-label": `Copy: ${title}` }, "Copy");
    const said = new CopyNote(this.signal);
    copy.addEventListener(
      "click",
      () => void said.copy(text, "Copied; paste it into a cell"),
      { signal: this.signal },
    );
    return h("details", { class: "wb-run-code" }, h("summary", {}, title), h("p", { class: "wb-note" }, help, " ", copy, " ", said.element), h("pre", { class: "wb-code", tabindex: 0 }, text));
  }

  private notes(notes: { time: number; kind: string; text: string }[] | undefined): HTMLElement | string {
    if (!notes?.length) return "";
    return h("details", {}, h("summary", {}, `What befell it (${notes.length})`), h("ul", { class: "wb-run-notes" }, ...notes.map(({ time, kind, text }) => h("li", {}, `${localTime(time)} ${kind}: ${text}`))));
  }
}

function facts(part: Record<string, any>): [string, string][] {
  const score = (name: string, value: number | null): [string, string][] => (value === null || value === undefined ? [] : [[name, fitness(value)]]);
  return [
    ...score("Search fitness", part.best),
    ...score("Select fitness", part.select),
    ...score("Final fitness", part.final),
    [capital(String(part.unit)), short(part.done)],
    ["Running time", brief(part.seconds)],
    ["Seed", part.seed === null ? "–" : String(part.seed)],
    ["Created", localTime(part.created)],
  ];
}

function madeWith(versions: Record<string, string>): string {
  const all = Object.entries(versions).map(([name, value]) => `${name} ${name === "git" ? value.slice(0, 7) : value}`);
  return all.length > 0 ? `Made with ${all.join(", ")}` : "";
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
