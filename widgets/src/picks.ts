// Which program is shown instead of the best, and how to get from one to the next.

import type { Channel } from "./channel";
import type { Effect } from "./concept_chips";
import { short } from "./format";

export interface FameRow {
  form: string;
  fitness: number;
  effective: number;
  instructions: number;
  individuals: number;
  mutation: string;
  front: boolean;
}

export interface Find {
  number: number;
  individuals: number;
  before: number;
  fitness: number;
  mutation: string;
  share: number;
  code: string;
  words: string;
  more: number;
  label: string;
  /** Concepts that appear here for the first time. */
  concepts?: string[];
  /** What is lost without them: here, or in the program that was ablated last. */
  effects?: ({ name: string; own: boolean } & Effect)[];
}

export const hallRows = (channel: Channel) => (channel.part("hall").rows ?? []) as FameRow[];
export const finds = (channel: Channel) => (channel.part("timeline").items ?? []) as Find[];

export function isPicked(channel: Channel, kind?: string, key?: string): boolean {
  const { pick } = channel.part("program");
  if (!pick || kind === undefined) return !!pick;
  return pick.kind === kind && pick.key === key;
}

/** What the picked program is called: "#3 of the hall of fame". */
export function describePick(channel: Channel): string {
  const { pick, individuals } = channel.part("program");
  if (!pick) return "Best program";
  if (pick.kind === "hall") {
    const place = hallRows(channel).findIndex(({ form }) => form === pick.key);
    if (place >= 0) return `#${place + 1} of the hall of fame`;
  } else {
    const place = finds(channel).findIndex(({ number }) => String(number) === pick.key);
    if (place >= 0) return `Discovery ${place + 1}`;
  }
  return `Individual ${short(individuals)}`;
}

export function pick(channel: Channel, kind: string, key: string): void {
  if (channel.link === "none") return;
  channel.send("pick", isPicked(channel, kind, key) ? {} : { kind, key });
}

export function pickBest(channel: Channel): void {
  if (isPicked(channel) && channel.link !== "none") channel.send("pick");
}

/** Go to the next of these programs of the hall of fame, or back; from the best, to the first. */
export function pickNext(channel: Channel, way: 1 | -1, rows: FameRow[]): void {
  if (rows.length === 0 || channel.link === "none") return;
  const { pick: now } = channel.part("program");
  const at = now?.kind === "hall" ? rows.findIndex(({ form }) => form === now.key) : -1;
  const to = at < 0 ? (way > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + way));
  if (to !== at) channel.send("pick", { kind: "hall", key: rows[to]!.form });
}
