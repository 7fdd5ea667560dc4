// Discoveries: callouts on the curve, and the same as a list below it.

import { BADGE, placeBadges } from "./badges";
import type { Channel } from "./channel";
import type { Curve } from "./curve";
import { effectWords } from "./concept_chips";
import { h, setAttributes, setText } from "./dom";
import { fitness, short } from "./format";
import { highlight } from "./listing";
import { finds, isPicked, pick, type Find } from "./picks";

const EMPTY = "New bests that change most in what the program computes are listed here and numbered on the curve.";

export class Timeline {
  /** Lies over the curve. */
  readonly overlay: HTMLElement;
  readonly element: HTMLElement;
  private readonly lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private readonly list = h("ol", { class: "wb-finds" });
  private readonly facts = h("span", { class: "wb-facts" });
  private readonly note = h("p", { class: "wb-note" }, EMPTY);
  private badges: HTMLButtonElement[] = [];
  private found: Find[] = [];
  private shown = "";

  constructor(
    private readonly channel: Channel,
    private readonly curve: Curve,
    signal: AbortSignal,
  ) {
    setAttributes(this.lines, { class: "wb-find-lines", "aria-hidden": "true" });
    this.overlay = h("div", { class: "wb-find-overlay", role: "group", "aria-label": "Discoveries on the curve" });
    this.overlay.append(this.lines);
    this.element = h(
      "div",
      { class: "wb-timeline" },
      h("div", { class: "wb-bar" }, h("h4", {}, "Discoveries"), this.facts),
      this.note,
      this.list,
    );
    const choose = (event: Event) => {
      const number = (event.target as Element).closest<HTMLElement>("[data-find]")?.dataset.find;
      if (number) pick(this.channel, "discovery", number);
    };
    this.overlay.addEventListener("click", choose, { signal });
    this.list.addEventListener("click", choose, { signal });
    curve.element.append(this.overlay);
    curve.ondraw = () => this.place();
  }

  update(): void {
    const part = this.channel.part("timeline");
    const picked = this.channel.part("program").pick;
    const shown = `${part.revision} ${picked?.kind} ${picked?.key}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.found = finds(this.channel);
    const count = this.found.length;
    this.note.hidden = count > 0;
    setText(this.facts, count > 0 ? `the ${count} of ${part.bests} new bests that changed most` : "");
    const focused = document.activeElement as HTMLElement | null;
    const holder = [this.list, this.overlay].find((one) => one.contains(focused));
    const number = focused?.dataset.find;
    this.list.replaceChildren(...this.found.map((find, i) => this.item(find, i + 1)));
    this.badges = this.found.map((find, i) => this.badge(find, i + 1));
    this.overlay.replaceChildren(this.lines, ...this.badges);
    if (number) holder?.querySelector<HTMLElement>(`[data-find="${number}"]`)?.focus();
    this.place();
  }

  private badge(find: Find, place: number): HTMLButtonElement {
    // Who works by keyboard or ear finds the same in the list.
    return h(
      "button",
      { type: "button", class: "wb-badge", tabindex: -1, "aria-hidden": "true", "data-find": find.number, title: tooltip(find) },
      String(place),
      !!find.concepts?.length && h("span", { class: "wb-badge-text" }, brought(find)),
    );
  }

  private item(find: Find, place: number): HTMLElement {
    const picked = isPicked(this.channel, "discovery", String(find.number));
    const sign = find.code.slice(0, 1);
    const code = h("code", {}, ...highlight(find.code.slice(2)));
    const more = find.more > 0 ? ` And ${find.more} more line${find.more === 1 ? "" : "s"}.` : "";
    const gain = `${fitness(find.before)} → ${fitness(find.fitness)}`;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: picked ? "wb-find wb-picked" : "wb-find",
          "aria-pressed": String(picked),
          "data-find": find.number,
          "data-key": `find-${find.number}`,
          title: tooltip(find),
        },
        h("span", { class: "wb-badge", "aria-hidden": "true" }, String(place)),
        h(
          "span",
          { class: "wb-find-text" },
          !!find.concepts?.length && h("b", { class: "wb-find-label" }, `First ${find.concepts.join(", ")}`),
          !find.concepts?.length && find.label !== "" && h("b", { class: "wb-find-label" }, find.label),
          h(
            "span",
            { class: "wb-find-head" },
            h("span", { class: "wb-find-code" }, `${sign} `, code),
            h("span", { class: "wb-find-gain" }, gain),
          ),
          h("span", { class: "wb-note" }, `${rounded(find.words)}${more}${find.mutation && ` Mutation: ${find.mutation}.`}`),
          ...(find.effects ?? []).map((effect) =>
            h("span", { class: "wb-find-effect" }, `Without ${effect.name}${effect.own ? "" : ", in the program that was ablated last"}: ${lower(effectWords(effect))}`),
          ),
          h("span", { class: "wb-hidden" }, ` At individual ${short(find.individuals)}.`),
        ),
      ),
    );
  }

  /** Put each badge beside its point; the weightiest find comes first in the list of room. */
  private place(): void {
    const points = this.found.map((find) => this.curve.locate(find.individuals));
    const known = points.flatMap((point, i) => (point ? [{ point, i }] : []));
    // Seen before they are placed, and with their words: only so do they have a width.
    for (const { i } of known) {
      const badge = this.badges[i]!;
      badge.hidden = false;
      badge.classList.remove("wb-badge-bare");
    }
    const widths = known.map(({ i }) => this.badges[i]!.offsetWidth || BADGE);
    const places = placeBadges(known.map(({ point }) => point), this.curve.frame, widths);
    const lines: SVGLineElement[] = [];
    for (const badge of this.badges) badge.hidden = true;
    known.forEach(({ point, i }, k) => {
      const place = places[k];
      if (!place) return;
      const badge = this.badges[i]!;
      badge.hidden = false;
      badge.classList.toggle("wb-badge-bare", !place.full);
      badge.style.transform = `translate(${place.x}px, ${place.y}px) translate(-50%, -50%)`;
      badge.classList.toggle("wb-picked", isPicked(this.channel, "discovery", String(this.found[i]!.number)));
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      setAttributes(line, { x1: point.x, y1: point.y, x2: place.x, y2: place.y });
      lines.push(line);
    });
    this.lines.replaceChildren(...lines);
  }
}

/** What a callout says: the first concept that appears, and how many more. */
function brought({ concepts = [] }: Find): string {
  return concepts.length > 1 ? `${concepts[0]} +${concepts.length - 1}` : (concepts[0] ?? "");
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Five digits are enough to read, as in the listing. */
function rounded(words: string): string {
  return words.replace(/-?\d+\.\d{6,}(?:e[+-]?\d+)?/g, (number) => String(Number(Number(number).toPrecision(5))));
}

function tooltip(find: Find): string {
  const title = find.concepts?.length ? `First ${find.concepts.join(", ")}. ` : find.label === "" ? "" : `${find.label}. `;
  return `${title}${rounded(find.words)} ${fitness(find.before)} → ${fitness(find.fitness)} at individual ${short(find.individuals)}.`;
}
