// The examples of an episode in their order, then its queries, as small pictures.

import type { Part } from "./channel";
import { h, setAttributes, setText } from "./dom";
import { unpackBytes } from "./numbers";

const INK = 255;

interface Tile {
  root: HTMLElement;
  picture: HTMLCanvasElement;
  label: HTMLElement;
  mark: HTMLElement;
}

export class FilmStrip {
  readonly element: HTMLElement;
  private readonly examples = h("div", { class: "wb-film-row", role: "group", "aria-label": "Examples in their order; a click goes to one" });
  private readonly queries = h("div", { class: "wb-film-row wb-film-queries", role: "list", "aria-label": "Queries, and what the model says of them now" });
  private readonly score = h("span", { class: "wb-note" });
  private tiles: Tile[] = [];
  private asked: Tile[] = [];
  private drawn: unknown;
  private made = "";
  private bytes: Uint8Array = new Uint8Array(0);
  private ink = "";

  constructor(
    private readonly go: (position: number) => void,
    private readonly signal: AbortSignal,
  ) {
    this.element = h(
      "section",
      { class: "wb-film", "aria-label": "Episode" },
      h("div", { class: "wb-film-part" }, h("h4", {}, "Shown, one after another"), this.examples),
      h("div", { class: "wb-film-part" }, h("h4", {}, "Asked after each step: ", this.score), this.queries),
    );
  }

  update(episode: Part, position: number, answers: Float32Array, letters: string[]): void {
    if (episode.length === undefined) return;
    this.make(episode);
    if (this.drawn !== episode.revision) {
      this.drawn = episode.revision;
      this.bytes = unpackBytes(episode.drawings as string);
      this.label(episode, letters);
      this.paint(episode);
    }
    const frozen = episode.frozenFrom as number | null;
    this.tiles.forEach(({ root }, i) => {
      setAttributes(root, { "aria-current": i + 1 === position && "step", tabindex: i + 1 === Math.max(1, position) ? 0 : -1 });
      root.classList.toggle("wb-film-later", i + 1 > position);
      root.classList.toggle("wb-film-frozen", frozen !== null && i >= frozen);
    });
    this.judge(episode, answers, letters);
  }

  recolour(episode: Part): void {
    this.ink = "";
    this.paint(episode);
  }

  private make(episode: Part): void {
    const count = Number(episode.length);
    const queries = (episode.queryTargets as number[]).length;
    const key = `${count} ${queries}`;
    if (key === this.made) return;
    this.made = key;
    this.tiles = Array.from({ length: count }, (_, i) => {
      const tile = makeTile(h("button", { type: "button", class: "wb-tile", "data-example": i + 1 }));
      tile.root.addEventListener("click", () => this.go(i + 1), { signal: this.signal });
      tile.root.addEventListener("keydown", (event) => this.onKey(event, i), { signal: this.signal });
      return tile;
    });
    this.asked = Array.from({ length: queries }, () => makeTile(h("div", { class: "wb-tile", role: "listitem" })));
    this.examples.replaceChildren(...this.tiles.map(({ root }) => root));
    this.queries.replaceChildren(...this.asked.map(({ root }) => root));
  }

  private label(episode: Part, letters: string[]): void {
    const targets = episode.targets as number[];
    const shots = episode.shots as number[];
    const [noise, labels] = [episode.noise ?? {}, episode.labels ?? {}];
    this.tiles.forEach(({ root, label, mark }, i) => {
      const shown = labels[i] ?? targets[i]!;
      const marks = [noise[i] !== undefined && "≈", labels[i] !== undefined && "⇄"].filter(Boolean).join("");
      setText(label, letters[shown] ?? String(shown));
      setText(mark, marks);
      setAttributes(label, { "data-slot": shown % 8 });
      const words = [
        `Example ${i + 1}: label ${letters[shown]}`,
        shots[i] === 0 ? "new" : `shown ${shots[i]} before`,
        labels[i] !== undefined && `label swapped, its own is ${letters[targets[i]!]}`,
        noise[i] !== undefined && `noise ${noise[i]}`,
      ];
      const text = words.filter(Boolean).join(", ");
      setAttributes(root, { "aria-label": text, title: text });
    });
  }

  /** What the model says of each query now, and whether that is right. */
  private judge(episode: Part, answers: Float32Array, letters: string[]): void {
    const ways = Number(episode.ways);
    const targets = episode.queryTargets as number[];
    let right = 0;
    this.asked.forEach(({ root, label, mark }, i) => {
      const row = answers.subarray(i * ways, (i + 1) * ways);
      const said = row.indexOf(Math.max(...row));
      const good = said === targets[i];
      right += Number(good);
      setText(label, letters[said] ?? "–");
      setAttributes(label, { "data-slot": said % 8 });
      setText(mark, said < 0 ? "" : good ? "✓" : "✗");
      root.classList.toggle("wb-tile-wrong", said >= 0 && !good);
      const sure = said < 0 ? "" : ` with ${Math.round(100 * row[said]!)} %`;
      const text = `Query ${i + 1}: is ${letters[targets[i]!]}, says ${letters[said] ?? "nothing"}${sure}, ${good ? "right" : "wrong"}`;
      setAttributes(root, { "aria-label": text, title: text });
    });
    setText(this.score, answers.length ? `${right} of ${targets.length} right` : "");
  }

  private paint(episode: Part): void {
    const side = Number(episode.side ?? 0);
    this.ink ||= getComputedStyle(this.element).color;
    const [red, green, blue] = (this.ink.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
    [...this.tiles, ...this.asked].forEach(({ picture, root }, i) => {
      root.classList.toggle("wb-tile-plain", side === 0);
      picture.hidden = side === 0;
      if (side === 0) return;
      picture.width = picture.height = side;
      const context = picture.getContext("2d");
      const image = context?.createImageData(side, side);
      if (!context || !image) return;
      const random = noiseOf(i);
      const size = Number((i < this.tiles.length && episode.noise?.[i]) || 0);
      for (let at = 0; at < side * side; at++) {
        const dirt = size && random() < size * 0.09 ? 120 * random() : 0;
        image.data.set([red!, green!, blue!, Math.min(INK, this.bytes[i * side * side + at]! + dirt)], 4 * at);
      }
      context.putImageData(image, 0, 0);
    });
  }

  private onKey(event: KeyboardEvent, i: number): void {
    const last = this.tiles.length - 1;
    const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const tile = this.tiles[Math.max(0, Math.min(last, to))]!;
    tile.root.focus();
    tile.root.click();
  }
}

function makeTile(root: HTMLElement): Tile {
  const picture = h("canvas", { class: "wb-tile-picture", "aria-hidden": "true" });
  const label = h("b", { class: "wb-tile-label", "aria-hidden": "true" });
  const mark = h("i", { class: "wb-tile-mark", "aria-hidden": "true" });
  root.append(picture, h("span", { class: "wb-tile-foot" }, label, mark));
  return { root, picture, label, mark };
}

/** The same specks each time: a picture of noise, whose numbers are on the features. */
function noiseOf(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
